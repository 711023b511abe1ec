"""Presenting: a request that a learner consented to becomes a proof, and a receipt of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import structlog

from acquis.acapy import credentials as agent_credentials
from acquis.acapy import out_of_band
from acquis.acapy import present_proof as agent_proof
from acquis.acapy.client import AgentClient
from acquis.credentials.disclosure import Labels, describe
from acquis.credentials.matching import (
    GroupMatch,
    HeldCredential,
    Selection,
    build_holder_query,
    matching_credentials,
    select_credentials,
)
from acquis.credentials.proof_request import (
    AskedItems,
    UnverifiedProofRequest,
    parse_proof_request,
)
from acquis.errors import Conflict, Expired, IllegalTransition, InvalidInput, NotFound
from acquis.protocols.machine import Source
from acquis.protocols.present_proof import Exchange, Facts, Observation, Role, State, advance
from acquis.protocols.record import load_proof
from acquis.service.work import Again, mark_due
from acquis.text import Text
from holder_wallet.holding import build_held, describe_all, publications_of
from holder_wallet.progress import begin_action, begin_again, keep, receive_invitation
from holder_wallet.publications import Publications, Standing, labels_of
from holder_wallet.questions import competencies_first, summary
from holder_wallet.receiving import ACCEPTED, ANSWERED, DECLINED
from holder_wallet.store import exchanges, learners
from holder_wallet.store.tables import ExchangeRow, ReceiptRow
from holder_wallet.surroundings import Surroundings

_LOG = structlog.get_logger(__name__)

_WAIT_FOR_VERIFIER: Final = 5.0
_WAIT_FOR_LEARNER: Final = 60.0
_MOST_CANDIDATES: Final = 200
_GIVE_UP_ON_THANKS: Final = 600
_RECORD_SECONDS: Final = 3600

_NOT_YET = Text(
    "The request has not arrived yet; try again in a moment",
    "La demande n’est pas encore arrivée ; réessayez dans un instant",
)
_OVER = Text("This request is over", "Cette demande est terminée")


@dataclass(frozen=True, slots=True)
class Look:
    """One look at an exchange: its row, the learner's wallet, where it stands, the agent's record."""

    row: ExchangeRow
    wallet: AgentClient
    exchange: Exchange
    record: agent_proof.Record | None


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """What is asked, and which of the learner's credentials can answer each part of it."""

    asked: AskedItems
    matches: tuple[GroupMatch, ...]
    held: Mapping[str, HeldCredential]
    revoked: frozenset[str] = frozenset()

    @property
    def can_be_answered(self) -> bool:
        """Whether there is a credential for every part."""
        return all(match.credentials for match in self.matches)


