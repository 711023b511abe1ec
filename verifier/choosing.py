"""Choosing: a wallet that can choose is shown what is asked and then asks for what it will prove.

Only where a request leaves something to the learner. Looking at the question claims the link and
makes nothing at the agent. A learner who declines, who has nothing that fits or whose level is too
low does the same: nothing; the session then ends as any other that nobody answered.
"""

from __future__ import annotations

from typing import Any, Final

from acquis.credentials.choice import Choice
from acquis.credentials.narrowing import narrow_proof_request
from acquis.credentials.request import PresentationRequest, parse_presentation_request
from acquis.errors import AlreadyUsed, Conflict
from acquis.protocols.machine import Source
from acquis.protocols.present_proof import Facts, Observation, State, advance
from acquis.protocols.record import load_proof
from acquis.service.work import Again
from acquis.text import Text
from verifier import requesting
from verifier.store import sessions
from verifier.store.tables import SessionRow
from verifier.surroundings import Surroundings

QUESTION: Final = "application/vnd.acquis.question+json"

_READ_FIRST: Final = Text(
    "Read the question of this link before choosing from it",
    "Lisez la question de ce lien avant d’y choisir",
)
_NO_ANSWER: Final = Observation(State.EXPIRED, Facts(), Source.CLOCK)


def accepts_question(accept: str) -> bool:
    """Say whether an ``Accept`` header names the question's media type."""
    return QUESTION in {each.partition(";")[0].strip().lower() for each in accept.split(",")}


async def load_question(around: Surroundings, token: str, retry_key: str) -> dict[str, Any] | None:
    """Return the question behind a link, for the wallet that follows it and can choose.

    None when nothing is left to the learner, the wallet could not be known again, or it was
    invited already: the invitation is then its answer. Raises as ``requesting.open_link``.
    """
    async with around.database.read() as session:
        found = await sessions.load_by_token(session, token)
    async with around.only_one(f"request:{found.request_id}"):
        row, request = await requesting.load_link(around, found.id)
        asked = parse_presentation_request(request.request)
        if not (retry_key and asked.offers_choice):
            return None
        requesting.check_open(row, request, retry_key, around.clock.now())
        if row.invitation is not None:
            return None
        kept = await _keep_question(
            around, row, await requesting.claim(around, row, asked, retry_key)
        )
    if not requesting.is_being_read(kept):
        return None
    requesting.tell(around, kept)
    return _build_question(around, asked, kept)


def _build_question(
    around: Surroundings, asked: PresentationRequest, row: SessionRow
) -> dict[str, Any]:
    return {
        "request": asked.content(),
        "proof_request": row.proof_request,
        "label": around.settings.employer_name,
        "expires_at": row.expires_at,
    }


async def _keep_question(
    around: Surroundings, row: SessionRow, proof_request: dict[str, Any]
) -> SessionRow:
    """Keep what is asked, and until when it may be answered, unless that was done already."""
    async with around.database.write() as session:
        kept = await sessions.lock(session, row.id)
        if kept.open and kept.proof_request is None:
            kept.proof_request = proof_request
            kept.expires_at = around.clock.now() + around.settings.answer_minutes * 60
            kept.due_at = float(kept.expires_at)
    return kept


async def choose(
    around: Surroundings, token: str, retry_key: str, choice: Choice
) -> dict[str, Any]:
    """Return the invitation whose request asks for exactly ``choice``; the same again for the same.

    Raises ``NotFound``, ``Expired``, ``InvalidInput`` (not allowed), ``Conflict`` (the question
    was not read), ``AlreadyUsed`` (another wallet, or another choice by this one).
    """
    async with around.database.read() as session:
        found = await sessions.load_by_token(session, token)
    async with around.only_one(f"request:{found.request_id}"):
        row, request = await requesting.load_link(around, found.id)
        requesting.check_open(row, request, retry_key, around.clock.now())
        asked = parse_presentation_request(request.request)
        asked.check_choice(choice)
        if row.invitation is not None:
            if row.choice != choice.content():
                raise AlreadyUsed(requesting.CHOSEN_OTHERWISE)
            return row.invitation
        if row.proof_request is None:
            raise Conflict(_READ_FIRST)
        narrowed = narrow_proof_request(row.proof_request, asked, choice)
        return await requesting.invite(around, row, asked, narrowed, choice)


async def end_unanswered(around: Surroundings, row: SessionRow) -> Again | None:
    """End a session whose question was read and not answered in time."""
    now = around.clock.now()
    if not requesting.is_being_read(row):
        return None
    if row.expires_at > now:
        return Again(float(row.expires_at - now))
    async with around.database.write() as session:
        kept = await sessions.lock(session, row.id)
        if not requesting.is_being_read(kept):
            return None
        sessions.keep(kept, advance(load_proof(kept.exchange), _NO_ANSWER), now)
        await sessions.close(session, kept, now)
    requesting.tell(around, kept)
    return None
