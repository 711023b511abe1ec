"""Verifying: a presentation becomes the agent's verdict, our report and a decision, each apart."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import structlog

from acquis.acapy import present_proof as agent_proof
from acquis.credentials.disclosure import what_was_learned
from acquis.credentials.facts import AgentVerdict, ExchangeFacts
from acquis.credentials.policy import Conclusion, Decision, decide
from acquis.credentials.presentation import UnverifiedPresentation, parse_presentation
from acquis.credentials.proof_request import UnverifiedProofRequest, parse_proof_request
from acquis.credentials.request import parse_presentation_request
from acquis.credentials.verify import STANDARD_POLICY, verify_presentation
from acquis.errors import IllegalTransition, InvalidInput, NotFound
from acquis.protocols.machine import Source
from acquis.protocols.present_proof import Exchange, Facts, Observation, State, advance
from acquis.protocols.record import load_proof
from acquis.service.action import begin, seconds_before
from acquis.service.work import Again
from acquis.text import Text
from verifier.requesting import environment_of, tell
from verifier.store import sessions
from verifier.store.tables import RequestRow, SessionRow
from verifier.surroundings import Surroundings

_LOG = structlog.get_logger(__name__)

_VERIFY: Final = "verify"
_WAIT_FOR_WALLET: Final = 3.0

type Step = Callable[
    [Surroundings, SessionRow, Exchange, agent_proof.Record], Awaitable[Again | None]
]


async def perform(around: Surroundings, session_id: str) -> Again | None:
    """Look at the agent's record of a session, move ours forward, do what is then wanted."""
    async with around.database.read() as session:
        row = await session.get(SessionRow, session_id)
    if row is None or not row.open or row.record_id is None:
        return None
    try:
        record = await agent_proof.load(around.agent, row.record_id)
    except NotFound:
        lost = Observation(State.FAILED, Facts(error="record-missing"), Source.OURSELVES)
        await _keep(around, row, advance(load_proof(row.exchange), lost))
        return None
    exchange = await _advance(around, row, record)
    step = DECISIONS.get(exchange.state)
    return await step(around, row, exchange, record) if step else None


async def _advance(around: Surroundings, row: SessionRow, record: agent_proof.Record) -> Exchange:
    exchange, seen = load_proof(row.exchange), agent_proof.observe_presentation(record)
    try:
        if seen is not None:
            exchange = advance(exchange, seen)
    except IllegalTransition:
        _LOG.exception("illegal transition", exchange=exchange.id, seen=seen and seen.state)
    if exchange.state is State.REQUEST_SENT and row.expires_at <= around.clock.now():
        exchange = advance(exchange, Observation(State.EXPIRED, Facts(), Source.CLOCK))
    await _keep(around, row, exchange)
    return exchange


async def _keep(around: Surroundings, row: SessionRow, exchange: Exchange) -> None:
    """Write where a session stands; one that is over without a proof is closed with it."""
    around.works["sessions"].looked(row.id)
    before, now = row.exchange, around.clock.now()
    over = exchange.is_over and exchange.state is not State.DONE
    sessions.keep(row, exchange, now)
    if row.exchange == before and not over:
        return
    async with around.database.write() as session:
        kept = await session.get_one(SessionRow, row.id)
        sessions.keep(kept, exchange, now)
        if over:
            kept.open = False
            kept.invitation = None
            (await sessions.load_request(session, row.request_id)).closed_at = now
    tell(around, row)


async def _wait(
    _around: Surroundings, _row: SessionRow, _exchange: Exchange, _record: agent_proof.Record
) -> Again | None:
    return Again(_WAIT_FOR_WALLET)


async def _verify(
    around: Surroundings, row: SessionRow, exchange: Exchange, _record: agent_proof.Record
) -> Again | None:
    now = time.time()
    wait = seconds_before(row, _VERIFY, now)
    if wait:
        return Again(wait)
    async with around.database.write(lasting=False) as session:
        begin(await session.get_one(SessionRow, row.id), _VERIFY, now)
    record = await agent_proof.verify(around.agent, exchange.facts.record_id or "")
    seen = agent_proof.observe_presentation(record)
    if seen is not None:
        exchange = advance(exchange, seen)
        await _keep(around, row, exchange)
    if exchange.state is State.DONE:
        return await _decide(around, row, exchange, record)
    return Again(1.0)


async def _decide(
    around: Surroundings, row: SessionRow, exchange: Exchange, record: agent_proof.Record
) -> Again | None:
    """Check, conclude and keep, in one transaction; the first result of a session stands."""
    async with around.database.read() as session:
        request = await sessions.load_request(session, row.request_id)
    result = await asyncio.to_thread(_conclude, around, row, request, exchange, record)
    now = around.clock.now()
    async with around.database.write() as session:
        kept = await session.get_one(SessionRow, row.id)
        if not kept.open:
            return None
        kept.open = False
        kept.invitation = None
        kept.changed_at = now
        kept.presentation = _object_of(record.presentation)
        for name, value in result.items():
            setattr(kept, name, value)
        (await sessions.load_request(session, row.request_id)).closed_at = now
    tell(around, row)
    return None


def _conclude(
    around: Surroundings,
    row: SessionRow,
    request: RequestRow,
    exchange: Exchange,
    record: agent_proof.Record,
) -> dict[str, Any]:
    verdict = AgentVerdict(exchange.verdict, exchange.facts.warnings or ())
    kept: dict[str, Any] = {
        "verdict": {"verified": verdict.verified, "warnings": list(verdict.warnings)}
    }
    asked_for = parse_presentation_request(request.request)
    try:
        facts = ExchangeFacts(
            request=asked_for,
            asked=parse_proof_request(UnverifiedProofRequest(row.proof_request)),
            answered=parse_proof_request(record.request or UnverifiedProofRequest(None)),
            presentation=parse_presentation(record.presentation or UnverifiedPresentation(None)),
            agent=verdict,
        )
    except InvalidInput as error:
        return kept | {"decision": _unreadable(error.says).content()}
    report = verify_presentation(facts, environment_of(around))
    learned = what_was_learned(facts.asked, facts.presentation, asked_for.labels())
    return kept | {
        "report": report.content(),
        "decision": decide(report, STANDARD_POLICY).content(),
        "learned": {
            "shown": [
                {"label": _both(shown.label), "value": shown.value} for shown in learned.shown
            ],
            "proved": [_both(text) for text in learned.proved],
            "hidden": [_both(text) for text in learned.hidden],
        },
    }


def _object_of(presentation: UnverifiedPresentation | None) -> dict[str, Any] | None:
    content = presentation.content if presentation is not None else None
    return content if isinstance(content, dict) else None


def _both(text: Text) -> dict[str, str]:
    return {"en": text.en, "fr": text.fr}


def _unreadable(says: Text) -> Decision:
    return Decision(
        Conclusion.REFUSED,
        STANDARD_POLICY.name,
        (
            Text(
                "Refused: the presentation cannot be read.",
                "Refusé : la présentation ne peut pas être lue.",
            ),
            says,
        ),
        ("readable",),
    )


DECISIONS: Final[Mapping[State, Step]] = {
    State.REQUEST_SENT: _wait,
    State.PRESENTATION_RECEIVED: _verify,
    State.DONE: _decide,
}
