"""Logs hold names of things, never what they hold; and a database that is away is said to be."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from acquis.acapy import server
from acquis.acapy.client import AgentClient
from acquis.errors import InvalidInput, Unavailable
from acquis.registry.mirror import Mirror
from acquis.service.database import Database
from acquis.service.logs import LineFormatter, _without_values
from acquis.service.mirroring import check_filled

CLAIM = "Zoé Müller"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    sink = logging.StreamHandler(stream)
    sink.setFormatter(LineFormatter("wallet"))
    logging.getLogger().addHandler(sink)
    yield stream
    logging.getLogger().removeHandler(sink)


def lines_of(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


async def fail_to_insert(database: Database) -> IntegrityError:
    """Make an INSERT of a claim fail, as a row that stands already makes it."""
    async with database.write() as session:
        await session.execute(text("CREATE TABLE kept (name TEXT UNIQUE)"))
        await session.execute(text("INSERT INTO kept VALUES (:name)"), {"name": CLAIM})
    with pytest.raises(IntegrityError) as failed:
        async with database.write() as session:
            await session.execute(text("INSERT INTO kept VALUES (:name)"), {"name": CLAIM})
    return failed.value


async def test_a_failing_insert_is_logged_without_what_was_inserted(
    tmp_path: Path, written: io.StringIO
) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'x.sqlite3'}")
    error = await fail_to_insert(database)
    await database.close()
    assert CLAIM not in str(error)
    logging.getLogger("some.library").error("Exception in ASGI application\n", exc_info=error)
    (line,) = lines_of(written)
    assert line["event"] == "Exception in ASGI application"
    assert line["logger"] == "some.library"
    assert line["exception"][0]["type"] == "IntegrityError"
    assert any(place.startswith("test_logs.py:") for place in line["exception"][0]["at"])


def test_no_text_of_an_exception_is_written(written: io.StringIO) -> None:
    log = logging.getLogger("taskiq")
    try:
        try:
            raise KeyError(CLAIM)
        except KeyError as inner:
            inner.add_note(CLAIM)
            message = f"line one\n{CLAIM}"
            raise ExceptionGroup(message, [ValueError(CLAIM)]) from inner
    except ExceptionGroup as error:
        log.exception("it failed: %s", error)
        log.exception(f"it failed: {error} {error!r}")  # noqa: G004 - as a library may
        log.exception(error)
        log.error("it failed: %s", error)
    assert "Zo" not in written.getvalue()
    lines = lines_of(written)
    assert len(lines) == 4
    assert [part["type"] for part in lines[0]["exception"]] == ["ExceptionGroup", "KeyError"]
    assert lines[0]["exception"][0]["of"] == ["ValueError"]


async def test_a_task_that_nobody_awaited_is_logged_without_values(written: io.StringIO) -> None:
    async def fail() -> None:
        raise ValueError(CLAIM)

    loop = asyncio.get_running_loop()
    task = asyncio.create_task(fail())
    await asyncio.wait({task})
    loop.default_exception_handler(
        {
            "message": "Task exception was never retrieved",
            "exception": task.exception(),
            "future": task,
        }
    )
    assert [line["event"] for line in lines_of(written)] == ["Task exception was never retrieved"]
    assert "Zo" not in written.getvalue()


def test_every_message_is_one_line_of_json(written: io.StringIO) -> None:
    log = logging.getLogger("library")
    log.warning('quotes "%s" and\nlines \\', '{"a"}')
    (first,) = lines_of(written)
    assert first["event"] == 'quotes "{"a"}" and lines \\'
    mistaken = log.makeRecord("library", logging.WARNING, "x", 1, "a mistake %d", ("x",), None)
    assert json.loads(LineFormatter("wallet").format(mistaken))["event"] == "a mistake %d"


def test_our_own_lines_hold_no_values_either() -> None:
    try:
        raise ValueError(CLAIM)
    except ValueError as error:
        for given in (True, error, (ValueError, error, None)):
            entry = dict(_without_values(None, "error", {"event": "x", "exc_info": given}))
            assert entry["exception"][0]["type"] == "ValueError"
            assert CLAIM not in json.dumps(entry, ensure_ascii=False)


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("SELECT", None, Exception()),
        InterfaceError("SELECT", None, Exception()),
        PoolTimeoutError(),
    ],
)
async def test_a_database_that_is_away_is_unavailable(tmp_path: Path, error: Exception) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'x.sqlite3'}")
    with pytest.raises(Unavailable):
        async with database.read():
            raise error
    with pytest.raises(Unavailable):
        async with database.write():
            raise error
    await database.close()


async def test_a_database_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'nowhere' / 'x.sqlite3'}")
    with pytest.raises(Unavailable):
        async with database.read() as session:
            await session.execute(text("SELECT 1"))
    with pytest.raises(Unavailable):
        async with database.write():
            pass
    await database.close()


async def test_a_mirror_that_grew_old_is_not_ready() -> None:
    class Copy:
        refreshed_at: int | None = None

    copy = Copy()
    mirror = cast("Mirror", copy)
    with pytest.raises(Unavailable, match="never"):
        await check_filled(mirror)
    copy.refreshed_at = int(time.time()) - 3600
    await check_filled(mirror)
    with pytest.raises(Unavailable, match="too long"):
        await check_filled(mirror, most_seconds=1800)


async def test_an_agent_that_does_not_take_our_key_is_not_ready() -> None:
    def answer(asked: httpx.Request) -> httpx.Response:
        if asked.url.path == "/status/ready":
            return httpx.Response(200, json={"ready": True})
        right = asked.headers["x-api-key"] == "right"
        return httpx.Response(200, json={"version": "1"}) if right else httpx.Response(401)

    network = httpx.MockTransport(answer)
    await server.check_ready(AgentClient("http://agent.test", "right", transport=network))
    with pytest.raises(Unavailable, match="key"):
        await server.check_ready(AgentClient("http://agent.test", "wrong", transport=network))


@pytest.mark.parametrize("name", ["", ".", "..", "\ud800"])
async def test_a_name_that_would_be_another_path_is_refused(name: str) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={})

    client = AgentClient("http://agent.test", "key", transport=httpx.MockTransport(answer))
    with pytest.raises(InvalidInput):
        await client.get("/credential/{}", name)
    assert asked == []


async def test_an_address_that_is_too_long_is_refused() -> None:
    network = httpx.MockTransport(lambda _asked: httpx.Response(200, json={}))
    client = AgentClient("http://agent.test", "key", transport=network)
    with pytest.raises(InvalidInput):
        await client.get("/records", query={"thread_id": "a" * 70_000})
