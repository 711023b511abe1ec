"""Requesting: what an employer asks becomes a link that one wallet can follow once."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode
from uuid import uuid4

from acquis.acapy import out_of_band
from acquis.acapy import present_proof as agent_proof
from acquis.credentials.choice import Choice
from acquis.credentials.competency import CompetencyKey
from acquis.credentials.request import (
    Candidate,
    PresentationRequest,
    build_proof_request,
    capped,
    parse_presentation_request,
)
from acquis.errors import AlreadyUsed, Conflict, Expired
from acquis.protocols.machine import Source
from acquis.protocols.present_proof import Exchange, Facts, Observation, Role, State, advance
from acquis.protocols.record import dump_exchange, load_proof
from acquis.service.work import mark_due
from acquis.text import Text
from verifier.candidates import find_candidates, rename_as_published
from verifier.store import sessions
from verifier.store.tables import RequestRow, SessionRow
from verifier.surroundings import Surroundings
from verifier.trusting import MirrorEnvironment

_GOAL_CODE: Final = "request-proof"
_NONCE_BITS: Final = 80
_OPENING_SECONDS: Final = 60
_BEING_CHECKED: Final = {State.PRESENTATION_RECEIVED.value, State.DONE.value}

_USED = Text(
    "This QR code has been used by another wallet; ask for a new one",
    "Ce code QR a été utilisé par un autre portefeuille ; demandez-en un nouveau",
)
CHOSEN_OTHERWISE = Text(
    "This wallet has chosen otherwise already; ask for a new QR code to choose again",
    "Ce portefeuille a déjà fait un autre choix ; demandez un nouveau code QR pour en changer",
)
_EXPIRED = Text(
    "This QR code has expired; a new one is on the employer’s screen",
    "Ce code QR a expiré ; un nouveau est sur l’écran de l’employeur",
)


def environment_of(around: Surroundings) -> MirrorEnvironment:
    """Return what verifications look at, as of now."""
    return MirrorEnvironment(
        mirror=around.mirror,
        anchors=around.settings.anchors,
        now=around.clock.now(),
        grace=around.settings.grace_seconds,
        mirror_max_age=around.settings.mirror_hours * 3600,
    )


async def find_all_candidates(
    around: Surroundings, request: PresentationRequest
) -> dict[CompetencyKey, tuple[Candidate, ...]]:
    """Return the definitions that may answer each competency asked, recognised at this moment."""
    environment = environment_of(around)

    def find() -> dict[CompetencyKey, tuple[Candidate, ...]]:
        return {
            asked.key: find_candidates(environment, around.carriers, asked)
            for asked in request.competencies
        }

    return await asyncio.to_thread(find)


async def ask(
    around: Surroundings, person_id: str, request: PresentationRequest, browser: str
) -> str:
    """Keep a request and return its id; its first QR code comes with it, for ``browser`` alone.

    Raises ``NotFound`` when no recognised institution awards one of the competencies.
    """
    found = await find_all_candidates(around, request)
    would_ask = _build(request, found, around.clock.now())
    named = await asyncio.to_thread(rename_as_published, around.mirror, request, would_ask)
    row = RequestRow(
        id=str(uuid4()),
        person_id=person_id,
        request=named.content(),
        asked_in=browser,
        created_at=around.clock.now(),
    )
    async with around.database.write() as session:
        session.add(row)
        await session.flush()
        session.add(_build_session(around, row.id, browser))
    around.live.changed("requests")
    return row.id


def _build(
    request: PresentationRequest, found: Mapping[CompetencyKey, Sequence[Candidate]], now: int
) -> dict[str, object]:
    nonce = str(secrets.randbits(_NONCE_BITS - 1) + 1)
    listed = {key: capped(candidates)[0] for key, candidates in found.items()}
    return build_proof_request(request, listed, nonce, now)


def _build_session(around: Surroundings, request_id: str, browser: str) -> SessionRow:
    now = around.clock.now()
    exchange = Exchange(id=str(uuid4()), role=Role.VERIFIER)
    return SessionRow(
        id=exchange.id,
        request_id=request_id,
        shown_in=browser,
        token=secrets.token_urlsafe(16),
        state=exchange.state.value,
        open=True,
        exchange=dump_exchange(exchange),
        created_at=now,
        expires_at=now + around.settings.link_seconds,
        changed_at=now,
    )


def request_link(around: Surroundings, row: SessionRow) -> str:
    """Return the link of a session: short enough for a small QR code."""
    return f"{around.settings.public_url}/r/{row.token}"


def wallet_link(around: Surroundings, row: SessionRow) -> str | None:
    """Return the link that opens the request in the wallet we offer first, if there is one."""
    if not around.settings.wallet_url:
        return None
    return f"{around.settings.wallet_url}/open?{urlencode({'link': request_link(around, row)})}"


def is_asked_in(request: RequestRow, browser: str) -> bool:
    """Say whether ``browser`` is the one in which this was asked: its QR is shown in no other."""
    return request.asked_in is not None and request.asked_in == browser


async def current_session(around: Surroundings, request_id: str, browser: str) -> SessionRow:
    """Return the newest session of a request, renewed when nobody scanned it in time.

    It is renewed only for the browser in which it was asked.
    """
    async with around.only_one(f"request:{request_id}"):
        async with around.database.read() as session:
            request = await sessions.load_request(session, request_id)
            row = await sessions.newest_of(session, request_id)
        if row is not None and not _is_stale(row, around.clock.now()):
            return row
        is_over = request.closed_at is not None or not is_asked_in(request, browser)
        if is_over and row is not None:
            return row
        made = _build_session(around, request_id, browser)
        async with around.database.write() as session:
            if row is not None:
                _end(await session.get_one(SessionRow, row.id), State.EXPIRED, around.clock.now())
            session.add(made)
        return made


def _is_stale(row: SessionRow, now: int) -> bool:
    """Say whether a code is to be replaced; one being opened right now gets time to be."""
    until = row.expires_at if row.opened_by is None else row.expires_at + _OPENING_SECONDS
    is_waiting = row.state == State.CREATED.value and not is_being_read(row)
    return row.open and is_waiting and until <= now


def is_being_read(row: SessionRow) -> bool:
    """Say whether a wallet was shown what is asked and has not yet said what of it it will prove."""
    return row.open and row.proof_request is not None and row.invitation is None


async def load_link(around: Surroundings, session_id: str) -> tuple[SessionRow, RequestRow]:
    """Return a session and its request as they stand now."""
    async with around.database.read() as session:
        row = await session.get_one(SessionRow, session_id)
        return row, await sessions.load_request(session, row.request_id)


async def open_link(around: Surroundings, token: str, retry_key: str) -> dict[str, Any]:
    """Return the invitation (RFC 0434) for the wallet that follows a request link.

    The first wallet gets it; the same wallet, known by its ``retry_key``, gets it again. Raises
    ``NotFound``, ``Expired``, or ``AlreadyUsed`` for a second wallet.
    """
    async with around.database.read() as session:
        found = await sessions.load_by_token(session, token)
    async with around.only_one(f"request:{found.request_id}"):
        row, request = await load_link(around, found.id)
        check_open(row, request, retry_key, around.clock.now())
        if row.invitation is not None:
            return row.invitation
        return await _request(around, row, request, retry_key)


async def _request(
    around: Surroundings, row: SessionRow, request: RequestRow, retry_key: str
) -> dict[str, Any]:
    asked = parse_presentation_request(request.request)
    return await invite(around, row, asked, await claim(around, row, asked, retry_key))


def check_open(row: SessionRow, request: RequestRow, retry_key: str, now: int) -> None:
    """Raise unless the wallet that is known by ``retry_key`` may follow the link now.

    Raises ``Expired``, or ``AlreadyUsed`` for a second wallet.
    """
    same = bool(retry_key) and hmac.compare_digest(row.opened_by or "", _digest(retry_key))
    if row.opened_by is not None and not same:
        raise AlreadyUsed(_USED)
    if not row.open or request.closed_at is not None:
        if row.state in {State.EXPIRED.value, State.CREATED.value}:
            raise Expired(_EXPIRED)
        raise AlreadyUsed(_USED)
    if row.state not in {State.CREATED.value, State.REQUEST_SENT.value}:
        raise AlreadyUsed(_USED)
    if (row.opened_by is None or is_being_read(row)) and row.expires_at <= now:
        raise Expired(_EXPIRED)


def _digest(retry_key: str) -> str:
    """Return what is kept of the key by which a wallet is known again: any text, 64 letters."""
    return hashlib.sha256(retry_key.encode(errors="surrogatepass")).hexdigest()


async def claim(
    around: Surroundings, row: SessionRow, asked: PresentationRequest, retry_key: str
) -> dict[str, Any]:
    """Note who opened the link; return the full presentation request, built now or before."""
    opened_by = _digest(retry_key) if retry_key else secrets.token_hex(32)
    async with around.database.write() as session:
        if not await sessions.claim(session, row.id, opened_by):
            raise AlreadyUsed(_USED)
    if row.proof_request is not None:
        return row.proof_request
    return _build(asked, await find_all_candidates(around, asked), around.clock.now())


async def invite(
    around: Surroundings,
    row: SessionRow,
    asked: PresentationRequest,
    proof_request: dict[str, Any],
    choice: Choice | None = None,
) -> dict[str, Any]:
    """Create the agent's request and invitation for an opened session, then keep both."""
    now = around.clock.now()
    record = await agent_proof.create_request(around.agent, proof_request, auto_verify=False)
    invitation = await out_of_band.create_invitation(
        around.agent,
        out_of_band.AttachmentType.PROOF_REQUEST,
        record.id,
        handshake=False,
        label=around.settings.employer_name,
        goal_code=_GOAL_CODE,
        goal=asked.purpose,
    )
    chosen = None if choice is None else choice.content()
    made = _Made(record.id, record.thread_id, proof_request, dict(invitation.content), chosen)
    kept = await _keep_made(around, row.id, made, now)
    if kept.record_id != record.id:  # closed or opened meanwhile, by another process
        await agent_proof.delete(around.agent, record.id)
    if kept.invitation is None:
        raise Expired(_EXPIRED)
    if kept.choice != chosen:
        raise AlreadyUsed(CHOSEN_OTHERWISE)
    tell(around, kept)
    return kept.invitation


