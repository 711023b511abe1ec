"""Tails files nobody claims: a stranger fills neither the disk nor a mirror, nor stops an issuer."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from acquis.registry.rules import Rule
from registry_host.files import move_into_place
from registry_host.waiting_tails import DAY, WaitingTails
from support.registry import Issuer, RegistryServer, publish_all, put, running_registry, tails

JUNK = 1_000


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[RegistryServer]:
    with running_registry(tmp_path) as running:
        yield running


def upload(server: RegistryServer, name: str) -> int:
    raw, tails_hash = tails(name)
    with server.client() as client:
        return client.put(f"/tails/hash/{tails_hash}", files={"tails": raw}).status_code


def test_a_thousand_junk_files_stop_no_issuer_and_reach_no_mirror(
    own_server: RegistryServer,
) -> None:
    server, issuer = own_server, Issuer()
    mirror = server.mirror()
    raw, tails_hash = tails(issuer.folder)

    def flood(numbers: range) -> set[int]:
        with server.client() as client:
            files = (tails(f"junk {number}") for number in numbers)
            return {
                client.put(f"/tails/hash/{name}", files={"tails": junk}).status_code
                for junk, name in files
            }

    with ThreadPoolExecutor(2) as pool:
        halves = (range(JUNK // 2), range(JUNK // 2, JUNK - 50))
        assert set().union(*pool.map(flood, halves)) == {201}
    with server.client() as client:
        first = client.put(f"/tails/hash/{tails_hash}", files={"tails": raw})
        again = client.put(f"/tails/hash/{tails_hash}", files={"tails": raw})
        assert (first.status_code, again.status_code) == (201, 409)
        assert client.get(f"/tails/hash/{tails_hash}").status_code == 404
    assert flood(range(JUNK - 50, JUNK)) == {201}
    assert mirror.refresh().changed == 0
    server.stop()
    server.start()
    published = publish_all(server, issuer)
    assert mirror.refresh().changed == 8
    assert mirror.tails_file(published.tails_hash).read_bytes() == raw
    with server.client() as client:
        found = client.get(f"/tails/hash/{tails_hash}")
        assert (found.status_code, found.content) == (200, raw)
    assert len(list((server.settings.public / "tails" / "hash").iterdir())) == 1
    assert len(list((server.settings.folder / "waiting" / "tails").iterdir())) == JUNK


def test_a_definition_needs_its_tails_and_a_refused_one_claims_none(
    own_server: RegistryServer,
) -> None:
    issuer, server = Issuer(), own_server
    published = publish_all(server, issuer, lists=0)
    raw, tails_hash = tails("another")
    definition = issuer.registry_definition(published.credential_definition["id"], tails_hash)
    forged = {**definition, "proof": published.definition["proof"]}
    waiting = server.settings.folder / "waiting" / "tails" / tails_hash
    with server.client() as client:
        refused = put(client, definition)
        assert (refused.status_code, refused.json()["rule"]) == (409, Rule.REFERENCE)
        assert "upload it first" in refused.json()["detail"]
        assert client.put(f"/tails/hash/{tails_hash}", files={"tails": raw}).status_code == 201
        assert put(client, forged).status_code == 422
        assert waiting.exists()
        assert put(client, definition).status_code == 201
        assert not waiting.exists()
        assert put(client, definition).json()["outcome"] == "unchanged"
    mirror = server.mirror()
    mirror.refresh()
    assert mirror.tails_file(tails_hash).read_bytes() == raw


def test_tails_claimed_when_the_host_died_are_signed_and_the_definition_is_put_again(
    own_server: RegistryServer,
) -> None:
    issuer, server = Issuer(), own_server
    published = publish_all(server, issuer, lists=0)
    raw, tails_hash = tails("another")
    assert upload(server, "another") == 201
    server.stop()
    place = server.settings.public / "tails" / "hash" / tails_hash
    move_into_place(server.settings.folder / "waiting" / "tails" / tails_hash, place)
    server.start()
    assert upload(server, "another") == 409
    definition = issuer.registry_definition(published.credential_definition["id"], tails_hash)
    with server.client() as client:
        assert put(client, definition).status_code == 201
    mirror = server.mirror()
    assert mirror.refresh().refused == ()
    assert mirror.tails_file(tails_hash).read_bytes() == raw


def test_tails_damaged_while_they_waited_are_not_published(own_server: RegistryServer) -> None:
    issuer, server = Issuer(), own_server
    published = publish_all(server, issuer, lists=0)
    _, tails_hash = tails("another")
    assert upload(server, "another") == 201
    (server.settings.folder / "waiting" / "tails" / tails_hash).write_bytes(b"half")
    definition = issuer.registry_definition(published.credential_definition["id"], tails_hash)
    with server.client() as client:
        assert put(client, definition).status_code == 409
        assert client.get(f"/tails/hash/{tails_hash}").status_code == 404
        assert upload(server, "another") == 201
        assert put(client, definition).status_code == 201


def test_the_oldest_go_first_by_number_and_by_bytes_and_after_a_day(tmp_path: Path) -> None:
    folder = tmp_path / "waiting"

    def put_in(waiting: WaitingTails, *names: str) -> None:
        for name in names:
            raw, tails_hash = tails(name)
            fresh = tmp_path / "fresh"
            fresh.write_bytes(raw)
            waiting.put(tails_hash, fresh)

    def there() -> set[str]:
        found = {path.name for path in folder.iterdir()}
        return {name for name in "abcdef" if tails(name)[1] in found}

    waiting = WaitingTails(folder, most_bytes=10**6, most_files=3)
    put_in(waiting, "a", "b", "c", "a", "d")  # uploaded again: young again
    assert there() == {"a", "c", "d"}
    for age, name in ((30, "a"), (20, "c"), (10, "d")):
        moment = time.time() - age
        os.utime(folder / tails(name)[1], (moment, moment))
    waiting = WaitingTails(folder, most_bytes=350)  # 100 bytes each
    put_in(waiting, "e")
    assert there() == {"c", "d", "e"}
    waiting.prune()
    assert there() == {"c", "d", "e"}
    long_ago = time.time() - DAY - 60
    os.utime(folder / tails("d")[1], (long_ago, long_ago))
    waiting.prune()
    assert there() == {"c", "e"}
    assert not waiting.claim(tails("d")[1], tmp_path / "claimed")
    assert waiting.claim(tails("c")[1], tmp_path / "claimed")
    put_in(waiting, "a", "b")
    assert there() == {"a", "b", "e"}
