"""Keeping the mirror of the registry fresh, on a schedule that says nothing of what is verified."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from acquis.errors import AcquisError, Unavailable
from acquis.registry.mirror import Mirror
from acquis.text import Text

_LOG = structlog.get_logger(__name__)

_JITTER: Final = 0.2
_NEVER = Text(
    "The mirror of the registry has never been filled",
    "Le miroir du registre n’a encore jamais été rempli",
)


@asynccontextmanager
async def mirroring(mirror: Mirror, seconds: float) -> AsyncIterator[None]:
    """Refresh ``mirror`` every ``seconds`` (a fifth more or less, at random) inside the block."""
    task = asyncio.create_task(_refresh_for_ever(mirror, seconds))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def check_filled(mirror: Mirror) -> None:
    """Raise ``Unavailable`` when the mirror was never filled."""
    if mirror.refreshed_at is None:
        raise Unavailable(_NEVER)


async def _refresh_for_ever(mirror: Mirror, seconds: float) -> None:
    while True:
        try:
            await asyncio.to_thread(mirror.refresh)
        except AcquisError as error:
            _LOG.warning("mirror not refreshed", reason=error.code, says=error.says.en)
        except Exception:  # noqa: BLE001 - the edge: the schedule must outlive any one refresh
            _LOG.exception("mirror not refreshed")
        await asyncio.sleep(seconds * random.uniform(1 - _JITTER, 1 + _JITTER))  # noqa: S311
