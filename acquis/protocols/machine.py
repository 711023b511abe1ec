"""The one machine all exchanges run on: it only goes forward.

The rules:

1. A protocol is a `Table`: for each role and state, the states that may follow. The rows speak of
   levels, not of edges: each lists everything that may still come, so a state may be reached by
   skipping others (a doorbell was lost, two steps fell between two looks).
2. An `Observation` says that a state was seen, and what else was seen with it. Agents, people,
   clocks and ourselves all speak by observations.
3. An observation that is equal to where the exchange stands, or older, moves nothing; it is
   counted. One that the table forbids raises `acquis.errors.IllegalTransition`.
4. The first terminal state wins: nothing moves an exchange out of it.
5. A fact that is known stays as it was first seen; blanks are filled by whatever is seen later,
   also by observations that move nothing. So the order in which observations arrive, how often,
   and which of them are lost makes no difference once the last one was seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Self

from acquis.errors import IllegalTransition
from acquis.text import Text


class Source(StrEnum):
    """Who made an observation; kept for the log, it never changes what the machine does."""

    AGENT = "agent"
    OURSELVES = "ourselves"
    PERSON = "person"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an exchange beside its state; each protocol adds fields, None is blank."""

    def filled_by(self, seen: Self) -> Self:
        """Return these facts with their blanks filled from ``seen``; what is known stays."""
        blanks = {
            field.name: getattr(seen, field.name)
            for field in fields(self)
            if getattr(self, field.name) is None
        }
        return replace(self, **blanks)


@dataclass(frozen=True, slots=True)
class Observation[S: StrEnum, F: Facts]:
    """A state that was seen, what was seen with it, and by whom."""

    state: S
    facts: F
    source: Source = Source.AGENT


@dataclass(frozen=True, slots=True)
class Exchange[R: StrEnum, S: StrEnum, F: Facts]:
    """Where one exchange stands: ``id`` is ours, given before the agent is asked."""

    id: str
    role: R
    state: S
    facts: F
    ignored: int = 0


class Table[R: StrEnum, S: StrEnum]:
    """For each (role, state) the states that may follow; a state without a row is terminal.

    Raises:
        ValueError: a row leads back to its own state, or leaves out a state that one of its
            followers allows (then the order of arrival would matter).

    """

    def __init__(self, rows: Mapping[tuple[R, S], frozenset[S]]) -> None:
        self._rows = dict(rows)
        for (role, state), followers in self._rows.items():
            for follower in followers:
                missing = (self.after(role, follower) | {follower}) - followers
                if missing or state in self.after(role, follower) or state == follower:
                    raise ValueError(f"{role} {state} -> {follower}: missing {sorted(missing)}")

    @property
    def roles(self) -> tuple[R, ...]:
        """The roles, in the order of their first row."""
        return tuple(dict.fromkeys(role for role, _ in self._rows))

    def after(self, role: R, state: S) -> frozenset[S]:
        """Return the states that may follow ``state``; none for a terminal one."""
        return self._rows.get((role, state), frozenset())

    def states(self, role: R) -> tuple[S, ...]:
        """Return the states of ``role``: first those that pass, in order, then the terminal."""
        passing = sorted(
            (state for own, state in self._rows if own is role),
            key=lambda state: -len(self.after(role, state)),
        )
        return (*passing, *self.terminal(role))

    def terminal(self, role: R) -> tuple[S, ...]:
        """Return the terminal states of ``role`` in the order of their declaration."""
        reached = {
            follower
            for (own, _), followers in self._rows.items()
            if own is role
            for follower in followers
            if (role, follower) not in self._rows
        }
        return tuple(state for state in type(next(iter(reached))) if state in reached)

    def is_terminal(self, role: R, state: S) -> bool:
        """Say whether nothing may follow ``state``."""
        return not self.after(role, state)


def advance[X: Exchange[Any, Any, Any]](
    table: Table[Any, Any], exchange: X, observation: Observation[Any, Any]
) -> X:
    """Return ``exchange`` as it stands once ``observation`` was taken in.

    Raises:
        IllegalTransition: the observed state belongs to another role, or neither follows nor
            precedes the state the exchange is in.

    """
    role, now, seen = exchange.role, exchange.state, observation.state
    if seen not in table.states(role):
        raise _illegal(exchange, seen)
    facts = exchange.facts.filled_by(observation.facts)
    if seen in table.after(role, now):
        return replace(exchange, state=seen, facts=facts)
    if seen == now or table.is_terminal(role, now) or now in table.after(role, seen):
        return replace(exchange, facts=facts, ignored=exchange.ignored + 1)
    raise _illegal(exchange, seen)


def _illegal(exchange: Exchange[Any, Any, Any], seen: StrEnum) -> IllegalTransition:
    return IllegalTransition(
        Text(
            f"Exchange {exchange.id} ({exchange.role}) is in state “{exchange.state}”; "
            f"it cannot go to “{seen}”",
            f"L’échange {exchange.id} ({exchange.role}) est dans l’état « {exchange.state} » ; "
            f"il ne peut pas passer à « {seen} »",
        )
    )
