"""The migrations bring a database to exactly what the tables say, on SQLite and on PostgreSQL."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import make_url

from acquis.service.database import migrate

ROOT = Path(__file__).parents[3]
SERVICES = ("issuer_agent", "holder_wallet", "verifier")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
def test_the_migrations_and_the_tables_agree(
    service: str, backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if backend == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path / 'service.sqlite3'}"
        plain = url.replace("+aiosqlite", "")
    else:
        url = plain = request.getfixturevalue("postgres_url")
    folder = ROOT / service / "store" / "migrations"
    migrate(url, folder)
    migrate(url, folder)  # once more changes nothing
    tables = importlib.import_module(f"{service}.store.tables").Base.metadata
    engine = create_engine(make_url(plain))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables) == []
        assert set(tables.tables) <= set(inspect(connection).get_table_names())
    engine.dispose()
