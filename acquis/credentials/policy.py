"""From a report to a decision: small objects that say which checks an employer relies on.

Accepted only where everything required is VALID; INDETERMINATE never accepts; a check that was
not made is INDETERMINATE; an empty combination is refused when it is built. The one way to
accept without checks is called ``UnsafeAcceptAll``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn, Protocol

from acquis.credentials.check_titles import title_of
from acquis.credentials.report import Aspect, Check, Outcome, VerificationReport, worst
from acquis.credentials.wire import Node
from acquis.errors import InvalidInput
from acquis.text import Text


class Policy(Protocol):
    """What an employer relies on; ``name`` is kept with each decision."""

    @property
    def name(self) -> str:
        """The policy in words a log can keep."""
        ...

    def evaluate(self, report: VerificationReport) -> Outcome:
        """Return VALID when the report satisfies this policy."""
        ...

    def relies_on(self, check: Check) -> bool:
        """Say whether ``check`` counts for this policy."""
        ...

    def missing(self, report: VerificationReport) -> tuple[str, ...]:
        """Return the names of what this policy requires and nobody checked."""
        ...


@dataclass(frozen=True, slots=True)
class CheckValid:
    """Every check with this id was made and is VALID."""

    check_id: str

    @property
    def name(self) -> str:
        """The policy in words a log can keep."""
        return self.check_id

    def evaluate(self, report: VerificationReport) -> Outcome:
        """Return the worst outcome of the checks with this id."""
        return report.outcome_of(self.check_id)

    def relies_on(self, check: Check) -> bool:
        """Say whether ``check`` has this id."""
        return check.id == self.check_id

    def missing(self, report: VerificationReport) -> tuple[str, ...]:
        """Return the id when no check has it."""
        return () if any(map(self.relies_on, report.checks)) else (self.name,)


@dataclass(frozen=True, slots=True)
class VerdictValid:
    """Every check of one verdict is VALID, and there is at least one."""

    aspect: Aspect

    @property
    def name(self) -> str:
        """The policy in words a log can keep."""
        return f"verdict:{self.aspect.value}"

    def evaluate(self, report: VerificationReport) -> Outcome:
        """Return the verdict."""
        return report.verdict(self.aspect)

    def relies_on(self, check: Check) -> bool:
        """Say whether ``check`` belongs to the verdict."""
        return check.aspect is self.aspect

    def missing(self, report: VerificationReport) -> tuple[str, ...]:
        """Return the verdict when no check belongs to it."""
        return () if any(map(self.relies_on, report.checks)) else (self.name,)


def _refuse_empty(policies: tuple[Policy, ...]) -> None:
    if not policies:
        raise InvalidInput(
            Text(
                "A policy that asks nothing is refused.",
                "Une politique qui ne demande rien est refusée.",
            )
        )


def _all_missing(policies: tuple[Policy, ...], report: VerificationReport) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for each in policies for name in each.missing(report)))


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of these policies; none at all is refused."""

    policies: tuple[Policy, ...]

    def __post_init__(self) -> None:
        _refuse_empty(self.policies)

    @property
    def name(self) -> str:
        """The policy in words a log can keep."""
        return "all(" + ", ".join(each.name for each in self.policies) + ")"

    def evaluate(self, report: VerificationReport) -> Outcome:
        """Return the worst outcome."""
        return worst(each.evaluate(report) for each in self.policies)

    def relies_on(self, check: Check) -> bool:
        """Say whether any of the policies relies on ``check``."""
        return any(each.relies_on(check) for each in self.policies)

    def missing(self, report: VerificationReport) -> tuple[str, ...]:
        """Return what any of the policies misses."""
        return _all_missing(self.policies, report)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these policies; none at all is refused."""

    policies: tuple[Policy, ...]

    def __post_init__(self) -> None:
        _refuse_empty(self.policies)

    @property
    def name(self) -> str:
        """The policy in words a log can keep."""
        return "any(" + ", ".join(each.name for each in self.policies) + ")"

    def evaluate(self, report: VerificationReport) -> Outcome:
        """Return VALID if one is, else INDETERMINATE if one is, else INVALID."""
        found = {each.evaluate(report) for each in self.policies}
        if Outcome.VALID in found:
            return Outcome.VALID
        return Outcome.INDETERMINATE if Outcome.INDETERMINATE in found else Outcome.INVALID

    def relies_on(self, check: Check) -> bool:
        """Say whether any of the policies relies on ``check``."""
        return any(each.relies_on(check) for each in self.policies)

    def missing(self, report: VerificationReport) -> tuple[str, ...]:
        """Return what any of the policies misses."""
        return _all_missing(self.policies, report)


@dataclass(frozen=True, slots=True)
class UnsafeAcceptAll:
    """Accepts whatever was found; for experiments, never for an employer."""

    name: str = "UNSAFE accept all"

    def evaluate(self, report: VerificationReport) -> Outcome:
        """Return VALID whatever the report says."""
        return Outcome.VALID

    def relies_on(self, check: Check) -> bool:
        """Rely on nothing."""
        return False

    def missing(self, report: VerificationReport) -> tuple[str, ...]:
        """Miss nothing."""
        return ()


class Conclusion(StrEnum):
    """What the policy concluded."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    COULD_NOT_TELL = "could-not-tell"


