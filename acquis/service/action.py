"""Asking an agent for something once: not again while an earlier try may still be under way.

An agent goes on with what it was asked when the one who asked is killed, and answers a repeated
request by abandoning the exchange. So an action is written down before it is asked for, and while
nothing shows its effect it is asked for again only after a pause.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import String, or_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

PAUSE_SECONDS: Final = 5.0


class Acting:
    """Columns of a row that an agent is asked for things about."""

    action: Mapped[str | None] = mapped_column(String(30), default=None)
    action_at: Mapped[float | None] = mapped_column(default=None)


async def begin_once(session: AsyncSession, row: Any, action: str, now: float) -> bool:
    """Write down that ``action`` is being asked for, unless it is being asked for already.

    The database decides, whatever ``row`` said when it was read. The row must be open still.
    """
    model = type(row)
    found = await session.execute(
        update(model)
        .where(
            model.id == row.id,
            model.open.is_(True),
            or_(
                model.action.is_(None),
                model.action != action,
                model.action_at <= now - PAUSE_SECONDS,
            ),
        )
        .values(action=action, action_at=now)
        .returning(model.id)
    )
    begun = found.scalar_one_or_none() is not None
    if begun:
        begin(row, action, now)
    return begun


def seconds_before(row: Acting, action: str, now: float) -> float:
    """Return how long to wait before ``action`` may be asked for; 0 when it may be now."""
    if row.action != action or row.action_at is None:
        return 0.0
    return max(0.0, row.action_at + PAUSE_SECONDS - now)


def begin(row: Acting, action: str, now: float) -> None:
    """Write down that ``action`` is being asked for."""
    row.action, row.action_at = action, now
