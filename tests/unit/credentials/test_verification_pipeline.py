"""The pipeline: an honest exchange is accepted; each trap is found by its named check alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from acapy_agent.anoncreds.verifier import PresVerifyMsg

from acquis.credentials.attributes import Learner
from acquis.credentials.choice import NameAsked
from acquis.credentials.environment import Entitlement, Standing
from acquis.credentials.facts import AgentVerdict, ExchangeFacts
from acquis.credentials.matching import Selection
from acquis.credentials.policy import Conclusion, decide
from acquis.credentials.presentation import UnverifiedPresentation, parse_presentation
from acquis.credentials.proof_request import Interval, UnverifiedProofRequest, parse_proof_request
from acquis.credentials.report import Aspect, Outcome, VerificationReport
from acquis.credentials.request import CompetencyRequest
from acquis.credentials.verify import (
    CHECK_IDS,
    STANDARD_POLICY,
    STRICT_POLICY,
    verify_presentation,
)
from acquis.errors import InvalidInput, Unavailable, Untrusted
from acquis.text import Text
from support.scenario import (
    ANCHOR,
    FIRST_AID,
    INSTITUTE,
    LIST_AT,
    NOW,
    PYTHON,
    SQL,
    Scenario,
    Shelf,
    award,
    example,
    present,
    python_request,
    resource,
)

VALID, INVALID, INDETERMINATE = Outcome.VALID, Outcome.INVALID, Outcome.INDETERMINATE


def not_valid(report: VerificationReport) -> dict[str, Outcome]:
    return {each.id: each.outcome for each in report.checks if each.outcome is not VALID}


def conclusion(report: VerificationReport) -> Conclusion:
    return decide(report, STANDARD_POLICY).conclusion


def test_an_honest_presentation_is_accepted_with_every_check_made() -> None:
    scenario = Scenario()
    report = verify_presentation(scenario.facts(), scenario.shelf)
    assert not_valid(report) == {}
    assert tuple(each.id for each in report.checks) == CHECK_IDS
    assert decide(report, STANDARD_POLICY).conclusion is Conclusion.ACCEPTED
    assert decide(report, STRICT_POLICY).conclusion is Conclusion.ACCEPTED
    assert {report.authentic, report.assurance, report.fit} == {VALID}


def test_every_reason_is_said_in_both_languages_and_no_name_is_in_the_report() -> None:
    scenario = Scenario(request=python_request(learner_name=NameAsked.REQUIRED))
    report = verify_presentation(scenario.facts(), scenario.shelf)
    assert conclusion(report) is Conclusion.ACCEPTED
    for check in report.checks:
        assert check.reason.en
        assert check.reason.fr
        assert check.reason.en != check.reason.fr
    assert "Zoé" not in report.json()
    assert "Müller" not in report.json()


def test_several_competencies_from_two_credentials_are_accepted() -> None:
    asked = (
        CompetencyRequest(PYTHON, Text("Python", "Python"), 3),
        CompetencyRequest(SQL, Text("SQL", "SQL")),
        CompetencyRequest(FIRST_AID, Text("first aid", "secours"), 2),
    )
    scenario = Scenario(request=python_request(competencies=asked, learner_name=NameAsked.REQUIRED))
    facts = scenario.facts()
    assert len(facts.presentation.identifiers) == 2
    report = verify_presentation(facts, scenario.shelf)
    assert not_valid(report) == {}
    assert len(report.checks) == 11 + 3 * 12


@pytest.mark.parametrize(
    ("verdict", "found"),
    [
        (AgentVerdict(False), {"agent-verdict": INVALID, "not-revoked": INVALID}),
        (
            AgentVerdict(None),
            {"agent-verdict": INDETERMINATE, "not-revoked": INDETERMINATE},
        ),
        (AgentVerdict(True, ("RMV_RFNT_NRI::c1",)), {"agent-warnings": INDETERMINATE}),
        (AgentVerdict(True, ("RMV_GLB_NRI",)), {"agent-warnings": INDETERMINATE}),
        (AgentVerdict(True, ("TS_OUT_NRI::c1",)), {"agent-warnings": INDETERMINATE}),
        (AgentVerdict(True, ("UNRVL_ATTR::c1",)), {"agent-warnings": INVALID}),
        (AgentVerdict(True, ("VALUE_ERROR::something",)), {"agent-warnings": INVALID}),
        (AgentVerdict(True, ("VERIFY_ERROR::something",)), {"agent-warnings": INVALID}),
        (AgentVerdict(True, ("BRAND_NEW::c1",)), {"agent-warnings": INDETERMINATE}),
        (AgentVerdict(True, ("",)), {"agent-warnings": INDETERMINATE}),
    ],
)
def test_what_the_agent_says_is_mapped_one_by_one(
    verdict: AgentVerdict, found: dict[str, Outcome]
) -> None:
    scenario = Scenario()
    report = verify_presentation(scenario.facts(agent=verdict), scenario.shelf)
    assert not_valid(report) == found
    assert conclusion(report) is not Conclusion.ACCEPTED


def test_every_remark_an_agent_can_make_has_a_meaning_of_its_own() -> None:
    """The agent's own list: a release that makes another remark is seen here."""
    scenario = Scenario()
    reasons = set()
    for code in [*(each.value for each in PresVerifyMsg), "BRAND_NEW"]:
        verdict = AgentVerdict(True, (f"{code}::c1",))
        report = verify_presentation(scenario.facts(agent=verdict), scenario.shelf)
        (check,) = (each for each in report.checks if each.id == "agent-warnings")
        assert check.outcome is not VALID
        reasons.add(check.reason)
    assert len(reasons) == len(PresVerifyMsg) + 1