def asked_of(row: ExchangeRow) -> AskedItems | None:
    """Return what a request asks, read strictly; ``None`` until it has arrived.

    Raises ``InvalidInput`` when it cannot be read, or holds text that cannot be shown.
    """
    if row.asked is None:
        return None
    try:
        json.dumps(row.asked, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:  # half a surrogate pair, in the name of an item
        raise InvalidInput from error
    return parse_proof_request(UnverifiedProofRequest(row.asked))


def content_of(request: UnverifiedProofRequest) -> dict[str, Any] | None:
    """Return a request's JSON object to be kept; what is no object is kept as nothing."""
    return request.content if isinstance(request.content, dict) else None


async def load_question(around: Surroundings, row: ExchangeRow) -> Question | None:
    """Return a request with the credentials that can answer it; ``None`` until it has arrived."""
    asked = asked_of(row)
    if asked is None:
        return None
    async with around.database.read() as session:
        wallet = around.wallet_of(await learners.load(session, row.learner_id))
    found: dict[str, agent_credentials.Credential] = {}
    for group in asked.groups():
        for one in await agent_credentials.list_credentials(
            wallet, build_holder_query(group), limit=_MOST_CANDIDATES
        ):
            found[one.id] = one
    revoked = await asyncio.to_thread(_find_revoked, publications_of(around), found.values())
    # What stands comes first, so that it is what is picked; a revoked one proves nothing.
    best_first = sorted(found.values(), key=lambda one: one.id in revoked)
    held = {one.id: build_held(one) for one in best_first}
    return Question(asked, matching_credentials(asked, held.values()), held, revoked)


def _find_revoked(
    publications: Publications, found: Iterable[agent_credentials.Credential]
) -> frozenset[str]:
    """Return the ids of those that the registry's lists in the mirror have as revoked."""
    return frozenset(
        one.id
        for one in found
        if publications.status(one.revocation_registry_id, one.revocation_index, None).standing
        is Standing.REVOKED
    )


async def share(
    around: Surroundings, learner_id: str, exchange_id: str, choices: Mapping[str, str]
) -> None:
    """Write down that the learner consents, with which credential for each part, and present.

    The receipt is written before anything is sent. Raises ``NotFound`` (no such request, or no
    credential answers it), ``InvalidInput`` (a choice that does not answer), ``Conflict``.
    """
    async with around.database.read() as session:
        row = await exchanges.load(session, exchange_id, learner_id, kind="present")
    if row.answer == ACCEPTED:
        return
    _check_unanswered(row)
    question = await load_question(around, row)
    if question is None:
        raise Conflict(_NOT_YET)
    selection = select_credentials(question.matches, choices)
    labels = labels_of((await describe_all(around, question.held)).values())
    receipt = ReceiptRow(
        id=exchange_id,
        learner_id=learner_id,
        content=_receipt_content(row, question, selection, labels),
        presented_at=around.clock.now(),
    )
    async with around.database.write() as session:
        kept = await exchanges.load(session, exchange_id, learner_id)
        _check_unanswered(kept)
        kept.answer = ACCEPTED
        kept.choice = {
            "attributes": dict(selection.attributes),
            "predicates": dict(selection.predicates),
        }
        session.add(receipt)
        mark_due(kept)
    around.live.changed(f"exchange:{exchange_id}")
    await around.works["exchanges"].wake(exchange_id)


def _check_unanswered(row: ExchangeRow) -> None:
    if row.answer is not None:
        raise Conflict(ANSWERED)
    if not row.open:
        raise Expired(_OVER)


def _receipt_content(
    row: ExchangeRow, question: Question, selection: Selection, labels: Labels
) -> dict[str, Any]:
    disclosure, asked = describe(question.asked, labels), summary(question.asked, labels)
    proved = competencies_first(disclosure.proved, question.asked, labels)
    used = {*selection.attributes.values(), *selection.predicates.values()}
    return {
        "asked": [asked.en, asked.fr],
        "verifier": row.label,
        "domain": row.link_host,
        "purpose": row.purpose,
        "shown": [[text.en, text.fr] for text in disclosure.shown],
        "proved": [[text.en, text.fr] for text in proved],
        "hidden": [[text.en, text.fr] for text in disclosure.hidden],
        "credentials": sorted(used),
    }


async def decline(around: Surroundings, learner_id: str, exchange_id: str) -> None:
    """Write down that the learner declines, and tell the verifier no more than that it is over."""
    async with around.database.write() as session:
        row = await exchanges.load(session, exchange_id, learner_id, kind="present")
        if row.answer == DECLINED:
            return
        _check_unanswered(row)
        row.answer = DECLINED
        mark_due(row)
    around.live.changed(f"exchange:{exchange_id}")
    await around.works["exchanges"].wake(exchange_id)


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
        return row.created_at + around.settings.request_minutes * 60 <= now
    # The presentation is out and that is what counts; a verifier need not thank for it.
    return exchange.state is State.PRESENTATION_SENT and row.changed_at + _GIVE_UP_ON_THANKS <= now


async def _receive(around: Surroundings, look: Look) -> Again | None:
    return await receive_invitation(around, look.row, look.wallet)


async def _answer(around: Surroundings, look: Look) -> Again | None:
    row = look.row
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


async def _present(around: Surroundings, look: Look, record: agent_proof.Record) -> Again | None:
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
