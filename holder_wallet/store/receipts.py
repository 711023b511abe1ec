"""Queries on receipts: every request that was answered or is over has one.

What was given is in a row of its own, written when it was; a request that was declined, or that
nobody answered in time, is its own receipt.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from acquis.errors import NotFound
from acquis.text import Text
from holder_wallet.store.tables import ExchangeRow, ReceiptRow

type Receipt = tuple[ExchangeRow, ReceiptRow | None]

_PRESENT = "present"
_UNKNOWN = Text(
    "There is no such receipt in your wallet", "Ce reçu n’est pas dans votre portefeuille"
)


async def newest(session: AsyncSession, learner_id: str, limit: int = 200) -> Sequence[Receipt]:
    """Return the learner's receipts, newest first: the request, and what was given if anything."""
    found = await session.execute(
        select(ExchangeRow, ReceiptRow)
        .outerjoin(ReceiptRow, ReceiptRow.id == ExchangeRow.id)
        .where(
            ExchangeRow.learner_id == learner_id,
            ExchangeRow.kind == _PRESENT,
            or_(ExchangeRow.answer.is_not(None), ExchangeRow.open.is_(False)),
        )
        .order_by(ExchangeRow.created_at.desc(), ExchangeRow.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in found]


async def load(session: AsyncSession, receipt_id: str, learner_id: str) -> Receipt:
    """Return one receipt of the learner; raises ``NotFound``."""
    row = await session.get(ExchangeRow, receipt_id)
    if row is None or row.learner_id != learner_id or row.kind != _PRESENT:
        raise NotFound(_UNKNOWN)
    if row.answer is None and row.open:
        raise NotFound(_UNKNOWN)
    return row, await session.get(ReceiptRow, receipt_id)