@dataclass(frozen=True, slots=True)
class _Made:
    """What the agent made for a session: its record, and the invitation that leads to it."""

    record_id: str
    thread_id: str | None
    proof_request: dict[str, Any]
    invitation: dict[str, Any]
    choice: dict[str, Any] | None


async def _keep_made(around: Surroundings, session_id: str, made: _Made, now: int) -> SessionRow:
    """Keep what was made, unless the session is closed or has an invitation already."""
    facts = Facts(record_id=made.record_id, thread_id=made.thread_id)
    seen = Observation(State.REQUEST_SENT, facts, Source.OURSELVES)
    async with around.database.write() as session:
        kept = await sessions.lock(session, session_id)
        if kept.open and kept.invitation is None:
            sessions.keep(kept, advance(load_proof(kept.exchange), seen), now)
            kept.proof_request = made.proof_request
            kept.invitation = made.invitation
            kept.choice = made.choice
            kept.expires_at = now + around.settings.answer_minutes * 60
            kept.due_at = now + 2.0
    return kept


async def cancel(around: Surroundings, person_id: str, request_id: str) -> None:
    """Close a request of that person that has no result yet; closing it again changes nothing."""
    now = around.clock.now()
    async with (
        around.only_one(f"request:{request_id}"),
        around.database.write() as session,
    ):
        request = await sessions.load_request(session, request_id, person_id)
        row = await sessions.newest_of(session, request_id)
        if row is not None:
            row = await sessions.lock(session, row.id)
        if request.closed_at is not None:
            return
        if row is not None and row.state in _BEING_CHECKED:
            raise Conflict(
                Text(
                    "An answer is being checked; wait for the result",
                    "Une réponse est en cours de vérification ; attendez le résultat",
                )
            )
        request.closed_at = now
        if row is not None and row.open:
            _end(row, State.FAILED, now)
    if row is not None:
        tell(around, row)


async def ask_again(around: Surroundings, person_id: str, request_id: str, browser: str) -> str:
    """Ask the same again, as a new request in ``browser``; returns its id."""
    async with around.database.read() as session:
        request = await sessions.load_request(session, request_id, person_id)
    return await ask(around, person_id, parse_presentation_request(request.request), browser)


def _end(row: SessionRow, state: State, now: int) -> None:
    """End a session without an answer; what the agent has of it is then due to be deleted."""
    if not row.open:
        return
    exchange = load_proof(row.exchange)
    if not exchange.is_over:
        exchange = advance(exchange, Observation(state, Facts(), Source.PERSON))
    sessions.keep(row, exchange, now)
    row.open = False
    row.invitation = None
    row.due_at = None
    if row.record_id is not None:
        mark_due(row)


def tell(around: Surroundings, row: SessionRow) -> None:
    """Wake whoever looks at the request of a session."""
    around.live.changed(f"request:{row.request_id}")
    around.live.changed("requests")
