"""Queries on a learner's exchanges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from acquis.errors import NotFound
from acquis.protocols.machine import Exchange
from acquis.protocols.record import dump_exchange
from acquis.text import Text
from holder_wallet.store.tables import ExchangeRow, LearnerRow

_UNKNOWN = Text(
    "There is no such offer or request in your wallet",
    "Cette offre ou cette demande n’est pas dans votre portefeuille",
)


async def load(
    session: AsyncSession, exchange_id: str, learner_id: str = "", kind: str = ""
) -> ExchangeRow:
    """Return one exchange, of that learner and that kind when given; raises ``NotFound``."""
    row = await session.get(ExchangeRow, exchange_id)
    if row is None or learner_id not in {"", row.learner_id} or kind not in {"", row.kind}:
        raise NotFound(_UNKNOWN)
    return row


async def find_invitation(
    session: AsyncSession, learner_id: str, invitation_id: str
) -> ExchangeRow | None:
    """Return the learner's exchange that an invitation began, if there is one."""
    found = await session.execute(
        select(ExchangeRow).where(
            ExchangeRow.learner_id == learner_id, ExchangeRow.invitation_id == invitation_id
        )
    )
    return found.scalar_one_or_none()


async def rung(session: AsyncSession, record_id: str, wallet_id: str | None) -> Sequence[str]:
    """Return the exchanges a doorbell is about: that record's, else all open ones of that wallet.

    A record that is new has no row with its name yet; its wallet is all that is known of it then.
    """
    of_record = await session.execute(
        select(ExchangeRow.id).where(ExchangeRow.record_id == record_id)
    )
    found = of_record.scalars().all()
    if found or wallet_id is None:
        return found
    of_wallet = await session.execute(
        select(ExchangeRow.id)
        .join(LearnerRow, LearnerRow.id == ExchangeRow.learner_id)
        .where(
            LearnerRow.wallet_id == wallet_id,
            ExchangeRow.open,
        )
    )
    return of_wallet.scalars().all()


async def newest(
    session: AsyncSession, learner_id: str, *, open_only: bool = False, limit: int = 100
) -> Sequence[ExchangeRow]:
    """Return the learner's newest exchanges."""
    query = select(ExchangeRow).where(ExchangeRow.learner_id == learner_id)
    if open_only:
        query = query.where(ExchangeRow.open)
    found = await session.execute(
        query.order_by(ExchangeRow.created_at.desc(), ExchangeRow.id).limit(limit)
    )
    return found.scalars().all()


async def newest_states(
    session: AsyncSession, learner_id: str, limit: int = 200
) -> list[tuple[str, str, str | None]]:
    """Return (id, state, answer) of the learner's newest exchanges: cheap enough to ask often."""
    found = await session.execute(
        select(ExchangeRow.id, ExchangeRow.state, ExchangeRow.answer)
        .where(ExchangeRow.learner_id == learner_id)
        .order_by(ExchangeRow.created_at.desc(), ExchangeRow.id)
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in found]


def keep(row: ExchangeRow, exchange: Exchange[Any, Any, Any], *, over: bool, now: int) -> None:
    """Write where ``exchange`` stands into its row; what is over needs its invitation no more."""
    if row.state != exchange.state:
        row.changed_at = now
    row.state = str(exchange.state)
    row.open = not over
    row.exchange = dump_exchange(exchange)
    row.record_id = exchange.facts.record_id
    if over:
        row.invitation = None
