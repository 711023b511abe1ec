"""Against a hostile host: never an accepted forgery, never a poisoned copy, recovery afterwards."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tuf.api.metadata import Metadata, Root, TargetFile  # type: ignore[attr-defined]

from acquis.errors import Unavailable
from acquis.registry.did_log import build_next_entry
from acquis.registry.mirror import Mirror
from acquis.registry.rules import Rule
from registry_host import metadata
from registry_host.keys import ONLINE, load_key
from registry_host.metadata import SignedTree, target_of
from support import hostile_registry as attacks
from support.hostile_registry import Answer, HostileHost, hostile_host
from support.registry import (
    HOST,
    Issuer,
    Published,
    RegistryServer,
    path_of,
    publish_all,
    running_registry,
    seeded_key,
)

FORKED = datetime(2026, 1, 1, tzinfo=UTC)


class Attacked:
    """A published tree, its host turned hostile (it holds the online key), and a mirror of it."""

    def __init__(self, base: Path, issuer: Issuer, published: Published, host: HostileHost) -> None:
        self.issuer, self.published, self.host = issuer, published, host
        self.public = base / "registry" / "public"
        self.base = base
        self.folder = base / "mirror"
        root = self.public / "tuf" / "1.root.json"
        self.mirror = Mirror(self.folder, {HOST: host.url}, trusted_root=root)
        self.mirror.refresh()

    def tree(self) -> SignedTree:
        return SignedTree(self.public / "tuf", load_key(self.base / "registry" / "keys" / ONLINE))

    def publish_signed(self, path: str, raw: bytes) -> None:
        """Publish anything, signed as the host signs."""
        (self.public / path).parent.mkdir(parents=True, exist_ok=True)
        (self.public / path).write_bytes(raw)
        self.tree().sign({path: target_of(path, raw)})

    def check_still_good(self) -> None:
        assert self.mirror.resolve_resource(self.published.schema["id"])
        assert self.mirror.resolve_did(self.issuer.did).version_number == 1
        link, _ = self.mirror.resolve_status_list(self.published.definition["id"], 2**40)
        assert link.timestamp == 2000


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Issuer, Published]:
    base = tmp_path_factory.mktemp("prepared")
    issuer = Issuer()
    with running_registry(base) as server:
        published = publish_all(server, issuer)
    return base, issuer, published


@pytest.fixture
def attacked(prepared: tuple[Path, Issuer, Published], tmp_path: Path) -> Iterator[Attacked]:
    base, issuer, published = prepared
    shutil.copytree(base, tmp_path / "copy")
    with hostile_host(tmp_path / "copy" / "registry" / "public") as host:
        yield Attacked(tmp_path / "copy", issuer, published, host)


ANSWERS = [
    attacks.endless_body,
    attacks.gzip_bomb,
    attacks.half_written,
    attacks.long_line,
    attacks.not_found,
    attacks.server_error,
    attacks.other_bytes,
    attacks.nothing,
    attacks.redirect_to("/tuf/1.root.json"),
]


@pytest.mark.parametrize("applies_to", ["timestamp", "bin-", "resources"])
@pytest.mark.parametrize("attack", ANSWERS, ids=lambda attack: attack.__name__)
def test_a_broken_answer_leaves_the_copy_as_it_was(
    attacked: Attacked, attack: Answer, applies_to: str
) -> None:
    issuer = attacked.issuer
    longer = build_next_entry(issuer.log.encode(), issuer.next, seeded_key("n"))
    newer = issuer.schema("2.0")
    attacked.publish_signed(f"{issuer.folder}/did.jsonl", longer.encode())
    attacked.publish_signed(path_of(newer)[1:], json.dumps(newer).encode())
    attacked.host.attack, attacked.host.applies_to = attack, applies_to
    refreshed_at = attacked.mirror.refreshed_at
    with pytest.raises(Unavailable):
        attacked.mirror.refresh()
    attacked.check_still_good()
    assert attacked.mirror.refreshed_at == refreshed_at
    attacked.host.attack = None
    assert attacked.mirror.refresh().changed == 2
    assert attacked.mirror.resolve_did(issuer.did).version_number == 2
    assert attacked.mirror.resolve_resource(newer["id"])


@pytest.mark.parametrize(
    "attack",
    [attacks.one_byte_at_a_time, attacks.dripping_headers],
    ids=lambda attack: attack.__name__,
)
def test_an_answer_that_drips_is_cut(attacked: Attacked, attack: Answer) -> None:
    attacked.host.attack, attacked.host.applies_to = attack, "timestamp"
    with pytest.raises(Unavailable):
        attacked.mirror.refresh(timeout=1)
    attacked.check_still_good()
    attacked.host.attack = None
    attacked.mirror.refresh()


@pytest.mark.parametrize("applies_to", ["timestamp", "1.root", "2.root", "snapshot", "did.jsonl"])
def test_a_redirect_is_never_followed(attacked: Attacked, tmp_path: Path, applies_to: str) -> None:
    with hostile_host(attacked.public) as elsewhere:
        attacked.host.attack = attacks.redirect_to(f"{elsewhere.url}/private")
        attacked.host.applies_to = applies_to
        fresh = Mirror(
            tmp_path / "fresh",
            {HOST: attacked.host.url},
            trusted_root=attacked.public / "tuf" / "1.root.json",
        )
        if applies_to != "1.root":
            with pytest.raises(Unavailable):
                fresh.refresh()
        assert elsewhere.seen == []


def test_a_file_the_host_changed_without_signing_is_refused(attacked: Attacked) -> None:
    path = attacked.public / path_of(attacked.published.schema)[1:]
    path.write_bytes(path.read_bytes() + b" ")
    (attacked.folder / HOST / "applied.json").unlink()
    (attacked.folder / HOST / "files" / path_of(attacked.published.schema)[1:]).unlink()
    with pytest.raises(Unavailable):
        attacked.mirror.refresh()


def forked_log(issuer: Issuer) -> bytes:
    fork = Issuer(folder=issuer.folder, created=FORKED)
    assert fork.did != issuer.did
    return fork.log.encode()


def test_a_log_that_the_host_forked_and_signed_is_not_put_in_place(attacked: Attacked) -> None:
    """The other log is sound in itself: only memory tells that it is not the one."""
    path = f"{attacked.issuer.folder}/did.jsonl"
    attacked.publish_signed(path, forked_log(attacked.issuer))
    refresh = attacked.mirror.refresh()
    assert refresh.refused == ((path, str(Rule.LOG_ROLLBACK)),)
    assert refresh.changed == 0
    attacked.check_still_good()


def test_a_log_that_the_host_rolled_back_and_signed_is_not_put_in_place(
    attacked: Attacked,
) -> None:
    issuer, path = attacked.issuer, f"{attacked.issuer.folder}/did.jsonl"
    longer = build_next_entry(issuer.log.encode(), issuer.next, seeded_key("n"))
    attacked.publish_signed(path, longer.encode())
    attacked.mirror.refresh()
    for shorter in (issuer.log.encode(), b"", b"{}\n"):
        attacked.publish_signed(path, shorter)
        refused = attacked.mirror.refresh().refused
        assert [each for each, _ in refused] == [path]
        assert attacked.mirror.resolve_did(issuer.did).version_number == 2
    attacked.publish_signed(path, longer.encode())
    assert attacked.mirror.refresh().refused == ()


def test_links_that_the_host_shrank_and_signed_are_not_put_in_place(attacked: Attacked) -> None:
    """An older definition, signed by the issuer at its time, hides the last revocation."""
    issuer, published = attacked.issuer, attacked.published
    older = issuer.sign({**published.definition, "links": published.definition["links"][:1]})
    path = path_of(older)[1:]
    attacked.publish_signed(path, json.dumps(older).encode())
    refresh = attacked.mirror.refresh()
    assert refresh.refused == ((path, str(Rule.LINKS)),)
    attacked.check_still_good()
    attacked.publish_signed(path, json.dumps(published.definition).encode())
    assert attacked.mirror.refresh().refused == ()
    attacked.check_still_good()


def test_a_forged_replacement_is_not_put_in_place(attacked: Attacked) -> None:
    published = attacked.published
    stranger = Issuer(folder="univ/other", name="stranger")
    longer = [*published.definition["links"]]
    forged = stranger.sign(
        {**published.definition, "links": [*longer, {**longer[-1], "timestamp": 9}]}
    )
    for raw in (json.dumps(forged).encode(), b"{}", b"", b"[" * 10_000):
        attacked.publish_signed(path_of(published.definition)[1:], raw)
        assert len(attacked.mirror.refresh().refused) == 1
        attacked.check_still_good()


def test_a_new_forgery_is_in_the_copy_but_never_believed(attacked: Attacked) -> None:
    stranger = Issuer(folder="univ/other", name="stranger")
    forged = {**attacked.issuer.schema("9.0"), "proof": stranger.schema("9.0")["proof"]}
    attacked.publish_signed(path_of(forged)[1:], json.dumps(forged).encode())
    attacked.mirror.refresh()
    with pytest.raises(Exception, match="key") as refusal:
        attacked.mirror.resolve_resource(forged["id"])
    assert refusal.value.rule is Rule.PROOF_KEY  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "name",
    [
        "../../evil",
        "/etc/evil",
        "univ/../../evil",
        "univ/demo/..%2fevil",
        "univ/demo/evil.json",
        "tuf/timestamp.json",
        "univ/demo/resources/..",
        "tails/hash/../evil",
        "",
        "x" * 2000,
    ],
)
def test_a_name_that_is_no_published_path_is_not_fetched(attacked: Attacked, name: str) -> None:
    attacked.tree().sign({name: TargetFile.from_data(name, b"evil", ["sha256"])})
    before = {path for path in attacked.base.rglob("*") if "tuf" not in path.parts}
    refresh = attacked.mirror.refresh()
    assert refresh.refused == ((name, str(Rule.PATH)),)
    after = {path for path in attacked.base.rglob("*") if "tuf" not in path.parts}
    assert after - before <= {attacked.folder / ".lock"}
    attacked.check_still_good()


def replay_old_metadata(attacked: Attacked) -> None:
    shutil.rmtree(attacked.public / "tuf")
    shutil.copytree(attacked.base / "old-tuf", attacked.public / "tuf")


def expire_timestamp(attacked: Attacked) -> None:
    tree = attacked.tree()
    valid = metadata.TIMESTAMP_VALID
    try:
        metadata.TIMESTAMP_VALID = timedelta(seconds=-1)  # type: ignore[misc]
        tree.renew()
    finally:
        metadata.TIMESTAMP_VALID = valid  # type: ignore[misc]


def mix_versions(attacked: Attacked) -> None:
    """A new timestamp, but the old snapshot under the new name."""
    attacked.publish_signed("univ/demo/did-witness.json", b"[]")
    newest = sorted(attacked.public.glob("tuf/*.snapshot.json"), key=os.path.getmtime)
    shutil.copy(newest[-2], newest[-1])


def other_keys(attacked: Attacked) -> None:
    """Somebody else's registry, newer in every version."""
    other = RegistryServer(attacked.base / "other")
    for _ in range(30):
        SignedTree(
            other.settings.public / "tuf", load_key(other.settings.keys_folder / ONLINE)
        ).renew()
    for path in (other.settings.public / "tuf").glob("*.json"):
        if "root" not in path.name:
            shutil.copy(path, attacked.public / "tuf" / path.name)