def test_an_agents_words_are_not_repeated() -> None:
    scenario = Scenario()
    verdict = AgentVerdict(True, ("VALUE_ERROR::Encoded mismatch for Müller", "Müller"))
    report = verify_presentation(scenario.facts(agent=verdict), scenario.shelf)
    assert "Müller" not in report.json()
    assert [each.id for each in report.checks].count("agent-warnings") == 2


def test_a_list_of_the_very_second_of_asking_is_inside_the_interval() -> None:
    scenario = Scenario()
    scenario.shelf.lists[resource("registry-data")] = [LIST_AT, NOW]

    def proved_now(answered: dict[str, Any]) -> None:
        answered["identifiers"][0]["timestamp"] = NOW

    verdict = AgentVerdict(True, ("TS_OUT_NRI::c1", "TS_OUT_NRI::c1-level"))
    report = verify_presentation(scenario.facts(proved_now, agent=verdict), scenario.shelf)
    assert not_valid(report) == {}


def test_another_sessions_request_is_refused() -> None:
    scenario = Scenario()
    facts = scenario.facts()
    other = replace(facts.asked, nonce="1234567890")
    report = verify_presentation(replace(facts, answered=other), scenario.shelf)
    assert not_valid(report) == {"same-request": INVALID}


def left_unrevealed(answered: dict[str, Any]) -> None:
    said = answered["requested_proof"]
    said["unrevealed_attrs"]["c1"] = {"sub_proof_index": 0}
    del said["revealed_attr_groups"]["c1"]


def self_attested(answered: dict[str, Any]) -> None:
    said = answered["requested_proof"]
    said["self_attested_attrs"]["c1"] = "my word"
    del said["revealed_attr_groups"]["c1"]


def half_answered(answered: dict[str, Any]) -> None:
    answered["requested_proof"]["revealed_attr_groups"]["c1"]["values"] = {}


@pytest.mark.parametrize("change", [left_unrevealed, self_attested, half_answered])
def test_what_was_not_shown_is_refused(change: Any) -> None:
    scenario = Scenario()
    report = verify_presentation(scenario.facts(change), scenario.shelf)
    assert report.outcome_of("all-answered") is INVALID
    assert conclusion(report) is Conclusion.REFUSED


def proved_less(answered: dict[str, Any]) -> None:
    for proof in answered["proof"]["proofs"][0]["primary_proof"]["ge_proofs"]:
        if proof["predicate"]["attr_name"] == str(PYTHON):
            proof["predicate"]["value"] = 1


def proved_of_another_attribute(answered: dict[str, Any]) -> None:
    for proof in answered["proof"]["proofs"][0]["primary_proof"]["ge_proofs"]:
        if proof["predicate"]["attr_name"] == str(PYTHON):
            proof["predicate"]["attr_name"] = str(SQL)


def proved_the_other_way_round(answered: dict[str, Any]) -> None:
    for proof in answered["proof"]["proofs"][0]["primary_proof"]["ge_proofs"]:
        proof["predicate"]["p_type"] = "LE"


