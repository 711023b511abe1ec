"""Queries on a learner's exchanges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_, select
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


async def find_question(
    session: AsyncSession, learner_id: str, question_id: str
) -> ExchangeRow | None:
    """Return the learner's exchange that a question began, if there is one."""
    found = await session.execute(
        select(ExchangeRow).where(
            ExchangeRow.learner_id == learner_id, ExchangeRow.question_id == question_id
        )
    )
    return found.scalar_one_or_none()


async def find_choosing(session: AsyncSession, learner_id: str, link: str) -> ExchangeRow | None:
    """Return the learner's exchange whose choice may have been sent to ``link`` without an answer."""
    found = await session.execute(
        select(ExchangeRow)
        .where(
            ExchangeRow.learner_id == learner_id,
            ExchangeRow.link == link,
            ExchangeRow.question_id == ExchangeRow.invitation_id,
            ExchangeRow.answer.is_not(None),
        )
        .order_by(ExchangeRow.created_at.desc())
    )
    return found.scalars().first()


def of_doorbell(record_id: str, wallet_id: str | None) -> tuple[ColumnElement[bool], ...]:
    """Return the condition for the open exchanges that a doorbell is about.

    A record that is new has no row with its name yet: then all nameless ones of its wallet are.
    """
    learner = select(LearnerRow.id).where(LearnerRow.wallet_id == wallet_id)
    return (
        ExchangeRow.open.is_(True),
        ExchangeRow.learner_id.in_(learner),
        or_(ExchangeRow.record_id == record_id, ExchangeRow.record_id.is_(None)),
    )


async def load_with_learner(
    session: AsyncSession, exchange_id: str
) -> tuple[ExchangeRow, LearnerRow]:
    """Return one exchange and whose it is; raises ``NotFound``."""
    found = await session.execute(
        select(ExchangeRow, LearnerRow)
        .join(LearnerRow, LearnerRow.id == ExchangeRow.learner_id)
        .where(ExchangeRow.id == exchange_id)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound(_UNKNOWN)
    return row[0], row[1]


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


KEPT = ("state", "open", "exchange", "record_id", "invitation", "changed_at")
"""The columns that `keep` writes."""


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
