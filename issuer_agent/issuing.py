"""Issuing: an offer that a wallet took up becomes a credential in that wallet."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

import structlog
from sqlalchemy.exc import IntegrityError

from acquis.acapy import issue_credential as agent_issue
from acquis.errors import Conflict, IllegalTransition, NotFound
from acquis.protocols.issue_credential import Exchange, Facts, Observation, State, advance
from acquis.protocols.machine import Source
from acquis.protocols.record import dump_exchange, load_issue
from acquis.service.action import PAUSE_SECONDS, begin_once, seconds_before
from acquis.service.work import Again
from issuer_agent.store import awards, exchanges
from issuer_agent.store.tables import ExchangeRow, IssuedRow
from issuer_agent.surroundings import Surroundings

_LOG = structlog.get_logger(__name__)

VALID: Final = "valid"
_ISSUE: Final = "issue"
_WAIT_FOR_WALLET: Final = 15.0
_WAIT_FOR_AGENT: Final = 1.0
_QUIET_SECONDS: Final = 5
_LONGEST_PAUSE: Final = 3600
_MOST_REPEATS: Final = 730
_RECORD_SECONDS: Final = 3600

type Decision = Callable[[Surroundings, ExchangeRow, Exchange], Awaitable[Again | None]]


async def perform(around: Surroundings, exchange_id: str) -> Again | None:
    """Look at the agent's record of an exchange, move ours forward, do what is then wanted."""
    async with around.database.read() as session:
        row = await session.get(ExchangeRow, exchange_id)
    if row is None or row.record_id is None:
        return None
    exchange = load_issue(row.exchange)
    if not exchange.is_over:
        exchange = await _observe(around, row, exchange)
    otherwise = _tidy if exchange.is_over else _nothing
    return await DECISIONS.get(exchange.state, otherwise)(around, row, exchange)


async def _observe(around: Surroundings, row: ExchangeRow, exchange: Exchange) -> Exchange:
    seen: Observation | None
    try:
        seen = agent_issue.observe_credential(
            await agent_issue.load(around.agent, row.record_id or "")
        )
    except NotFound:  # the agent lost or removed its record: nothing more can come of it
        seen = Observation(State.FAILED, Facts(error="record-missing"), Source.OURSELVES)
    around.works["exchanges"].looked(row.id)
    observed = [] if seen is None else [seen]
    waiting = exchange.state is State.OFFER_SENT and (seen is None or seen.state == exchange.state)
    if waiting and await _expires_at(around, row) <= around.clock.now():
        observed.append(Observation(State.EXPIRED, Facts(), Source.CLOCK))
    return await _take_in(around, row, *observed)


async def _expires_at(around: Surroundings, row: ExchangeRow) -> int:
    async with around.database.read() as session:
        return (await awards.load(session, row.award_id)).award.expires_at


async def _take_in(around: Surroundings, row: ExchangeRow, *seen: Observation) -> Exchange:
    """Move the exchange forward by what was seen, from where it stands in the database now.

    A person may have ended it while the agent was asked: then nothing moves it.
    """
    standing, now = load_issue(row.exchange), around.clock.now()
    if dump_exchange(_advance(standing, seen)) == row.exchange:
        return standing
    async with around.database.write(lasting=False) as session:
        kept = await session.get_one(ExchangeRow, row.id)
        exchange = load_issue(kept.exchange)
        if kept.open:
            exchange = _advance(exchange, seen)
            exchanges.keep(kept, exchange, now)
            if exchange.is_over:
                kept.invitation = None
        for name in ("invitation", *exchanges.KEPT):
            setattr(row, name, getattr(kept, name))
    around.live.changed(f"award:{row.award_id}")
    around.live.changed("awards")
    return exchange


def _advance(exchange: Exchange, seen: Sequence[Observation]) -> Exchange:
    for observation in seen:
        try:
            exchange = advance(exchange, observation)
        except IllegalTransition:
            _LOG.exception("illegal transition", exchange=exchange.id, seen=observation.state)
    return exchange


async def _wait_for_wallet(
    _around: Surroundings, _row: ExchangeRow, _exchange: Exchange
) -> Again | None:
    return Again(_WAIT_FOR_WALLET)