def left_out(answered: dict[str, Any]) -> None:
    del answered["requested_proof"]["predicates"]["c1-level"]


def added(answered: dict[str, Any]) -> None:
    answered["requested_proof"]["predicates"]["c9-level"] = {"sub_proof_index": 0}


def added_credential(answered: dict[str, Any]) -> None:
    answered["identifiers"].append(dict(answered["identifiers"][0]))
    answered["proof"]["proofs"].append(answered["proof"]["proofs"][0])
    answered["proof"]["aggregated_proof"]["c_list"] *= 2


@pytest.mark.parametrize(
    "change",
    [proved_less, proved_the_other_way_round, added, added_credential],
)
def test_what_was_not_proved_or_not_asked_is_refused(change: Any) -> None:
    scenario = Scenario()
    report = verify_presentation(scenario.facts(change), scenario.shelf)
    assert not_valid(report) == {"all-answered": INVALID}


def test_a_comparison_of_another_attribute_is_no_answer() -> None:
    scenario = Scenario()
    report = verify_presentation(scenario.facts(proved_of_another_attribute), scenario.shelf)
    assert not_valid(report) == {"all-answered": INVALID, "values-signed": INVALID}


@pytest.mark.parametrize("of", [str(SQL), "valid_until", "master_secret"])
def test_a_comparison_of_another_value_under_the_right_name_is_refused(of: str) -> None:
    """The library finds it true: it never compares whose value a comparison is about."""

    def under_a_false_name(answered: dict[str, Any]) -> None:
        primary = answered["proof"]["proofs"][0]["primary_proof"]
        for proof in primary["ge_proofs"]:
            if proof["predicate"]["attr_name"] == str(PYTHON):
                proof["mj"] = primary["eq_proof"]["m"][of]

    scenario = Scenario()
    report = verify_presentation(scenario.facts(under_a_false_name), scenario.shelf)
    assert not_valid(report) == {"values-signed": INVALID}
    assert conclusion(report) is Conclusion.REFUSED


def test_a_comparison_left_out_is_refused_as_unanswered_and_as_unproved() -> None:
    scenario = Scenario()
    report = verify_presentation(scenario.facts(left_out), scenario.shelf)
    assert not_valid(report) == {"all-answered": INVALID, "competency": INVALID}


def test_a_value_that_was_not_signed_is_refused() -> None:
    scenario = Scenario()

    def forged(answered: dict[str, Any]) -> None:
        shown = answered["requested_proof"]["revealed_attr_groups"]["c1"]["values"]
        shown["achievement_id"]["raw"] = resource("achievement-aid")

    report = verify_presentation(scenario.facts(forged), scenario.shelf)
    assert report.outcome_of("values-signed") is INVALID
    assert report.outcome_of("issuer-documents") is INVALID


def answered_from_two(first: Any, second: Any) -> tuple[Scenario, ExchangeFacts]:
    scenario = Scenario(held=[first, second])
    asked = scenario.asked()
    selection = Selection({"c1": first.id}, {each.referent: second.id for each in asked.predicates})
    answered = present(asked, selection, {first.id: first, second.id: second})
    facts = replace(
        scenario.facts(), presentation=parse_presentation(UnverifiedPresentation(answered))
    )
    return scenario, facts


def test_one_competency_answered_from_two_credentials_is_refused() -> None:
    first = award(example(), "data")
    scenario, facts = answered_from_two(first, replace(first, id="credential-other"))
    report = verify_presentation(facts, scenario.shelf)
    assert report.outcome_of("one-credential") is INVALID
    assert conclusion(report) is Conclusion.REFUSED


def test_credentials_of_two_people_are_refused() -> None:
    asked = (
        CompetencyRequest(PYTHON, Text("Python", "Python"), 3),
        CompetencyRequest(FIRST_AID, Text("first aid", "secours"), 2),
    )
    scenario = Scenario(request=python_request(competencies=asked))

    def another_secret(answered: dict[str, Any]) -> None:
        answered["proof"]["proofs"][1]["primary_proof"]["eq_proof"]["m"]["master_secret"] = "777"

    report = verify_presentation(scenario.facts(another_secret), scenario.shelf)
    assert not_valid(report) == {"holder-binding": INVALID}

    def no_secret(answered: dict[str, Any]) -> None:
        answered["proof"]["proofs"][1]["primary_proof"]["eq_proof"]["m"].pop("master_secret")

    report = verify_presentation(scenario.facts(no_secret), scenario.shelf)
    assert not_valid(report) == {"holder-binding": INDETERMINATE}


