"""Presenting a proof: Aries RFC 0454 (present-proof 2.0), both roles.

The states are the RFC's, plus one before and three after them that are ours:

- ``created``: we gave the exchange its id; the agent was not asked yet.
- ``declined``: the learner said no (the RFC says ``abandoned`` for every ending that is not good).
- ``expired``: we waited long enough for the other side.
- ``failed``: our side gave up.

``done`` does not mean verified: it means that the agent's check of the cryptography is over. What
that check found is `Exchange.verdict`, and it is one input of the verification among others.
A presentation that was received no longer expires: verifying it is our move.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from acquis.protocols import machine
from acquis.protocols.machine import Table


class Role(StrEnum):
    """Which side of the exchange is ours."""

    VERIFIER = "verifier"
    PROVER = "prover"


class State(StrEnum):
    """RFC 0454's spelling; ``created``, ``declined``, ``expired`` and ``failed`` are ours."""

    CREATED = "created"
    PROPOSAL_SENT = "proposal-sent"
    PROPOSAL_RECEIVED = "proposal-received"
    REQUEST_SENT = "request-sent"
    REQUEST_RECEIVED = "request-received"
    PRESENTATION_SENT = "presentation-sent"
    PRESENTATION_RECEIVED = "presentation-received"
    DONE = "done"
    ABANDONED = "abandoned"
    DECLINED = "declined"
    EXPIRED = "expired"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Facts(machine.Facts):
    """What is learned on the way; never what was presented.

    ``record_id`` is the agent's own name for the exchange; ``verified`` what its cryptographic
    check said, None while it said nothing; ``warnings`` the codes that came with it.
    """

    record_id: str | None = None
    thread_id: str | None = None
    connection_id: str | None = None
    verified: bool | None = None
    warnings: tuple[str, ...] | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Observation(machine.Observation[State, Facts]):
    """A state of this protocol that was seen, and what was seen with it."""

    facts: Facts = field(default_factory=Facts)


@dataclass(frozen=True, slots=True)
class Exchange(machine.Exchange[Role, State, Facts]):
    """One question of a verifier and its answer."""

    state: State = State.CREATED
    facts: Facts = field(default_factory=Facts)

    @property
    def is_over(self) -> bool:
        """Whether the exchange is in a terminal state."""
        return TABLE.is_terminal(self.role, self.state)

    @property
    def verdict(self) -> bool | None:
        """What the agent's check said; None unless the exchange came to its good end."""
        return self.facts.verified if self.state is State.DONE else None


_ENDINGS: Final = frozenset(
    {State.DONE, State.ABANDONED, State.DECLINED, State.EXPIRED, State.FAILED}
)

TABLE: Final[Table[Role, State]] = Table(
    {
        (Role.VERIFIER, State.CREATED): _ENDINGS
        | {State.PROPOSAL_RECEIVED, State.REQUEST_SENT, State.PRESENTATION_RECEIVED},
        (Role.VERIFIER, State.PROPOSAL_RECEIVED): _ENDINGS
        | {State.REQUEST_SENT, State.PRESENTATION_RECEIVED},
        (Role.VERIFIER, State.REQUEST_SENT): _ENDINGS | {State.PRESENTATION_RECEIVED},
        (Role.VERIFIER, State.PRESENTATION_RECEIVED): frozenset(
            {State.DONE, State.ABANDONED, State.DECLINED, State.FAILED}
        ),
        (Role.PROVER, State.CREATED): _ENDINGS
        | {State.PROPOSAL_SENT, State.REQUEST_RECEIVED, State.PRESENTATION_SENT},
        (Role.PROVER, State.PROPOSAL_SENT): _ENDINGS
        | {State.REQUEST_RECEIVED, State.PRESENTATION_SENT},
        (Role.PROVER, State.REQUEST_RECEIVED): _ENDINGS | {State.PRESENTATION_SENT},
        (Role.PROVER, State.PRESENTATION_SENT): frozenset(
            {State.DONE, State.ABANDONED, State.EXPIRED, State.FAILED}
        ),
    }
)


def advance(exchange: Exchange, observation: Observation) -> Exchange:
    """Return ``exchange`` moved forward by ``observation``, or as it was with its count raised.

    Raises:
        IllegalTransition: the table forbids it.

    """
    return machine.advance(TABLE, exchange, observation)
