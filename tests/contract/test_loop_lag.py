"""The measure by which the plugin is held to leave its agent's loop alone."""

from __future__ import annotations

import asyncio
import time

import pytest

from support.loop_lag import LIMIT, loop_lag


async def test_the_measure_sees_a_loop_that_stands_still() -> None:
    """Of what it says of a loop that is idle, asleep and at work, all is right at one try of four."""
    for _ in range(4):
        async with loop_lag() as idle:
            await asyncio.sleep(0.05)
        async with loop_lag() as sleeping:
            time.sleep(0.3)  # noqa: ASYNC251 - what must be seen
        async with loop_lag() as working:
            until = time.thread_time() + 0.3
            while time.thread_time() < until:
                pass
        if idle.worst < LIMIT < min(sleeping.worst, working.worst):
            return
    pytest.fail(
        f"{idle.worst:.3f} s idle, {sleeping.worst:.3f} asleep, {working.worst:.3f} at work"
    )
