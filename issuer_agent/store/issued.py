"""Queries on issued credentials and their revocation."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from issuer_agent.store.tables import IssuedRow


async def asked(session: AsyncSession, cred_def_id: str) -> Sequence[IssuedRow]:
    """Return the credentials of one definition whose revocation was asked and is not published."""
    found = await session.execute(
        select(IssuedRow)
        .where(IssuedRow.cred_def_id == cred_def_id, IssuedRow.state.in_(("requested", "pending")))
        .order_by(IssuedRow.asked_at)
    )
    return found.scalars().all()
