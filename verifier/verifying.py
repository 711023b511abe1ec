"""Verifying: following what an agent has of a session until there is a decision or it is over.

An exchange is kept as done only together with what was presented, the agent's verdict, our report
and the decision, in one transaction. Each write starts from the session as it then stands: one
that was closed in the meantime stays as it was closed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

import structlog
from sqlalchemy import update

from acquis.acapy import out_of_band
from acquis.acapy import present_proof as agent_proof
from acquis.credentials.policy import Conclusion
from acquis.errors import AcquisError, Conflict, IllegalTransition, InvalidInput, NotFound
from acquis.protocols.machine import Source
from acquis.protocols.present_proof import Exchange, Facts, Observation, State, advance
from acquis.protocols.record import load_proof
from acquis.service.action import begin, seconds_before
from acquis.service.work import Again
from verifier.choosing import end_unanswered
from verifier.concluding import Kept, conclude, conclude_unchecked, is_readable
from verifier.requesting import environment_of, tell
from verifier.store import sessions
from verifier.store.tables import SessionRow
from verifier.surroundings import Surroundings

_LOG = structlog.get_logger(__name__)

CHECK_SECONDS: Final = 180
"""How long an answer may stay unchecked before it is concluded that nothing can be told."""

REFUSE_SECONDS: Final = 20
"""How long the agent is asked again about an answer that is refused whatever it says.

Not at once: what a wallet names may be on its way to our mirror.
"""

_VERIFY: Final = "verify"
_WAIT_FOR_WALLET: Final = 3.0
_FORGET_AGAIN_FIRST: Final = 5.0
_FORGET_AGAIN_LAST: Final = 3600.0
_LOST: Final = Observation(State.FAILED, Facts(error="record-missing"), Source.OURSELVES)
_NO_ANSWERS: Final = {State.ABANDONED, State.DECLINED}
_SILENCE: Final = Observation(State.EXPIRED, Facts(), Source.CLOCK)
_UNREADABLE: Final = Observation(State.FAILED, Facts(error="unreadable"), Source.OURSELVES)
_UNCHECKED: Final = Observation(State.FAILED, Facts(error="not-checked"), Source.CLOCK)

type Follow = Callable[[SessionRow], Exchange]
type Step = Callable[[Surroundings, SessionRow, agent_proof.Record], Awaitable[Again | None]]


async def perform(around: Surroundings, session_id: str) -> Again | None:
    """Move a session forward by the agent's record of it; delete that record once it is over."""
    async with around.database.read() as session:
        row = await session.get(SessionRow, session_id)
    if row is None:
        return None
    if row.record_id is None:
        return await end_unanswered(around, row)
    again = await _look(around, row) if row.open else None
    return again or await _forget(around, session_id)


async def _look(around: Surroundings, row: SessionRow) -> Again | None:
    """Look at the agent's record and do what is then wanted; nothing is checked for ever."""
    if row.state == State.DONE:  # kept without what was presented: its verdict is of nothing
        return await _give_up(around, row)
    try:
        return await _follow(around, row)
    except AcquisError as error:
        if not _is_too_late(around, row):
            raise
        _LOG.warning("given up checking", session=row.id, reason=error.code)
        return await _give_up(around, row)


def _is_too_late(around: Surroundings, row: SessionRow) -> bool:
    is_waiting = row.state == State.PRESENTATION_RECEIVED
    return is_waiting and row.changed_at + CHECK_SECONDS <= around.clock.now()


async def _follow(around: Surroundings, row: SessionRow) -> Again | None:
    try:
        record = await agent_proof.load(around.agent, row.record_id or "")
    except NotFound:
        await _keep(around, row, lambda kept: advance(load_proof(kept.exchange), _LOST))
        return None
    is_turned_away = await _is_turned_away(around, row, record)
    exchange = await _keep(around, row, _following(around, record, is_turned_away=is_turned_away))
    step = STEPS.get(exchange.state) if exchange is not None else None
    return await step(around, row, record) if step else None


