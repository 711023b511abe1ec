"""Presenting: a request that a learner answered becomes a proof, or is said no to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog

from acquis.acapy import out_of_band
from acquis.acapy import present_proof as agent_proof
from acquis.acapy.client import AgentClient
from acquis.errors import IllegalTransition, NotFound
from acquis.protocols.machine import Source
from acquis.protocols.present_proof import Exchange, Facts, Observation, Role, State, advance
from acquis.protocols.record import load_proof
from acquis.service.work import Again
from holder_wallet.agreeing import end_changed, is_as_agreed, send_choice
from holder_wallet.choosing import answer_until
from holder_wallet.consenting import content_of
from holder_wallet.progress import begin_action, begin_again, keep, receive_invitation
from holder_wallet.receiving import ACCEPTED, DECLINED
from holder_wallet.store import exchanges
from holder_wallet.store.tables import ExchangeRow
from holder_wallet.surroundings import Surroundings

_LOG = structlog.get_logger(__name__)

_WAIT_FOR_VERIFIER: Final = 5.0
_WAIT_FOR_LEARNER: Final = 60.0
_GIVE_UP_ON_THANKS: Final = 600
_RECORD_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class Look:
    """One look at an exchange: its row, the learner's wallet, where it stands, the agent's record."""

    row: ExchangeRow
    wallet: AgentClient
    exchange: Exchange
    record: agent_proof.Record | None


async def perform(around: Surroundings, row: ExchangeRow, wallet: AgentClient) -> Again | None:
    """Look at the agent's record of a request, move ours forward, do what is then wanted."""
    exchange = load_proof(row.exchange)
    if exchange.is_over:
        return await _tidy(around, row, wallet)
    record = await _find_record(wallet, row)
    exchange = await _advance(around, row, exchange, record)
    decision = DECISIONS.get(exchange.state)
    if decision is None:
        return await _tidy(around, row, wallet)
    return await decision(around, Look(row, wallet, exchange, record))


async def _tidy(around: Surroundings, row: ExchangeRow, wallet: AgentClient) -> Again | None:
    """Have the agent forget what was presented an hour after the end: the receipt is ours."""
    if row.record_id is None:
        return None
    left = row.changed_at + _RECORD_SECONDS - around.clock.now()
    if left > 0:
        return Again(float(left))
    await agent_proof.delete(wallet, row.record_id)
    async with around.database.write() as session:
        (await exchanges.load(session, row.id)).record_id = None
    return None


async def _find_record(wallet: AgentClient, row: ExchangeRow) -> agent_proof.Record | None:
    if not row.thread_id:  # a question: there is no invitation yet
        return None
    if row.record_id is not None:
        with suppress(NotFound):  # forgotten and taken in again, its name is another
            return await agent_proof.load(wallet, row.record_id)
    elif row.action is None:  # the agent was not given the invitation yet
        return None
    return await agent_proof.find(wallet, row.thread_id, Role.PROVER)


async def _advance(
    around: Surroundings, row: ExchangeRow, exchange: Exchange, record: agent_proof.Record | None
) -> Exchange:
    now = around.clock.now()
    seen: Observation | None = None
    if record is not None:
        seen = agent_proof.observe_presentation(record)
        if row.asked is None and record.request is not None:
            row.asked = content_of(record.request)
            async with around.database.write() as session:
                (await exchanges.load(session, row.id)).asked = row.asked
    try:
        if seen is not None:
            exchange = advance(exchange, seen)
    except IllegalTransition:
        _LOG.exception("illegal transition", exchange=exchange.id, seen=seen and seen.state)
    if _waited_too_long(around, row, exchange, now):
        exchange = advance(exchange, Observation(State.EXPIRED, Facts(), Source.CLOCK))
    await keep(around, row, exchange)
    return exchange


def _waited_too_long(around: Surroundings, row: ExchangeRow, exchange: Exchange, now: int) -> bool:
    if exchange.state in {State.CREATED, State.REQUEST_RECEIVED} and row.answer is None:
        return answer_until(row, around.settings.request_minutes * 60) <= now
    # The presentation is out and that is what counts; a verifier need not thank for it.
    return exchange.state is State.PRESENTATION_SENT and row.changed_at + _GIVE_UP_ON_THANKS <= now


async def _receive(around: Surroundings, look: Look) -> Again | None:
    return await receive_invitation(around, look.row, look.wallet)


async def _answer(around: Surroundings, look: Look) -> Again | None:
    row = look.row
    if not row.thread_id:
        return await _answer_question(around, look)
    if look.record is None:
        return await receive_invitation(around, row, look.wallet)
    if row.answer is None:
        return Again(_WAIT_FOR_LEARNER)
    if row.answer == DECLINED:
        await agent_proof.report_problem(look.wallet, look.record.id, agent_proof.DECLINED)
        seen = Observation(State.DECLINED, Facts(), Source.PERSON)
        await keep(around, row, advance(look.exchange, seen))
        return Again(float(_RECORD_SECONDS))
    return await _present(around, look, look.record)


async def _answer_question(around: Surroundings, look: Look) -> Again | None:
    """See to a question: a yes is sent as a choice; of a no, nobody hears anything."""
    if look.row.answer is None:
        return Again(_WAIT_FOR_LEARNER)
    if look.row.answer == ACCEPTED:
        return await send_choice(around, look.row, look.exchange)
    await keep(
        around,
        look.row,
        advance(look.exchange, Observation(State.DECLINED, Facts(), Source.PERSON)),
    )
    return None


async def _present(around: Surroundings, look: Look, record: agent_proof.Record) -> Again | None:
    if not is_as_agreed(look.row, record):
        await end_changed(around, look.row, look.exchange)
        return Again(float(_RECORD_SECONDS))
    wait = await begin_action(around, look.row, "present")
    if wait:
        return Again(wait)
    choice = look.row.choice or {}
    chosen = agent_proof.ChosenCredentials(choice["attributes"], choice["predicates"])
    sent = agent_proof.observe_presentation(
        await agent_proof.send_presentation(look.wallet, record.id, chosen)
    )
    if sent is not None:
        await keep(around, look.row, advance(look.exchange, sent))
    return Again(_WAIT_FOR_VERIFIER)


async def _see_through(around: Surroundings, look: Look) -> Again | None:
    """Wait for the verifier's thanks; where the proof was lost on its way, make it once more."""
    record = look.record
    if record is None:
        return await receive_invitation(around, look.row, look.wallet)
    if record.state == State.REQUEST_RECEIVED:
        return await _present(around, look, record)

    async def forget() -> None:
        await agent_proof.delete(look.wallet, record.id)
        await out_of_band.forget_invitation(look.wallet, look.row.invitation_id)

    return await begin_again(around, look.row, look.wallet, forget)


type Decision = Callable[[Surroundings, Look], Awaitable[Again | None]]

DECISIONS: Final[Mapping[State, Decision]] = {
    State.CREATED: _receive,
    State.REQUEST_RECEIVED: _answer,
    State.PRESENTATION_SENT: _see_through,
}
