"""Work that is due: found in the database, made quick by wake-ups, never lost with them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import structlog
from sqlalchemy import Float, String, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column
from taskiq import AsyncBroker, InMemoryBroker
from taskiq.api import run_receiver_task

from acquis.errors import AcquisError, Unavailable
from acquis.service.database import Database

_LOG = structlog.get_logger(__name__)

LEASE_SECONDS: Final = 60.0
_BATCH: Final = 50
_CONCURRENT: Final = 8
_RETRY_FIRST: Final = 0.5
_RETRY_MOST: Final = 30.0


class Due:
    """Columns of a row that work may be due on (a mixin for a mapped class with a text ``id``)."""

    due_at: Mapped[float | None] = mapped_column(Float, default=None, index=True)
    rung: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[float | None] = mapped_column(Float, default=None)
    claimed_by: Mapped[str | None] = mapped_column(String(80), default=None)


@dataclass(frozen=True, slots=True)
class Again:
    """What a piece of work answers when it wants to be looked at again in ``seconds``."""

    seconds: float


type Perform = Callable[[str], Awaitable[Again | None]]


def build_broker(url: str) -> AsyncBroker:
    """Build the taskiq broker that wake-ups travel through: memory, Redis or PostgreSQL."""
    if url.startswith("memory:"):
        return InMemoryBroker()
    if url.startswith(("redis:", "rediss:")):
        from taskiq_redis import ListQueueBroker

        redis: AsyncBroker = ListQueueBroker(url)
        return redis
    if url.startswith("postgresql:"):
        from taskiq_pg.psycopg import PsycopgBroker

        postgres: AsyncBroker = PsycopgBroker(url)
        return postgres
    message = "broker_url: memory://, redis://… or postgresql://… is needed"
    raise ValueError(message)


class Work:
    """Rows of one table, each looked at when due by one worker at a time."""

    def __init__(
        self,
        database: Database,
        model: Any,
        perform: Perform,
        *,
        broker: AsyncBroker,
        instance: str = "1",
        sweep_seconds: float = 1.0,
    ) -> None:
        self._database = database
        self._model = model
        self._perform = perform
        self._instance = instance
        self._sweep_seconds = sweep_seconds
        self._slots = asyncio.Semaphore(_CONCURRENT)
        self._running: set[asyncio.Task[None]] = set()
        self._tasks: list[asyncio.Task[None]] = []

        async def wake(
            row_id: str,
        ) -> None:  # a function of its own: taskiq renames what it registers
            await self._claim_one(row_id)

        self._wake = broker.register_task(wake, task_name=f"acquis:{model.__tablename__}")

    async def due(self, row_id: str) -> bool:
        """Mark a row due now and send a wake-up; answers whether the row exists."""
        model = self._model
        async with self._database.write() as session:
            found = await session.execute(
                update(model)
                .where(model.id == row_id)
                .values(due_at=time.time(), rung=model.rung + 1)
                .returning(model.id)
            )
            exists = found.scalar_one_or_none() is not None
        if exists:
            await self.wake(row_id)
        return exists

    async def wake(self, row_id: str) -> None:
        """Send a wake-up for a row already marked due; losing it only costs time."""
        try:
            await self._wake.kiq(row_id)
        except Exception as error:  # noqa: BLE001 - whatever the broker's client raises, the sweep finds the row
            _LOG.warning("wake-up lost", error=type(error).__name__)

    async def start(self) -> None:
        """Take up what this instance had claimed before it stopped, then sweep and listen."""
        model = self._model
        async with self._database.write() as session:
            await session.execute(
                update(model)
                .where(model.claimed_by == self._instance)
                .values(claimed_until=None, claimed_by=None)
            )
        self._tasks.append(asyncio.create_task(self._sweep_for_ever()))

    async def stop(self) -> None:
        """Stop sweeping and let go of what is being done; it stays due."""
        for task in [*self._tasks, *self._running]:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._running, return_exceptions=True)

    async def sweep(self) -> int:
        """Claim what is due and do it; returns how many rows were claimed."""
        claimed = await self._claim(_BATCH)
        for row_id, rung, attempts in claimed:
            self._begin(row_id, rung, attempts)
        return len(claimed)

    async def _sweep_for_ever(self) -> None:
        while True:
            try:
                full = await self.sweep() == _BATCH
            except Exception:  # noqa: BLE001 - the edge: the loop must outlive a database that is away
                _LOG.exception("sweep failed", table=self._model.__tablename__)
                full = False
            await asyncio.sleep(0.05 if full else self._sweep_seconds)

    async def _claim_one(self, row_id: str) -> None:
        for claimed, rung, attempts in await self._claim(1, row_id):
            await self._begin(claimed, rung, attempts)

    async def _claim(self, most: int, row_id: str | None = None) -> list[tuple[str, int, int]]:
        model, now = self._model, time.time()
        which = (
            select(model.id)
            .where(model.due_at <= now)
            .where(or_(model.claimed_until.is_(None), model.claimed_until < now))
            .order_by(model.due_at)
            .limit(most)
        )
        if row_id is not None:
            which = which.where(model.id == row_id)
        if self._database.is_sqlite:
            async with self._database.read() as session:  # nothing due costs no write lock
                if (await session.execute(which.limit(1))).first() is None:
                    return []
        else:
            which = which.with_for_update(skip_locked=True)
        async with self._database.write() as session:
            rows = await session.execute(
                update(model)
                .where(model.id.in_(which.scalar_subquery()))
                .values(claimed_until=now + LEASE_SECONDS, claimed_by=self._instance)
                .returning(model.id, model.rung, model.attempts)
            )
            return [(row[0], row[1], row[2]) for row in rows]

    def _begin(self, row_id: str, rung: int, attempts: int) -> asyncio.Task[None]:
        task = asyncio.create_task(self._do(row_id, rung, attempts))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _do(self, row_id: str, rung: int, attempts: int) -> None:
        async with self._slots:
            try:
                again = await self._perform(row_id)
                attempts = 0
            except Unavailable as error:
                _LOG.info("will be tried again", row=row_id, reason=error.code, says=error.says.en)
                again = Again(_retry_in(attempts))
                attempts += 1
            except AcquisError as error:
                _LOG.warning("could not be done", row=row_id, reason=error.code, says=error.says.en)
                again = Again(_retry_in(attempts + 3))
                attempts += 1
            except Exception:  # noqa: BLE001 - the edge: one bad row must not stop the others
                _LOG.exception("work failed", row=row_id)
                again = Again(_retry_in(attempts + 3))
                attempts += 1
        await self._finish(row_id, rung, attempts, again)

    async def _finish(self, row_id: str, rung: int, attempts: int, again: Again | None) -> None:
        model, now = self._model, time.time()
        async with self._database.write() as session:
            free = {"claimed_until": None, "claimed_by": None, "attempts": attempts}
            quiet = await session.execute(
                update(model)
                .where(model.id == row_id, model.rung == rung)
                .values(due_at=None if again is None else now + again.seconds, **free)
                .returning(model.id)
            )
            if quiet.scalar_one_or_none() is not None:
                return
            await session.execute(  # the doorbell rang meanwhile: look again at once
                update(model).where(model.id == row_id).values(due_at=now, **free)
            )
        await self.wake(row_id)


def _retry_in(attempts: int) -> float:
    return min(_RETRY_MOST, _RETRY_FIRST * 2.0 ** min(attempts, 10))


@asynccontextmanager
async def working(broker: AsyncBroker, *works: Work) -> AsyncIterator[None]:
    """Run ``works`` and the broker their wake-ups travel through, until the block is left."""
    await broker.startup()
    receiver = (
        None
        if isinstance(broker, InMemoryBroker)
        else asyncio.create_task(run_receiver_task(broker))
    )
    for work in works:
        await work.start()
    try:
        yield
    finally:
        if receiver is not None:
            receiver.cancel()
            await asyncio.gather(receiver, return_exceptions=True)
        for work in works:
            await work.stop()
        await broker.shutdown()