async def _issue(around: Surroundings, row: ExchangeRow, exchange: Exchange) -> Again | None:
    """Have the agent sign; killed while it did, it refuses to until it forgets what it lost."""
    wait = seconds_before(row, _ISSUE, time.time())
    if wait:
        return Again(wait)
    tried_before = row.action == _ISSUE
    async with around.database.write(lasting=False) as session:
        if not await begin_once(session, row, _ISSUE, time.time()):
            return Again(PAUSE_SECONDS)
        award = (await awards.load(session, row.award_id)).achievement
    async with around.only_one(f"definition:{award.cred_def_id}"):
        if tried_before:
            await agent_issue.forget_lost(around.agent, row.record_id or "")
        record = await agent_issue.issue(around.agent, row.record_id or "")
    around.works["exchanges"].looked(row.id)
    seen = agent_issue.observe_credential(record)
    if seen is not None:
        exchange = await _take_in(around, row, seen)
    return await _record(around, row, exchange)


async def _record(around: Surroundings, row: ExchangeRow, exchange: Exchange) -> Again | None:
    """Write the credential into our books: without its index it could never be revoked."""
    facts = exchange.facts
    if facts.revocation_registry_id is None or facts.revocation_index is None:
        if exchange.is_over:
            _LOG.error("issued without a revocation index", exchange=exchange.id)
            return None
        return Again(_WAIT_FOR_AGENT)
    async with around.database.read() as session:
        known = await session.get(IssuedRow, row.award_id)
        standing = await awards.load(session, row.award_id)
    if known is not None and known.exchange_id != row.id:
        # A second credential for one award: its index is only in this line. Staff must revoke it.
        _LOG.critical(
            "issued twice",
            exchange=exchange.id,
            registry=facts.revocation_registry_id,
            index=facts.revocation_index,
        )
    if known is None:
        issued = IssuedRow(
            id=row.award_id,
            exchange_id=row.id,
            cred_def_id=standing.achievement.cred_def_id or "",
            rev_reg_id=facts.revocation_registry_id,
            rev_index=facts.revocation_index,
            issued_at=around.clock.now(),
            state=VALID,
        )
        try:
            async with around.database.write() as session:
                session.add(issued)
        except IntegrityError:
            # Two credentials with one index: revoking one would revoke both. Staff must look.
            _LOG.critical("revocation index given twice", exchange=exchange.id)
            raise
        around.live.changed(f"award:{row.award_id}")
    if exchange.is_over:
        return await _tidy(around, row, exchange)
    return await _see_through(around, row)


async def _see_through(around: Surroundings, row: ExchangeRow) -> Again | None:
    """Wait for the wallet's thanks; a credential may be lost on its way, so it is sent again.

    After a month of it (the thanks were lost, or the wallet is no more) only a doorbell is heard.
    """
    if row.repeats >= _MOST_REPEATS:
        return None
    pause = min(_LONGEST_PAUSE, _QUIET_SECONDS * 2**row.repeats)
    quiet = around.clock.now() - row.changed_at
    if quiet < pause:
        return Again(max(1.0, pause - quiet))
    async with around.database.write() as session:
        (await session.get_one(ExchangeRow, row.id)).repeats += 1
    with suppress(Conflict):  # the thanks came meanwhile
        await agent_issue.send_again(around.agent, row.record_id or "")
    return Again(_WAIT_FOR_AGENT)


async def _tidy(around: Surroundings, row: ExchangeRow, _exchange: Exchange) -> Again | None:
    """Have the agent forget an exchange an hour after its end: our books are complete by then."""
    left = row.changed_at + _RECORD_SECONDS - around.clock.now()
    if left > 0:
        return Again(float(left))
    await agent_issue.delete(around.agent, row.record_id or "")
    async with around.database.write() as session:
        (await session.get_one(ExchangeRow, row.id)).record_id = None
    return None


async def _nothing(_around: Surroundings, _row: ExchangeRow, _exchange: Exchange) -> Again | None:
    return None


DECISIONS: Final[Mapping[State, Decision]] = {
    State.OFFER_SENT: _wait_for_wallet,
    State.REQUEST_RECEIVED: _issue,
    State.CREDENTIAL_ISSUED: _record,
    State.DONE: _record,
}
