"""Inviting: a link or an invitation that a learner was given becomes an exchange of theirs."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Iterator
from typing import Final
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from acquis.acapy.out_of_band import AttachmentType, Invitation, parse_invitation
from acquis.errors import Expired, InvalidInput
from acquis.protocols import issue_credential, present_proof
from acquis.protocols.record import dump_exchange
from acquis.service.fetch import parse_json
from acquis.text import Text
from holder_wallet.choosing import (
    ACCEPTED_TYPES,
    QUESTION,
    LinkQuestion,
    choice_of,
    parse_link_question,
)
from holder_wallet.store import exchanges
from holder_wallet.store.tables import ExchangeRow
from holder_wallet.surroundings import Surroundings

ISSUE: Final = "issue"
PRESENT: Final = "present"

_INSIDE: Final = "oob"  # RFC 0434: the invitation itself, in the query of a link

_LONGEST_ID: Final = 100

_ENDPOINT: Final = "serviceEndpoint"
_MOST_ENDPOINTS: Final = 8
_NO_ADDRESS: Final = ("did:", "didcomm:")  # a DID, or a queue, in an endpoint's place

_NOTHING = Text("Paste a link or an invitation first", "Collez d’abord un lien ou une invitation")
_NOT_FOR_US = Text(
    "The invitation carries neither an offer nor a request that this wallet knows",
    "L’invitation ne contient ni offre ni demande que ce portefeuille connaisse",
)
_OVER = Text(
    "This request has expired; ask for a new code",
    "Cette demande a expiré ; demandez un nouveau code",
)


async def open_link(around: Surroundings, learner_id: str, given: str) -> tuple[str, str]:
    """Take in what a learner pasted or scanned; returns the kind and the id of the exchange.

    ``given`` is a short link (https or didcomm), an invitation in a link (``?oob=``), or the
    invitation itself. Opening the same twice leads to the same exchange. Raises ``InvalidInput``,
    ``TooLarge``, ``NotFound``, ``Expired``, ``AlreadyUsed`` or ``Unavailable`` as the link's site
    answers.
    """
    given = given.strip()
    if not given:
        raise InvalidInput(_NOTHING)
    try:
        given.encode()
    except UnicodeEncodeError as error:  # half a surrogate pair: no text
        raise InvalidInput from error
    link = _short_link(around, given)
    if link is None:
        row = await _keep(around, learner_id, await _check(around, _inside(given)), None)
    else:
        found = await around.fetcher.ask(link, ACCEPTED_TYPES, _retry_key(around, learner_id, link))
        if found.media_type == QUESTION:
            row = await _keep_question(around, learner_id, parse_link_question(found.body), link)
        else:
            row = await _keep(around, learner_id, await _check(around, found.body), link)
    await around.works["exchanges"].wake(row.id)
    around.live.changed(f"learner:{learner_id}")
    return row.kind, row.id


def host_of(link: str) -> str:
    """Return the host of a link with its port, or nothing when it is not a link.

    Letters of other alphabets are written as the network writes them, so that a look-alike shows.
    """
    try:
        return httpx.URL(link).netloc.decode("ascii")[:255]
    except (httpx.InvalidURL, ValueError):
        return ""


def holds_invitation(given: str) -> bool:
    """Say whether what was given holds the invitation itself; a host in it then says nothing."""
    if given.startswith("{"):
        return True
    try:
        return _INSIDE in parse_qs(urlsplit(given).query)
    except ValueError as error:
        raise InvalidInput from error


async def invite_again(around: Surroundings, row: ExchangeRow, link: str) -> Invitation:
    """Return the invitation that the link of an exchange gives now; as the site says, it raises.

    A link that asked a question is sent what was chosen, which gives the same invitation each time.
    The addresses in it are checked each time: a site may give another invitation later.
    """
    key = _retry_key(around, row.learner_id, link)
    if row.question is None:
        raw = await around.fetcher.fetch(link, key)
    else:
        raw = await around.fetcher.send(link, choice_of(row), key)
    return await _check(around, raw)


def _retry_key(around: Surroundings, learner_id: str, link: str) -> str:
    """Return by what a link that works once knows this learner's later tries, and nothing else."""
    return around.seal.digest(f"{learner_id} {link}")


async def _check(around: Surroundings, unverified: bytes) -> Invitation:
    """Read an invitation that can be kept, and that leads our agent to no private place."""
    try:
        invitation = parse_invitation(unverified)
    except UnicodeEncodeError as error:  # half a surrogate pair: no text that could be shown
        raise InvalidInput(_NOT_FOR_US) from error
    await _check_endpoints(around, unverified)
    if invitation.attached is None or invitation.thread_id is None:
        raise InvalidInput(_NOT_FOR_US)
    if not (_is_name(invitation.id) and _is_name(invitation.thread_id)):
        raise InvalidInput(_NOT_FOR_US)
    return invitation


def _short_link(around: Surroundings, given: str) -> str | None:
    """Return the link to be fetched; ``None`` when the invitation is in what was given."""
    if holds_invitation(given):
        return None
    parts = urlsplit(given)
    if parts.scheme == "didcomm":
        scheme = "http" if around.settings.loopback_links else "https"
        return f"{scheme}://{parts.netloc}{parts.path}"
    return given


def _inside(given: str) -> bytes:
    if given.startswith("{"):
        return given.encode()
    inside = parse_qs(urlsplit(given).query)[_INSIDE][0]
    try:
        return base64.urlsafe_b64decode(inside + "=" * (-len(inside) % 4))
    except (binascii.Error, ValueError) as error:
        raise InvalidInput from error


