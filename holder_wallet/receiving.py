"""Receiving: an offer that a learner accepted becomes a credential in their wallet."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

import structlog

from acquis.acapy import credentials as agent_credentials
from acquis.acapy import issue_credential as agent_issue
from acquis.acapy.client import AgentClient
from acquis.errors import Conflict, IllegalTransition, NotFound
from acquis.protocols.issue_credential import (
    Exchange,
    Facts,
    Observation,
    Role,
    State,
    advance,
)
from acquis.protocols.machine import Source
from acquis.protocols.record import load_issue
from acquis.service.action import seconds_before
from acquis.service.work import Again, mark_due
from acquis.text import Text
from holder_wallet.holding import open_wallet, publications_of
from holder_wallet.progress import begin_action, begin_again, keep, receive_invitation
from holder_wallet.publications import Described
from holder_wallet.store import exchanges
from holder_wallet.store.tables import ExchangeRow
from holder_wallet.surroundings import Surroundings

_LOG = structlog.get_logger(__name__)

ACCEPTED: Final = "accept"
DECLINED: Final = "decline"

_REQUEST: Final = "send-request"
_DAY: Final = 86400
_SOON: Final = 0.3
_WAIT_FOR_ISSUER: Final = 5.0
_WAIT_FOR_LEARNER: Final = 3600.0

ANSWERED: Final = Text(
    "You have already answered; nothing was changed", "Vous avez déjà répondu ; rien n’a changé"
)


@dataclass(frozen=True, slots=True)
class Look:
    """One look at an exchange: its row, the learner's wallet, where it stands, the agent's record."""

    row: ExchangeRow
    wallet: AgentClient
    exchange: Exchange
    record: agent_issue.Record | None


async def answer(around: Surroundings, learner_id: str, exchange_id: str, *, accept: bool) -> None:
    """Write down the learner's answer to an offer, then have it carried out.

    Raises ``NotFound``, or ``Conflict`` when the offer is over or was answered otherwise.
    """
    wanted = ACCEPTED if accept else DECLINED
    async with around.database.write() as session:
        row = await exchanges.load(session, exchange_id, learner_id, kind="issue")
        if row.answer == wanted:
            return
        if row.answer is not None or not row.open:
            raise Conflict(ANSWERED)
        row.answer = wanted
        mark_due(row)
    around.live.changed(f"exchange:{exchange_id}")
    await around.works["exchanges"].wake(exchange_id)


async def load_offer(around: Surroundings, row: ExchangeRow) -> Described | None:
    """Return what is offered, or was, with what is published about it; ``None`` when it is gone.

    What was stored is read from the wallet once the agent has forgotten the offer. Raises
    ``Unavailable``.
    """
    wallet = await open_wallet(around, row.learner_id)
    record = await _find_record(wallet, row)
    found: tuple[str, Mapping[str, str]] | None = None
    if record is not None and record.credential_definition_id and record.attributes:
        found = record.credential_definition_id, record.attributes
    elif row.state == State.DONE:
        stored = await agent_credentials.find_credential(wallet, stored_id(row))
        if stored is not None:
            found = stored.credential_definition_id, stored.attributes
    if found is None:
        return None
    return await asyncio.to_thread(publications_of(around).describe, *found)


def stored_id(row: ExchangeRow) -> str:
    """Return the name in the wallet of the credential that an offer became."""
    return load_issue(row.exchange).facts.stored_credential_id or row.id


async def perform(around: Surroundings, row: ExchangeRow, wallet: AgentClient) -> Again | None:
    """Look at the agent's record of an offer, move ours forward, do what is then wanted."""
    exchange = load_issue(row.exchange)
    if exchange.is_over:
        return None
    record = await _find_record(wallet, row)
    exchange = await _advance(around, row, exchange, record)
    decision = DECISIONS.get(exchange.state)
    return await decision(around, Look(row, wallet, exchange, record)) if decision else None


async def _find_record(wallet: AgentClient, row: ExchangeRow) -> agent_issue.Record | None:
    if row.record_id is not None:
        with suppress(NotFound):  # forgotten and taken in again, its name is another
            return await agent_issue.load(wallet, row.record_id)
    elif row.action is None:  # the agent was not given the invitation yet
        return None
    return await agent_issue.find(wallet, row.thread_id, Role.HOLDER)


