"""Whom the chosen trust anchors recognise: each list read once, then each anchor asked.

The question is always "was this institution entitled, for this framework and this level, on every
day the award may date from?". One list in force that says so is enough: who relies on several
anchors relies on each of them. Nobody is put together from two: the days must be covered by one
anchor, which answers for all of them. A list that is not in force, is missing, cannot be read or
comes from a copy that is too old says nothing, neither yes nor no:

==========================================  ================  =============
of the chosen anchors                       recognition       outcome
==========================================  ================  =============
one recognises                              recognised        VALID
none does; one could not be asked           could not check   INDETERMINATE
none does; one knows it, not entitled       not recognised    INVALID
all were asked and none knows it            not recognised    INDETERMINATE
no anchor was chosen                        could not check   INDETERMINATE
==========================================  ================  =============

Nobody has said anything about an institution that no list knows: it is not recognised, and that is
no verdict on the award. It is never accepted, and never called invalid or a forgery.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from acquis.credentials.disclosure import printable_name
from acquis.credentials.environment import (
    CLOCK_SKEW,
    Entitlement,
    Environment,
    Recognition,
    Standing,
    TrustListInForce,
    entitling,
    is_recent,
)
from acquis.credentials.report import Outcome, Record
from acquis.errors import AcquisError, NotFound


class ListState(StrEnum):
    """Whether the list of an anchor can be relied on now."""

    IN_FORCE = "in-force"
    OVERDUE = "overdue"
    NOT_YET = "not-yet"
    OLD_COPY = "old-copy"
    ABSENT = "absent"
    UNREADABLE = "unreadable"


class AnchorAnswer(StrEnum):
    """What one anchor says about an issuer."""

    RECOGNISES = "recognises"
    NOT_ENTITLED = "not-entitled"
    UNKNOWN = "unknown"
    COULD_NOT_ASK = "could-not-ask"


@dataclass(frozen=True, slots=True)
class AnchorList:
    """The list of one chosen anchor as it was found; ``found`` is None where none could be read."""

    anchor: str
    state: ListState
    found: TrustListInForce | None = None
    problem: str | None = None

    @property
    def name(self) -> str:
        """What to call the anchor: the name of its list, else its DID."""
        return printable_name((self.found and self.found.name) or self.anchor)

    def record(self) -> Record:
        """Return what a report keeps of it."""
        record: dict[str, str | int | bool | None] = {
            "anchor": self.anchor,
            "state": self.state.value,
        }
        if self.found is not None:
            record |= {
                "name": self.name,
                "version": self.found.version,
                "issued": self.found.issued,
                "next_update": self.found.next_update,
                "refreshed_at": self.found.mirror_refreshed_at,
            }
        return record if self.problem is None else record | {"problem": self.problem}


@dataclass(frozen=True, slots=True)
class ClaimedAward:
    """Who is said to have awarded what; ``earliest`` to ``latest`` are the days it may date from."""

    issuer: str
    framework: str
    level: int
    earliest: date
    latest: date


@dataclass(frozen=True, slots=True)
class AnchorSays:
    """What one anchor says about an issuer, by which list and which entitlements."""

    listed: AnchorList
    answer: AnchorAnswer
    legal_name: str | None = None
    entitlements: tuple[Entitlement, ...] = ()

    @property
    def accredited_by(self) -> tuple[str, ...]:
        """Who accredited the issuer, each once."""
        named = (each.accredited_by for each in self.entitlements if each.accredited_by)
        return tuple(dict.fromkeys(printable_name(each) for each in named))

    @property
    def accreditation(self) -> tuple[str, ...]:
        """Under what it was accredited, each once."""
        named = (each.accreditation for each in self.entitlements if each.accreditation)
        return tuple(dict.fromkeys(printable_name(each) for each in named))

    def record(self) -> Record:
        """Return what a report keeps of it."""
        return {**self.listed.record(), "says": self.answer.value}


def read_trust_lists(environment: Environment) -> tuple[AnchorList, ...]:
    """Return the list of each chosen anchor, in the order they were chosen; never raises."""
    return tuple(_read(anchor, environment) for anchor in environment.anchors)


def _read(anchor: str, environment: Environment) -> AnchorList:
    try:
        found = environment.resolve_trust_list(anchor)
    except NotFound as problem:
        return AnchorList(anchor, ListState.ABSENT, problem=problem.code)
    except AcquisError as problem:
        return AnchorList(anchor, ListState.UNREADABLE, problem=problem.code)
    return AnchorList(anchor, _state_of(found, environment), found)


def _state_of(found: TrustListInForce, environment: Environment) -> ListState:
    if not is_recent(found.mirror_refreshed_at, environment):
        return ListState.OLD_COPY
    if environment.now > found.next_update:
        return ListState.OVERDUE
    is_future = found.issued > environment.now + CLOCK_SKEW
    return ListState.NOT_YET if is_future else ListState.IN_FORCE


def resolve_standings(
    issuer: str, lists: Sequence[AnchorList], environment: Environment
) -> tuple[tuple[AnchorList, Standing], ...]:
    """Return how the issuer stands on each list in force that knows it; never raises."""
    found = []
    for listed in lists:
        if listed.state is ListState.IN_FORCE:
            try:
                found.append((listed, environment.resolve_standing(listed.anchor, issuer)))
            except AcquisError:
                continue
    return tuple(found)


def ask_anchor(listed: AnchorList, award: ClaimedAward, environment: Environment) -> AnchorSays:
    """Return what one anchor says about an award; never raises."""
    if listed.state is not ListState.IN_FORCE:
        return AnchorSays(listed, AnchorAnswer.COULD_NOT_ASK)
    try:
        standing = environment.resolve_standing(listed.anchor, award.issuer)
    except NotFound:
        return AnchorSays(listed, AnchorAnswer.UNKNOWN)
    except AcquisError:
        return AnchorSays(listed, AnchorAnswer.COULD_NOT_ASK)
    name = printable_name(standing.legal_name)
    used = entitling(standing, award.framework, award.level, award.earliest, award.latest)
    if not used:
        return AnchorSays(listed, AnchorAnswer.NOT_ENTITLED, name)
    return AnchorSays(listed, AnchorAnswer.RECOGNISES, name, used)


def conclude_recognition(answers: Sequence[AnchorSays]) -> tuple[Recognition, Outcome]:
    """Return the answer to "was it entitled on the day of the award?" (the table above)."""
    given = {each.answer for each in answers}
    if AnchorAnswer.RECOGNISES in given:
        return Recognition.RECOGNISED, Outcome.VALID
    if AnchorAnswer.COULD_NOT_ASK in given or not given:
        return Recognition.COULD_NOT_CHECK, Outcome.INDETERMINATE
    known = AnchorAnswer.NOT_ENTITLED in given
    return Recognition.NOT_RECOGNISED, Outcome.INVALID if known else Outcome.INDETERMINATE