async def _is_turned_away(
    around: Surroundings, row: SessionRow, record: agent_proof.Record
) -> bool:
    """Say whether a session that ends now without an answer was sent one that the agent refused.

    The agent tells nobody when it takes a message in for none of what it asked.
    """
    is_waiting = row.state == record.state == State.REQUEST_SENT
    if not is_waiting or row.expires_at > around.clock.now() or row.invitation is None:
        return False
    try:
        return await out_of_band.was_answered(around.agent, str(row.invitation.get("@id")))
    except AcquisError:
        return False


def _following(
    around: Surroundings, record: agent_proof.Record, *, is_turned_away: bool = False
) -> Follow:
    """Return how a session moves on what the agent has of it, and on the time.

    A wallet that says in any words that it will not answer ends a session as silence does, and its
    words are not kept: who declines and who has nothing to show are not told apart here.
    """
    seen, now = agent_proof.observe_presentation(record), around.clock.now()

    def follow(row: SessionRow) -> Exchange:
        exchange = load_proof(row.exchange)
        is_silence = seen is not None and seen.state in _NO_ANSWERS
        try:
            if is_silence and exchange.state is State.REQUEST_SENT:
                exchange = advance(exchange, _SILENCE)
            elif seen is not None:
                exchange = advance(exchange, seen)
        except IllegalTransition:
            _LOG.exception("illegal transition", exchange=exchange.id, seen=seen and seen.state)
        if exchange.state is State.REQUEST_SENT and row.expires_at <= now:
            facts = Facts(error=sessions.TURNED_AWAY if is_turned_away else None)
            exchange = advance(exchange, Observation(State.EXPIRED, facts, Source.CLOCK))
        return exchange

    return follow


async def _keep(around: Surroundings, row: SessionRow, follow: Follow) -> Exchange | None:
    """Write where a session stands and return that; None when it is closed.

    One that is over without a proof is closed with it; one that is done is kept by its decision.
    """
    around.works["sessions"].looked(row.id)
    if follow(row).state is State.DONE:
        return follow(row)
    async with around.database.write() as session:
        kept = await sessions.lock(session, row.id)
        if not kept.open:
            return None
        exchange, now = follow(kept), around.clock.now()
        if exchange.state is State.DONE:
            return exchange
        sessions.keep(kept, exchange, now)
        if exchange.is_over:
            await sessions.close(session, kept, now)
    tell(around, kept)
    return exchange


async def _wait(
    _around: Surroundings, _row: SessionRow, _record: agent_proof.Record
) -> Again | None:
    return Again(_WAIT_FOR_WALLET)


async def _verify(
    around: Surroundings, row: SessionRow, record: agent_proof.Record
) -> Again | None:
    if not await asyncio.to_thread(is_readable, record):
        return await _refuse_unreadable(around, row, record)
    now = time.time()
    wait = seconds_before(row, _VERIFY, now)
    if wait:
        return Again(wait)
    async with around.database.write(lasting=False) as session:
        begin(await sessions.lock(session, row.id), _VERIFY, now)
    try:
        checked = await agent_proof.verify(around.agent, record.id)
    except AcquisError as error:
        if await _refuse_unverified(around, row, record):
            _LOG.info("refused without the agent's verdict", session=row.id, reason=error.code)
            return None
        raise
    exchange = await _keep(around, row, _following(around, checked))
    if exchange is not None and exchange.state is State.DONE:
        return await _decide(around, row, checked)
    if exchange is None or exchange.is_over:
        return None
    return await _give_up(around, row) if _is_too_late(around, row) else Again(1.0)


async def _refuse_unreadable(
    around: Surroundings, row: SessionRow, record: agent_proof.Record
) -> Again | None:
    """Refuse an answer that is no presentation: no agent is asked what it makes of it."""

    def follow(kept: SessionRow) -> Exchange:
        return advance(load_proof(kept.exchange), _UNREADABLE)

    await _close_with(around, row, follow, await _conclude(around, row, record))
    return None


