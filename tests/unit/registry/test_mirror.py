"""The mirror: whole, verified, kept when the registry fails, and read without any connection."""

from __future__ import annotations

import json
import shutil
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import NoReturn

import pytest

from acquis.errors import InvalidInput, NotFound, Unavailable
from acquis.registry.did_log import build_next_entry
from acquis.registry.mirror import Mirror
from acquis.registry.resource import ResourceType, build_resource
from acquis.registry.rules import Rule, RuleBroken
from acquis.registry.trust_list import TrustList, build_trust_list, parse_trust_list
from support.registry import (
    HOST,
    Issuer,
    Published,
    RegistryServer,
    append_list,
    path_of,
    publish_all,
    put,
    running_registry,
    seeded_key,
    tails,
)

NUMBERS = count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    with running_registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture
def issuer() -> Issuer:
    return Issuer(folder=f"univ/mirrored-{next(NUMBERS)}")


@pytest.fixture
def published(server: RegistryServer, issuer: Issuer) -> Published:
    return publish_all(server, issuer)


@pytest.fixture
def mirror(server: RegistryServer, tmp_path: Path) -> Mirror:
    return server.mirror(tmp_path / "mirror")


def refusal_of(read: object, *given: object) -> Rule:
    assert callable(read)
    with pytest.raises(RuleBroken) as refusal:
        read(*given)
    return refusal.value.rule


def test_everything_published_is_read_and_no_connection_is_opened(
    issuer: Issuer, published: Published, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror.refresh()

    def refuse(*_: object) -> NoReturn:
        message = "a connection was opened"
        raise AssertionError(message)

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert mirror.resolve_did(issuer.did).assertion_keys() == {
        issuer.method: issuer.attest.multikey
    }
    for resource in (published.schema, published.credential_definition, *published.lists):
        assert mirror.resolve_resource(resource["id"]).content == resource["content"]
    assert published.schema["id"] in list(mirror.resources(ResourceType.SCHEMA))
    definition = mirror.resolve_resource(
        published.definition["id"], ResourceType.REVOCATION_REGISTRY_DEFINITION
    )
    assert [link.timestamp for link in definition.links] == [1000, 2000]
    assert mirror.tails_file(published.tails_hash).read_bytes() == tails(issuer.folder)[0]


@pytest.mark.parametrize(
    ("at", "timestamp"), [(1000, 1000), (1999, 1000), (2000, 2000), (2**40, 2000)]
)
def test_the_list_in_force_is_never_a_later_one(
    published: Published, mirror: Mirror, at: int, timestamp: int
) -> None:
    mirror.refresh()
    link, found = mirror.resolve_status_list(published.definition["id"], at)
    assert link.timestamp == found.content["timestamp"] == timestamp


def test_before_the_first_list_there_is_none(published: Published, mirror: Mirror) -> None:
    mirror.refresh()
    with pytest.raises(NotFound):
        mirror.resolve_status_list(published.definition["id"], 999)


def test_what_is_not_there_is_not_found(
    issuer: Issuer, published: Published, mirror: Mirror
) -> None:
    for read in (
        lambda: mirror.resolve_did(issuer.did),
        lambda: mirror.resolve_resource(published.schema["id"]),
        lambda: mirror.tails_file(published.tails_hash),
        lambda: mirror.trust_list(issuer.did),
    ):
        with pytest.raises(NotFound):
            read()
    assert list(mirror.resources(ResourceType.SCHEMA)) == []
    mirror.refresh()
    assert mirror.resolve_did(issuer.did)
    with pytest.raises(NotFound):
        mirror.resolve_did(Issuer(host="registry.other.example").did)
    with pytest.raises(NotFound):
        mirror.trust_list(issuer.did)


def test_a_refresh_brings_what_changed_and_no_more(
    server: RegistryServer, issuer: Issuer, published: Published, mirror: Mirror
) -> None:
    first = mirror.refresh()
    assert first.changed >= 9
    assert first.refused == ()
    quiet = mirror.refresh()
    assert quiet.changed == 0
    assert quiet.received < 1000
    with server.client() as client:
        newer = issuer.schema("2.0")
        assert put(client, newer).is_success
        one_more = mirror.refresh()
        assert one_more.changed == 2  # the schema and the index
        assert one_more.received < first.received
        append_list(client, issuer, published.definition, 3000)
    mirror.refresh()
    link, _ = mirror.resolve_status_list(published.definition["id"], 5000)
    assert link.timestamp == 3000
    assert next(mirror.resources(ResourceType.SCHEMA))


def test_the_last_good_copy_stays_when_the_registry_is_down(tmp_path: Path, issuer: Issuer) -> None:
    with running_registry(tmp_path) as server:
        published = publish_all(server, issuer)
        mirror = server.mirror()
        assert mirror.refreshed_at is None
        assert mirror.refreshed_at_of(issuer.did) is None
        refreshed = mirror.refresh()
        assert mirror.refreshed_at == refreshed.at
        vouched_for = mirror.refreshed_at_of(issuer.did)
        assert vouched_for is not None
        assert refreshed.at - 60 <= vouched_for <= refreshed.at
        server.stop()
        with pytest.raises(Unavailable):
            mirror.refresh()
        assert mirror.refreshed_at == refreshed.at
        assert mirror.resolve_resource(published.schema["id"])
        server.start()
        assert mirror.refresh().at >= refreshed.at


def test_nothing_is_trusted_without_a_root_and_only_under_that_root(
    server: RegistryServer, issuer: Issuer, published: Published, tmp_path: Path
) -> None:
    sources = {HOST: server.url}
    with pytest.raises(InvalidInput):
        Mirror(tmp_path / "a", sources).refresh()
    with pytest.raises(InvalidInput):
        Mirror(tmp_path / "a", sources, trusted_root=tmp_path / "missing.json").refresh()
    other = RegistryServer(tmp_path / "other")
    with pytest.raises(Unavailable):
        Mirror(tmp_path / "a", sources, trusted_root=other.trusted_root).refresh()
    with pytest.raises(NotFound):
        Mirror(tmp_path / "a", sources, trusted_root=other.trusted_root).resolve_did(issuer.did)
    Mirror(tmp_path / "b", sources, trusted_root=server.trusted_root).refresh()
    pinned = Mirror(tmp_path / "b", sources)
    pinned.refresh()
    assert pinned.resolve_resource(published.schema["id"])
    roots = tmp_path / "roots"
    roots.mkdir()
    shutil.copy(server.trusted_root, roots / f"{HOST}.json")
    assert Mirror(tmp_path / "c", sources, trusted_root=roots).refresh().changed


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("localhost", "http://127.0.0.1:1"),
        ("../x", "http://127.0.0.1:1"),
        (HOST, "file:///etc"),
        (HOST, "ftp://registry.acquis.example"),
        (HOST, "http://user:secret@127.0.0.1:1"),
        (HOST, "http://127.0.0.1:1/?x=1"),
        (HOST, "https://"),
    ],
)
def test_a_source_of_another_form_is_refused(tmp_path: Path, host: str, url: str) -> None:
    with pytest.raises((InvalidInput, RuleBroken)):
        Mirror(tmp_path, {host: url})


