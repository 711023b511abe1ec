"""One registry host for all tests that only add to it; each test has an issuer of its own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from support.registry import Issuer, Published, RegistryServer, publish_all, running_registry

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    with running_registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture
def issuer() -> Issuer:
    return Issuer(folder=f"univ/school-{next(_NUMBERS)}")


@pytest.fixture
def published(server: RegistryServer, issuer: Issuer) -> Published:
    return publish_all(server, issuer)
