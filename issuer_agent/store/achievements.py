"""Queries on achievements."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from acquis.errors import NotFound
from acquis.text import Text
from issuer_agent.store.tables import AchievementRow, AwardRow

_UNKNOWN = Text("There is no such achievement", "Cette microcertification n’existe pas")


async def load(session: AsyncSession, achievement_id: str) -> AchievementRow:
    """Return one achievement; raises ``NotFound``."""
    row = await session.get(AchievementRow, achievement_id)
    if row is None:
        raise NotFound(_UNKNOWN)
    return row


async def find_version(session: AsyncSession, slug: str, version: str) -> AchievementRow | None:
    """Return the achievement of that slug and version, if there is one."""
    found = await session.execute(
        select(AchievementRow).where(AchievementRow.slug == slug, AchievementRow.version == version)
    )
    return found.scalar_one_or_none()


async def all_with_awards(session: AsyncSession) -> Sequence[tuple[AchievementRow, int]]:
    """Return every achievement with the number of its awards, newest first."""
    found = await session.execute(
        select(AchievementRow, func.count(AwardRow.id))
        .outerjoin(AwardRow, AwardRow.achievement_id == AchievementRow.id)
        .group_by(AchievementRow.id)
        .order_by(AchievementRow.created_at.desc(), AchievementRow.slug)
    )
    return [(row[0], row[1]) for row in found]
