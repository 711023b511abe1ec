"""Revoking one credential: an exchange between the issuer, its agent and the registry.

No RFC gives these states; what makes them is where the revocation stands *for a verifier*:

- ``requested``: somebody with the right to do so asked for it; it can still be taken back.
- ``pending``: the agent's wallet holds the index as to be revoked; nobody outside can know.
- ``published``: the list in force in the registry has the index set. Only this one means revoked,
  and only the registry can say it: an agent answers 200 to a publication that failed.
- ``abandoned``: it was taken back before it was marked.
- ``failed``: our side gave up; staff must look.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from acquis.protocols import machine
from acquis.protocols.machine import Table


class Role(StrEnum):
    """Only issuers revoke."""

    ISSUER = "issuer"


class State(StrEnum):
    """Where the revocation of one credential stands."""

    REQUESTED = "requested"
    PENDING = "pending"
    PUBLISHED = "published"
    ABANDONED = "abandoned"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Facts(machine.Facts):
    """What is learned on the way.

    ``revocation_index`` counts from 1 in its registry; ``published_at`` is the timestamp, in Unix
    seconds, of the first list in the registry that has the index set.
    """

    revocation_registry_id: str | None = None
    revocation_index: int | None = None
    published_at: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Observation(machine.Observation[State, Facts]):
    """A state of this protocol that was seen, and what was seen with it."""

    facts: Facts = field(default_factory=Facts)


@dataclass(frozen=True, slots=True)
class Exchange(machine.Exchange[Role, State, Facts]):
    """The revocation of one credential."""

    role: Role = Role.ISSUER
    state: State = State.REQUESTED
    facts: Facts = field(default_factory=Facts)

    @property
    def is_over(self) -> bool:
        """Whether the exchange is in a terminal state."""
        return TABLE.is_terminal(self.role, self.state)


TABLE: Final[Table[Role, State]] = Table(
    {
        (Role.ISSUER, State.REQUESTED): frozenset(
            {State.PENDING, State.PUBLISHED, State.ABANDONED, State.FAILED}
        ),
        (Role.ISSUER, State.PENDING): frozenset({State.PUBLISHED, State.FAILED}),
    }
)


def advance(exchange: Exchange, observation: Observation) -> Exchange:
    """Return ``exchange`` moved forward by ``observation``, or as it was with its count raised.

    Raises:
        IllegalTransition: the table forbids it.

    """
    return machine.advance(TABLE, exchange, observation)