def test_a_second_read_is_the_same_and_a_changed_file_is_verified_again(
    published: Published, mirror: Mirror, tmp_path: Path
) -> None:
    mirror.refresh()
    resource_id = published.schema["id"]
    first = mirror.resolve_resource(resource_id)
    assert mirror.resolve_resource(resource_id) is first
    path = tmp_path / "mirror" / HOST / "files" / path_of(published.schema)[1:]
    good = path.read_bytes()
    path.write_bytes(good.replace(b"data-analysis", b"data-anarchy_"))
    for _ in range(2):
        assert refusal_of(mirror.resolve_resource, resource_id) is Rule.DIGEST
    assert refusal_of(mirror.resolve_resource, resource_id, ResourceType.SCHEMA) is Rule.DIGEST
    path.write_bytes(good)
    assert mirror.resolve_resource(resource_id) == first
    path.write_bytes(b" " * (5 * 1024 * 1024 + 1))
    assert refusal_of(mirror.resolve_resource, resource_id) is Rule.SIZE


def test_the_type_is_checked_on_what_is_remembered_too(
    published: Published, mirror: Mirror
) -> None:
    mirror.refresh()
    mirror.resolve_resource(published.schema["id"])
    wrong = ResourceType.CREDENTIAL_DEFINITION
    assert refusal_of(mirror.resolve_resource, published.schema["id"], wrong) is Rule.TYPE


def test_a_resource_is_verified_again_when_its_log_changed(
    server: RegistryServer, issuer: Issuer, published: Published, mirror: Mirror
) -> None:
    mirror.refresh()
    assert mirror.resolve_resource(published.schema["id"])
    ended = build_next_entry(issuer.log.encode(), issuer.next, seeded_key("n"), deactivate=True)
    with server.client() as client:
        assert client.put(f"/{issuer.folder}/did.jsonl", content=ended).is_success
    mirror.refresh()
    assert mirror.resolve_did(issuer.did).deactivated
    assert refusal_of(mirror.resolve_resource, published.schema["id"]) is Rule.PROOF_KEY


def test_tails_that_were_changed_are_refused(published: Published, mirror: Mirror) -> None:
    mirror.refresh()
    path = mirror.tails_file(published.tails_hash)
    path.write_bytes(b"other")
    assert refusal_of(mirror.tails_file, published.tails_hash) is Rule.TAILS
    assert refusal_of(mirror.tails_file, "../../root.json") is Rule.TAILS


def test_a_replayed_log_in_the_folder_is_refused(
    server: RegistryServer, issuer: Issuer, published: Published, mirror: Mirror, tmp_path: Path
) -> None:
    longer = build_next_entry(issuer.log.encode(), issuer.next, seeded_key("n"))
    with server.client() as client:
        assert client.put(f"/{issuer.folder}/did.jsonl", content=longer).is_success
    mirror.refresh()
    path = tmp_path / "mirror" / HOST / "files" / issuer.folder / "did.jsonl"
    path.write_text(issuer.log)
    assert refusal_of(mirror.resolve_did, issuer.did) is Rule.LOG_ROLLBACK


