"""Queries on learners."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from acquis.errors import NotFound
from holder_wallet.store.tables import LearnerRow


async def find_by_login(session: AsyncSession, login: str) -> LearnerRow | None:
    """Return the learner who signs in as ``login``, if there is one."""
    found = await session.execute(select(LearnerRow).where(LearnerRow.login == login))
    return found.scalar_one_or_none()


async def load(session: AsyncSession, learner_id: str) -> LearnerRow:
    """Return one learner; raises ``NotFound``."""
    row = await session.get(LearnerRow, learner_id)
    if row is None:
        raise NotFound
    return row
