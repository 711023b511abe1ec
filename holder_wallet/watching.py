"""Watching: a live part is built again only when something it rests on has changed.

Building one asks the agent; looking whether anything changed costs a row of the database. While the
agent or the registry is away, what is shown stays.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from acquis.errors import AcquisError
from acquis.service.live import Live
from acquis.service.pages import LiveView
from holder_wallet.views import Context

type Glance = Callable[[], Awaitable[object]]
type Build = Callable[[], Awaitable[Context]]


async def watch(live: Live, key: str, glance: Glance, build: Build) -> AsyncIterator[Context]:
    """Yield the variables of a live part, first now, then whenever they may have changed.

    ``glance`` answers something that differs when a new ``build`` may differ; it is called each
    time ``key`` rings and every few seconds.
    """
    seen: object = None
    shown: Context | None = None

    async def look() -> Context | None:
        nonlocal seen, shown
        try:
            now = await glance()
            if shown is None or now != seen:
                shown, seen = await build(), now
        except AcquisError:
            return shown
        return shown

    async for context in live.states(key, look, _is_last):
        if context is not None:
            yield context


def _is_last(context: Context | None) -> bool:
    live = context["live"] if context is not None else None
    return isinstance(live, LiveView) and live.ended
