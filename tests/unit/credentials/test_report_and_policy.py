"""Reports are no booleans; a decision accepts only where everything required is VALID."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquis.credentials.check_titles import title_of
from acquis.credentials.policy import (
    AllOf,
    AnyOf,
    CheckValid,
    Conclusion,
    UnsafeAcceptAll,
    VerdictValid,
    decide,
    parse_decision,
)
from acquis.credentials.report import (
    Aspect,
    Check,
    Outcome,
    VerificationReport,
    parse_report,
    worst,
)
from acquis.credentials.verify import (
    CHECK_IDS,
    STANDARD_POLICY,
    STRICT_POLICY,
    verify_presentation,
)
from acquis.errors import InvalidInput
from acquis.text import Text
from support.achievement_strategies import texts
from support.scenario import Scenario

SAYS = Text("because", "parce que")
V, N, U = Outcome.VALID, Outcome.INVALID, Outcome.INDETERMINATE


def check(check_id: str, outcome: Outcome, aspect: Aspect = Aspect.AUTHENTIC) -> Check:
    return Check(check_id, aspect, outcome, SAYS)


def report(**outcomes: Outcome) -> VerificationReport:
    return VerificationReport(tuple(check(name, found) for name, found in outcomes.items()), 1)


def test_nothing_of_a_verification_can_be_used_as_a_boolean() -> None:
    found = report(a=V)
    decision = decide(found, CheckValid("a"))
    for thing in (found, found.checks[0], decision):
        with pytest.raises(TypeError):
            bool(thing)
        with pytest.raises(TypeError):
            assert not thing


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_all_of_accepts_in_exactly_one_case(count: int) -> None:
    names = "abcd"[:count]
    policy = AllOf(tuple(CheckValid(name) for name in names))
    for outcomes in itertools.product([V, N, U, None], repeat=count):
        made = {n: o for n, o in zip(names, outcomes, strict=True) if o is not None}
        conclusion = decide(report(**made), policy).conclusion
        if set(outcomes) == {V}:
            assert conclusion is Conclusion.ACCEPTED
        elif N in outcomes:
            assert conclusion is Conclusion.REFUSED
        else:
            assert conclusion is Conclusion.COULD_NOT_TELL


@pytest.mark.parametrize("count", [1, 2, 3])
def test_any_of_accepts_where_one_holds_and_could_not_tell_is_never_one(count: int) -> None:
    names = "abc"[:count]
    policy = AnyOf(tuple(CheckValid(name) for name in names))
    for outcomes in itertools.product([V, N, U, None], repeat=count):
        made = {n: o for n, o in zip(names, outcomes, strict=True) if o is not None}
        conclusion = decide(report(**made), policy).conclusion
        if V in outcomes:
            assert conclusion is Conclusion.ACCEPTED
        elif set(outcomes) == {N}:
            assert conclusion is Conclusion.REFUSED
        else:
            assert conclusion is Conclusion.COULD_NOT_TELL


@given(st.dictionaries(st.sampled_from(CHECK_IDS), st.sampled_from([V, N, U])))
def test_the_standard_policy_accepts_only_with_every_required_check_valid(
    outcomes: dict[str, Outcome],
) -> None:
    found = VerificationReport(tuple(check(name, o) for name, o in outcomes.items()), 1)
    required = set(CHECK_IDS) - {"quality-assured"}
    accepted = decide(found, STANDARD_POLICY).conclusion is Conclusion.ACCEPTED
    assert accepted is all(outcomes.get(name) is V for name in required)
    strict = decide(found, STRICT_POLICY).conclusion is Conclusion.ACCEPTED
    assert strict is all(outcomes.get(name) is V for name in CHECK_IDS)


@pytest.mark.parametrize("changed", CHECK_IDS)
@pytest.mark.parametrize("outcome", [N, U, None])
def test_each_single_check_stands_in_the_way_under_the_standard_policy(
    changed: str, outcome: Outcome | None
) -> None:
    made = [check(name, V) for name in CHECK_IDS if name != changed]
    if outcome is not None:
        made.append(check(changed, outcome))
    decision = decide(VerificationReport(tuple(made), 1), STANDARD_POLICY)
    if changed == "quality-assured":
        assert decision.conclusion is Conclusion.ACCEPTED
        assert decision.because == ()
    else:
        assert decision.conclusion is (
            Conclusion.REFUSED if outcome is N else Conclusion.COULD_NOT_TELL
        )
        assert decision.because == (changed,)
        assert len(decision.reasons) == 2


def test_one_bad_check_among_several_of_the_same_id_is_enough() -> None:
    found = VerificationReport((check("a", V), check("a", U), check("a", V)), 1)
    assert decide(found, CheckValid("a")).conclusion is Conclusion.COULD_NOT_TELL


def test_an_empty_policy_is_refused_and_an_empty_report_accepts_nothing() -> None:
    for kind in (AllOf, AnyOf):
        with pytest.raises(InvalidInput):
            kind(())
    empty = VerificationReport((), 1)
    policies = (STANDARD_POLICY, CheckValid("a"), *(VerdictValid(each) for each in Aspect))
    for policy in policies:
        assert decide(empty, policy).conclusion is Conclusion.COULD_NOT_TELL


def test_accepting_without_checks_has_to_be_said() -> None:
    decision = decide(report(a=N), UnsafeAcceptAll())
    assert decision.conclusion is Conclusion.ACCEPTED
    assert "UNSAFE" in decision.policy


def test_a_decision_names_what_stood_in_the_way_refusals_first() -> None:
    decision = decide(
        report(a=U, b=N, c=V), AllOf((CheckValid("a"), CheckValid("b"), CheckValid("c")))
    )
    assert decision.because == ("b", "a")
    assert decision.reasons[0].en.startswith("Refused")
    assert decision.reasons[0].fr.startswith("Refusé")
    assert parse_decision(json.loads(json.dumps(decision.content()))) == decision


def test_a_required_check_that_was_never_made_is_named_too_and_comes_last() -> None:
    policy = AllOf((CheckValid("x"), CheckValid("a"), VerdictValid(Aspect.FIT)))
    decision = decide(report(a=U), policy)
    assert decision.conclusion is Conclusion.COULD_NOT_TELL
    assert decision.because == ("a", "x", "verdict:fit")
    assert decision.reasons[1:] == (
        SAYS,
        Text(
            "Required and never checked: x, fitness for the request.",
            "Exigé et jamais vérifié : x, conformité à la demande.",
        ),
    )
    assert parse_decision(json.loads(json.dumps(decision.content()))) == decision
    one_is_enough = decide(report(a=V), AnyOf((CheckValid("x"), CheckValid("a"))))
    assert (one_is_enough.conclusion, one_is_enough.because) == (Conclusion.ACCEPTED, ())
    assert decide(report(), UnsafeAcceptAll()).because == ()


def test_whatever_a_policy_of_ours_misses_is_told_in_words_and_not_by_its_id() -> None:
    verdicts = tuple(VerdictValid(each) for each in Aspect)
    decision = decide(report(), AllOf((STRICT_POLICY, *verdicts)))
    assert decision.because == (*CHECK_IDS, *(each.name for each in verdicts))
    titles = [title_of(each) for each in decision.because]
    for name, title in zip(decision.because, titles, strict=True):
        assert name not in (title.en, title.fr)
        assert title.en in decision.reasons[-1].en
        assert title.fr in decision.reasons[-1].fr
    assert len(set(titles)) == len(titles)


def test_the_three_verdicts_are_never_merged() -> None:
    found = VerificationReport(
        (check("a", V), check("b", N, Aspect.ASSURANCE), check("c", U, Aspect.FIT)), 1
    )
    assert (found.authentic, found.assurance, found.fit) == (V, N, U)
    assert decide(found, VerdictValid(Aspect.AUTHENTIC)).conclusion is Conclusion.ACCEPTED


@pytest.mark.parametrize("outcomes", list(itertools.product([V, N, U], repeat=3)))
def test_the_worst_outcome_is_invalid_then_indeterminate(outcomes: tuple[Outcome, ...]) -> None:
    wanted = N if N in outcomes else U if U in outcomes else V
    assert worst(outcomes) is wanted
    assert worst([]) is U


evidence = st.dictionaries(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=10),
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | texts
    | st.just("")
    | st.lists(texts, max_size=3).map(tuple)
    | st.lists(st.dictionaries(texts, st.none() | st.booleans() | st.integers(0, 9) | texts)).map(
        tuple
    ),
    max_size=4,
)
checks = st.builds(
    Check,
    st.sampled_from(CHECK_IDS),
    st.sampled_from(Aspect),
    st.sampled_from(Outcome),
    st.builds(Text, texts, texts),
    st.sampled_from(["", "c1", "c12"]),
    evidence,
    st.none() | st.integers(0, 2**40),
)
reports = st.builds(
    VerificationReport, st.lists(checks, max_size=6).map(tuple), st.integers(0, 2**40)
)


@given(reports)
def test_a_report_reads_back_and_is_written_the_same_each_time(found: VerificationReport) -> None:
    text = found.json()
    again = parse_report(json.loads(text))
    assert again == found
    assert again.json() == text
    assert {each: again.verdict(each) for each in Aspect} == {
        each: found.verdict(each) for each in Aspect
    }


def test_a_stored_verdict_is_computed_again_and_not_believed() -> None:
    content = report(a=N).content()
    content["verdicts"] = {"authentic": "valid", "assurance": "valid", "fit": "valid"}
    assert parse_report(content).authentic is N


@pytest.mark.parametrize(
    "change",
    [
        {"checked_at": "now"},
        {"checks": {}},
        {"checks": [{}]},
        {"checks": [{"id": "a", "aspect": "fit", "outcome": "maybe"}]},
    ],
)
def test_a_report_of_another_form_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        parse_report({**report(a=V).content(), **change})


def test_the_fields_of_a_report_are_pinned() -> None:
    scenario = Scenario()
    content = json.loads(verify_presentation(scenario.facts(), scenario.shelf).json())
    assert set(content) == {"checked_at", "verdicts", "checks"}
    assert set(content["verdicts"]) == {"authentic", "assurance", "fit"}
    for each in content["checks"]:
        assert set(each) == {"id", "aspect", "outcome", "reason", "subject", "evidence", "as_of"}
