"""A registry that lives an honest life raises no alarm, however long, however it is looked at."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acquis.registry.did_log import build_next_entry
from acquis.registry.rotation import with_attest_key, with_compromised_key
from registry_host.operation import replace_keys
from support.registry import (
    Issuer,
    Published,
    RegistryServer,
    append_list,
    path_of,
    publish_all,
    put,
    running_registry,
    seeded_key,
)
from support.watched_registry import Watching

_NUMBERS = count(1)


@dataclass
class Life:
    """An issuer that publishes, rotates, re-signs, revokes and ends, as the host allows."""

    server: RegistryServer
    watching: Watching
    client: httpx.Client
    issuer: Issuer
    published: Published
    ended: bool = False

    def __post_init__(self) -> None:
        self.log = self.issuer.log
        self.key = self.issuer.next
        self.document = self.issuer.document.document
        self.time = 10_000
        self.resources = [self.published.schema, self.published.credential_definition]
        self.definition = self.published.definition

    def extend(self, **options: object) -> None:
        following = seeded_key(f"update-{next(_NUMBERS)}")
        self.log = build_next_entry(
            self.log.encode(),
            self.key,
            following,
            self.document,
            **options,  # type: ignore[arg-type]
        )
        self.key = following
        answer = self.client.put(f"/{self.issuer.folder}/did.jsonl", content=self.log)
        assert answer.is_success, answer.text

    def rotate_update_key(self) -> None:
        self.extend()

    def rotate_attest_key(self) -> None:
        self.issuer.attest = seeded_key(f"attest-{next(_NUMBERS)}")
        self.document = with_attest_key(self.document, self.issuer.attest.multikey)
        self.extend()

    def report_a_compromise(self) -> None:
        method = self.issuer.method
        self.rotate_attest_key()
        self.document = with_compromised_key(self.document, method, datetime.now(UTC))
        self.extend()

    def sign_again(self) -> None:
        for resource in [*self.resources, self.definition]:
            standing = self.client.get(path_of(resource))
            unsigned = {key: v for key, v in standing.json().items() if key != "proof"}
            again = self.issuer.sign(unsigned)
            assert put(self.client, again, standing.headers["etag"]).is_success

    def publish(self) -> None:
        schema = self.issuer.schema(f"{next(_NUMBERS)}.0")
        assert put(self.client, schema).is_success
        self.resources.append(schema)

    def revoke(self) -> None:
        self.sign_again()  # after a compromise what it refers to must hold
        self.time += 1000
        _, self.definition = append_list(
            self.client, self.issuer, self.definition, self.time, (self.time % 7,)
        )

    def end(self) -> None:
        self.extend(deactivate=True)
        self.ended = True

    def restart_the_host(self) -> None:
        self.server.stop()
        self.server.start()  # renews the timestamp, as it does each hour

    def rotate_the_keys_of_the_host(self) -> None:
        self.server.stop()
        replace_keys(self.server.settings, self.server.base / "root-keys")
        self.server.start()

    def look(self) -> None:
        for each in self.watching.rounds():
            assert (each.raised, each.cleared, each.warned) == ((), (), ())
            assert each.is_whole


DEEDS: list[Callable[[Life], None]] = [
    Life.rotate_update_key,
    Life.rotate_attest_key,
    Life.report_a_compromise,
    Life.sign_again,
    Life.publish,
    Life.revoke,
    Life.end,
    Life.restart_the_host,
    Life.rotate_the_keys_of_the_host,
    Life.look,
    Life.look,
]


BY_THE_ISSUER = DEEDS[:7]


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RegistryServer, Watching]]:
    base = tmp_path_factory.mktemp("living")
    with running_registry(base) as server:
        yield server, Watching(base / "watched", server.trusted_root, server.url)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(deeds=st.lists(st.sampled_from(DEEDS), min_size=3, max_size=10))
def test_no_alarm_over_a_legitimate_life(
    living: tuple[RegistryServer, Watching],
    tmp_path_factory: pytest.TempPathFactory,
    deeds: list[Callable[[Life], None]],
) -> None:
    server, watching = living
    issuer = Issuer(folder=f"univ/life-{next(_NUMBERS)}", created=datetime(2026, 1, 1, tzinfo=UTC))
    published = publish_all(server, issuer, lists=1)
    with server.client() as client:
        life = Life(server, watching, client, issuer, published)
        for deed in deeds:
            if not life.ended or deed not in BY_THE_ISSUER:
                deed(life)
        life.look()
    newcomer = tmp_path_factory.mktemp("newcomer")
    assert Watching(newcomer, server.trusted_root, server.url).round().raised == ()
    _check_archive(watching.folder, server)


def _check_archive(folder: Path, server: RegistryServer) -> None:
    """What stands at the end is what the journal says was seen last."""
    seen = {}
    for line in (folder / "journal.jsonl").open():
        entry = json.loads(line)
        if entry["kind"] == "file":
            seen[entry["path"]] = folder / "kept" / entry["sha256"][:2] / entry["sha256"]
    for path, kept in seen.items():
        assert kept.read_bytes() == (server.settings.public / path).read_bytes()