async def _check_endpoints(around: Surroundings, unverified: bytes) -> None:
    """Check where an invitation would make our agent connect to, as a link is checked.

    Endpoints inside a ``did:peer:2`` or ``did:peer:4`` are not decoded: it is the agent that reads
    them, later and from other messages too, and its own network policy covers them.
    Raises ``InvalidInput`` (a private place) or ``Unavailable`` (its host has no address now).
    """
    try:
        found = {each.strip() for each in _endpoints(parse_json(unverified))}
    except RecursionError as error:
        raise InvalidInput(_NOT_FOR_US) from error
    if len(found) > _MOST_ENDPOINTS:
        raise InvalidInput(_NOT_FOR_US)
    for endpoint in sorted(found):
        if endpoint and not endpoint.startswith(_NO_ADDRESS):
            scheme, colon, rest = endpoint.partition(":")
            as_web = {"ws": "http", "wss": "https"}.get(scheme.lower(), scheme)
            await around.fetcher.check_link(f"{as_web}{colon}{rest}")


def _endpoints(part: object) -> Iterator[str]:
    """Yield every service endpoint, in whichever of an invitation's parts it stands."""
    if isinstance(part, list):
        for each in part:
            yield from _endpoints(each)
    elif isinstance(part, dict):
        for name, value in part.items():
            if name == _ENDPOINT:
                yield from _addresses(value)
            else:
                yield from _endpoints(value)


def _addresses(value: object) -> Iterator[str]:
    """Yield the addresses of one endpoint: text, or (DIDComm v2) objects with a ``uri``."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _addresses(each)
    elif isinstance(value, dict):
        yield from _addresses(value.get("uri"))


def _is_name(text: str) -> bool:
    """Say whether a stranger's id can be kept and asked for: text without control characters."""
    return text.isprintable()


async def _keep(
    around: Surroundings, learner_id: str, invitation: Invitation, link: str | None
) -> ExchangeRow:
    """Return the learner's exchange of this invitation, made the first time."""
    name = name_of(invitation)

    async def find(session: AsyncSession) -> ExchangeRow | None:
        row = await exchanges.find_invitation(session, learner_id, name)
        if row is None and link is not None:  # it may be what a choice was answered with
            row = await exchanges.find_choosing(session, learner_id, link)
        return row

    return await _find_or_add(
        around, find, lambda: _build_row(around, learner_id, invitation, link)
    )


async def _keep_question(
    around: Surroundings, learner_id: str, question: LinkQuestion, link: str
) -> ExchangeRow:
    """Return the learner's exchange of this question, made the first time."""
    if question.expires_at <= around.clock.now():
        raise Expired(_OVER)
    known = question.id_at(link)
    return await _find_or_add(
        around,
        lambda session: exchanges.find_question(session, learner_id, known),
        lambda: _build_question_row(around, learner_id, question, link),
    )


async def _find_or_add(
    around: Surroundings,
    find: Callable[[AsyncSession], Awaitable[ExchangeRow | None]],
    build: Callable[[], ExchangeRow],
) -> ExchangeRow:
    try:
        async with around.database.write() as session:
            row = await find(session)
            if row is None:
                row = build()
                session.add(row)
    except IntegrityError:  # another process was quicker
        async with around.database.read() as session:
            row = await find(session)
        if row is None:
            raise
    return row


def _build_row(
    around: Surroundings, learner_id: str, invitation: Invitation, link: str | None
) -> ExchangeRow:
    exchange_id, now = str(uuid4()), around.clock.now()
    exchange: issue_credential.Exchange | present_proof.Exchange
    if invitation.attached is AttachmentType.CREDENTIAL_OFFER:
        exchange = issue_credential.Exchange(exchange_id, issue_credential.Role.HOLDER)
        kind = ISSUE
    else:
        exchange = present_proof.Exchange(exchange_id, present_proof.Role.PROVER)
        kind = PRESENT
    return ExchangeRow(
        id=exchange_id,
        learner_id=learner_id,
        kind=kind,
        invitation_id=name_of(invitation),
        invitation=dict(invitation.content),
        link=link,
        link_host=host_of(link or ""),
        label=_storable(invitation.label, 300),
        purpose=_storable(invitation.goal or "", 500),
        thread_id=thread_of(invitation),
        state=exchange.state.value,
        open=True,
        exchange=dump_exchange(exchange),
        created_at=now,
        changed_at=now,
        due_at=float(now),
    )


def _build_question_row(
    around: Surroundings, learner_id: str, question: LinkQuestion, link: str
) -> ExchangeRow:
    """Build an exchange that the agent knows nothing of: what is asked is there already."""
    now, known = around.clock.now(), question.id_at(link)
    exchange = present_proof.Exchange(
        str(uuid4()), present_proof.Role.PROVER, present_proof.State.REQUEST_RECEIVED
    )
    return ExchangeRow(
        id=exchange.id,
        learner_id=learner_id,
        kind=PRESENT,
        invitation_id=known,
        link=link,
        link_host=host_of(link),
        label=_storable(question.label, 300),
        purpose=_storable(question.request.purpose, 500),
        thread_id="",
        state=exchange.state.value,
        open=True,
        exchange=dump_exchange(exchange),
        question=question.content(),
        question_id=known,
        asked=dict(question.full),
        created_at=now,
        changed_at=now,
        due_at=float(now),
    )


def name_of(invitation: Invitation) -> str:
    """Return an invitation's id as it is kept."""
    return invitation.id[:_LONGEST_ID]


def thread_of(invitation: Invitation) -> str:
    """Return the thread of what is attached to an invitation, as it is kept."""
    return (invitation.thread_id or "")[:_LONGEST_ID]


def _storable(text: str, most: int) -> str:
    """Return ``text`` cut, and without the one character that PostgreSQL refuses."""
    return text.replace("\x00", "")[:most]
