"""An answer counts for one exchange, one browser and what was chosen; nothing else passes for it."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from acquis.credentials.choice import Choice, NameAsked
from acquis.credentials.facts import ExchangeBinding, ExchangeFacts
from acquis.credentials.matching import matching_credentials, select_credentials
from acquis.credentials.narrowing import narrow_proof_request
from acquis.credentials.policy import Conclusion, decide
from acquis.credentials.presentation import UnverifiedPresentation, parse_presentation
from acquis.credentials.proof_request import UnverifiedProofRequest, parse_proof_request
from acquis.credentials.report import Outcome, VerificationReport
from acquis.credentials.request import CompetencyRequest
from acquis.credentials.verify import FILE_POLICY, STANDARD_POLICY, verify_presentation
from acquis.text import Text
from support.scenario import FIRST_AID, PYTHON, SQL, Scenario, present, python_request

INVALID, INDETERMINATE = Outcome.INVALID, Outcome.INDETERMINATE


def not_valid(report: VerificationReport) -> dict[str, Outcome]:
    return {each.id: each.outcome for each in report.checks if each.outcome is not Outcome.VALID}


@pytest.mark.parametrize(("thread", "browser"), list(product((None, "other", "same"), repeat=2)))
def test_only_the_same_thread_in_the_same_browser_passes(
    thread: str | None, browser: str | None
) -> None:
    scenario = Scenario()
    bound = ExchangeBinding("same", thread, "same", browser)
    report = verify_presentation(scenario.facts(exchange=bound), scenario.shelf)
    wanted = {(thread, browser): Outcome.VALID}
    outcome = wanted.get(("same", "same"), INDETERMINATE)
    if "other" in {thread, browser}:
        outcome = INVALID
    assert report.outcome_of("same-exchange") is outcome
    assert set(not_valid(report)) <= {"same-exchange"}
    accepted = decide(report, STANDARD_POLICY).conclusion is Conclusion.ACCEPTED
    assert accepted is (outcome is Outcome.VALID)


def test_what_is_not_known_on_either_side_is_not_the_same() -> None:
    scenario = Scenario()
    for bound in (
        ExchangeBinding(),
        ExchangeBinding("t", "t"),
        ExchangeBinding("t", "t", None, "b"),
    ):
        report = verify_presentation(scenario.facts(exchange=bound), scenario.shelf)
        assert not_valid(report) == {"same-exchange": INDETERMINATE}
        assert decide(report, STANDARD_POLICY).conclusion is Conclusion.COULD_NOT_TELL
        assert decide(report, FILE_POLICY).conclusion is Conclusion.ACCEPTED


def scenario_of_three() -> Scenario:
    asked = (
        CompetencyRequest(PYTHON, Text("Python", "Python"), 3),
        CompetencyRequest(SQL, Text("SQL", "SQL")),
        CompetencyRequest(FIRST_AID, Text("first aid", "secours"), 2, optional=True),
    )
    request = python_request(competencies=asked, at_least=1, learner_name=NameAsked.OPTIONAL)
    return Scenario(request=request)


def facts_of(scenario: Scenario, choice: Choice, said: Choice | None) -> ExchangeFacts:
    """The answer of a wallet that was asked for ``choice``; the verifier kept ``said``."""
    narrowed = narrow_proof_request(scenario.proof_request(), scenario.request, choice)
    asked = parse_proof_request(UnverifiedProofRequest(narrowed))
    selection = select_credentials(matching_credentials(asked, scenario.held))
    answered = present(asked, selection, {each.id: each for each in scenario.held})
    facts = replace(scenario.facts(), asked=asked, answered=asked, choice=said)
    return replace(facts, presentation=parse_presentation(UnverifiedPresentation(answered)))


@pytest.mark.parametrize("groups", [("c1",), ("c2",), ("c1", "c3"), ("c1", "c2", "c3")])
@pytest.mark.parametrize("named", [True, False])
def test_every_choice_that_is_left_open_is_accepted(groups: tuple[str, ...], named: bool) -> None:
    scenario, choice = scenario_of_three(), Choice(groups, named)
    report = verify_presentation(facts_of(scenario, choice, choice), scenario.shelf)
    assert not_valid(report) == {}
    assert {each.subject for each in report.checks if each.id == "competency"} == set(groups)


def test_a_wallet_that_does_not_choose_proves_all_of_it() -> None:
    scenario = scenario_of_three()
    everything = scenario.request.full_choice
    report = verify_presentation(facts_of(scenario, everything, None), scenario.shelf)
    assert not_valid(report) == {}


@pytest.mark.parametrize("said", [Choice(()), Choice(("c3",)), Choice(("c1", "c9"))])
def test_a_choice_that_the_request_does_not_leave_open_is_not_enough(said: Choice) -> None:
    scenario = scenario_of_three()
    facts = facts_of(scenario, Choice(("c1",)), said)
    report = verify_presentation(facts, scenario.shelf)
    assert report.outcome_of("enough") is INVALID
    assert decide(report, STANDARD_POLICY).conclusion is Conclusion.REFUSED


@pytest.mark.parametrize("said", [None, Choice(("c1", "c2")), Choice(("c2",))])
def test_less_or_other_than_was_chosen_is_not_enough(said: Choice | None) -> None:
    scenario = scenario_of_three()
    facts = facts_of(scenario, Choice(("c1",)), said)
    report = verify_presentation(facts, scenario.shelf)
    assert report.outcome_of("enough") is INVALID
    assert decide(report, STANDARD_POLICY).conclusion is Conclusion.REFUSED


def test_a_name_that_was_chosen_and_not_asked_is_another_request() -> None:
    scenario = scenario_of_three()
    facts = facts_of(scenario, Choice(("c1",)), Choice(("c1",), learner_name=True))
    report = verify_presentation(facts, scenario.shelf)
    assert not_valid(report) == {"same-request": INVALID}
