"""Judging a saved presentation with a folder as all that can be read: no network, no agent, no service.

The same steps as the service's: the cryptographic verdict (``agentless``), the pipeline, the policy.
Two things are nobody's to check here: whether whoever judges made the request, and whether whoever
hands the file on is the one who answered it. The request in the file is taken as the one made, and
the check of the exchange (``same-exchange``) stays open: the policies for files do not rely on it.
That it asks little is no reason to accept: an award must be valid whether or not it asks for that, and
whoever knows what was asked says so (``expected``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from acquis.credentials.competency import known_label
from acquis.credentials.disclosure import Learned, what_was_learned
from acquis.credentials.facts import ExchangeFacts
from acquis.credentials.policy import AllOf, CheckValid, Decision, Policy, decide
from acquis.credentials.presentation import UnverifiedPresentation, parse_presentation
from acquis.credentials.proof_request import UnverifiedProofRequest, parse_proof_request
from acquis.credentials.report import Aspect, Check, Outcome, VerificationReport
from acquis.credentials.request import PresentationRequest
from acquis.credentials.saved_presentation import SavedPresentation
from acquis.credentials.verify import (
    CHECK_IDS,
    FILE_POLICY,
    report_unreadable,
    verify_presentation,
)
from acquis.credentials.wire import canonical_json
from acquis.errors import InvalidInput
from acquis.text import Text
from verifier.agentless import Question, resolve_verdict
from verifier.trusting import MirrorEnvironment

STANDARD: Final[Policy] = FILE_POLICY
"""What an employer relies on of a file."""

STRICT: Final[Policy] = AllOf(
    tuple(CheckValid(each) for each in CHECK_IDS if each != "same-exchange")
)
"""The same with quality assurance by a third party."""

EXPECTED: Final = "expected-request"
"""The check that the request is the one expected; made and relied on where one is."""


@dataclass(frozen=True, slots=True, repr=False)
class Judgement:
    """What was found of a saved presentation.

    One that cannot be read is refused, as in the service, and has taught nothing: ``learned`` is
    None. ``asked_at`` and ``judged_at`` are in Unix seconds.
    """

    saved: SavedPresentation
    decision: Decision
    report: VerificationReport
    learned: Learned | None = None
    asked_at: int | None = None
    judged_at: int | None = None

    @property
    def is_question_expected(self) -> bool:
        """Whether the request in the file is one that was expected."""
        return self.report.outcome_of(EXPECTED) is Outcome.VALID

    @property
    def is_authentic(self) -> bool:
        """Whether what was shown was found authentic; whether to accept is the decision's."""
        return self.report.authentic is Outcome.VALID

    @property
    def is_judged_later(self) -> bool:
        """Whether it was judged by another moment than that of asking."""
        return self.judged_at != self.asked_at


def judge(
    saved: SavedPresentation,
    environment: MirrorEnvironment,
    policy: Policy,
    status_at: int | None = None,
    expected: PresentationRequest | None = None,
) -> Judgement:
    """Judge a saved presentation as of the moment it was asked for, or of a later one.

    ``status_at`` (Unix seconds) is that later moment; one with another request than the one
    ``expected`` is refused. Never raises for what is in the file.
    """
    if expected is not None:
        policy = AllOf((policy, CheckValid(EXPECTED)))
    try:
        asked = parse_proof_request(UnverifiedProofRequest(saved.proof_request))
        answered = parse_presentation(UnverifiedPresentation(saved.presentation))
    except InvalidInput as error:
        report = _expecting(expected, saved, report_unreadable(error.says, environment.now))
        return Judgement(saved, decide(report, policy), report)
    question = Question(
        _members(saved.proof_request), _members(saved.presentation), asked, answered
    )
    facts = ExchangeFacts(
        request=saved.request,
        asked=asked,
        answered=asked,
        presentation=answered,
        agent=resolve_verdict(question, environment.mirror, environment.now),
        status_at=status_at,
        choice=saved.choice,
        validity_required=True,
    )
    report = _expecting(expected, saved, verify_presentation(facts, environment))
    return Judgement(
        saved,
        decide(report, policy),
        report,
        what_was_learned(asked, answered, name_competencies(saved.request).labels()),
        facts.asked_at,
        facts.judged_at,
    )


def _expecting(
    expected: PresentationRequest | None, saved: SavedPresentation, report: VerificationReport
) -> VerificationReport:
    """Return the report with the check that the request is the one expected, if one is."""
    if expected is None:
        return report
    if canonical_json(expected.content()) == canonical_json(saved.request.content()):
        outcome, says = (
            Outcome.VALID,
            Text(
                "The request in the file is exactly the one that was expected.",
                "La demande contenue dans le fichier est exactement celle qui était attendue.",
            ),
        )
    else:
        outcome, says = (
            Outcome.INVALID,
            Text(
                "The request in the file is not the one that was expected.",
                "La demande contenue dans le fichier n’est pas celle qui était attendue.",
            ),
        )
    check = Check(EXPECTED, Aspect.FIT, outcome, says)
    return VerificationReport((check, *report.checks), report.checked_at)


def name_competencies(request: PresentationRequest) -> PresentationRequest:
    """Return a request whose competencies are called by us or by their keys.

    What the file calls them is anybody's word.
    """
    return replace(
        request,
        competencies=tuple(
            replace(each, label=known_label(str(each.key)) or Text(str(each.key), str(each.key)))
            for each in request.competencies
        ),
    )


def _members(content: object) -> dict[str, Any]:
    return dict(content) if isinstance(content, dict) else {}
