"""One registry host for all tests that only add to it; each test has an issuer of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from support.hostile_registry import hostile_host
from support.registry import Issuer, Published, RegistryServer, publish_all, running_registry
from support.watched_registry import EARLIER, Attacked, Thief, Watching

FOLDER_BYTES = 4 * 1024**2
_NUMBERS = count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    base = tmp_path_factory.mktemp("registry")
    with running_registry(base, folder_bytes=FOLDER_BYTES) as running:
        yield running


@pytest.fixture
def issuer() -> Issuer:
    return Issuer(folder=f"univ/school-{next(_NUMBERS)}")


@pytest.fixture
def published(server: RegistryServer, issuer: Issuer) -> Published:
    return publish_all(server, issuer)


@pytest.fixture(scope="session")
def published_registry(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, Issuer, Published, Path]:
    base = tmp_path_factory.mktemp("watched")
    issuer = Issuer(created=EARLIER)
    with running_registry(base) as server:
        published = publish_all(server, issuer)
        watched = tmp_path_factory.mktemp("watcher")
        first = Watching(watched, server.trusted_root, server.url).round()
    assert (first.raised, first.warned, first.is_whole) == ((), (), True)
    assert first.changed == 8
    return base, issuer, published, watched


@pytest.fixture
def attacked(
    published_registry: tuple[Path, Issuer, Published, Path], tmp_path: Path
) -> Iterator[Attacked]:
    base, issuer, published, watched = published_registry
    shutil.copytree(base, tmp_path / "base")
    shutil.copytree(watched, tmp_path / "watched")
    thief = Thief(tmp_path / "base")
    with hostile_host(thief.public) as host:
        watching = Watching(tmp_path / "watched", thief.tuf / "1.root.json", host.url)
        yield Attacked(issuer, published, host, thief, watching)
