"""Was it entitled on the day of the award? Two anchors in every combination, and each one's age."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from acquis.credentials.candidates import widest
from acquis.credentials.environment import Entitlement, Standing
from acquis.credentials.policy import Conclusion, decide
from acquis.credentials.recognition import ListState, read_trust_lists
from acquis.credentials.report import Check, Outcome, VerificationReport
from acquis.credentials.request import Candidate, day_of
from acquis.credentials.verify import STANDARD_POLICY, verify_presentation
from acquis.errors import InvalidInput, NotFound, Unavailable, Untrusted
from support.scenario import ANCHOR, INSTITUTE, NOW, Scenario, Shelf, trust_list

OTHER = "did:webvh:QmOther:trust.another.example:trust:network"
V, N, U = Outcome.VALID, Outcome.INVALID, Outcome.INDETERMINATE


def standing(scope: Entitlement, name: str = "The Institute") -> Standing:
    return Standing(INSTITUTE, name, (scope,))


def recognises(shelf: Shelf, anchor: str) -> None:
    scope = Entitlement("esco", 1, 5, date(2020, 1, 1), None, "order 7", "Ministry")
    shelf.trust_lists[anchor] = trust_list(anchor, name=f"List {len(anchor)}")
    shelf.standings[anchor, INSTITUTE] = standing(scope)


def not_entitled(shelf: Shelf, anchor: str) -> None:
    recognises(shelf, anchor)
    scope = Entitlement("esco", 1, 5, date(2025, 1, 1))
    shelf.standings[anchor, INSTITUTE] = standing(scope)


def unknown(shelf: Shelf, anchor: str) -> None:
    recognises(shelf, anchor)
    del shelf.standings[anchor, INSTITUTE]


def overdue(shelf: Shelf, anchor: str) -> None:
    recognises(shelf, anchor)
    shelf.trust_lists[anchor] = trust_list(anchor, next_update=NOW + 4)


def dated_in_the_future(shelf: Shelf, anchor: str) -> None:
    recognises(shelf, anchor)
    shelf.trust_lists[anchor] = trust_list(anchor, issued=NOW + 400)


def from_an_old_copy(shelf: Shelf, anchor: str) -> None:
    recognises(shelf, anchor)
    shelf.trust_lists[anchor] = trust_list(anchor, mirror_refreshed_at=NOW - 3_596)


def never_copied(shelf: Shelf, anchor: str) -> None:
    recognises(shelf, anchor)
    shelf.trust_lists[anchor] = trust_list(anchor, mirror_refreshed_at=None)


def absent(shelf: Shelf, anchor: str) -> None:
    recognises(shelf, anchor)
    shelf.trust_lists[anchor] = NotFound()


def unreadable(shelf: Shelf, anchor: str) -> None:
    recognises(shelf, anchor)
    shelf.trust_lists[anchor] = Untrusted()


def entry_unreadable(shelf: Shelf, anchor: str) -> None:
    recognises(shelf, anchor)
    shelf.standings[anchor, INSTITUTE] = InvalidInput()


SILENT = (
    overdue,
    dated_in_the_future,
    from_an_old_copy,
    never_copied,
    absent,
    unreadable,
    entry_unreadable,
)
CASES = (recognises, not_entitled, unknown, *SILENT)


def examine(*cases: Callable[[Shelf, str], None]) -> tuple[VerificationReport, Check]:
    """Verify an honest presentation with each anchor as its case says."""
    scenario = Scenario()
    facts = scenario.facts()
    scenario.shelf.trust_lists.clear()
    scenario.shelf.standings.clear()
    for case, anchor in zip(cases, (ANCHOR, OTHER), strict=False):
        case(scenario.shelf, anchor)
    report = verify_presentation(facts, scenario.shelf)
    return report, next(each for each in report.checks if each.id == "issuer-recognised")


def wanted(cases: tuple[Any, ...]) -> tuple[str, Outcome]:
    """The truth table in words: one yes is enough; then silence; then a no; then nobody knows it."""
    if recognises in cases:
        return "recognised", V
    if any(case in SILENT for case in cases):
        return "could-not-check", U
    if not_entitled in cases:
        return "not-recognised", N
    return "not-recognised", U


@pytest.mark.parametrize(
    "cases",
    [(case,) for case in CASES] + list(itertools.product(CASES, repeat=2)),
    ids=lambda cases: "+".join(case.__name__ for case in cases),
)
def test_one_anchor_in_force_is_enough_and_no_silence_is_a_no(cases: tuple[Any, ...]) -> None:
    report, found = examine(*cases)
    assert (found.evidence["recognition"], found.outcome) == wanted(cases)
    conclusion = decide(report, STANDARD_POLICY).conclusion
    assert (conclusion is Conclusion.ACCEPTED) is (recognises in cases)
    assert (conclusion is Conclusion.REFUSED) is (found.outcome is N)
    assert (report.authentic, report.fit) == (V, V)
    lists = next(each for each in report.checks if each.id == "trust-list")
    in_force = {recognises, not_entitled, unknown, entry_unreadable} & set(cases)
    assert lists.outcome is (V if in_force else U)
    if found.outcome is not V:
        assert "forged" not in found.reason.en
    assert "faux" not in found.reason.fr.replace("Ce n’est pas un faux pour autant", "")


def test_the_report_says_by_which_anchor_accredited_by_whom_and_under_what() -> None:
    report, found = examine(unknown, recognises)
    listed = trust_list(OTHER)
    name = f"List {len(OTHER)}"
    assert found.evidence["anchor"] == OTHER
    assert found.evidence["anchor_name"] == name
    assert found.evidence["accredited_by"] == ("Ministry",)
    assert found.evidence["accreditation"] == ("order 7",)
    assert found.evidence["legal_name"] == "The Institute"
    assert found.evidence["list_version"] == listed.version
    assert found.evidence["issued"] == listed.issued
    assert found.evidence["next_update"] == listed.next_update
    assert found.evidence["refreshed_at"] == found.as_of == listed.mirror_refreshed_at
    assert f"by “{name}” (accredited by Ministry)" in found.reason.en
    assert f"par « {name} » (accrédité par Ministry)" in found.reason.fr
    checks = {each["id"]: each for each in report.content()["checks"]}  # type: ignore[index, attr-defined]
    anchors = checks["issuer-recognised"]["evidence"]["anchors"]
    assert [(each["anchor"], each["says"]) for each in anchors] == [
        (ANCHOR, "unknown"),
        (OTHER, "recognises"),
    ]


def test_the_first_chosen_of_two_that_recognise_is_told() -> None:
    _, found = examine(recognises, recognises)
    assert found.evidence["anchor"] == ANCHOR


def test_days_are_never_put_together_from_two_anchors() -> None:
    scenario = Scenario()
    facts = scenario.facts()
    halves = (
        Entitlement("esco", 1, 5, date(2020, 1, 1), date(2023, 6, 30)),
        Entitlement("esco", 1, 5, date(2023, 7, 1)),
    )
    for anchor, scope in zip((ANCHOR, OTHER), halves, strict=True):
        scenario.shelf.trust_lists[anchor] = trust_list(anchor)
        scenario.shelf.standings[anchor, INSTITUTE] = standing(scope)
    report = verify_presentation(facts, scenario.shelf)
    assert report.outcome_of("issuer-recognised") is N
    scenario.shelf.standings[OTHER, INSTITUTE] = Standing(INSTITUTE, "The Institute", halves)
    assert verify_presentation(facts, scenario.shelf).outcome_of("issuer-recognised") is V


def test_an_award_may_be_as_late_as_the_moment_that_counts_not_as_the_file_says() -> None:
    """When a saved presentation was asked for is its own word: who was awarded since could date it."""
    scenario = Scenario()
    ended = Entitlement("esco", 1, 5, date(2020, 1, 1), day_of(NOW))
    scenario.shelf.standings[ANCHOR, INSTITUTE] = standing(ended)
    for status_at, outcome, conclusion in (
        (None, V, Conclusion.ACCEPTED),
        (NOW + 86_400, U, Conclusion.COULD_NOT_TELL),
    ):
        report = verify_presentation(scenario.facts(status_at=status_at), scenario.shelf)
        assert report.outcome_of("issuer-recognised") is outcome
        assert report.outcome_of("trust-list") is V
        assert decide(report, STANDARD_POLICY).conclusion is conclusion
    late = replace(ended, valid_from=date(2021, 1, 1))
    scenario.shelf.standings[ANCHOR, INSTITUTE] = standing(late)
    report = verify_presentation(scenario.facts(status_at=NOW + 86_400), scenario.shelf)
    assert report.outcome_of("issuer-recognised") is N


def test_without_an_anchor_nobody_can_be_recognised() -> None:
    report, found = examine()
    assert found.evidence["recognition"] == "could-not-check"
    assert report.outcome_of("trust-list") is U
    assert "No trust list was chosen" in found.reason.en
    assert decide(report, STANDARD_POLICY).conclusion is Conclusion.COULD_NOT_TELL


def test_each_list_is_told_with_its_version_its_dates_and_the_age_of_our_copy() -> None:
    report, _ = examine(recognises, absent)
    found = next(each for each in report.checks if each.id == "trust-list")
    listed = trust_list(ANCHOR)
    assert found.reason.en == "1 of the 2 trust lists you rely on can be used."
    assert found.as_of == listed.issued
    assert found.evidence["lists"] == (
        {
            "anchor": ANCHOR,
            "state": "in-force",
            "name": f"List {len(ANCHOR)}",
            "version": 7,
            "issued": listed.issued,
            "next_update": listed.next_update,
            "refreshed_at": listed.mirror_refreshed_at,
        },
        {"anchor": OTHER, "state": "absent", "problem": "not-found"},
    )


@pytest.mark.parametrize(
    ("case", "state"),
    [
        (recognises, ListState.IN_FORCE),
        (overdue, ListState.OVERDUE),
        (dated_in_the_future, ListState.NOT_YET),
        (from_an_old_copy, ListState.OLD_COPY),
        (never_copied, ListState.OLD_COPY),
        (absent, ListState.ABSENT),
        (unreadable, ListState.UNREADABLE),
    ],
)
def test_the_state_of_a_list_is_told_apart(case: Callable[..., None], state: ListState) -> None:
    shelf = Shelf()
    case(shelf, ANCHOR)
    assert [each.state for each in read_trust_lists(shelf)] == [state]
    shelf.trust_lists[ANCHOR] = Unavailable()
    assert [each.state for each in read_trust_lists(shelf)] == [ListState.UNREADABLE]


def test_names_that_could_not_be_shown_or_kept_are_spelt_out() -> None:
    scenario = Scenario()
    facts = scenario.facts()
    scope = Entitlement("esco", 1, 5, date(2020, 1, 1), None, "a\x00b", "m\u202ey")
    scenario.shelf.standings[ANCHOR, INSTITUTE] = standing(scope, "Evil\x07 \u202eName")
    scenario.shelf.trust_lists[ANCHOR] = trust_list(name="N" * 5_000)
    report = verify_presentation(facts, scenario.shelf)
    text = report.json()
    assert "\\u0000" not in text
    assert "\u202e" not in text
    assert "Evil<U+0007>" in text
    assert "N" * 1_000 not in text


def test_of_several_anchors_the_candidate_that_admits_most_is_asked_for() -> None:
    early, late = Candidate("d", date(2018, 1, 1)), Candidate("d", date(2022, 1, 1))
    open_days = Candidate("d")
    assert widest([late, early]) == early
    assert widest([early, open_days, late]) == open_days
    assert widest([]) is None


def test_an_old_copy_of_one_registry_is_no_matter_to_an_issuer_of_another() -> None:
    scenario = Scenario()
    facts = scenario.facts()
    shelf = scenario.shelf
    shelf.refreshed_at[OTHER] = None
    from_an_old_copy(shelf, OTHER)
    report = verify_presentation(facts, shelf)
    assert decide(report, STANDARD_POLICY).conclusion is Conclusion.ACCEPTED
    shelf.refreshed_at[INSTITUTE] = NOW - 4_000
    report = verify_presentation(facts, shelf)
    assert report.outcome_of("mirror-age") is U
    assert report.outcome_of("issuer-recognised") is V
    age = next(each for each in report.checks if each.id == "mirror-age")
    assert (age.as_of, age.evidence["age"], age.evidence["issuer"]) == (
        NOW - 4_000,
        4_005,
        INSTITUTE,
    )


def test_a_registry_that_is_not_read_here_leaves_the_age_open() -> None:
    scenario = Scenario()
    facts = scenario.facts()
    scenario.shelf.refreshed_at.clear()
    report = verify_presentation(facts, scenario.shelf)
    age = next(each for each in report.checks if each.id == "mirror-age")
    assert age.outcome is U
    assert age.evidence["problem"] == "not-found"
    assert age.as_of is None


def test_the_version_of_the_issuers_log_and_the_ages_are_in_the_report() -> None:
    scenario = Scenario()
    report = verify_presentation(scenario.facts(), scenario.shelf)
    found = {each.id: each for each in report.checks}
    issuer = scenario.shelf.issuers[INSTITUTE]
    for name in ("issuer-identity", "issuer-documents"):
        assert found[name].evidence["did_version"] == issuer.version_id
        assert found[name].evidence["did_updated"] == issuer.updated
        assert found[name].evidence["refreshed_at"] == found[name].as_of == NOW - 30
    assert found["not-revoked"].evidence["refreshed_at"] == NOW - 30
    assert found["not-revoked"].as_of == found["not-revoked"].evidence["list"]


def identity_of(**changes: Any) -> tuple[VerificationReport, Check]:
    scenario = Scenario()
    facts = scenario.facts()
    issuer = scenario.shelf.issuers[INSTITUTE]
    scenario.shelf.issuers[INSTITUTE] = replace(issuer, **changes)
    report = verify_presentation(facts, scenario.shelf)
    return report, next(each for each in report.checks if each.id == "issuer-identity")


def test_a_compromise_that_the_issuer_reported_is_told_and_stands_in_nobodys_way() -> None:
    report, found = identity_of(compromised_since=NOW - 864_000)
    assert found.outcome is V
    assert found.evidence["compromised_since"] == NOW - 864_000
    assert found.reason.en.startswith(
        "The issuer reported a compromise since 12 November 2026, 12:00 UTC; "
        "what it publishes was signed again since then"
    )
    assert "compromission depuis le 12 novembre 2026, 12:00 UTC" in found.reason.fr
    assert decide(report, STANDARD_POLICY).conclusion is Conclusion.ACCEPTED


def test_of_an_issuer_who_closed_its_identity_nothing_is_believed_nor_called_forged() -> None:
    report, found = identity_of(deactivated=True, compromised_since=NOW - 10)
    assert found.outcome is U
    assert "closed its identity on 22 November 2026" in found.reason.en
    assert "a fermé son identité le 22 novembre 2026" in found.reason.fr
    assert "not make the credential a forgery" in found.reason.en
    assert N not in {each.outcome for each in report.checks}
    assert {each.id for each in report.checks if each.outcome is U} >= {
        "issuer-identity",
        "issuer-documents",
        "not-revoked",
        "issuer-recognised",
        "competency",
    }
    assert decide(report, STANDARD_POLICY).conclusion is Conclusion.COULD_NOT_TELL


@pytest.mark.parametrize(
    ("problem", "outcome"), [(None, U), (Unavailable(), U), (Untrusted(), N), (InvalidInput(), N)]
)
def test_an_identity_that_is_missing_leaves_it_open_and_a_forged_one_is_refused(
    problem: Exception | None, outcome: Outcome
) -> None:
    scenario = Scenario()
    facts = scenario.facts()
    if problem is None:
        del scenario.shelf.issuers[INSTITUTE]
    else:
        scenario.shelf.issuers[INSTITUTE] = problem
    report = verify_presentation(facts, scenario.shelf)
    assert report.outcome_of("issuer-identity") is outcome
    assert decide(report, STANDARD_POLICY).conclusion is not Conclusion.ACCEPTED
