"""The migrations bring a database to exactly what the tables say, on SQLite and on PostgreSQL."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from fastapi import FastAPI
from sqlalchemy import create_engine, inspect, text

from acquis.errors import Conflict
from acquis.service.app import build_app
from acquis.service.database import migrate
from acquis.text import Text
from holder_wallet.settings import WalletSettings
from issuer_agent.settings import IssuerSettings
from registry_host.settings import RegistrySettings
from verifier.settings import VerifierSettings

ROOT = Path(__file__).parents[3]
SERVICES = ("issuer_agent", "holder_wallet", "verifier")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
def test_the_migrations_and_the_tables_agree(
    service: str, backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = url_of(backend, tmp_path, request)
    migrate(url, migrations_of(service))
    migrate(url, migrations_of(service))  # once more changes nothing
    check_tables(url, service)


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
def test_a_database_of_another_service_is_refused_and_left_alone(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = url_of(backend, tmp_path, request)
    migrate(url, migrations_of("issuer_agent"))
    for other in ("holder_wallet", "verifier"):
        with pytest.raises(Conflict, match="alembic_version_issuer"):
            migrate(url, migrations_of(other))
    check_tables(url, "issuer_agent")


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
def test_a_database_of_version_0_1_is_taken_over_by_its_own_service(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = url_of(backend, tmp_path, request)
    migrate(url, migrations_of("verifier"))
    engine = create_engine(plain(url))
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE alembic_version_verifier RENAME TO alembic_version"))
    engine.dispose()
    with pytest.raises(Conflict):
        migrate(url, migrations_of("issuer_agent"))
    migrate(url, migrations_of("verifier"))
    migrate(url, migrations_of("verifier"))
    check_tables(url, "verifier")


def test_no_two_services_have_the_same_folder_unless_told() -> None:
    kinds = (IssuerSettings, WalletSettings, VerifierSettings, RegistrySettings)
    folders = {kind.model_fields["folder"].default for kind in kinds}
    assert len(folders) == len(kinds)
    assert not any(each in other.parents for each in folders for other in folders)


async def test_a_service_that_cannot_start_says_why() -> None:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        raise Conflict(Text("Another's database", "La base d’un autre"))
        yield

    app = build_app("t", lifespan=lifespan, ready=dict)
    with structlog.testing.capture_logs() as logged, pytest.raises(Conflict):
        async with app.router.lifespan_context(app):
            pass
    assert [line["says"] for line in logged] == ["Another's database"]


def url_of(backend: str, folder: Path, request: pytest.FixtureRequest) -> str:
    if backend == "sqlite":
        return f"sqlite+aiosqlite:///{folder / 'service.sqlite3'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


def plain(url: str) -> str:
    return url.replace("+aiosqlite", "")


def migrations_of(service: str) -> Path:
    return ROOT / service / "store" / "migrations"


def check_tables(url: str, service: str) -> None:
    tables = importlib.import_module(f"{service}.store.tables").Base.metadata
    engine = create_engine(plain(url))
    with engine.connect() as connection:
        [versions] = [
            name
            for name in inspect(connection).get_table_names()
            if name.startswith("alembic_version")
        ]
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "version_table": versions}
        )
        assert compare_metadata(context, tables) == []
        assert set(tables.tables) <= set(inspect(connection).get_table_names())
    engine.dispose()
