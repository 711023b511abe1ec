"""Key files: whoever comes first makes the key of all, and only the owner reads it."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from acquis.errors import NotFound, Untrusted
from acquis.service.signing_keys import load_key, load_or_create_key


def test_replicas_that_start_at_once_have_one_key(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "own.pem"
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: load_or_create_key(path).multikey, range(64)))
    assert found == {load_key(path).multikey}
    assert [each.name for each in path.parent.iterdir()] == ["own.pem"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_is_no_key_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "own.pem"
    with pytest.raises(NotFound):
        load_key(path)
    path.write_text("something else")
    with pytest.raises(Untrusted):
        load_or_create_key(path)
    assert path.read_text() == "something else"


def test_a_key_is_made_where_files_cannot_be_linked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError  # as FAT does, the file system of many a memory stick

    monkeypatch.setattr(os, "link", refuse)
    made = load_or_create_key(tmp_path / "own.pem")
    assert load_or_create_key(tmp_path / "own.pem").multikey == made.multikey
    assert [each.name for each in tmp_path.iterdir()] == ["own.pem"]
