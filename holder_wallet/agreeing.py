"""Agreeing: what a learner said yes to is what is presented, or nothing is.

The yes to a question is sent as a choice, and an invitation comes back; the yes to a request is
held against what the agent has of it. Whatever ends an exchange here ends it before anything was
given, and is kept as the error of the exchange.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy.exc import IntegrityError

from acquis.acapy import present_proof as agent_proof
from acquis.acapy.out_of_band import AttachmentType, Invitation
from acquis.credentials.wire import canonical_json
from acquis.errors import AcquisError, AlreadyUsed, Expired, InvalidInput, Unavailable
from acquis.protocols.machine import Source
from acquis.protocols.present_proof import Exchange, Facts, Observation, State, advance
from acquis.protocols.record import load_proof
from acquis.service.work import Again
from holder_wallet.inviting import invite_again, name_of, thread_of
from holder_wallet.progress import keep
from holder_wallet.store import exchanges
from holder_wallet.store.tables import ExchangeRow
from holder_wallet.surroundings import Surroundings

CHANGED: Final = "request-changed"
REFUSED: Final = "choice-refused"
TOO_LATE: Final = "link-expired"
USED: Final = "link-used"
_CHANGED_LATE: Final = "request-changed-late"
_BEFORE_ANYTHING: Final = frozenset({CHANGED, REFUSED, TOO_LATE, USED})

_PATIENCE: Final = 600
_AT_ONCE: Final = Again(0.0)


def why_nothing_was_sent(row: ExchangeRow) -> str | None:
    """Return the error that ended an exchange before anything of the learner's was sent."""
    error = load_proof(row.exchange).facts.error
    return error if error in _BEFORE_ANYTHING else None


async def send_choice(around: Surroundings, row: ExchangeRow, exchange: Exchange) -> Again | None:
    """Send what was chosen, and keep the invitation that it is answered with.

    Nothing is proved by that, and sending it again changes nothing: an answer that was lost comes
    once more. Raises ``Unavailable`` while the link's site does not answer.
    """
    try:
        await _keep_invitation(around, row, await invite_again(around, row, row.link or ""))
    except Unavailable:
        if around.clock.now() < int((row.question or {})["expires_at"]) + _PATIENCE:
            raise
        await _end(around, row, exchange, State.EXPIRED, TOO_LATE)
    except Expired:
        await _end(around, row, exchange, State.EXPIRED, TOO_LATE)
    except AlreadyUsed:
        await _end(around, row, exchange, State.FAILED, USED)
    except (AcquisError, IntegrityError):  # no invitation of ours, or one we have elsewhere
        await _end(around, row, exchange, State.FAILED, REFUSED)
    else:
        return _AT_ONCE
    return None


async def _keep_invitation(around: Surroundings, row: ExchangeRow, found: Invitation) -> None:
    if found.attached is not AttachmentType.PROOF_REQUEST:
        raise InvalidInput
    async with around.database.write() as session:
        kept = await exchanges.load(session, row.id)
        if kept.open and kept.invitation is None:
            kept.invitation_id, kept.thread_id = name_of(found), thread_of(found)
            kept.invitation = dict(found.content)


def is_as_agreed(row: ExchangeRow, record: agent_proof.Record) -> bool:
    """Say whether the agent would answer exactly what the learner said yes to."""
    request = record.request
    return request is not None and canonical_json(request.content) == canonical_json(row.asked)


async def end_changed(around: Surroundings, row: ExchangeRow, exchange: Exchange) -> None:
    """End an exchange whose request is not what was agreed to: it is not answered."""
    is_first = exchange.state is State.REQUEST_RECEIVED and row.action != "present"
    await _end(around, row, exchange, State.FAILED, CHANGED if is_first else _CHANGED_LATE)


async def _end(
    around: Surroundings, row: ExchangeRow, exchange: Exchange, state: State, error: str
) -> None:
    seen = Observation(state, Facts(error=error), Source.OURSELVES)
    await keep(around, row, advance(exchange, seen))
