"""What changes by itself on a page: one stream of states per thing that is watched."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Final

_LOOK_AGAIN: Final = 2.0
_MOST_SECONDS: Final = 900.0
_LONGEST_POLL: Final = 20.0


class Live:
    """Tells watchers in this process that something changed; others are found by looking again."""

    def __init__(self) -> None:
        self._bells: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._closed = asyncio.Event()

    def changed(self, key: str) -> None:
        """Wake whoever watches ``key``."""
        for bell in self._bells.get(key, ()):
            bell.set()

    def close(self) -> None:
        """End every stream: the service is stopping."""
        self._closed.set()
        for bells in self._bells.values():
            for bell in bells:
                bell.set()

    async def once[T](
        self, key: str, look: Callable[[], Awaitable[T]], is_enough: Callable[[T], bool]
    ) -> T:
        """Return what ``look`` answers once that is enough, or as it is after 20 seconds."""
        state = await look()
        if is_enough(state):
            return state
        with suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_POLL):
                async for state in self.states(key, look, is_enough):  # noqa: B007 - the last one counts
                    pass
        return state

    async def states[T](
        self, key: str, look: Callable[[], Awaitable[T]], is_last: Callable[[T], bool]
    ) -> AsyncIterator[T]:
        """Yield what ``look`` answers, first now, then each time it differs, until ``is_last``.

        ``look`` is called when :meth:`changed` rings and every two seconds besides; the stream
        ends after 15 minutes at most (the browser then opens it again).
        """
        bell = asyncio.Event()
        self._bells[key].add(bell)
        last: T | None = None
        until = time.monotonic() + _MOST_SECONDS
        try:
            while not self._closed.is_set() and time.monotonic() < until:
                bell.clear()
                state = await look()
                if state != last:
                    last = state
                    yield state
                if is_last(state):
                    return
                with suppress(TimeoutError):
                    await asyncio.wait_for(bell.wait(), _LOOK_AGAIN)
        finally:
            self._bells[key].discard(bell)
            if not self._bells[key]:
                del self._bells[key]
