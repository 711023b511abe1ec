"""Work that is due: found in the database, made quick by wake-ups, never lost with them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import structlog
from sqlalchemy import ColumnElement, Float, String, case, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column
from taskiq import AsyncBroker, InMemoryBroker
from taskiq.api import run_receiver_task

from acquis.errors import AcquisError, Unavailable
from acquis.service.database import Database

_LOG = structlog.get_logger(__name__)

LEASE_SECONDS: Final = 60.0
_CONCURRENT: Final = 16
_MOST_LOOKS: Final = 20
_STOP_SECONDS: Final = 2.0
_RETRY_FIRST: Final = 0.5
_RETRY_MOST: Final = 30.0
_FAULT_MOST: Final = 3600.0


class Due:
    """Columns of a row that work may be due on (a mixin for a mapped class with a text ``id``)."""

    due_at: Mapped[float | None] = mapped_column(Float, default=None, index=True)
    rung: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[float | None] = mapped_column(Float, default=None)
    claimed_by: Mapped[str | None] = mapped_column(String(80), default=None)


def mark_due(row: Due) -> None:
    """Mark a row due now, in the transaction that changes it; send the wake-up afterwards."""
    row.due_at = time.time()
    row.rung += 1


@dataclass(frozen=True, slots=True)
class Again:
    """What a piece of work answers when it wants to be looked at again in ``seconds``."""

    seconds: float


type Perform = Callable[[str], Awaitable[Again | None]]


def build_broker(url: str, queue: str) -> AsyncBroker:
    """Build the taskiq broker that wake-ups travel through: memory, Redis or PostgreSQL.

    ``queue`` keeps the wake-ups of one service from those of another on the same server.
    """
    if url.startswith("memory:"):
        return InMemoryBroker()
    if url.startswith(("redis:", "rediss:")):
        from taskiq_redis import ListQueueBroker

        redis: AsyncBroker = ListQueueBroker(url, queue_name=f"acquis-{queue}")
        return redis
    if url.startswith("postgresql:"):
        from taskiq_pg.psycopg import PsycopgBroker

        postgres: AsyncBroker = PsycopgBroker(
            url, channel_name=f"acquis_{queue}", table_name=f"acquis_{queue}_messages"
        )
        return postgres
    message = "broker_url: memory://, redis://… or postgresql://… is needed"
    raise ValueError(message)


@dataclass(slots=True)
class _Active:
    """A row being done in this process: its newest ring, and the last one a look came after."""

    rung: int
    seen: int


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
        self._freed = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._active: dict[str, _Active] = {}
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

        # A function of its own: taskiq renames what it registers.
        async def wake(row_id: str) -> None:
            await self._claim_one(row_id)

        self._wake = broker.register_task(wake, task_name=f"acquis:{model.__tablename__}")

    async def due(self, *which: ColumnElement[bool]) -> list[str]:
        """Mark the rows that fit ``which`` due now and send their wake-ups; returns their ids.

        A row that is being done in this process is not woken: who does it looks once more.
        """
        model = self._model
        async with self._database.write(lasting=False) as session:
            found = await session.execute(
                update(model)
                .where(*which)
                .values(due_at=time.time(), rung=model.rung + 1)
                .returning(model.id, model.rung)
            )
            rung = {row[0]: row[1] for row in found}
        for row_id, newest in rung.items():
            if row_id in self._active:
                self._active[row_id].rung = newest
            else:
                await self.wake(row_id)
        return list(rung)

    async def due_row(self, row_id: str) -> bool:
        """Mark one row due now and send a wake-up; answers whether the row exists."""
        return bool(await self.due(self._model.id == row_id))

    def looked(self, row_id: str) -> None:
        """Note that what the row is about was looked at just now: rings before this are answered."""
        active = self._active.get(row_id)
        if active is not None:
            active.seen = active.rung

    async def wake(self, row_id: str) -> None:
        """Send a wake-up for a row already marked due; losing it only costs time."""
        try:
            await self._wake.kiq(row_id)
        except Exception as error:  # noqa: BLE001 - whatever the broker's client raises, the sweep finds the row
            _LOG.warning("wake-up lost", error=type(error).__name__)

    async def start(self) -> None:
        """Take up what this instance had claimed before it stopped, then sweep and listen."""
        model = self._model
        async with self._database.write(lasting=False) as session:
            await session.execute(
                update(model)
                .where(model.claimed_by == self._instance)
                .values(claimed_until=None, claimed_by=None)
            )
        self._tasks.append(asyncio.create_task(self._sweep_for_ever()))

    async def stop(self) -> None:
        """Stop sweeping and let go of what is being done; it stays due."""
        self._stopping = True
        if self._running:
            await asyncio.wait(self._running, timeout=_STOP_SECONDS)
        for task in [*self._tasks, *self._running]:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._running, return_exceptions=True)

    async def sweep(self) -> int:
        """Claim what is due, as much as can be begun at once; returns how many rows were claimed."""
        free = _CONCURRENT - len(self._active)
        claimed = await self._claim(free) if free > 0 else []
        for row_id, rung, attempts in claimed:
            self._begin(row_id, rung, attempts)
        return len(claimed)

    async def _sweep_for_ever(self) -> None:
        renewed = time.monotonic()
        while True:
            self._freed.clear()
            try:
                if time.monotonic() - renewed > LEASE_SECONDS / 4:
                    renewed = time.monotonic()
                    await self._renew()
                await self.sweep()
            except Exception:  # noqa: BLE001 - the edge: the loop must outlive a database that is away
                _LOG.exception("sweep failed", table=self._model.__tablename__)
            # When all hands were full, the next sweep is as soon as one is free.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._freed.wait(), self._sweep_seconds)

    async def _renew(self) -> None:
        """Keep the claims on what is being done here: some of it takes minutes."""
        if not self._active:
            return
        model = self._model
        async with self._database.write(lasting=False) as session:
            await session.execute(
                update(model)
                .where(model.id.in_(list(self._active)), model.claimed_by == self._instance)
                .values(claimed_until=time.time() + LEASE_SECONDS)
            )

    async def _claim_one(self, row_id: str) -> None:
        if self._stopping or row_id in self._active or len(self._active) >= _CONCURRENT:
            return
        for claimed, rung, attempts in await self._claim(1, row_id):
            if self._stopping:
                return  # its claim is taken up by the next start
            await self._begin(claimed, rung, attempts)

    async def _claim(self, most: int, row_id: str | None = None) -> list[tuple[str, int, int]]:
        model, now = self._model, time.time()
        is_free = or_(model.claimed_until.is_(None), model.claimed_until < now)
        if row_id is not None:
            claim = update(model).where(model.id == row_id, model.due_at <= now, is_free)
        else:
            which = (
                select(model.id)
                .where(model.due_at <= now, is_free, model.id.not_in(list(self._active)))
                .order_by(model.due_at)
                .limit(most)
            )
            if self._database.is_sqlite:
                async with self._database.read() as session:  # nothing due costs no write lock
                    if (await session.execute(which.limit(1))).first() is None:
                        return []
            else:
                which = which.with_for_update(skip_locked=True)
            claim = update(model).where(model.id.in_(which.scalar_subquery()))
        async with self._database.write(lasting=False) as session:
            rows = await session.execute(
                claim.values(
                    claimed_until=now + LEASE_SECONDS, claimed_by=self._instance
                ).returning(model.id, model.rung, model.attempts)
            )
            return [(row[0], row[1], row[2]) for row in rows]

    def _begin(self, row_id: str, rung: int, attempts: int) -> asyncio.Task[None]:
        self._active[row_id] = active = _Active(rung, rung)
        task = asyncio.create_task(self._do(row_id, active, attempts))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _do(self, row_id: str, active: _Active, attempts: int) -> None:
        try:
            again, attempts = await self._look(row_id, attempts)
            for _ in range(_MOST_LOOKS):
                if active.rung == active.seen or attempts:
                    break
                active.seen = active.rung  # it rang while we were at it: look once more
                again, attempts = await self._look(row_id, attempts)
        finally:
            if len(self._active) >= _CONCURRENT:
                self._freed.set()
            del self._active[row_id]
        await self._finish(row_id, active.seen, attempts, again)

    async def _look(self, row_id: str, attempts: int) -> tuple[Again | None, int]:
        """Perform once; returns when to look again, and how often it failed in a row."""
        try:
            return await self._perform(row_id), 0
        except Unavailable as error:
            _LOG.info("will be tried again", row=row_id, reason=error.code, says=error.says.en)
            return Again(_retry_in(attempts)), attempts + 1
        except AcquisError as error:
            _LOG.warning("could not be done", row=row_id, reason=error.code, says=error.says.en)
        except Exception:  # noqa: BLE001 - the edge: one bad row must not stop the others
            _LOG.exception("work failed", row=row_id)
        return Again(_retry_in(attempts + 3, _FAULT_MOST)), attempts + 1

    async def _finish(self, row_id: str, rung: int, attempts: int, again: Again | None) -> None:
        model, now = self._model, time.time()
        due_at = None if again is None else now + again.seconds
        rang = model.rung != rung  # meanwhile, maybe at another process: look again at once
        async with self._database.write(lasting=False) as session:
            found = await session.execute(
                update(model)
                .where(model.id == row_id)
                .values(
                    due_at=case((rang, now), else_=due_at),
                    claimed_until=None,
                    claimed_by=None,
                    attempts=attempts,
                )
                .returning(model.rung)
            )
            newest = found.scalar_one_or_none()
        if newest is not None and newest != rung:
            await self.wake(row_id)


def _retry_in(attempts: int, most: float = _RETRY_MOST) -> float:
    return min(most, _RETRY_FIRST * 2.0 ** min(attempts, 20))


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
        await broker.shutdown()  # the in-memory broker waits here for wake-ups on their way
