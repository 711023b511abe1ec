"""The database of a service: connections, transactions and migrations."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from pathlib import Path
from typing import Any, Final

from alembic import command, context
from alembic.config import Config
from sqlalchemy import MetaData, create_engine, event, inspect, text, update
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from acquis.errors import Conflict, Unavailable
from acquis.text import Text

_WRITE: Final = "acquis_write"
_LASTING: Final = "PRAGMA synchronous=FULL; BEGIN IMMEDIATE"
_PASSING: Final = "PRAGMA synchronous=NORMAL; BEGIN IMMEDIATE"
_VERSIONS: Final = "alembic_version"
_SILENT: Final = Text("The database does not answer", "La base de données ne répond pas")


class Database:
    """Transactions on SQLite (WAL, one writer at a time) or PostgreSQL.

    What a statement is given may be claims: it is left out of the errors that are raised. A
    database that cannot be reached or used is ``Unavailable``; a broken rule of a table stays
    SQLAlchemy's ``IntegrityError``.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self._engine = create_async_engine(
            url,
            pool_pre_ping=not self.is_sqlite,
            hide_parameters=True,
        )
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        self._writer = asyncio.Lock() if self.is_sqlite else None
        if self.is_sqlite:
            event.listen(self._engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self._engine.sync_engine, "begin", _begin_sqlite)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """Open a session for reading; what is added to it is not kept.

        On SQLite two statements of one session may see two states.
        """
        with _told():
            async with self._sessions() as session:
                yield session

    @asynccontextmanager
    async def write(self, *, lasting: bool = True) -> AsyncIterator[AsyncSession]:
        """Open a transaction for writing: committed at the end, rolled back on an exception.

        On SQLite it takes the write lock at once (``BEGIN IMMEDIATE``), so that a transaction
        that has begun cannot fail because another one wrote in between. What can be learned again
        from an agent need not be ``lasting``: such a commit outlives any killed process, but is
        not waited for on the disk, so a power cut may undo it.
        """
        one_at_a_time: AbstractAsyncContextManager[Any] = self._writer or nullcontext()
        with _told():
            async with one_at_a_time, self._sessions() as session:
                if self.is_sqlite:
                    begin = _LASTING if lasting else _PASSING
                    await session.connection(execution_options={_WRITE: begin})
                try:
                    yield session
                    await session.commit()
                except BaseException:
                    await asyncio.shield(session.rollback())  # cancelled or not, the lock goes
                    raise

    async def check_usable(self) -> None:
        """Raise ``Unavailable`` when the database does not answer."""
        try:
            async with self._sessions() as session:
                await session.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError) as error:
            raise Unavailable(_SILENT) from error

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeoutError) as error:
        raise Unavailable(_SILENT) from error


async def save_open(session: AsyncSession, row: Any, *columns: str) -> None:
    """Write these columns of a row that was read in an earlier session, if it is open still."""
    model, values = type(row), {column: getattr(row, column) for column in columns}
    await session.execute(
        update(model).where(model.id == row.id, model.open.is_(True)).values(values)
    )


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "busy_timeout=5000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Begin a write at once; a read needs no transaction: each statement sees one state."""
    begin = connection.get_execution_options().get(_WRITE)
    if begin is not None:
        adapted: Any = connection.connection.dbapi_connection
        adapted.run_async(lambda driver: driver.executescript(begin))


def migrate(url: str, migrations: Path) -> None:
    """Bring the database at ``url`` to the newest version in the folder ``migrations``.

    Raises ``Conflict`` when another service's tables are in it.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    command.upgrade(config, "head")


def run_migrations(metadata: MetaData, *, service: str) -> None:
    """Do the work of a service's Alembic ``env.py``: one transaction, online.

    Each ``service`` counts its versions in a table of its own, so that a database given to two of
    them by mistake is refused: they would take each other's tables for theirs.
    """
    url = make_url(context.config.attributes["url"])
    if url.get_backend_name() == "sqlite":
        url = url.set(drivername="sqlite")
    engine = create_engine(url, hide_parameters=True)
    versions = f"{_VERSIONS}_{service}"
    try:
        with engine.begin() as connection:
            _claim(connection, metadata, versions)
        with engine.connect() as connection:
            context.configure(
                connection=connection,
                target_metadata=metadata,
                version_table=versions,
                render_as_batch=True,
            )
            with context.begin_transaction():
                context.run_migrations()
    finally:
        engine.dispose()


def _claim(connection: Connection, metadata: MetaData, versions: str) -> None:
    """Raise ``Conflict`` when somebody else counts versions here; take over what 0.1 counted."""
    found = set(inspect(connection).get_table_names())
    others = {name for name in found if name.startswith(_VERSIONS)} - {versions}
    if others == {_VERSIONS} and versions not in found and found >= metadata.tables.keys():
        connection.execute(text(f"ALTER TABLE {_VERSIONS} RENAME TO {versions}"))
    elif others:
        named = ", ".join(sorted(others))
        raise Conflict(
            Text(
                f"Another service keeps its tables in this database ({named}): "
                "give each service a database of its own",
                f"Un autre service tient ses tables dans cette base de données ({named}) : "
                "donnez à chaque service une base de données à lui",
            )
        )
