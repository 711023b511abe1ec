"""Keeping the mirror of the registry fresh, on a schedule that says nothing of what is verified."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from acquis.errors import AcquisError, Unavailable
from acquis.registry.mirror import Mirror
from acquis.text import Text

_LOG = structlog.get_logger(__name__)

_JITTER: Final = 0.2
DAY: Final = 86_400
_NEVER = Text(
    "The mirror of the registry has never been filled",
    "Le miroir du registre n’a encore jamais été rempli",
)
_TOO_OLD = Text(
    "The mirror of the registry has not been refreshed for too long",
    "Le miroir du registre n’a pas été actualisé depuis trop longtemps",
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


async def check_filled(mirror: Mirror, most_seconds: int = DAY) -> None:
    """Raise ``Unavailable`` when the mirror was never filled, or not for ``most_seconds``."""
    refreshed_at = mirror.refreshed_at
    if refreshed_at is None:
        raise Unavailable(_NEVER)
    if time.time() - refreshed_at > most_seconds:
        raise Unavailable(_TOO_OLD)


async def _refresh_for_ever(mirror: Mirror, seconds: float) -> None:
    while True:
        try:
            await asyncio.to_thread(mirror.refresh)
        except AcquisError as error:
            _LOG.warning("mirror not refreshed", reason=error.code, says=error.says.en)
        except Exception:  # noqa: BLE001 - the edge: the schedule must outlive any one refresh
            _LOG.exception("mirror not refreshed")
        await asyncio.sleep(seconds * random.uniform(1 - _JITTER, 1 + _JITTER))  # noqa: S311