def test_an_index_that_cannot_be_read_hides_one_issuer_only(
    server: RegistryServer, issuer: Issuer, published: Published, mirror: Mirror, tmp_path: Path
) -> None:
    other = Issuer(folder=f"{issuer.folder}-b")
    publish_all(server, other, lists=0)
    mirror.refresh()
    path = tmp_path / "mirror" / HOST / "files" / issuer.folder / "index.json"
    path.write_bytes(b"{")
    found = list(mirror.resources(ResourceType.SCHEMA))
    assert other.schema()["id"] in found
    assert published.schema["id"] not in found


def test_the_trust_list_with_the_highest_version_counts(
    server: RegistryServer, mirror: Mirror
) -> None:
    anchor = Issuer(folder=f"trust/anchor-{next(NUMBERS)}", name="anchor")
    server.grants.grant(anchor.folder)
    days = (date(2026, 1, 1), date(2027, 1, 1))
    with server.client() as client:
        assert client.put(f"/{anchor.folder}/did.jsonl", content=anchor.log).is_success
        for version in (1, 3, 2):
            content = build_trust_list(TrustList(anchor.did, version, *days, ()))
            kind = ResourceType.TRUST_LIST
            assert put(client, anchor.sign(build_resource(anchor.did, kind, "list", content)))
    mirror.refresh()
    found = mirror.trust_list(anchor.did)
    assert parse_trust_list(found.content).version == 3
    assert found.did == anchor.did


def test_two_processes_share_one_folder(
    server: RegistryServer, published: Published, tmp_path: Path
) -> None:
    mirrors = [server.mirror(tmp_path / "shared") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        refreshes = list(pool.map(lambda each: each.refresh(), mirrors))
    assert sum(1 for each in refreshes if each.changed) == 1
    for each in mirrors:
        assert each.resolve_resource(published.schema["id"])


def test_whoever_waits_too_long_for_another_process_is_told(
    server: RegistryServer, tmp_path: Path
) -> None:
    import fcntl

    folder = tmp_path / "shared"
    folder.mkdir()
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Unavailable):
            server.mirror(folder).refresh(timeout=0.1)


def test_writes_in_the_middle_of_a_refresh_never_make_a_mix(
    server: RegistryServer, issuer: Issuer, published: Published, mirror: Mirror
) -> None:
    stop = threading.Event()
    written = 0

    def keep_writing() -> None:
        nonlocal written
        definition = published.definition
        with server.client() as client:
            while not stop.is_set():
                at = 10_000 + written
                _, definition = append_list(client, issuer, definition, at, (written % 8,))
                written += 1

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        rounds = 0
        while rounds < 6 or written <= 3:
            assert writer.is_alive()
            rounds += 1
            assert mirror.refresh().refused == ()
            definition = mirror.resolve_resource(published.definition["id"])
            for link in definition.links:
                found, status_list = mirror.resolve_status_list(definition.id, link.timestamp)
                assert (found, status_list.id) == (link, link.id)
    finally:
        stop.set()
        writer.join()
    mirror.refresh()
    link, _ = mirror.resolve_status_list(published.definition["id"], 2**40)
    assert link.timestamp == 10_000 + written - 1


def test_a_crash_in_the_middle_of_a_refresh_is_repaired_by_the_next(
    published: Published, mirror: Mirror, tmp_path: Path
) -> None:
    mirror.refresh()
    folder = tmp_path / "mirror" / HOST
    lost = folder / "files" / path_of(published.schema)[1:]
    lost.unlink()
    applied = json.loads((folder / "applied.json").read_bytes())
    (folder / "applied.json").write_text("{")  # half a note
    (folder / "staging" / "leftover").write_bytes(b"x")
    mirror.refresh()
    assert mirror.resolve_resource(published.schema["id"])
    assert not list((folder / "staging").iterdir())
    assert json.loads((folder / "applied.json").read_bytes())["bins"] == applied["bins"]


def test_two_issuers_with_the_same_file_both_have_it(
    server: RegistryServer, issuer: Issuer, published: Published, mirror: Mirror, tmp_path: Path
) -> None:
    other = Issuer(folder=f"{issuer.folder}-b")
    publish_all(server, other, lists=0)
    server.stop()
    for each in (issuer, other):
        (server.settings.public / each.folder / "did-witness.json").write_bytes(b"[]")
    server.start()  # what stands is signed
    assert mirror.refresh().refused == ()
    for each in (issuer, other):
        assert mirror.resolve_did(each.did)
        copy = next((tmp_path / "mirror").glob(f"*/files/{each.folder}/did-witness.json"))
        assert copy.read_bytes() == b"[]"


def test_the_resource_of_a_dated_proof(published: Published, mirror: Mirror) -> None:
    mirror.refresh()
    created = mirror.resolve_resource(published.schema["id"]).proof_created
    assert created.tzinfo is UTC
    assert created <= datetime.now(UTC)