def test_credentials_with_two_names_are_refused() -> None:
    asked = (
        CompetencyRequest(PYTHON, Text("Python", "Python"), 3),
        CompetencyRequest(FIRST_AID, Text("first aid", "secours"), 2),
    )
    held = [award(example("first-aid-at-work"), "aid", learner=Learner("Ada", "Müller"))]
    scenario = Scenario(
        request=python_request(competencies=asked, learner_name=NameAsked.REQUIRED), held=held
    )
    report = verify_presentation(scenario.facts(), scenario.shelf)
    assert not_valid(report) == {"holder-binding": INVALID}


@pytest.mark.parametrize(
    ("lists", "proved", "outcome"),
    [
        ([LIST_AT], LIST_AT, VALID),
        ([LIST_AT - 900, LIST_AT], LIST_AT, VALID),
        ([LIST_AT, NOW - 300], LIST_AT, VALID),
        ([LIST_AT, NOW - 301], LIST_AT, INVALID),
        ([LIST_AT, NOW], LIST_AT, VALID),
        ([LIST_AT, NOW + 1], LIST_AT, VALID),
        ([LIST_AT, NOW + 1], NOW + 1, INVALID),
        ([LIST_AT, LIST_AT + 100, LIST_AT + 200], LIST_AT, INVALID),
        ([LIST_AT], LIST_AT + 1, INVALID),
        ([LIST_AT], LIST_AT - 1, INDETERMINATE),
        ([LIST_AT], 0, INDETERMINATE),
        ([LIST_AT], None, INVALID),
        ([], LIST_AT, INDETERMINATE),
    ],
)
def test_only_the_list_in_force_or_one_within_the_grace_counts(
    lists: list[int], proved: int | None, outcome: Outcome
) -> None:
    scenario = Scenario()
    scenario.shelf.lists[resource("registry-data")] = lists

    def proved_against(answered: dict[str, Any]) -> None:
        answered["identifiers"][0]["timestamp"] = proved

    report = verify_presentation(scenario.facts(proved_against), scenario.shelf)
    assert not_valid(report) == ({} if outcome is VALID else {"not-revoked": outcome})
    found = next(each for each in report.checks if each.id == "not-revoked")
    if outcome is VALID:
        assert found.as_of == proved


def test_without_grace_only_the_list_in_force_counts() -> None:
    scenario = Scenario()
    scenario.shelf.grace = 0
    assert not_valid(verify_presentation(scenario.facts(), scenario.shelf)) == {}
    scenario.shelf.lists[resource("registry-data")] = [LIST_AT, NOW]
    report = verify_presentation(scenario.facts(), scenario.shelf)
    assert not_valid(report) == {"not-revoked": INVALID}


def test_an_old_presentation_looked_at_again_is_judged_by_the_lists_of_then() -> None:
    scenario = Scenario()
    scenario.shelf.lists[resource("registry-data")] = [LIST_AT, NOW + 60]
    assert not_valid(verify_presentation(scenario.facts(), scenario.shelf)) == {}
    again = scenario.facts(status_at=NOW + 400)
    report = verify_presentation(again, scenario.shelf)
    assert not_valid(report) == {"not-revoked": INVALID}
    assert "Stale" in next(e.reason.en for e in report.checks if e.id == "not-revoked")


def test_an_earlier_second_look_never_goes_back_before_the_request() -> None:
    scenario = Scenario()
    scenario.shelf.lists[resource("registry-data")] = [LIST_AT, NOW - 1_000]
    report = verify_presentation(scenario.facts(status_at=LIST_AT), scenario.shelf)
    assert not_valid(report) == {"not-revoked": INVALID}


def test_a_second_look_on_another_day_leaves_validity_open() -> None:
    scenario = Scenario()
    report = verify_presentation(scenario.facts(status_at=NOW + 86_400), scenario.shelf)
    assert not_valid(report) == {"still-valid": INDETERMINATE}


def no_proof(answered: dict[str, Any]) -> None:
    answered["proof"]["proofs"][0]["non_revoc_proof"] = None
    del answered["proof"]["aggregated_proof"]["c_list"][:7]


def no_registry(answered: dict[str, Any]) -> None:
    answered["identifiers"][0]["rev_reg_id"] = None


