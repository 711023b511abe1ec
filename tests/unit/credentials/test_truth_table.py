"""The truth table of the policies: accepted only where every required check is VALID.

A check may be valid, invalid, indeterminate, or never made. Small policies are looked at with every
combination; the real ones with every single and every pair of checks that are not valid, and any
others besides by property.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquis.credentials.policy import (
    AllOf,
    AnyOf,
    CheckValid,
    Conclusion,
    Policy,
    VerdictValid,
    decide,
)
from acquis.credentials.report import Aspect, Check, Outcome, VerificationReport
from acquis.credentials.verify import CHECK_IDS, FILE_POLICY, STANDARD_POLICY, STRICT_POLICY
from acquis.text import Text

VALID, INVALID, INDETERMINATE = Outcome.VALID, Outcome.INVALID, Outcome.INDETERMINATE
NEVER_MADE = None
type Found = Outcome | None

ANYTHING: tuple[Found, ...] = (VALID, INVALID, INDETERMINATE, NEVER_MADE)
CONCLUSIONS = {
    VALID: Conclusion.ACCEPTED,
    INVALID: Conclusion.REFUSED,
    INDETERMINATE: Conclusion.COULD_NOT_TELL,
}
ASPECTS = dict(zip("abcdef", [*Aspect, *Aspect], strict=True))
REQUIRED: Mapping[str, tuple[Policy, frozenset[str]]] = {
    "strict": (STRICT_POLICY, frozenset(CHECK_IDS)),
    "standard": (STANDARD_POLICY, frozenset(CHECK_IDS) - {"quality-assured"}),
    "file": (FILE_POLICY, frozenset(CHECK_IDS) - {"quality-assured", "same-exchange"}),
}
EACH_REAL_POLICY = pytest.mark.parametrize("name", REQUIRED)


def report_of(found: Iterable[tuple[str, Found]]) -> VerificationReport:
    """A report with these checks; one that was never made is not in it."""
    says = Text("Something.", "Quelque chose.")
    return VerificationReport(
        tuple(
            Check(name, ASPECTS.get(name, Aspect.AUTHENTIC), outcome, says)
            for name, outcome in found
            if outcome is not NEVER_MADE
        ),
        0,
    )


def all_hold(found: Iterable[Found]) -> Outcome:
    """What must be concluded where everything is required, said a second time and otherwise."""
    listed = list(found)
    if listed and all(each is VALID for each in listed):
        return VALID
    return INVALID if INVALID in listed else INDETERMINATE


def one_holds(found: Iterable[Found]) -> Outcome:
    """What must be concluded where one of several is enough."""
    listed = list(found)
    if VALID in listed:
        return VALID
    return INVALID if all(each is INVALID for each in listed) else INDETERMINATE


def verdict(of: Mapping[str, Found], aspect: Aspect) -> Outcome:
    return all_hold(
        each for name, each in of.items() if ASPECTS[name] is aspect and each is not NEVER_MADE
    )


def valid(*names: str) -> tuple[Policy, ...]:
    return tuple(map(CheckValid, names))


SMALL = {
    "one": (CheckValid("a"), lambda of: all_hold([of["a"]])),
    "all of six": (AllOf(valid(*"abcdef")), lambda of: all_hold(of.values())),
    "any of six": (AnyOf(valid(*"abcdef")), lambda of: one_holds(of.values())),
    "all of two anys": (
        AllOf((AnyOf(valid(*"abc")), AnyOf(valid(*"def")))),
        lambda of: all_hold(one_holds(of[each] for each in part) for part in ("abc", "def")),
    ),
    "any of two alls": (
        AnyOf((AllOf(valid(*"abc")), AllOf(valid(*"def")))),
        lambda of: one_holds(all_hold(of[each] for each in part) for part in ("abc", "def")),
    ),
    "a verdict": (
        VerdictValid(Aspect.AUTHENTIC),
        lambda of: verdict(of, Aspect.AUTHENTIC),
    ),
    "a verdict or a check, and another verdict": (
        AllOf(
            (
                AnyOf((VerdictValid(Aspect.ASSURANCE), CheckValid("a"))),
                VerdictValid(Aspect.FIT),
            )
        ),
        lambda of: all_hold(
            (
                one_holds((verdict(of, Aspect.ASSURANCE), of["a"])),
                verdict(of, Aspect.FIT),
            )
        ),
    ),
    "one in one in one": (
        AllOf((AnyOf((AllOf(valid("a")),)),)),
        lambda of: all_hold([of["a"]]),
    ),
}


@pytest.mark.parametrize("name", SMALL)
def test_a_small_policy_concludes_rightly_from_every_combination(name: str) -> None:
    policy, expect = SMALL[name]
    for outcomes in product(ANYTHING, repeat=6):
        of = dict(zip("abcdef", outcomes, strict=True))
        expected = expect(of)
        report = report_of(of.items())
        assert policy.evaluate(report) is expected, of
        assert decide(report, policy).conclusion is CONCLUSIONS[expected], of


def departures() -> Iterator[dict[str, Found]]:
    """No check, each check and each pair of checks other than VALID, in each way."""
    yield {}
    for count in (1, 2):
        for names in combinations(CHECK_IDS, count):
            for outcomes in product((INVALID, INDETERMINATE, NEVER_MADE), repeat=count):
                yield dict(zip(names, outcomes, strict=True))


def concludes_rightly(policy: Policy, required: frozenset[str], of: Mapping[str, Found]) -> None:
    found = {**dict.fromkeys(CHECK_IDS, VALID), **of}
    decision = decide(report_of(found.items()), policy)
    against = {name for name in required if found[name] is not VALID}
    assert (decision.conclusion is Conclusion.ACCEPTED) == (not against)
    refused = any(found[name] is INVALID for name in against)
    assert (decision.conclusion is Conclusion.REFUSED) == refused
    could_not_tell = bool(against) and not refused
    assert (decision.conclusion is Conclusion.COULD_NOT_TELL) == could_not_tell
    assert set(decision.because) == against
    if refused:
        assert found[decision.because[0]] is INVALID


@EACH_REAL_POLICY
def test_a_real_policy_concludes_rightly_from_every_one_and_every_two_that_fail(name: str) -> None:
    policy, required = REQUIRED[name]
    seen = 0
    for of in departures():
        concludes_rightly(policy, required, of)
        seen += 1
    checks = len(CHECK_IDS)
    assert seen == 1 + 3 * checks + 9 * checks * (checks - 1) // 2


@EACH_REAL_POLICY
@given(of=st.dictionaries(st.sampled_from(CHECK_IDS), st.sampled_from(ANYTHING)))
def test_a_real_policy_concludes_rightly_from_any_combination(
    name: str, of: dict[str, Found]
) -> None:
    policy, required = REQUIRED[name]
    concludes_rightly(policy, required, of)


@EACH_REAL_POLICY
@given(
    of=st.lists(
        st.tuples(st.sampled_from(CHECK_IDS), st.sampled_from([VALID, INVALID, INDETERMINATE])),
        max_size=60,
    )
)
def test_where_a_check_is_made_for_several_competencies_the_worst_counts(
    name: str, of: list[tuple[str, Outcome]]
) -> None:
    policy, required = REQUIRED[name]
    found = [*of, *((each, VALID) for each in CHECK_IDS)]
    decision = decide(report_of(found), policy)
    counted = [outcome for check, outcome in found if check in required]
    assert decision.conclusion is CONCLUSIONS[all_hold(counted)]


@EACH_REAL_POLICY
def test_a_report_of_nothing_is_never_accepted_and_never_refused(name: str) -> None:
    policy, required = REQUIRED[name]
    decision = decide(report_of([]), policy)
    assert decision.conclusion is Conclusion.COULD_NOT_TELL
    assert set(decision.because) == required


@EACH_REAL_POLICY
def test_what_is_not_required_changes_nothing(name: str) -> None:
    policy, required = REQUIRED[name]
    for left_over in {*CHECK_IDS, "a-check-of-tomorrow"} - required:
        for outcome in ANYTHING:
            found = {**dict.fromkeys(required, VALID), left_over: outcome}
            decision = decide(report_of(found.items()), policy)
            assert decision.conclusion is Conclusion.ACCEPTED


def test_what_could_not_be_checked_is_neither_valid_nor_invalid() -> None:
    for name in CHECK_IDS:
        unknown = report_of([(name, INDETERMINATE)])
        never = report_of([])
        for report in (unknown, never):
            assert report.outcome_of(name) is INDETERMINATE
            assert CheckValid(name).evaluate(report) is INDETERMINATE
            assert AllOf((CheckValid(name),)).evaluate(report) is INDETERMINATE
            assert AnyOf((CheckValid(name),)).evaluate(report) is INDETERMINATE
