"""Queries on exchanges."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from acquis.protocols.issue_credential import Exchange
from acquis.protocols.record import dump_exchange
from issuer_agent.store.tables import ExchangeRow


async def find_by_record(session: AsyncSession, record_id: str) -> str | None:
    """Return the id of the exchange that the agent calls ``record_id``, if it is one of ours."""
    found = await session.execute(
        select(ExchangeRow.id).where(ExchangeRow.record_id == record_id, ExchangeRow.open)
    )
    return found.scalar_one_or_none()


def keep(row: ExchangeRow, exchange: Exchange, now: int) -> None:
    """Write where ``exchange`` stands into its row."""
    if row.state != exchange.state:
        row.changed_at = now
    row.state = exchange.state.value
    row.open = not exchange.is_over
    row.exchange = dump_exchange(exchange)
    row.record_id = exchange.facts.record_id