def another_registry(answered: dict[str, Any]) -> None:
    answered["identifiers"][0]["rev_reg_id"] = resource("registry-aid")


@pytest.mark.parametrize("change", [no_proof, no_registry, another_registry])
def test_non_revocation_must_be_proved_for_this_definition(change: Any) -> None:
    scenario = Scenario()
    report = verify_presentation(scenario.facts(change), scenario.shelf)
    assert not_valid(report) == {"not-revoked": INVALID}


def test_a_kind_of_credential_that_cannot_be_revoked_leaves_its_status_open() -> None:
    scenario = Scenario()
    definition = scenario.shelf.definitions[resource("definition-data")]
    scenario.shelf.definitions[definition.id] = replace(definition, revocable=False)
    report = verify_presentation(scenario.facts(), scenario.shelf)
    assert not_valid(report) == {"not-revoked": INDETERMINATE}
    assert conclusion(report) is Conclusion.COULD_NOT_TELL


@pytest.mark.parametrize(
    "interval", [None, Interval(0, NOW), Interval(NOW, NOW), Interval(None, None)]
)
def test_a_request_that_asks_non_revocation_otherwise_leaves_it_open(
    interval: Interval | None,
) -> None:
    scenario = Scenario()
    asked = replace(scenario.asked(), non_revoked=interval)
    report = verify_presentation(scenario.facts(asked=asked, answered=asked), scenario.shelf)
    assert report.outcome_of("not-revoked") is INDETERMINATE
    assert conclusion(report) is not Conclusion.ACCEPTED


@pytest.mark.parametrize("shelf", ["definitions", "schemas", "achievements"])
@pytest.mark.parametrize(
    ("problem", "outcome"),
    [
        (None, INDETERMINATE),
        (Unavailable(), INDETERMINATE),
        (Untrusted(), INVALID),
        (InvalidInput(), INVALID),
    ],
)
def test_a_document_that_is_missing_leaves_it_open_and_a_forged_one_is_refused(
    shelf: str, problem: Exception | None, outcome: Outcome
) -> None:
    scenario = Scenario()
    facts = scenario.facts()
    documents = getattr(scenario.shelf, shelf)
    name = next(each for each in documents if each.endswith("-data"))
    if problem is None:
        del documents[name]
    else:
        documents[name] = problem
    report = verify_presentation(facts, scenario.shelf)
    assert report.outcome_of("issuer-documents") is outcome
    assert set(not_valid(report).values()) <= {outcome, INDETERMINATE}
    assert conclusion(report) is not Conclusion.ACCEPTED


OTHER = "did:webvh:QmOther:registry.acquis.example:demo:other"


@pytest.mark.parametrize(
    ("shelf", "change"),
    [
        ("schemas", {"issuer": OTHER}),
        ("definitions", {"schema_id": resource("schema-aid")}),
        ("schemas", {"version": "2.0.0"}),
        ("schemas", {"name": "another"}),
        ("schemas", {"attributes": (str(PYTHON),)}),
        ("achievements", {"issuer": OTHER}),
        ("achievements", {"achievement": example("first-aid-at-work")}),
        ("achievements", {"achievement": replace(example(), version="1.0.1")}),
        ("achievements", {"achievement": replace(example(), issuer=OTHER)}),
        ("achievements", {"achievement": replace(example(), workload=None)}),
    ],
)
def test_documents_that_contradict_each_other_are_refused(
    shelf: str, change: dict[str, Any]
) -> None:
    scenario = Scenario()
    facts = scenario.facts()
    documents = getattr(scenario.shelf, shelf)
    name = next(each for each in documents if each.endswith("-data"))
    documents[name] = replace(documents[name], **change)
    report = verify_presentation(facts, scenario.shelf)
    assert report.outcome_of("issuer-documents") is INVALID
    assert {k for k, v in not_valid(report).items() if v is INVALID} == {"issuer-documents"}
    assert report.fit is INDETERMINATE
    assert conclusion(report) is Conclusion.REFUSED


def standing(*entitlements: Entitlement) -> Standing:
    return Standing(INSTITUTE, "Acquis Demonstration Institute", entitlements)


