"""The keys of a registry are files like all our keys: made once, never replaced."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from acquis.errors import NotFound, Untrusted
from registry_host.keys import load_key, load_keys, load_or_create_key


def test_commands_that_start_at_once_have_one_key(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "online.pem"
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: load_or_create_key(path).public_key.keyid, range(32)))
    assert found == {load_key(path).public_key.keyid}


def test_a_missing_key_and_a_damaged_one_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "online.pem"
    with pytest.raises(NotFound, match="needed"):
        load_key(path)
    path.write_text("something else")
    for load in (load_key, load_or_create_key):
        with pytest.raises(Untrusted, match="no Ed25519 key"):
            load(path)
    with pytest.raises(Untrusted):
        load_keys(tmp_path)
    assert path.read_text() == "something else"
