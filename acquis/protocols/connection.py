"""Getting to know each other: Aries RFC 0023 (did-exchange), started by an RFC 0434 invitation.

The states are the RFC's, ``start`` to ``completed``; two endings are ours:

- ``expired``: we waited long enough for the other side.
- ``failed``: our side gave up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from acquis.protocols import machine
from acquis.protocols.machine import Table


class Role(StrEnum):
    """Who asked: the requester received an invitation, the responder made it."""

    REQUESTER = "requester"
    RESPONDER = "responder"


class State(StrEnum):
    """RFC 0023's spelling; ``expired`` and ``failed`` are ours."""

    START = "start"
    INVITATION_SENT = "invitation-sent"
    INVITATION_RECEIVED = "invitation-received"
    REQUEST_SENT = "request-sent"
    REQUEST_RECEIVED = "request-received"
    RESPONSE_SENT = "response-sent"
    RESPONSE_RECEIVED = "response-received"
    COMPLETED = "completed"
    ABANDONED = "abandoned"
    EXPIRED = "expired"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Facts(machine.Facts):
    """What is learned on the way; ``their_label`` is what the other side calls itself, unverified."""

    record_id: str | None = None
    invitation_id: str | None = None
    their_did: str | None = None
    their_label: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Observation(machine.Observation[State, Facts]):
    """A state of this protocol that was seen, and what was seen with it."""

    facts: Facts = field(default_factory=Facts)


@dataclass(frozen=True, slots=True)
class Exchange(machine.Exchange[Role, State, Facts]):
    """One connection between two agents, as it comes to be."""

    state: State = State.START
    facts: Facts = field(default_factory=Facts)

    @property
    def is_over(self) -> bool:
        """Whether the exchange is in a terminal state."""
        return TABLE.is_terminal(self.role, self.state)


_ENDINGS: Final = frozenset({State.COMPLETED, State.ABANDONED, State.EXPIRED, State.FAILED})

TABLE: Final[Table[Role, State]] = Table(
    {
        (Role.REQUESTER, State.START): _ENDINGS
        | {State.INVITATION_RECEIVED, State.REQUEST_SENT, State.RESPONSE_RECEIVED},
        (Role.REQUESTER, State.INVITATION_RECEIVED): _ENDINGS
        | {State.REQUEST_SENT, State.RESPONSE_RECEIVED},
        (Role.REQUESTER, State.REQUEST_SENT): _ENDINGS | {State.RESPONSE_RECEIVED},
        (Role.REQUESTER, State.RESPONSE_RECEIVED): frozenset(
            {State.COMPLETED, State.ABANDONED, State.FAILED}
        ),
        (Role.RESPONDER, State.START): _ENDINGS
        | {State.INVITATION_SENT, State.REQUEST_RECEIVED, State.RESPONSE_SENT},
        (Role.RESPONDER, State.INVITATION_SENT): _ENDINGS
        | {State.REQUEST_RECEIVED, State.RESPONSE_SENT},
        (Role.RESPONDER, State.REQUEST_RECEIVED): _ENDINGS | {State.RESPONSE_SENT},
        (Role.RESPONDER, State.RESPONSE_SENT): _ENDINGS,
    }
)


def advance(exchange: Exchange, observation: Observation) -> Exchange:
    """Return ``exchange`` moved forward by ``observation``, or as it was with its count raised.

    Raises:
        IllegalTransition: the table forbids it.

    """
    return machine.advance(TABLE, exchange, observation)