def root_of_another(attacked: Attacked) -> None:
    """A second root that the first one's keys have not signed."""
    other = RegistryServer(attacked.base / "other")
    forged: Metadata[Root] = Metadata.from_file(str(other.trusted_root))
    forged.signed.version = 2
    for number in (1, 2):
        forged.sign(
            load_key(attacked.base / "other" / "root-keys" / f"root-{number}.pem"),
            append=number > 1,
        )
    forged.to_file(str(attacked.public / "tuf" / "2.root.json"))


@pytest.mark.parametrize(
    "attack",
    [replay_old_metadata, expire_timestamp, mix_versions, other_keys, root_of_another],
    ids=lambda attack: attack.__name__,
)
def test_metadata_of_another_time_or_place_is_refused(
    attacked: Attacked, attack: Callable[[Attacked], None]
) -> None:
    shutil.copytree(attacked.public / "tuf", attacked.base / "old-tuf")
    attacked.publish_signed("univ/demo/did-witness.json", b"[ ]")
    attacked.mirror.refresh()
    refreshed_at = attacked.mirror.refreshed_at
    attack(attacked)
    with pytest.raises(Unavailable):
        attacked.mirror.refresh()
    attacked.check_still_good()
    assert attacked.mirror.refreshed_at == refreshed_at
