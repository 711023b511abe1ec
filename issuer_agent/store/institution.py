"""The institution's own row."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from issuer_agent.store.tables import InstitutionRow

ONLY = "institution"


async def load(session: AsyncSession) -> InstitutionRow | None:
    """Return the institution, or ``None`` before its DID was made."""
    return await session.get(InstitutionRow, ONLY)
