"""The result as it is shown: the decision, three verdicts apart, what was learned, the achievement.

Nothing is decided here: the report and the decision are read from what was kept. What was shown
counts as learned, and the achievement as told, only where the verdict on authenticity is VALID.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from acquis.credentials.environment import PublishedAchievement, Recognition
from acquis.credentials.naming import COMMON_ATTRIBUTES
from acquis.credentials.policy import Conclusion, Decision, parse_decision
from acquis.credentials.report import (
    Aspect,
    Check,
    Outcome,
    VerificationReport,
    parse_report,
)
from acquis.credentials.request import PresentationRequest, group_id, parse_presentation_request
from acquis.service.pages import Fact
from acquis.text import Text
from verifier.achievement_views import AchievementWords, build_achievement
from verifier.basis_views import build_basis, find_remarks
from verifier.evidence_views import build_evidence, write_age, write_day
from verifier.store.tables import RequestRow, SessionRow
from verifier.verdict_words import VERDICTS

_DECISIONS: Final[Mapping[Conclusion, str]] = {
    Conclusion.ACCEPTED: "accepted",
    Conclusion.REFUSED: "refused",
    Conclusion.COULD_NOT_TELL: "undetermined",
}
_MOST_REASONS: Final = 3
_GENERAL: Final = {"agent-verdict"}  # says that something is wrong; another check may say what
_OF_LISTS: Final = {"trust-list", "issuer-recognised"}
_ACCEPTED: Final = Text(
    "Everything that is required was checked and holds.",
    "Tout ce qui est exigé a été vérifié et tient.",
)
_NOTHING_CHECKED: Final = Text("Nothing could be checked.", "Rien n’a pu être vérifié.")
_HOLDS: Final[Mapping[Aspect, Text]] = {
    Aspect.AUTHENTIC: Text(
        "Issued by the institution it names, held by whoever presents it, not revoked.",
        "Délivrée par l’établissement qu’elle nomme, détenue par qui la présente, non révoquée.",
    ),
    Aspect.ASSURANCE: Text(
        "Assessed by a recognised institution, with a third party behind the quality.",
        "Évaluée par un établissement reconnu, un tiers se portant garant de la qualité.",
    ),
    Aspect.FIT: Text("It answers exactly what you asked.", "Elle répond exactement à la demande."),
}

_READ_AGAIN: Final = Text(
    "Wait a minute for our copy of the registry to be refreshed, then ask the same again.",
    "Attendez une minute que notre copie du registre soit rafraîchie, puis redemandez.",
)
_ASK_AGAIN: Final = Text(
    "Ask the same again; if nothing changes, ask the candidate for another proof.",
    "Redemandez la même chose ; si rien ne change, demandez une autre preuve au candidat.",
)
_WHAT_TO_DO: Final[Mapping[str, Text]] = {
    "mirror-age": Text(
        "Have our copy of the registry refreshed, then ask the same again.",
        "Faites rafraîchir notre copie du registre, puis redemandez la même chose.",
    ),
    "trust-list": Text(
        "Ask the publisher of your trust list for one in force, or choose another list.",
        "Demandez à l’éditeur de votre liste de confiance une liste en vigueur, ou changez de liste.",
    ),
    "issuer-recognised": Text(
        "Find out about the institution yourself, or ask the publisher of your trust list.",
        "Renseignez-vous sur l’établissement, ou auprès de l’éditeur de votre liste de confiance.",
    ),
    "issuer-identity": Text(
        "Ask the candidate for another proof, or the institution what became of its identity.",
        "Demandez une autre preuve au candidat, ou à l’établissement ce qu’est devenue son identité.",
    ),
    "issuer-documents": _READ_AGAIN,
    "not-revoked": _READ_AGAIN,
    "assessed": _READ_AGAIN,
    "competency": _READ_AGAIN,
}
_DAYS: Final = {
    COMMON_ATTRIBUTES[name] for name in ("awarded_on", "valid_until", "review_on", "birth_date")
}


@dataclass(frozen=True, slots=True)
class CheckView:
    """One check; ``id`` is unique on the page, with the group of answers where it takes one.

    ``age`` is how old what it rests on was when it was decided.
    """

    id: str
    outcome: str
    reason: Text
    evidence: tuple[Fact, ...]
    as_of: datetime | None
    age: Text | None


@dataclass(frozen=True, slots=True)
class VerdictView:
    """One of the three verdicts with its checks."""

    name: str
    title: Text
    outcome: str
    says: Text
    checks: tuple[CheckView, ...]


@dataclass(frozen=True, slots=True, repr=False)
class LearnedView:
    """One thing that was learned; ``value`` is a claim, None where something was only proved."""

    says: Text
    value: Text | str | None


@dataclass(frozen=True, slots=True, repr=False)
class Result:
    """Everything the result shows; ``decision`` is accepted, refused or undetermined.

    ``remarks`` must be seen beside the verdicts; ``basis`` is what it all rests on, and how old.
    ``presented`` says whether there is a presentation to keep.
    """

    decision: str
    reason: Text
    todo: Text | None
    remarks: tuple[Text, ...]
    decided_at: datetime
    verdicts: tuple[VerdictView, ...]
    learned: tuple[LearnedView, ...]
    hidden: tuple[Text, ...]
    achievements: tuple[AchievementWords, ...]
    basis: tuple[Fact, ...]
    presented: bool = True


def decision_of(content: Mapping[str, Any]) -> str:
    """Return accepted, refused or undetermined for a decision that was kept."""
    return _DECISIONS[parse_decision(content).conclusion]


def report_of(row: SessionRow) -> VerificationReport:
    """Return the report of a session; one without checks when the answer could not be read."""
    if row.report is None:
        return VerificationReport((), row.changed_at)
    return parse_report(row.report)


def achievement_ids(report: VerificationReport) -> tuple[str, ...]:
    """Return the achievements whose documents hold, in the order of the competencies asked."""
    found = (
        each.evidence.get("achievement")
        for each in report.checks
        if each.id == "issuer-documents" and each.outcome is Outcome.VALID
    )
    return tuple(dict.fromkeys(each for each in found if isinstance(each, str)))


def build_result(
    request: RequestRow, row: SessionRow, published: Sequence[PublishedAchievement]
) -> Result | None:
    """Build the result of a session, None before there is one.

    ``published`` holds those of ``achievement_ids`` that the mirror has.
    """
    if row.decision is None:
        return None
    asked = parse_presentation_request(request.request)
    report, decision = report_of(row), parse_decision(row.decision)
    shown = row.learned or {}
    believed = report.authentic is Outcome.VALID
    achievements = tuple(_build_words(each, report, asked) for each in published if believed)
    return Result(
        decision=_DECISIONS[decision.conclusion],
        reason=_reason(decision, report),
        todo=_todo(decision, report),
        remarks=find_remarks(report),
        decided_at=datetime.fromtimestamp(report.checked_at, UTC),
        verdicts=tuple(_build_verdict(aspect, report, asked) for aspect in Aspect),
        learned=_build_learned(shown, report, achievements),
        hidden=tuple(_text(each) for each in shown.get("hidden", ())),
        achievements=achievements,
        basis=build_basis(report),
        presented=row.presentation is not None,
    )


def _reason(decision: Decision, report: VerificationReport) -> Text:
    """Say why: what stood in the way, the worst first, told as precisely as a check did."""
    if decision.conclusion is Conclusion.ACCEPTED:
        return _ACCEPTED
    against = [
        each
        for each in report.checks
        if each.id in decision.because and each.outcome is not Outcome.VALID
    ]
    if any("closed" in each.evidence for each in against):  # the rest follows from it
        against = [each for each in against if "closed" in each.evidence]
    against.sort(key=lambda each: (each.outcome is not Outcome.INVALID, each.id in _GENERAL))
    reasons = [each.reason for each in against] or list(decision.reasons[1:] or decision.reasons)
    told = list(dict.fromkeys(reasons))[:_MOST_REASONS]
    return Text(" ".join(each.en for each in told), " ".join(each.fr for each in told))


def _todo(decision: Decision, report: VerificationReport) -> Text | None:
    """Return what to do about the first thing that could not be told; there may be several."""
    if decision.conclusion is not Conclusion.COULD_NOT_TELL:
        return None
    against = [each for each in decision.because if _is_open(each, report)]
    first = against[0] if against else ""
    if "mirror-age" in against or (first in _OF_LISTS and _needs_refresh(report)):
        return _WHAT_TO_DO["mirror-age"]
    unasked = Recognition.COULD_NOT_CHECK.value
    if any(
        each.id == first and each.evidence.get("recognition") == unasked for each in report.checks
    ):
        first = "trust-list"
    return _WHAT_TO_DO.get(first, _ASK_AGAIN)


def _is_open(check_id: str, report: VerificationReport) -> bool:
    return report.outcome_of(check_id) is Outcome.INDETERMINATE


def _needs_refresh(report: VerificationReport) -> bool:
    """Say whether it could not be told for want of a fresh copy of a trust list."""
    states = {
        listed.get("state")
        for each in report.checks
        if each.id == "trust-list" and isinstance(lists := each.evidence.get("lists"), tuple)
        for listed in lists
        if isinstance(listed, Mapping)
    }
    return bool(states & {"old-copy", "absent"})


def _build_verdict(
    aspect: Aspect, report: VerificationReport, asked: PresentationRequest
) -> VerdictView:
    outcome = report.verdict(aspect)
    checks = [each for each in report.checks if each.aspect is aspect]
    against = sorted(
        (each for each in checks if each.outcome is outcome), key=lambda each: each.id in _GENERAL
    )
    times = Counter(each.id for each in checks)
    views = []
    for number, each in enumerate(checks):
        own = each.id if times[each.id] == 1 else f"{each.id}-{each.subject or number}"
        views.append(_build_check(each, own, asked, report.checked_at))
    return VerdictView(
        name=aspect.value,
        title=VERDICTS[aspect],
        outcome=outcome.value,
        says=_says(aspect, outcome, against),
        checks=tuple(views),
    )


def _says(aspect: Aspect, outcome: Outcome, against: Sequence[Check]) -> Text:
    if outcome is Outcome.VALID:
        return _HOLDS[aspect]
    return against[0].reason if against else _NOTHING_CHECKED


def _build_check(
    check: Check, own_id: str, asked: PresentationRequest, checked_at: int
) -> CheckView:
    label = _label_of(check.subject, asked) if len(asked.competencies) > 1 else None
    reason = check.reason
    if label is not None:
        reason = Text(f"{label.en}: {reason.en}", f"{label.fr} : {reason.fr}")
    return CheckView(
        id=own_id,
        outcome=check.outcome.value,
        reason=reason,
        evidence=build_evidence(check.evidence, asked.labels()),
        as_of=None if check.as_of is None else datetime.fromtimestamp(check.as_of, UTC),
        age=None if check.as_of is None else write_age(check.as_of, checked_at),
    )


def _label_of(subject: str, asked: PresentationRequest) -> Text | None:
    for index, each in enumerate(asked.competencies):
        if group_id(index) == subject:
            return each.label
    return None


def _build_learned(
    shown: Mapping[str, Any], report: VerificationReport, known: Sequence[AchievementWords]
) -> tuple[LearnedView, ...]:
    if report.authentic is not Outcome.VALID:
        return ()
    names = _issuers(report) | {each.resource_id: each.name for each in known}
    learned = []
    for each in shown.get("shown", ()):
        label, value = _text(each["label"]), str(each["value"])
        learned.append(
            LearnedView(label, write_day(value) if label in _DAYS else names.get(value, value))
        )
    learned += [LearnedView(_text(each), None) for each in shown.get("proved", ())]
    return tuple(dict.fromkeys(learned))


def _issuers(report: VerificationReport) -> dict[str, Text]:
    """Return whose each credential definition is, where the trust list names the institution."""
    names: dict[str, Text] = {}
    for each in report.checks:
        definition, issuer = (each.evidence.get(at) for at in ("credential_definition", "issuer"))
        if isinstance(definition, str) and isinstance(issuer, str):
            name = _legal_name(issuer, report)
            if name is not None:
                names[definition] = Text(name, name)
    return names


def _build_words(
    published: PublishedAchievement, report: VerificationReport, asked: PresentationRequest
) -> AchievementWords:
    return build_achievement(
        published, _legal_name(published.issuer, report), _proved(published.id, report, asked)
    )


def _legal_name(issuer: str, report: VerificationReport) -> str | None:
    for each in report.checks:
        name = each.evidence.get("legal_name")
        if isinstance(name, str) and each.evidence.get("issuer") == issuer:
            return name
    return None


def _proved(
    achievement_id: str, report: VerificationReport, asked: PresentationRequest
) -> frozenset[str]:
    """Return the competencies asked that this achievement proves."""
    of_this = {
        each.subject
        for each in report.checks
        if each.id == "issuer-documents" and each.evidence.get("achievement") == achievement_id
    }
    valid = {
        each.subject
        for each in report.checks
        if each.id == "competency" and each.outcome is Outcome.VALID
    }
    return frozenset(
        str(each.key)
        for index, each in enumerate(asked.competencies)
        if group_id(index) in of_this & valid
    )


def _text(content: Mapping[str, Any]) -> Text:
    return Text(str(content["en"]), str(content["fr"]))
