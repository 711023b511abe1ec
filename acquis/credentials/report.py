"""What our checks found: three outcomes, three verdicts, never merged and never a boolean.

A ``Check`` says what was looked at, with which outcome, why in both languages, on what evidence
and as of when. The report gathers them under three verdicts: *authentic* (signature, issuer,
holder, status), *assurance* (how it was assessed, who stands behind the quality) and *fit*
(whether it satisfies what was asked). Whether to accept is the policy's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import NoReturn

from acquis.credentials.wire import Node, canonical_json
from acquis.text import Text

type Scalar = str | int | bool | None
type Record = Mapping[str, Scalar]
type Evidence = Scalar | tuple[str, ...] | tuple[Record, ...]


class Outcome(StrEnum):
    """What a check found; INDETERMINATE is neither valid nor invalid."""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"


class Aspect(StrEnum):
    """The three verdicts of a report."""

    AUTHENTIC = "authentic"
    ASSURANCE = "assurance"
    FIT = "fit"


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return INVALID if there is one, else INDETERMINATE if there is one or there are none at all."""
    found = set(outcomes)
    if Outcome.INVALID in found:
        return Outcome.INVALID
    return Outcome.VALID if found == {Outcome.VALID} else Outcome.INDETERMINATE


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    ``id`` is stable; ``subject`` is the group of answers (``c1``) or empty for the whole
    presentation; ``as_of`` is the Unix time of what it rests on (a revocation list, the mirror).
    Evidence holds identifiers, times and codes, never a learner's name; where several things of
    a kind were looked at (the lists of several anchors), it is a tuple of records.
    """

    id: str
    aspect: Aspect
    outcome: Outcome
    reason: Text
    subject: str = ""
    evidence: Mapping[str, Evidence] = field(default_factory=lambda: MappingProxyType({}))
    as_of: int | None = None

    def __bool__(self) -> NoReturn:
        raise TypeError("a check has an outcome, not a truth value")

    def content(self) -> dict[str, object]:
        """Return the JSON form."""
        return {
            "id": self.id,
            "aspect": self.aspect.value,
            "outcome": self.outcome.value,
            "reason": {"en": self.reason.en, "fr": self.reason.fr},
            "subject": self.subject,
            "evidence": {
                name: _evidence_content(value) for name, value in sorted(self.evidence.items())
            },
            "as_of": self.as_of,
        }


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """Everything that was checked, in the order it was checked, at ``checked_at`` (Unix seconds)."""

    checks: tuple[Check, ...]
    checked_at: int

    def __bool__(self) -> NoReturn:
        raise TypeError("a report has three verdicts, not a truth value: ask policy.decide")

    def verdict(self, aspect: Aspect) -> Outcome:
        """Return the verdict of one aspect; no check at all is INDETERMINATE."""
        return worst(each.outcome for each in self.checks if each.aspect is aspect)

    @property
    def authentic(self) -> Outcome:
        """Signature, issuer, holder, status."""
        return self.verdict(Aspect.AUTHENTIC)

    @property
    def assurance(self) -> Outcome:
        """How it was assessed, and who stands behind the quality."""
        return self.verdict(Aspect.ASSURANCE)

    @property
    def fit(self) -> Outcome:
        """Whether it satisfies what was asked."""
        return self.verdict(Aspect.FIT)

    def outcome_of(self, check_id: str) -> Outcome:
        """Return the worst outcome of the checks with this id; INDETERMINATE when none was made."""
        return worst(each.outcome for each in self.checks if each.id == check_id)

    def content(self) -> dict[str, object]:
        """Return the JSON form."""
        return {
            "checked_at": self.checked_at,
            "verdicts": {each.value: self.verdict(each).value for each in Aspect},
            "checks": [each.content() for each in self.checks],
        }

    def json(self) -> str:
        """Return the JSON text, the same each time for the same report."""
        return canonical_json(self.content())


def _evidence_content(value: Evidence) -> object:
    if isinstance(value, tuple):
        return [each if isinstance(each, str) else dict(sorted(each.items())) for each in value]
    return value


def _parse_evidence(node: Node) -> Evidence:
    if not isinstance(node.value, list):
        return _parse_scalar(node)
    elements = node.elements()
    if elements and all(isinstance(each.value, dict) for each in elements):
        return tuple(
            MappingProxyType({name: _parse_scalar(at) for name, at in each.members().items()})
            for each in elements
        )
    return tuple(each.text(empty=True) for each in elements)


def _parse_scalar(node: Node) -> Scalar:
    if isinstance(node.value, str):
        return node.text(empty=True)
    if node.value is None or isinstance(node.value, bool):
        return node.value
    return node.integer(-(2**63))


def _parse_check(node: Node) -> Check:
    reason, as_of = node.member("reason"), node.optional("as_of")
    return Check(
        id=node.member("id").text(80),
        aspect=Aspect(node.member("aspect").one_of(list(Aspect))),
        outcome=Outcome(node.member("outcome").one_of(list(Outcome))),
        reason=Text(reason.member("en").text(), reason.member("fr").text()),
        subject=node.member("subject").text(80, empty=True),
        evidence=MappingProxyType(
            {
                name: _parse_evidence(each)
                for name, each in node.member("evidence").members().items()
            }
        ),
        as_of=None if as_of is None else as_of.integer(),
    )


def parse_report(content: Mapping[str, object]) -> VerificationReport:
    """Read ``VerificationReport.content()`` back; the verdicts are computed again, not read.

    Raises ``InvalidInput``.
    """
    node = Node(dict(content), "report")
    return VerificationReport(
        tuple(_parse_check(each) for each in node.member("checks").elements()),
        node.member("checked_at").integer(),
    )