@pytest.mark.parametrize(
    ("entitlements", "outcome"),
    [
        ([Entitlement("esco", 1, 5, date(2020, 1, 1))], VALID),
        ([Entitlement("esco", 3, 3, date(2019, 1, 1))], VALID),
        ([Entitlement("esco", 1, 2, date(2020, 1, 1))], INVALID),
        ([Entitlement("esco", 4, 5, date(2020, 1, 1))], INVALID),
        ([Entitlement("rncp", 1, 5, date(2020, 1, 1))], INVALID),
        ([Entitlement("esco", 1, 5, date(2020, 1, 2))], INVALID),
        ([Entitlement("esco", 1, 5, date(2020, 1, 1), date(2026, 11, 21))], INVALID),
        ([Entitlement("esco", 1, 5, date(2020, 1, 1), date(2026, 11, 22))], VALID),
        (
            [
                Entitlement("esco", 1, 5, date(2023, 1, 1)),
                Entitlement("esco", 1, 5, date(2020, 1, 1), date(2022, 12, 31)),
            ],
            VALID,
        ),
        (
            [
                Entitlement("esco", 1, 5, date(2020, 1, 1), date(2022, 12, 30)),
                Entitlement("esco", 1, 5, date(2023, 1, 1)),
            ],
            INVALID,
        ),
        ([], INVALID),
    ],
)
def test_the_issuer_must_be_entitled_on_every_day_the_award_may_date_from(
    entitlements: list[Entitlement], outcome: Outcome
) -> None:
    scenario = Scenario()
    scenario.shelf.standings[ANCHOR, INSTITUTE] = standing(*entitlements)
    report = verify_presentation(scenario.facts(), scenario.shelf)
    assert not_valid(report) == ({} if outcome is VALID else {"issuer-recognised": outcome})
    assert report.authentic is VALID


def test_a_date_that_is_shown_decides_by_that_day_alone() -> None:
    scenario = Scenario(recognised_from=None)
    scenario.shelf.standings[ANCHOR, INSTITUTE] = standing(
        Entitlement("esco", 1, 5, date(2024, 6, 30), date(2024, 6, 30))
    )
    facts = scenario.facts()
    assert facts.answers()[0].value("awarded_on") is not None
    assert not_valid(verify_presentation(facts, scenario.shelf)) == {}
    scenario.shelf.standings[ANCHOR, INSTITUTE] = standing(
        Entitlement("esco", 1, 5, date(2024, 7, 1)),
        Entitlement("esco", 1, 5, date(2020, 1, 1), date(2024, 6, 29)),
    )
    assert not_valid(verify_presentation(facts, scenario.shelf)) == {"issuer-recognised": INVALID}


def test_an_unknown_issuer_is_not_recognised_and_not_called_a_forgery() -> None:
    scenario = Scenario()
    del scenario.shelf.standings[ANCHOR, INSTITUTE]
    report = verify_presentation(scenario.facts(), scenario.shelf)
    assert not_valid(report) == {"issuer-recognised": INDETERMINATE}
    assert report.authentic is VALID
    found = next(each for each in report.checks if each.id == "issuer-recognised")
    assert found.evidence["recognition"] == "not-recognised"
    assert conclusion(report) is Conclusion.COULD_NOT_TELL


def test_a_trust_list_that_cannot_be_read_is_could_not_check() -> None:
    scenario = Scenario()
    scenario.shelf.standings[ANCHOR, INSTITUTE] = Unavailable()
    report = verify_presentation(scenario.facts(), scenario.shelf)
    assert not_valid(report) == {"issuer-recognised": INDETERMINATE}
    found = next(each for each in report.checks if each.id == "issuer-recognised")
    assert found.evidence["recognition"] == "could-not-check"


@pytest.mark.parametrize("refreshed", [None, NOW - 3_596, NOW + 400, 0])
def test_a_mirror_that_is_too_old_or_undated_leaves_everything_open(refreshed: int | None) -> None:
    scenario = Scenario()
    scenario.shelf.refreshed_at[INSTITUTE] = refreshed
    report = verify_presentation(scenario.facts(), scenario.shelf)
    assert not_valid(report) == {"mirror-age": INDETERMINATE}
    assert conclusion(report) is Conclusion.COULD_NOT_TELL


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"assessment": ("none",)}, {"assessed": INVALID}),
        (
            {"quality_assurance": replace(example().quality_assurance, assurance="self-asserted")},
            {"quality-assured": INDETERMINATE},
        ),
    ],
)
def test_assurance_is_told_apart(change: dict[str, Any], found: dict[str, Outcome]) -> None:
    scenario = Scenario()
    published = scenario.shelf.achievements[resource("achievement-data")]
    scenario.shelf.achievements[published.id] = replace(
        published, achievement=replace(published.achievement, **change)
    )
    report = verify_presentation(scenario.facts(), scenario.shelf)
    assert not_valid(report) == found
    assert (report.authentic, report.fit) == (VALID, VALID)
    assert decide(report, STRICT_POLICY).conclusion is not Conclusion.ACCEPTED


