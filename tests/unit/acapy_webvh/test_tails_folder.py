"""Tails files: only checked names and checked contents reach the agent's folder."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest

from acapy_webvh.tails import TailsFolder
from acquis.errors import NotFound, Untrusted
from acquis.registry.mirror import Mirror
from acquis.registry.multibase import encode_base58

HOST = "registry.acquis.example"
CONTENT = b"\x01" * 5_000
HASH = encode_base58(sha256(CONTENT).digest())


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    folder = tmp_path / "mirror"
    lies = folder / HOST / "files" / "tails" / "hash"
    lies.mkdir(parents=True)
    (lies / HASH).write_bytes(CONTENT)
    return Mirror(folder, {HOST: "http://127.0.0.1:9"})


@pytest.fixture
def tails(tmp_path: Path, mirror: Mirror) -> TailsFolder:
    return TailsFolder(tmp_path / "home" / "tails", mirror)


def test_places_the_file_once(tails: TailsFolder) -> None:
    path = tails.place(HASH)
    assert path.read_bytes() == CONTENT
    before = path.stat()
    assert tails.place(HASH) == path
    assert path.stat().st_ino == before.st_ino
    assert [entry.name for entry in path.parent.iterdir()] == [HASH]


@pytest.mark.parametrize("damage", [b"", CONTENT[:-1], b"\x02" * 5_000])
def test_replaces_a_file_that_a_crash_cut_short(tails: TailsFolder, damage: bytes) -> None:
    path = tails.place(HASH)
    path.write_bytes(damage)
    os.utime(path, ns=(1, 1))
    assert tails.place(HASH).read_bytes() == CONTENT


@pytest.mark.parametrize(
    "name",
    [
        "../../.ssh/authorized_keys",
        "/etc/passwd",
        "",
        "..",
        f"{HASH}/../x",
        HASH[:-1] + "0",
        encode_base58(b"short"),
        encode_base58(b"\x01" * 33),
    ],
)
def test_refuses_a_name_that_is_no_hash(tails: TailsFolder, tmp_path: Path, name: str) -> None:
    with pytest.raises(Untrusted):
        tails.place(name)
    assert not (tmp_path / "home").exists()


def test_a_file_that_is_not_in_the_mirror_is_not_found(tails: TailsFolder) -> None:
    with pytest.raises(NotFound):
        tails.place(encode_base58(sha256(b"another").digest()))


def test_a_wrong_file_in_the_mirror_is_refused_and_leaves_nothing(
    tails: TailsFolder, tmp_path: Path
) -> None:
    other = encode_base58(sha256(b"another").digest())
    lies = tmp_path / "mirror" / HOST / "files" / "tails" / "hash" / other
    lies.write_bytes(b"something else")
    with pytest.raises(Untrusted):
        tails.place(other)
    folder = tmp_path / "home" / "tails"
    assert not folder.exists() or not list(folder.iterdir())
