"""Issuing one credential: Aries RFC 0453 (issue-credential 2.0), both roles.

The states are the RFC's, plus one before and three after them that are ours:

- ``created``: we gave the exchange its id; the agent was not asked yet.
- ``declined``: the learner said no (the RFC says ``abandoned`` for every ending that is not good).
- ``expired``: we waited long enough for the other side.
- ``failed``: our side gave up.

``credential-revoked``, which this agent writes over ``done``, is no state of the protocol: it is
read as ``credential-issued`` (revoking is an exchange of its own, see `acquis.protocols.revocation`).
The holder may decline until the request is sent; a credential that was received no longer expires.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from acquis.protocols import machine
from acquis.protocols.machine import Table


class Role(StrEnum):
    """Which side of the exchange is ours."""

    ISSUER = "issuer"
    HOLDER = "holder"


class State(StrEnum):
    """RFC 0453's spelling; ``created``, ``declined``, ``expired`` and ``failed`` are ours."""

    CREATED = "created"
    PROPOSAL_SENT = "proposal-sent"
    PROPOSAL_RECEIVED = "proposal-received"
    OFFER_SENT = "offer-sent"
    OFFER_RECEIVED = "offer-received"
    REQUEST_SENT = "request-sent"
    REQUEST_RECEIVED = "request-received"
    CREDENTIAL_ISSUED = "credential-issued"
    CREDENTIAL_RECEIVED = "credential-received"
    DONE = "done"
    ABANDONED = "abandoned"
    DECLINED = "declined"
    EXPIRED = "expired"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Facts(machine.Facts):
    """What is learned on the way; identifiers only, never a claim.

    ``record_id`` is the agent's own name for the exchange; ``revocation_index`` counts from 1 in
    its registry; ``stored_credential_id`` is the credential's name in the holder's wallet.
    """

    record_id: str | None = None
    thread_id: str | None = None
    connection_id: str | None = None
    credential_definition_id: str | None = None
    revocation_registry_id: str | None = None
    revocation_index: int | None = None
    stored_credential_id: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Observation(machine.Observation[State, Facts]):
    """A state of this protocol that was seen, and what was seen with it."""

    facts: Facts = field(default_factory=Facts)


@dataclass(frozen=True, slots=True)
class Exchange(machine.Exchange[Role, State, Facts]):
    """One credential on its way from an issuer to a holder."""

    state: State = State.CREATED
    facts: Facts = field(default_factory=Facts)

    @property
    def is_over(self) -> bool:
        """Whether the exchange is in a terminal state."""
        return TABLE.is_terminal(self.role, self.state)


_ENDINGS: Final = frozenset(
    {State.DONE, State.ABANDONED, State.DECLINED, State.EXPIRED, State.FAILED}
)

TABLE: Final[Table[Role, State]] = Table(
    {
        (Role.ISSUER, State.CREATED): _ENDINGS
        | {
            State.PROPOSAL_RECEIVED,
            State.OFFER_SENT,
            State.REQUEST_RECEIVED,
            State.CREDENTIAL_ISSUED,
        },
        (Role.ISSUER, State.PROPOSAL_RECEIVED): _ENDINGS
        | {State.OFFER_SENT, State.REQUEST_RECEIVED, State.CREDENTIAL_ISSUED},
        (Role.ISSUER, State.OFFER_SENT): _ENDINGS
        | {State.REQUEST_RECEIVED, State.CREDENTIAL_ISSUED},
        (Role.ISSUER, State.REQUEST_RECEIVED): _ENDINGS | {State.CREDENTIAL_ISSUED},
        (Role.ISSUER, State.CREDENTIAL_ISSUED): _ENDINGS,
        (Role.HOLDER, State.CREATED): _ENDINGS
        | {
            State.PROPOSAL_SENT,
            State.OFFER_RECEIVED,
            State.REQUEST_SENT,
            State.CREDENTIAL_RECEIVED,
        },
        (Role.HOLDER, State.PROPOSAL_SENT): _ENDINGS
        | {State.OFFER_RECEIVED, State.REQUEST_SENT, State.CREDENTIAL_RECEIVED},
        (Role.HOLDER, State.OFFER_RECEIVED): _ENDINGS
        | {State.REQUEST_SENT, State.CREDENTIAL_RECEIVED},
        (Role.HOLDER, State.REQUEST_SENT): frozenset(
            {
                State.CREDENTIAL_RECEIVED,
                State.DONE,
                State.ABANDONED,
                State.EXPIRED,
                State.FAILED,
            }
        ),
        (Role.HOLDER, State.CREDENTIAL_RECEIVED): frozenset(
            {State.DONE, State.ABANDONED, State.FAILED}
        ),
    }
)


def advance(exchange: Exchange, observation: Observation) -> Exchange:
    """Return ``exchange`` moved forward by ``observation``, or as it was with its count raised.

    Raises:
        IllegalTransition: the table forbids it.

    """
    return machine.advance(TABLE, exchange, observation)
