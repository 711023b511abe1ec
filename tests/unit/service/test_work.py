"""Work that is due is done once, in any order, however many doorbells ring or are lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import String, insert, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from taskiq import AsyncBroker, InMemoryBroker

from acquis.errors import Unavailable
from acquis.service.database import Database
from acquis.service.work import Again, Due, Work, build_broker, working


class Base(DeclarativeBase):
    pass


class JobRow(Due, Base):
    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path / 'work.sqlite3'}"
    else:
        url = request.getfixturevalue("postgres_url")
    made = Database(url)
    async with made._engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield made
    await made.close()


@pytest.fixture
def broker() -> AsyncBroker:
    return InMemoryBroker()


async def add_jobs(database: Database, *ids: str, due_at: float | None = 0.0) -> None:
    async with database.write() as session:
        for job in ids:
            await session.execute(insert(JobRow).values(id=job, due_at=due_at, rung=0, attempts=0))


async def row(database: Database, job: str) -> JobRow:
    async with database.read() as session:
        return (await session.execute(select(JobRow).where(JobRow.id == job))).scalar_one()


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def test_the_sweep_finds_what_no_doorbell_announced(
    database: Database, broker: AsyncBroker
) -> None:
    done: list[str] = []

    async def perform(job: str) -> None:
        done.append(job)

    work = Work(database, JobRow, perform, broker=broker, sweep_seconds=0.02)
    await add_jobs(database, "a", "b", "c")
    await add_jobs(database, "later", due_at=time.time() + 3600)
    await add_jobs(database, "never", due_at=None)
    async with working(broker, work):
        await until(lambda: len(done) >= 3)
        await asyncio.sleep(0.1)
    assert sorted(done) == ["a", "b", "c"]
    assert (await row(database, "a")).due_at is None


async def test_a_doorbell_is_quick_and_repeats_change_nothing(
    database: Database, broker: AsyncBroker
) -> None:
    done: list[str] = []

    async def perform(job: str) -> None:
        done.append(job)
        await asyncio.sleep(0.05)

    work = Work(database, JobRow, perform, broker=broker, sweep_seconds=3600)
    await add_jobs(database, "a", due_at=None)
    async with working(broker, work):
        assert await work.due_row("a")
        assert not await work.due_row("unknown")
        await until(lambda: bool(done))
        assert await work.due_row("a")  # rings while the work is being done: looked at once more
        await until(lambda: len(done) == 2)
        await asyncio.sleep(0.2)
    assert done == ["a", "a"]


async def test_two_workers_never_do_the_same_row_at_once(
    database: Database, broker: AsyncBroker
) -> None:
    running: set[str] = set()
    done: list[str] = []
    twice: list[str] = []

    async def perform(job: str) -> None:
        if job in running:
            twice.append(job)
        running.add(job)
        await asyncio.sleep(0.01)
        running.discard(job)
        done.append(job)

    workers = [
        Work(database, JobRow, perform, broker=broker, instance=name, sweep_seconds=0.01)
        for name in ("one", "two")
    ]
    jobs = [f"job{number}" for number in range(60)]
    await add_jobs(database, *jobs)
    async with working(broker, *workers):
        await until(lambda: len(done) >= 60)
        await asyncio.sleep(0.1)
    assert twice == []
    assert sorted(done) == sorted(jobs)


async def test_a_claim_is_kept_while_the_work_goes_on(
    database: Database, broker: AsyncBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes longer than a lease, and what waits for a free hand, is still done once."""
    lease = 2.0
    monkeypatch.setattr("acquis.service.work.LEASE_SECONDS", lease)
    monkeypatch.setattr("acquis.service.work._CONCURRENT", 3)
    started: list[str] = []
    done: list[str] = []

    async def claimed_until(job: str) -> float:
        until = (await row(database, job)).claimed_until
        assert until is not None
        return until

    async def perform(job: str) -> None:
        started.append(job)
        if len(started) <= 6:  # as many hands as there are
            first = await claimed_until(job)
            while await claimed_until(job) <= first + lease:
                await asyncio.sleep(0.1)
        done.append(job)

    workers = [
        Work(database, JobRow, perform, broker=broker, instance=name, sweep_seconds=0.05)
        for name in ("one", "two")
    ]
    jobs = [f"slow{number}" for number in range(9)]
    await add_jobs(database, *jobs)
    async with working(broker, *workers):
        await until(lambda: len(done) >= len(jobs), 30.0)
        await asyncio.sleep(0.3)
    assert sorted(started) == sorted(jobs)


async def test_what_a_killed_process_had_claimed_is_taken_up_by_its_next_start(
    database: Database, broker: AsyncBroker
) -> None:
    done: list[str] = []

    async def perform(job: str) -> None:
        done.append(job)

    await add_jobs(database, "mine", "theirs")
    async with database.write() as session:
        for job, owner in (("mine", "one"), ("theirs", "two")):
            await session.execute(
                update(JobRow)
                .where(JobRow.id == job)
                .values(claimed_by=owner, claimed_until=time.time() + 3600)
            )
    work = Work(database, JobRow, perform, broker=broker, instance="one", sweep_seconds=0.02)
    async with working(broker, work):
        await until(lambda: bool(done))
        await asyncio.sleep(0.1)
    assert done == ["mine"]


async def test_a_failure_is_tried_again_later_and_the_others_go_on(
    database: Database, broker: AsyncBroker
) -> None:
    calls: list[str] = []

    async def perform(job: str) -> Again | None:
        calls.append(job)
        if job == "unlucky" and calls.count(job) < 3:
            raise Unavailable
        if job == "broken":
            raise RuntimeError("a fault")
        return Again(3600.0) if job == "patient" else None

    work = Work(database, JobRow, perform, broker=broker, sweep_seconds=0.02)
    await add_jobs(database, "unlucky", "broken", "patient", "plain")
    async with working(broker, work):
        await until(lambda: calls.count("unlucky") == 3 and "plain" in calls and "patient" in calls)
        await asyncio.sleep(0.1)
    assert (await row(database, "unlucky")).due_at is None
    broken = await row(database, "broken")
    assert broken.due_at is not None
    assert broken.attempts >= 1
    patient = await row(database, "patient")
    assert patient.due_at is not None
    assert patient.due_at > time.time() + 3000


@pytest.mark.parametrize("url", ["", "amqp://x", "kafka:"])
def test_an_unknown_broker_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="broker_url"):
        build_broker(url, "jobs")


def test_redis_is_a_broker_too() -> None:
    broker = build_broker("redis://127.0.0.1:6379/0", "jobs")
    assert type(broker).__name__ == "ListQueueBroker"
    assert broker.queue_name == "acquis-jobs"


async def test_wake_ups_travel_through_postgresql_too(postgres_url: str) -> None:
    database = Database(postgres_url)
    async with database._engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    done: list[str] = []

    async def perform(job: str) -> None:
        done.append(job)

    broker = build_broker(postgres_url.replace("+psycopg", ""), "jobs")
    work = Work(database, JobRow, perform, broker=broker, sweep_seconds=3600)
    await add_jobs(database, "a", due_at=None)
    async with working(broker, work):
        await work.due_row("a")
        await until(lambda: done == ["a"])
    await database.close()