async def _refuse_unverified(
    around: Surroundings, row: SessionRow, record: agent_proof.Record
) -> bool:
    """Refuse an answer on which the agent fails, where its verdict could change nothing.

    Some answers make an agent stumble whenever it is asked; nobody waits for that who is refused.
    """
    if row.state != State.PRESENTATION_RECEIVED:
        return False
    if row.changed_at + REFUSE_SECONDS > around.clock.now():
        return False
    result = await _conclude(around, row, record)
    if result["decision"]["conclusion"] != Conclusion.REFUSED:
        return False

    def follow(kept: SessionRow) -> Exchange:
        return advance(load_proof(kept.exchange), _UNCHECKED)

    await _close_with(around, row, follow, result)
    return True


async def _decide(
    around: Surroundings, row: SessionRow, record: agent_proof.Record
) -> Again | None:
    """Check, conclude and keep, in one transaction; the first result of a session stands."""
    result = await _conclude(around, row, record)
    await _close_with(around, row, _following(around, record), result)
    return None


async def _conclude(around: Surroundings, row: SessionRow, record: agent_proof.Record) -> Kept:
    async with around.database.read() as session:
        request = await sessions.load_request(session, row.request_id)
    return await asyncio.to_thread(conclude, request, row, record, environment_of(around))


async def _give_up(around: Surroundings, row: SessionRow) -> Again | None:
    """Conclude without the agent: it gave no verdict on what was presented."""

    def follow(kept: SessionRow) -> Exchange:
        return advance(load_proof(kept.exchange), _UNCHECKED)

    await _close_with(around, row, follow, await _conclude_unverified(around, row))
    return None


async def _conclude_unverified(around: Surroundings, row: SessionRow) -> Kept:
    """Make our own checks of what the agent still has; where it has nothing, keep that alone.

    A verdict that came with it all the same is not of use: nobody knows of what it was said.
    """
    try:
        record = await agent_proof.load(around.agent, row.record_id or "")
    except AcquisError as error:
        _LOG.warning("nothing to check without a verdict", session=row.id, reason=error.code)
        return conclude_unchecked(around.clock.now())
    if record.presentation is None:
        return conclude_unchecked(around.clock.now())
    return await _conclude(around, row, replace(record, verified=None, warnings=()))


async def _close_with(around: Surroundings, row: SessionRow, follow: Follow, result: Kept) -> None:
    now = around.clock.now()
    async with around.database.write() as session:
        kept = await sessions.lock(session, row.id)
        if not kept.open:
            return
        sessions.keep(kept, follow(kept), now)
        kept.changed_at = now
        for name, value in result.items():
            setattr(kept, name, value)
        await sessions.close(session, kept, now)
    tell(around, kept)


async def _forget(around: Surroundings, session_id: str) -> Again | None:
    """Delete the agent's record of a closed session: nothing that was shown stays there."""
    async with around.database.read() as session:
        row = await session.get_one(SessionRow, session_id)
    if row.open or row.record_id is None:
        return None
    try:
        await agent_proof.delete(around.agent, row.record_id)
    except (InvalidInput, Conflict) as error:
        if await _is_there(around, row.record_id):
            _LOG.warning("not deleted in the agent yet", session=row.id, reason=error.code)
            return Again(_pause_before_forgetting(around, row))
    async with around.database.write(lasting=False) as session:
        forget = update(SessionRow).where(SessionRow.id == session_id).values(record_id=None)
        await session.execute(forget)
    return None


async def _is_there(around: Surroundings, record_id: str) -> bool:
    """Say whether the agent still has a record: one it refused to delete may be gone all the same."""
    try:
        await agent_proof.load(around.agent, record_id)
    except NotFound:
        return False
    return True


def _pause_before_forgetting(around: Surroundings, row: SessionRow) -> float:
    """Return how long to wait, as long again as was waited since the session was closed.

    The agent refuses a deletion when its database does, busy or closing: that passes. As long as
    it does not, what was shown is still there, so it is never given up.
    """
    waited = float(around.clock.now() - row.changed_at)
    return min(_FORGET_AGAIN_LAST, max(_FORGET_AGAIN_FIRST, waited))


STEPS: Final[Mapping[State, Step]] = {
    State.REQUEST_SENT: _wait,
    State.PRESENTATION_RECEIVED: _verify,
    State.DONE: _decide,
}