_CONCLUSIONS: Mapping[Outcome, Conclusion] = {
    Outcome.VALID: Conclusion.ACCEPTED,
    Outcome.INVALID: Conclusion.REFUSED,
    Outcome.INDETERMINATE: Conclusion.COULD_NOT_TELL,
}

_SENTENCES: Mapping[Conclusion, Text] = {
    Conclusion.ACCEPTED: Text(
        "Accepted: everything that is required was checked and holds.",
        "Accepté : tout ce qui est exigé a été vérifié et tient.",
    ),
    Conclusion.REFUSED: Text(
        "Refused: at least one thing that is required does not hold.",
        "Refusé : au moins une chose exigée ne tient pas.",
    ),
    Conclusion.COULD_NOT_TELL: Text(
        "Could not tell: something that is required could not be checked.",
        "Impossible de conclure : une chose exigée n’a pas pu être vérifiée.",
    ),
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What the policy concluded, why, and the ids of the checks that stood in the way.

    A required check that was never made stands in the way too; it comes last.
    """

    conclusion: Conclusion
    policy: str
    reasons: tuple[Text, ...]
    because: tuple[str, ...]

    def __bool__(self) -> NoReturn:
        raise TypeError("a decision has a conclusion, not a truth value")

    def content(self) -> dict[str, object]:
        """Return the JSON form."""
        return {
            "conclusion": self.conclusion.value,
            "policy": self.policy,
            "reasons": [{"en": each.en, "fr": each.fr} for each in self.reasons],
            "because": list(self.because),
        }


def parse_decision(content: Mapping[str, object]) -> Decision:
    """Read ``Decision.content()`` back; raises ``InvalidInput``."""
    node = Node(dict(content), "decision")
    return Decision(
        Conclusion(node.member("conclusion").one_of(list(Conclusion))),
        node.member("policy").text(),
        tuple(
            Text(each.member("en").text(), each.member("fr").text())
            for each in node.member("reasons").elements()
        ),
        tuple(each.text(80) for each in node.member("because").elements()),
    )


def decide(report: VerificationReport, policy: Policy) -> Decision:
    """Return what ``policy`` concludes from ``report``; the only way to accepted."""
    conclusion = _CONCLUSIONS[policy.evaluate(report)]
    against = [
        each
        for each in report.checks
        if each.outcome is not Outcome.VALID and policy.relies_on(each)
    ]
    against.sort(key=lambda each: each.outcome is not Outcome.INVALID)
    if conclusion is Conclusion.ACCEPTED:
        return Decision(conclusion, policy.name, (_SENTENCES[conclusion],), ())
    missing = policy.missing(report)
    reasons = [each.reason for each in against]
    if missing:
        reasons.append(_unchecked(missing))
    return Decision(
        conclusion,
        policy.name,
        (_SENTENCES[conclusion], *reasons),
        tuple(dict.fromkeys((*(each.id for each in against), *missing))),
    )


def _unchecked(missing: tuple[str, ...]) -> Text:
    titles = [title_of(each) for each in missing]
    en, fr = ", ".join(each.en for each in titles), ", ".join(each.fr for each in titles)
    return Text(f"Required and never checked: {en}.", f"Exigé et jamais vérifié : {fr}.")
