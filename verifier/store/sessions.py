"""Queries on requests and their sessions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from acquis.errors import NotFound
from acquis.protocols.present_proof import Exchange
from acquis.protocols.record import dump_exchange
from acquis.text import Text
from verifier.store.tables import RequestRow, SessionRow

TURNED_AWAY: Final = "turned-away"
"""The error of a session that ended without an answer, though the agent had refused one."""

_DOCUMENTS: Final = (
    *(SessionRow.invitation, SessionRow.proof_request, SessionRow.presentation),
    *(SessionRow.report, SessionRow.learned, SessionRow.basis, SessionRow.digests),
)
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")

_UNKNOWN = Text("There is no such request", "Cette demande n’existe pas")
_UNKNOWN_LINK = Text(
    "This link is not one of ours, or its request is gone",
    "Ce lien n’est pas l’un des nôtres, ou sa demande n’existe plus",
)


async def load_request(
    session: AsyncSession, request_id: str, person_id: str | None = None
) -> RequestRow:
    """Return one request, of that person when one is given; raises ``NotFound``."""
    row = await session.get(RequestRow, request_id)
    if row is None or (person_id is not None and row.person_id != person_id):
        raise NotFound(_UNKNOWN)
    return row


async def load_by_token(session: AsyncSession, token: str) -> SessionRow:
    """Return the session that a link leads to; raises ``NotFound``."""
    if not _TOKEN.fullmatch(token):
        raise NotFound(_UNKNOWN_LINK)
    found = await session.execute(select(SessionRow).where(SessionRow.token == token))
    row = found.scalar_one_or_none()
    if row is None:
        raise NotFound(_UNKNOWN_LINK)
    return row


async def lock(session: AsyncSession, session_id: str) -> SessionRow:
    """Return one session as it stands now; nobody else writes it until the transaction ends."""
    return await session.get_one(
        SessionRow, session_id, with_for_update=True, populate_existing=True
    )


async def claim(session: AsyncSession, session_id: str, opened_by: str) -> bool:
    """Note who opened a session; False when somebody else did. One statement: one winner."""
    is_free = or_(SessionRow.opened_by.is_(None), SessionRow.opened_by == opened_by)
    claimed = await session.execute(
        update(SessionRow)
        .where(SessionRow.id == session_id, is_free)
        .values(opened_by=opened_by)
        .returning(SessionRow.id)
    )
    return claimed.scalar_one_or_none() is not None


async def close(session: AsyncSession, row: SessionRow, now: int) -> None:
    """Close a locked session and its request, in the transaction that keeps how it ended."""
    row.open = False
    row.invitation = None
    (await load_request(session, row.request_id)).closed_at = now


async def newest_of(session: AsyncSession, request_id: str) -> SessionRow | None:
    """Return the newest session of a request, if it has one."""
    found = await session.execute(
        select(SessionRow)
        .where(SessionRow.request_id == request_id)
        .order_by(
            SessionRow.open.desc(), SessionRow.created_at.desc(), SessionRow.expires_at.desc()
        )
        .limit(1)
    )
    return found.scalar_one_or_none()


def of_record(record_id: str) -> tuple[ColumnElement[bool], ...]:
    """Return the condition for the open session that the agent calls ``record_id``."""
    return SessionRow.record_id == record_id, SessionRow.open.is_(True)


async def newest(
    session: AsyncSession, person_id: str, limit: int = 100
) -> Sequence[tuple[RequestRow, SessionRow | None]]:
    """Return a person's newest requests, each with its newest session, its documents left out."""
    newest_session = (
        select(SessionRow.id)
        .where(SessionRow.request_id == RequestRow.id)
        .order_by(
            SessionRow.open.desc(), SessionRow.created_at.desc(), SessionRow.expires_at.desc()
        )
        .limit(1)
        .correlate(RequestRow)
        .scalar_subquery()
    )
    found = await session.execute(
        select(RequestRow, SessionRow)
        .outerjoin(SessionRow, SessionRow.id == newest_session)
        .where(RequestRow.person_id == person_id)
        .order_by(RequestRow.created_at.desc(), RequestRow.id)
        .limit(limit)
        .options(*(defer(each, raiseload=True) for each in _DOCUMENTS))
    )
    return [(row[0], row[1]) for row in found]


def keep(row: SessionRow, exchange: Exchange, now: int) -> None:
    """Write where ``exchange`` stands into its row."""
    if row.state != exchange.state:
        row.changed_at = now
    row.state = exchange.state.value
    row.exchange = dump_exchange(exchange)
    row.record_id = exchange.facts.record_id
