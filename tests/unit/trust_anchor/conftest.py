"""One real registry for these tests; each has an anchor at a place of its own in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from support.registry import HOST, RegistryServer, running_registry
from support.trust import UNIVERSITY, Ministry
from trust_anchor.anchor import create_anchor

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    with running_registry(tmp_path_factory.mktemp("registry")) as server:
        server.grants.grant(UNIVERSITY.folder)
        with server.client() as client:
            found = client.put(f"/{UNIVERSITY.folder}/did.jsonl", content=UNIVERSITY.log)
        assert found.is_success
        yield server


@pytest.fixture
def ministry(registry: RegistryServer, tmp_path: Path) -> Ministry:
    place = f"trust/ministry-{next(_NUMBERS)}"
    registry.grants.grant(place)
    create_anchor(tmp_path / "anchor", HOST, place, "The Ministry")
    return Ministry(registry, tmp_path / "anchor")
