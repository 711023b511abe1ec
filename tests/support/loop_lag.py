"""How long an asyncio loop was blocked: by code in the loop, or by a thread that held the GIL.

A task looks every 10 ms; what it is late by is the lag. A machine that is short of processors makes
everything late, which is not our doing, so a lag counts only as far as it was ours:

- as far as this process was at work meanwhile (its CPU time), or
- as far as a plain thread that looks every 10 ms too was *not* late: then the loop alone stood still.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

LIMIT = 0.2
"""Seconds an agent's loop may be blocked, whatever a registry host does."""

_EVERY = 0.01
_WORTH = 0.05  # seconds of lag from which on its cause is looked into


@dataclass(frozen=True, slots=True)
class Late:
    """A look that came late: when it was due and when it came (``perf_counter``), CPU used."""

    due: float
    came: float
    cpu: float


@dataclass
class LoopLag:
    """What was seen; ``worst`` (seconds) is complete when the measurement has ended."""

    loop: list[Late] = field(default_factory=list)
    thread: list[Late] = field(default_factory=list)
    looks: int = 0

    @property
    def worst(self) -> float:
        """The longest lag that was this process's own."""
        return max(map(self._own, self.loop), default=0.0)

    def _own(self, late: Late) -> float:
        lag = late.came - late.due
        elsewhere = max(
            (
                min(other.came, late.came) - max(other.due, late.due)
                for other in self.thread
                if other.due < late.came and late.due < other.came
            ),
            default=0.0,
        )
        return max(min(lag, late.cpu), lag - elsewhere)


@asynccontextmanager
async def loop_lag() -> AsyncIterator[LoopLag]:
    """Measure the running loop for the length of an ``async with``."""
    seen = LoopLag()
    ended = threading.Event()
    thread = threading.Thread(target=_look_from_a_thread, args=(seen, ended), daemon=True)
    thread.start()
    task = asyncio.create_task(_look(seen))
    await asyncio.sleep(2 * _EVERY)
    try:
        yield seen
    finally:
        await asyncio.sleep(2 * _EVERY)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        ended.set()
        thread.join()


async def _look(seen: LoopLag) -> None:
    while True:
        due, cpu = time.perf_counter() + _EVERY, time.process_time()
        await asyncio.sleep(_EVERY)
        seen.looks += 1
        _note(seen.loop, due, cpu)


def _look_from_a_thread(seen: LoopLag, ended: threading.Event) -> None:
    while not ended.is_set():
        due, cpu = time.perf_counter() + _EVERY, time.process_time()
        time.sleep(_EVERY)
        _note(seen.thread, due, cpu)


def _note(late: list[Late], due: float, cpu: float) -> None:
    came = time.perf_counter()
    if came - due > _WORTH:
        late.append(Late(due, came, time.process_time() - cpu))
