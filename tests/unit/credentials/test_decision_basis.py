"""A decision can be computed again from its basis, bit for bit; whatever is changed in it is told."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acquis import errors
from acquis.credentials.basis import (
    Basis,
    Inputs,
    Judged,
    judge,
    keepable,
    parse_basis,
    recompute,
    write_binding,
    write_verdict,
)
from acquis.credentials.choice import NameAsked
from acquis.credentials.environment import Environment
from acquis.credentials.facts import AgentVerdict
from acquis.credentials.policy import Conclusion
from acquis.credentials.report import Outcome
from acquis.credentials.verify import CHECK_IDS, STANDARD_POLICY
from acquis.credentials.wire import canonical_json
from acquis.errors import AcquisError, InvalidInput
from support.leaves import places, spoilt
from support.scenario import INSTITUTE, LIST_AT, SAME_EXCHANGE, Scenario, python_request, resource

QUESTIONS = (
    *("refreshed_at", "issuer", "credential_definition", "schema", "achievement"),
    *("revocation_registry", "list_in_force", "trust_list", "standing"),
)

HASHED = ("proof", "aggregated_proof", "c_list")
"""A thousand bytes of a presentation, each alike."""


def families(root: type[AcquisError] = AcquisError) -> list[type[AcquisError]]:
    return [root, *(each for below in root.__subclasses__() for each in families(below))]


ERRORS = sorted(
    {each for each in families() if each.__module__ == errors.__name__}, key=lambda each: each.code
)


def inputs_of(scenario: Scenario, **changes: Any) -> Inputs:
    made = Inputs(
        request=scenario.request.content(),
        proof_request=scenario.proof_request(),
        answered=scenario.proof_request(),
        presentation=scenario.presentation(),
        verdict=write_verdict(AgentVerdict(verified=True)),
        choice=None,
        exchange=write_binding(SAME_EXCHANGE),
    )
    return replace(made, **changes)


def same_again(judged: Judged) -> None:
    """The basis goes through JSON, as it is kept, and gives the same bytes."""
    kept = parse_basis(json.loads(json.dumps(judged.basis.parts())))
    report, decision = recompute(kept)
    assert report.json().encode() == judged.report.json().encode()
    assert canonical_json(decision.content()) == canonical_json(judged.decision.content())
    assert kept.digests() == judged.basis.digests()


class Failing:
    """An environment of which some questions fail, each with an error of its own."""

    def __init__(self, environment: Environment, fails: dict[str, type[AcquisError]]) -> None:
        self._environment, self._fails = environment, fails

    def __getattr__(self, name: str) -> Any:
        error = self._fails.get(name.removeprefix("resolve_"))
        if error is None:
            return getattr(self._environment, name)

        def fail(*_args: object) -> None:
            raise error

        return fail


def test_an_accepted_presentation_is_accepted_again_bit_for_bit() -> None:
    scenario = Scenario(request=python_request(learner_name=NameAsked.REQUIRED))
    judged = judge(inputs_of(scenario), scenario.shelf, STANDARD_POLICY)
    assert judged.decision.conclusion is Conclusion.ACCEPTED
    same_again(judged)
    assert set(judged.basis.digests()) == {
        *("request", "proof_request", "answered", "presentation", "verdict", "choice"),
        *("exchange", "status_at", "policy", "environment", "pipeline"),
    }


def test_what_was_decided_stays_computable_when_the_registry_moves_on() -> None:
    scenario = Scenario()
    judged = judge(inputs_of(scenario), scenario.shelf, STANDARD_POLICY)
    shelf = scenario.shelf
    shelf.lists[resource("registry-data")] = [LIST_AT, LIST_AT + 10]
    shelf.issuers.clear()
    shelf.trust_lists.clear()
    shelf.now += 10**6
    same_again(judged)
    now = judge(inputs_of(scenario), shelf, STANDARD_POLICY)
    assert now.decision.conclusion is not Conclusion.ACCEPTED
    same_again(now)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(QUESTIONS), st.sampled_from(ERRORS), max_size=4))
def test_whatever_cannot_be_looked_at_the_report_is_whole_and_the_same_again(
    fails: dict[str, type[AcquisError]],
) -> None:
    scenario = Scenario()
    failing: Any = Failing(scenario.shelf, fails)
    judged = judge(inputs_of(scenario), failing, STANDARD_POLICY)
    assert tuple(each.id for each in judged.report.checks) == CHECK_IDS
    accepted = judged.decision.conclusion is Conclusion.ACCEPTED
    assert accepted is (not fails)
    same_again(judged)


def test_every_wrong_leaf_of_what_came_is_refused_or_judged_and_the_same_again() -> None:
    scenario = Scenario()
    honest = inputs_of(scenario)
    unreadable = judged_ones = 0
    for _what, changed in spoilt(honest.presentation, whole=HASHED):
        judged = judge(replace(honest, presentation=changed), scenario.shelf, STANDARD_POLICY)
        if judged.facts is None:
            unreadable += 1
            assert judged.report.checks[0].id == "readable"
            assert judged.report.checks[0].outcome is Outcome.INVALID
            assert judged.decision.conclusion is Conclusion.REFUSED
            assert judged.decision.because[0] == "readable"
        else:
            judged_ones += 1
    assert unreadable > 300
    assert judged_ones > 100


@pytest.mark.parametrize(
    "part", ["request", "proof_request", "answered", "verdict", "choice", "exchange"]
)
def test_a_wrong_leaf_of_any_other_input_never_crashes(part: str) -> None:
    scenario = Scenario()
    honest = inputs_of(scenario)
    content = {"competencies": ["c1"], "learner_name": False} if part == "choice" else None
    for number, (_what, changed) in enumerate(spoilt(content or getattr(honest, part))):
        judged = judge(replace(honest, **{part: changed}), scenario.shelf, STANDARD_POLICY)
        assert judged.report.checks
        if number % 40 == 0:
            same_again(judged)


@pytest.mark.parametrize("moment", [253_402_300_800, 2**62])
def test_a_moment_that_no_calendar_has_is_no_moment(moment: int) -> None:
    scenario = Scenario()
    asked = scenario.proof_request() | {"non_revoked": {"to": moment}}
    late = inputs_of(scenario, proof_request=asked, answered=asked)
    for inputs in (late, inputs_of(scenario, status_at=moment)):
        judged = judge(inputs, scenario.shelf, STANDARD_POLICY)
        assert judged.decision.conclusion is not Conclusion.ACCEPTED
        same_again(judged)


@pytest.mark.parametrize(
    ("presentation", "says"),
    [
        ({"a": "x" * (5 * 1024 * 1024)}, "over 5242880 bytes"),
        ({"a": 1.5}, "Fractional"),
        ({"a": float("nan")}, "Fractional"),
        ({"a": "\ud800"}, "not readable JSON"),
        (json.loads('{"a":' * 40 + "1" + "}" * 40), "Nested deeper"),
        ({"a": 10**5000}, "not readable JSON"),
    ],
    ids=["large", "fraction", "nan", "surrogate", "deep", "huge-number"],
)
def test_a_presentation_that_cannot_be_kept_is_refused_with_the_reason(
    presentation: Any, says: str
) -> None:
    scenario = Scenario()
    kept = keepable(presentation)
    judged = judge(inputs_of(scenario, presentation=kept), scenario.shelf, STANDARD_POLICY)
    assert judged.decision.conclusion is Conclusion.REFUSED
    assert says in judged.report.checks[0].reason.en
    assert len(canonical_json(kept)) < 500
    same_again(judged)


def test_whatever_is_changed_in_a_basis_is_told_by_a_digest() -> None:
    scenario = Scenario()
    judged = judge(inputs_of(scenario), scenario.shelf, STANDARD_POLICY)
    digests, parts = judged.basis.digests(), judged.basis.parts()
    for place in places(parts, whole=("presentation", *HASHED)):
        changed = copy.deepcopy(parts)
        at: Any = changed
        for step in place[:-1]:
            at = at[step]
        at[place[-1]] = "changed" if at[place[-1]] != "changed" else "other"
        try:
            found = parse_basis(changed).digests()
        except InvalidInput:
            continue
        assert {name for name in digests if digests[name] != found[name]} == {place[0]}


def test_a_basis_that_lacks_an_answer_gives_another_report_and_never_acceptance() -> None:
    scenario = Scenario()
    judged = judge(inputs_of(scenario), scenario.shelf, STANDARD_POLICY)
    environment: Any = judged.basis.environment
    for asked in environment["answers"]:
        answers = {name: each for name, each in environment["answers"].items() if name != asked}
        basis = replace(judged.basis, environment={**environment, "answers": answers})
        report, decision = recompute(basis)
        assert report.json() != judged.report.json()
        assert decision.conclusion is not Conclusion.ACCEPTED


def test_an_unknown_policy_is_not_guessed() -> None:
    scenario = Scenario()
    basis = judge(inputs_of(scenario), scenario.shelf, STANDARD_POLICY).basis
    with pytest.raises(InvalidInput):
        recompute(Basis(basis.inputs, "UNSAFE accept all", basis.environment))


def test_a_question_is_asked_once_and_its_answer_kept() -> None:
    scenario = Scenario()
    asked: list[str] = []

    class Counting:
        def __getattr__(self, name: str) -> Any:
            asked.append(name)
            return getattr(scenario.shelf, name)

    counting: Any = Counting()
    judged = judge(inputs_of(scenario), counting, STANDARD_POLICY)
    answers = judged.basis.parts()["environment"]
    assert isinstance(answers, dict)
    questions = [each for each in asked if each.startswith("resolve_")]
    assert len(questions) == len(answers["answers"])
    assert f'["refreshed_at","{INSTITUTE}"]' in answers["answers"]
