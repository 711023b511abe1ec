"""Queries on awards, with the exchange and the issued credential that belong to each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from acquis.errors import NotFound
from acquis.protocols.issue_credential import State
from acquis.text import Text
from issuer_agent.store.tables import AchievementRow, AwardRow, ExchangeRow, IssuedRow

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")

_UNKNOWN = Text("There is no such award", "Cette attribution n’existe pas")
_UNKNOWN_LINK = Text(
    "This link is not one of ours; check that it was copied whole",
    "Ce lien n’est pas l’un des nôtres ; vérifiez qu’il a été copié en entier",
)

_OF_ISSUED: Final[Mapping[str, str]] = {
    "valid": "issued",
    "requested": "revoking",
    "pending": "revoking",
    "published": "revoked",
}
_OF_EXCHANGE: Final[Mapping[str, str]] = {
    State.CREATED.value: "offered",
    State.OFFER_SENT.value: "opened",
    State.REQUEST_RECEIVED.value: "issuing",
    State.CREDENTIAL_ISSUED.value: "issuing",
    State.DONE.value: "issuing",
    State.DECLINED.value: "declined",
    State.EXPIRED.value: "expired",
    State.ABANDONED.value: "failed",
    State.FAILED.value: "failed",
}
_BEFORE_AN_ANSWER: Final = (State.CREATED.value, State.OFFER_SENT.value)


@dataclass(frozen=True, slots=True)
class Standing:
    """An award with what has become of it: its link's newest exchange and its credential, if any."""

    award: AwardRow
    achievement: AchievementRow
    exchange: ExchangeRow | None
    issued: IssuedRow | None


def state_of(standing: Standing, now: int) -> str:
    """Say in one word where an award stands.

    One of ``offered``, ``opened`` (a wallet has the offer), ``issuing``, ``issued``, ``declined``,
    ``expired``, ``failed``, ``revoking``, ``revoked``.
    """
    if standing.issued is not None:
        return _OF_ISSUED.get(standing.issued.state, "issued")
    state = State.CREATED.value if standing.exchange is None else standing.exchange.state
    if state in _BEFORE_AN_ANSWER and standing.award.expires_at <= now:
        return "expired"
    return _OF_EXCHANGE.get(state, "offered")


def _state(now: int) -> ColumnElement[str]:
    """Return what ``state_of`` says as an expression over the tables of ``_standings``."""
    unanswered = or_(ExchangeRow.id.is_(None), ExchangeRow.state.in_(_BEFORE_AN_ANSWER))
    return case(
        (IssuedRow.id.is_not(None), case(_OF_ISSUED, value=IssuedRow.state, else_="issued")),
        (and_(unanswered, AwardRow.expires_at <= now), "expired"),
        else_=case(_OF_EXCHANGE, value=ExchangeRow.state, else_="offered"),
    )


def _standings() -> Select[AwardRow, AchievementRow, ExchangeRow, IssuedRow]:
    newest = (
        select(ExchangeRow.id)
        .where(ExchangeRow.award_id == AwardRow.id, ExchangeRow.token == AwardRow.token)
        .order_by(ExchangeRow.open.desc(), ExchangeRow.created_at.desc(), ExchangeRow.id)
        .limit(1)
        .correlate(AwardRow)
        .scalar_subquery()
    )
    return (
        select(AwardRow, AchievementRow, ExchangeRow, IssuedRow)
        .join(AchievementRow, AchievementRow.id == AwardRow.achievement_id)
        .outerjoin(ExchangeRow, ExchangeRow.id == newest)
        .outerjoin(IssuedRow, IssuedRow.id == AwardRow.id)
    )


async def load(session: AsyncSession, award_id: str) -> Standing:
    """Return one award as it stands; raises ``NotFound``."""
    row = (await session.execute(_standings().where(AwardRow.id == award_id))).one_or_none()
    if row is None:
        raise NotFound(_UNKNOWN)
    return Standing(row[0], row[1], row[2], row[3])


async def load_by_token(session: AsyncSession, token: str) -> Standing:
    """Return the award that a claim link leads to; raises ``NotFound``."""
    row = None
    if _TOKEN.fullmatch(token):
        row = (await session.execute(_standings().where(AwardRow.token == token))).one_or_none()
    if row is None:
        raise NotFound(_UNKNOWN_LINK)
    return Standing(row[0], row[1], row[2], row[3])


async def newest(
    session: AsyncSession, now: int, *, achievement_id: str = "", state: str = "", limit: int = 200
) -> Sequence[Standing]:
    """Return the newest awards, of one achievement and in one state (``state_of``) or of all."""
    order = (AwardRow.created_at.desc(), AwardRow.family_name, AwardRow.id)
    chosen = select(AwardRow.id)
    if state:  # only then is each award looked at with what has become of it
        chosen = _standings().with_only_columns(AwardRow.id).where(_state(now) == state)
    if achievement_id:
        chosen = chosen.where(AwardRow.achievement_id == achievement_id)
    ids = (await session.scalars(chosen.order_by(*order).limit(limit))).all()
    rows = await session.execute(_standings().where(AwardRow.id.in_(ids)).order_by(*order))
    return [Standing(row[0], row[1], row[2], row[3]) for row in rows]


async def count(session: AsyncSession, achievement_id: str) -> int:
    """Return how many awards there are of one achievement."""
    query = select(func.count(AwardRow.id)).where(AwardRow.achievement_id == achievement_id)
    return (await session.execute(query)).scalar_one()


async def count_by_state(
    session: AsyncSession, now: int, *, achievement_id: str = ""
) -> Mapping[str, int]:
    """Return how many awards there are in each state (``state_of``), of one achievement or of all."""
    state = _state(now).label("state")
    query = _standings().with_only_columns(state, func.count()).group_by(state)
    if achievement_id:
        query = query.where(AwardRow.achievement_id == achievement_id)
    return {row[0]: row[1] for row in await session.execute(query)}