async def _advance(
    around: Surroundings, row: ExchangeRow, exchange: Exchange, record: agent_issue.Record | None
) -> Exchange:
    now = around.clock.now()
    seen = agent_issue.observe_credential(record) if record is not None else None
    if record is None and exchange.state is State.CREDENTIAL_RECEIVED:
        seen = Observation(State.FAILED, Facts(error="record-missing"), Source.OURSELVES)
    try:
        if seen is not None:
            exchange = advance(exchange, seen)
    except IllegalTransition:
        _LOG.exception("illegal transition", exchange=exchange.id, seen=seen and seen.state)
    waiting = exchange.state in {State.CREATED, State.OFFER_RECEIVED}
    if waiting and row.created_at + around.settings.offer_days * _DAY <= now:
        exchange = advance(exchange, Observation(State.EXPIRED, Facts(), Source.CLOCK))
    await keep(around, row, exchange)
    return exchange


async def _receive(around: Surroundings, look: Look) -> Again | None:
    return await receive_invitation(around, look.row, look.wallet)


async def _answer(around: Surroundings, look: Look) -> Again | None:
    if look.record is None:
        return await receive_invitation(around, look.row, look.wallet)
    if look.row.answer is None:
        return Again(_WAIT_FOR_LEARNER)
    if look.row.answer == DECLINED:
        await agent_issue.report_problem(look.wallet, look.record.id, agent_issue.DECLINED)
        seen = Observation(State.DECLINED, Facts(), Source.PERSON)
        await keep(around, look.row, advance(look.exchange, seen))
        return None
    return await _request(around, look, look.record)


async def _request(around: Surroundings, look: Look, record: agent_issue.Record) -> Again | None:
    """Ask for the credential that was offered.

    An agent killed while it was asked may have half of a request, and refuses to make another for
    good: so the second time it forgets the offer, takes it in once more and is asked for that one.
    """
    wait = seconds_before(look.row, _REQUEST, time.time())
    if wait:
        return Again(wait)
    if look.row.action == _REQUEST:
        await _forget(around, look, record)
        return await receive_invitation(around, look.row, look.wallet)
    wait = await begin_action(around, look.row, _REQUEST)
    if wait:
        return Again(wait)
    sent = agent_issue.observe_credential(await agent_issue.send_request(look.wallet, record.id))
    if sent is not None:
        await keep(around, look.row, advance(look.exchange, sent))
    return Again(_WAIT_FOR_ISSUER)


async def _store(around: Surroundings, look: Look) -> Again | None:
    tried_before = look.row.action == "store"
    wait = await begin_action(around, look.row, "store")
    if wait or look.record is None:
        return Again(wait or _SOON)
    store = agent_issue.store_again if tried_before else agent_issue.store
    record = await store(look.wallet, look.record.id, look.row.id)
    stored = agent_issue.observe_credential(record)
    if stored is None:
        return Again(_SOON)
    exchange = advance(look.exchange, stored)
    await keep(around, look.row, exchange)
    return None if exchange.is_over else Again(_SOON)


async def _see_through(around: Surroundings, look: Look) -> Again | None:
    """Wait for the credential; where the request was lost on its way, make it once more."""
    record = look.record
    if record is None:
        return await receive_invitation(around, look.row, look.wallet)
    if record.state == State.OFFER_RECEIVED:
        return await _request(around, look, record)
    return await begin_again(around, look.row, look.wallet, lambda: _forget(around, look, record))


async def _forget(around: Surroundings, look: Look, record: agent_issue.Record) -> None:
    """Have the agent forget its record; the next one will have another name."""
    await agent_issue.delete(look.wallet, record.id)
    nameless = replace(look.exchange.facts, record_id=None)
    await keep(around, look.row, replace(look.exchange, facts=nameless))


type Decision = Callable[[Surroundings, Look], Awaitable[Again | None]]

DECISIONS: Final[Mapping[State, Decision]] = {
    State.CREATED: _receive,
    State.OFFER_RECEIVED: _answer,
    State.REQUEST_SENT: _see_through,
    State.CREDENTIAL_RECEIVED: _store,
}
