"""Queries on receipts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from acquis.errors import NotFound
from holder_wallet.store.tables import ExchangeRow, ReceiptRow


async def newest(
    session: AsyncSession, learner_id: str, limit: int = 200
) -> Sequence[tuple[ReceiptRow, ExchangeRow]]:
    """Return the learner's receipts, newest first, each with the exchange it is of."""
    found = await session.execute(
        select(ReceiptRow, ExchangeRow)
        .join(ExchangeRow, ExchangeRow.id == ReceiptRow.id)
        .where(ReceiptRow.learner_id == learner_id)
        .order_by(ReceiptRow.presented_at.desc(), ReceiptRow.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in found]


async def load(
    session: AsyncSession, receipt_id: str, learner_id: str
) -> tuple[ReceiptRow, ExchangeRow]:
    """Return one receipt of the learner with its exchange; raises ``NotFound``."""
    receipt = await session.get(ReceiptRow, receipt_id)
    if receipt is None or receipt.learner_id != learner_id:
        raise NotFound
    return receipt, await session.get_one(ExchangeRow, receipt_id)
