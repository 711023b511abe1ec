"""A write is not lost, whatever happens between its rename and the new timestamp."""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from acquis.errors import Conflict, NotFound, Unavailable
from acquis.registry.resource import ResourceType
from registry_host import app as host
from registry_host import metadata, writing
from registry_host.app import create_app
from registry_host.files import keep_version, read_or_none, remove_older, write_whole
from registry_host.keys import ONLINE, load_key, load_or_create_key
from registry_host.metadata import SignedTree, target_of
from registry_host.settings import RegistrySettings
from support.registry import (
    Issuer,
    Published,
    RegistryServer,
    path_of,
    publish_all,
    put,
    running_registry,
    tails,
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RegistryServer]:
    with running_registry(tmp_path) as running:
        yield running


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


def test_a_write_whose_signature_failed_is_told_and_made_good_by_the_next_try(
    server: RegistryServer,
    issuer: Issuer,
    published: Published,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    newer = issuer.schema("2.0")
    mirror = server.mirror()

    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with server.client() as client:
        with monkeypatch.context() as patched:
            patched.setattr(metadata, "write_whole", full_disk)
            refused = put(client, newer)
            assert refused.status_code == 503
            assert "what stood still stands" in refused.json()["detail"]
        mirror.refresh()
        assert newer["id"] not in list(mirror.resources(ResourceType.SCHEMA))
        assert put(client, newer).json()["outcome"] == "unchanged"
    mirror.refresh()
    assert mirror.resolve_resource(newer["id"])
    assert newer["id"] in list(mirror.resources(ResourceType.SCHEMA))


@pytest.mark.parametrize("restarted", [False, True])
def test_whichever_of_its_writes_fails_a_registry_definition_is_not_half_there(
    server: RegistryServer,
    issuer: Issuer,
    published: Published,
    monkeypatch: pytest.MonkeyPatch,
    restarted: bool,
) -> None:
    """Two files, a bin or more, the snapshot, the timestamp; and the tails file that is named."""
    definition_of_credential = published.credential_definition["id"]
    mirror, failed = server.mirror(), 0
    for failing in count():
        raw, tails_hash = tails(f"{failing}")
        definition = issuer.registry_definition(definition_of_credential, tails_hash)
        with server.client() as client:
            assert client.put(f"/tails/hash/{tails_hash}", files={"tails": raw}).is_success
            with monkeypatch.context() as patched:
                full = FullDisk(failing)
                patched.setattr(metadata, "write_whole", full)
                patched.setattr(writing, "write_whole", full)
                done = put(client, definition).status_code
            in_place = client.get(path_of(definition)).is_success
            listed = definition["id"] in client.get(f"/{issuer.folder}/index.json").text
            assert in_place == listed
        if not restarted:
            with server.client() as client:
                assert put(client, definition).is_success
        elif in_place:
            server.stop()
            server.start()
        else:
            continue
        mirror.refresh()
        assert mirror.tails_file(tails_hash).read_bytes() == raw
        kind = ResourceType.REVOCATION_REGISTRY_DEFINITION
        assert mirror.resolve_resource(definition["id"], kind)
        assert definition["id"] in list(mirror.resources(kind))
        if done == 201:
            break
        assert done == 503
        failed += 1
    assert failed >= (3 if restarted else 5)


class FullDisk:
    """Writes ``whole`` files, and none after them."""

    def __init__(self, whole: int) -> None:
        self._left = whole

    def __call__(self, path: Path, raw: bytes, *, mode: int = 0o644) -> None:
        if not self._left:
            raise OSError(errno.ENOSPC, "No space left on device")
        self._left -= 1
        write_whole(path, raw, mode=mode)


def test_a_first_log_whose_index_cannot_be_written_is_not_there(
    server: RegistryServer, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.grants.grant(issuer.folder)
    path = f"/{issuer.folder}/did.jsonl"
    with server.client() as client:
        with monkeypatch.context() as patched:
            patched.setattr(writing, "write_whole", FullDisk(1))
            assert client.put(path, content=issuer.log).status_code == 503
        assert client.get(path).status_code == 404
        assert client.put(path, content=issuer.log).status_code == 201
        assert client.get(f"/{issuer.folder}/index.json").is_success


def test_an_index_that_lacks_what_is_signed_is_completed_at_the_next_start(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    index = server.settings.public / issuer.folder / "index.json"
    whole = index.read_bytes()
    with server.client() as client:
        first = put(client, issuer.schema("2.0"))
        assert first.status_code == 201
        server.stop()
    index.write_bytes(whole)
    server.start()
    mirror = server.mirror()
    mirror.refresh()
    listed = {kind: set(mirror.resources(kind)) for kind in ResourceType}
    assert issuer.schema("2.0")["id"] in listed[ResourceType.SCHEMA]
    assert published.definition["id"] in listed[ResourceType.REVOCATION_REGISTRY_DEFINITION]
    assert not listed[ResourceType.STATUS_LIST]


def test_what_was_in_place_but_unsigned_is_signed_at_the_next_start(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    newer = issuer.schema("2.0")
    server.stop()
    public = server.settings.public
    (public / path_of(newer)[1:]).write_bytes(json.dumps(newer).encode())
    again = issuer.sign(published.schema)
    (public / path_of(again)[1:]).write_bytes(json.dumps(again).encode())
    leftover = public / issuer.folder / "resources" / ".fresh-half"
    leftover.write_bytes(b"half")
    server.start()
    assert not leftover.exists()
    mirror = server.mirror()
    mirror.refresh()
    assert mirror.resolve_resource(newer["id"])
    assert newer["id"] == next(mirror.resources(ResourceType.SCHEMA))
    assert mirror.resolve_resource(published.schema["id"]).content == again["content"]


def test_a_log_that_was_in_place_without_its_index_gets_one(
    server: RegistryServer, issuer: Issuer
) -> None:
    server.stop()
    write_whole(server.settings.public / issuer.folder / "did.jsonl", issuer.log.encode())
    server.start()
    mirror = server.mirror()
    mirror.refresh()
    assert mirror.resolve_did(issuer.did)
    with server.client() as client:
        index = client.get(f"/{issuer.folder}/index.json").json()
    assert index == {"did": issuer.did, "resources": {}}


def test_a_start_with_nothing_left_behind_signs_nothing_but_the_timestamp(
    server: RegistryServer, published: Published
) -> None:
    tuf = server.settings.public / "tuf"
    server.stop()
    before = {path.name for path in tuf.iterdir()}
    server.start()
    assert {path.name for path in tuf.iterdir()} == before


def test_metadata_that_was_never_published_is_written_over(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    """A crash after some bins were written: their versions are not in any timestamp."""
    tuf = server.settings.public / "tuf"
    server.stop()
    for path in list(tuf.glob("*.bin-*.json")):
        version, rest = path.name.split(".", 1)
        orphan = tuf / f"{int(version) + 1}.{rest}"
        if not orphan.exists():
            orphan.write_bytes(b'{"signed": "half')
    server.start()
    with server.client() as client:
        newer = [issuer.schema(f"2.{number}") for number in range(8)]
        for each in newer:
            assert put(client, each).is_success
    mirror = server.mirror()
    mirror.refresh()
    for each in newer:
        assert mirror.resolve_resource(each["id"])


def test_one_host_serves_a_folder(server: RegistryServer) -> None:
    other = create_app(server.settings)

    async def start() -> None:
        async with other.router.lifespan_context(other):
            pass

    import asyncio

    with pytest.raises(Conflict):
        asyncio.run(start())


async def test_a_host_that_cannot_serve_says_why_at_its_start(tmp_path: Path) -> None:
    async def start(settings: RegistrySettings) -> None:
        app = create_app(settings)
        async with app.router.lifespan_context(app):
            pass

    settings = RegistrySettings(folder=tmp_path / "registry")
    with pytest.raises(NotFound):
        await start(settings)
    load_or_create_key(settings.keys_folder / ONLINE)
    with pytest.raises(Unavailable):
        await start(settings)
    other = RegistryServer(tmp_path / "other")
    renamed = RegistrySettings(folder=other.settings.folder, host="registry.other.example")
    with pytest.raises(Conflict):
        await start(renamed)


def test_superseded_metadata_and_files_stay_readable_for_a_while_then_go(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    settings = server.settings
    with server.client() as client:
        first = client.get(path_of(published.definition))
        digest = first.headers["etag"].strip('"')
        folder, name = path_of(published.definition).rsplit("/", 1)
        hashed = f"{folder}/{digest}.{name}"
        assert client.get(hashed).content == first.content
        again = issuer.sign(published.definition)
        while again == published.definition:
            time.sleep(0.1)
            again = issuer.sign(published.definition)
        assert put(client, again, first.headers["etag"]).json()["outcome"] == "replaced"
        assert client.get(path_of(published.definition)).content != first.content
        assert client.get(hashed).content == first.content
        assert "immutable" in client.get(hashed).headers["cache-control"]
        unknown = f"{folder}/{'0' * 64}.{name}"
        assert client.get(unknown).status_code == 404
    server.stop()
    tree = SignedTree(settings.public / "tuf", load_key(settings.keys_folder / ONLINE))
    held = set((settings.public / "tuf").iterdir())
    tree.prune(3600)
    assert set((settings.public / "tuf").iterdir()) == held
    long_ago = time.time() - 7200
    for path in held:
        os.utime(path, (long_ago, long_ago))
    tree.prune(3600)
    left = {path.name for path in (settings.public / "tuf").iterdir()}
    assert len(left) == 1 + 1 + 1 + 1 + 2**server.hash_bits  # root, targets, snapshot, timestamp
    server.start()
    mirror = server.mirror()
    mirror.refresh()
    assert mirror.resolve_resource(published.schema["id"])


def test_metadata_near_its_end_is_signed_again(
    server: RegistryServer, published: Published
) -> None:
    server.stop()
    tree = SignedTree(
        server.settings.public / "tuf", load_key(server.settings.keys_folder / ONLINE)
    )
    for each in tree._bins.values():
        each.signed.expires = each.signed.expires.replace(year=2020)
    before = tree.count()
    tree.renew()
    assert tree.count() == before
    server.start()
    mirror = server.mirror()
    mirror.refresh()
    assert mirror.resolve_resource(published.schema["id"])


def test_writers_that_wait_share_a_signature(tmp_path: Path) -> None:
    server = RegistryServer(tmp_path)
    tuf = server.settings.public / "tuf"
    tree = SignedTree(tuf, load_key(server.settings.keys_folder / ONLINE))
    with tree._signing:
        tree._pending = {f"a/{n}": target_of(f"a/{n}", b"x") for n in range(50)}
    tree.sign({"a/last": target_of("a/last", b"x")})
    assert tree.count() == 51
    assert len(list(tuf.glob("*.snapshot.json"))) == 2
    tree.sign({})
    assert len(list(tuf.glob("*.snapshot.json"))) == 2


def test_a_kept_version_is_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, b"old")
    keep_version(path, tmp_path / "versions", "digest")
    keep_version(path, tmp_path / "versions", "digest")
    write_whole(path, b"new")
    assert (tmp_path / "versions" / "digest").read_bytes() == b"old"
    assert read_or_none(path) == b"new"
    assert read_or_none(tmp_path / "nothing") is None
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".fresh")] == []


async def test_upkeep_that_fails_is_said_and_what_another_removes_meanwhile_is_no_failure(
    tmp_path: Path,
) -> None:
    def remove(_moment: float) -> None:
        remove_older(tmp_path / "gone", time.time())

    def fail(_moment: float) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with capture_logs() as said:
        await host._upkeep("remove old versions", remove, 0.0)
        await host._upkeep("remove old metadata", fail, 0.0)
    assert [(each["what"], each["errno"]) for each in said] == [
        ("remove old metadata", errno.ENOSPC)
    ]
    old = tmp_path / "old"
    old.write_bytes(b"")
    remove_older(old, time.time() - 60)
    assert old.exists()
    remove_older(old, time.time() + 60)
    assert not old.exists()


@pytest.fixture
def published(server: RegistryServer, issuer: Issuer) -> Published:
    return publish_all(server, issuer)