def test_a_credential_that_was_not_asked_for_is_refused() -> None:
    scenario = Scenario()

    def another(answered: dict[str, Any]) -> None:
        answered["identifiers"][0]["cred_def_id"] = resource("definition-aid")

    report = verify_presentation(scenario.facts(another), scenario.shelf)
    assert report.outcome_of("asked-credential") is INVALID
    assert report.outcome_of("issuer-documents") is INVALID


def test_a_request_without_restrictions_is_refused_even_if_it_was_sent() -> None:
    scenario = Scenario()
    request = scenario.proof_request()
    del request["requested_predicates"]["c1-level"]["restrictions"]
    asked = parse_proof_request(UnverifiedProofRequest(request))
    report = verify_presentation(scenario.facts(asked=asked, answered=asked), scenario.shelf)
    assert not_valid(report) == {"asked-credential": INVALID}


def test_a_request_that_asks_less_than_is_wanted_is_refused() -> None:
    scenario = Scenario()
    facts = scenario.facts()
    wanted = python_request(competencies=(CompetencyRequest(PYTHON, Text("a", "b"), 4),))
    report = verify_presentation(replace(facts, request=wanted), scenario.shelf)
    assert not_valid(report) == {"competency": INVALID}
    wanted = python_request(learner_name=NameAsked.REQUIRED)
    report = verify_presentation(replace(facts, request=wanted), scenario.shelf)
    assert not_valid(report) == {"same-request": INVALID}
    wanted = python_request(awarded_since=date(2021, 1, 1))
    report = verify_presentation(replace(facts, request=wanted), scenario.shelf)
    assert not_valid(report) == {"awarded-since": INVALID}
    wanted = python_request(competencies=(CompetencyRequest(SQL, Text("a", "b"), 3),))
    report = verify_presentation(replace(facts, request=wanted), scenario.shelf)
    assert not_valid(report) == {"competency": INVALID}


def test_validity_that_was_not_asked_is_not_required() -> None:
    scenario = Scenario(request=python_request(still_valid=False))
    facts = scenario.facts()
    assert not_valid(verify_presentation(facts, scenario.shelf)) == {}
    report = verify_presentation(replace(facts, request=python_request()), scenario.shelf)
    assert not_valid(report) == {"still-valid": INVALID}


def test_an_award_dated_in_the_future_is_refused() -> None:
    held = [award(example(), "data", awarded_on=date(2027, 1, 1))]
    scenario = Scenario(held=held, recognised_from=None)
    report = verify_presentation(scenario.facts(), scenario.shelf)
    assert not_valid(report) == {"awarded-since": INVALID}


def test_a_level_that_is_no_level_of_the_scale_is_refused() -> None:
    asked = (CompetencyRequest(PYTHON, Text("Python", "Python")),)
    for raw in ("9", "03x", "", "٣", "-3"):
        held = award(example(), "data")
        odd = replace(held, attributes={**held.attributes, str(PYTHON): raw})
        scenario = Scenario(request=python_request(competencies=asked), held=[odd])
        report = verify_presentation(scenario.facts(), scenario.shelf)
        assert report.outcome_of("competency") is INVALID
        assert conclusion(report) is Conclusion.REFUSED


def test_an_empty_shelf_accepts_nothing_and_never_raises() -> None:
    facts = Scenario().facts()
    report = verify_presentation(facts, Shelf(trust_lists={ANCHOR: Unavailable()}))
    assert tuple(each.id for each in report.checks) == CHECK_IDS
    assert conclusion(report) is Conclusion.COULD_NOT_TELL
    assert report.verdict(Aspect.ASSURANCE) is INDETERMINATE


def test_the_same_facts_give_the_same_report_to_the_byte() -> None:
    first, second = Scenario(), Scenario()
    assert (
        verify_presentation(first.facts(), first.shelf).json()
        == verify_presentation(second.facts(), second.shelf).json()
    )
