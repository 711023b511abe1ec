"""The live part of a page, listened to: each change comes once all before it was looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import httpx

from acquis.service.live import Live

LIVE = {"accept": "text/html, text/event-stream"}
_PATIENCE = 60.0


class _Around(Protocol):
    @property
    def live(self) -> Live: ...


class _Desk(Protocol):
    @property
    def around(self) -> _Around: ...
    @property
    def browser(self) -> httpx.AsyncClient: ...


def events_of(response: httpx.Response) -> list[str]:
    """The events of a stream, comments left out."""
    parts = response.text.strip().split("\n\n")
    return [part for part in parts if not part.startswith(":")]


async def at_rest(live: Live) -> None:
    """Wait until each stream has looked at all there is and waits for the next bell."""
    while any(
        bell.is_set() or not bell._waiters for bells in live._bells.values() for bell in bells
    ):
        await asyncio.sleep(0.01)


async def listen(
    desk: _Desk, path: str, browser: httpx.AsyncClient | None = None
) -> asyncio.Task[httpx.Response]:
    """Begin to listen at ``path``; return once what stands there at first was looked at."""
    listening = asyncio.create_task((browser or desk.browser).get(path, headers=LIVE))
    async with asyncio.timeout(_PATIENCE):
        while not (desk.around.live._bells or listening.done()):
            await asyncio.sleep(0.01)
        await at_rest(desk.around.live)
    return listening


async def live_stream(
    desk: _Desk,
    path: str,
    key: str,
    *changes: Callable[[], Awaitable[Any]],
    browser: httpx.AsyncClient | None = None,
) -> list[str]:
    """Listen at ``path``, do each of ``changes`` once what came before was looked at, stop."""
    listening = await listen(desk, path, browser)
    live = desk.around.live
    async with asyncio.timeout(_PATIENCE):
        for change in changes:
            await change()
            live.changed(key)
            await at_rest(live)
        live.close()
        response = await listening
    assert response.headers["content-type"].startswith("text/event-stream")
    return events_of(response)
