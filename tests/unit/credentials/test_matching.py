"""The wallet's own search: one of several restrictions is enough, one credential per group."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from acquis.credentials.matching import (
    HeldCredential,
    build_holder_query,
    can_answer,
    matching_credentials,
    select_credentials,
)
from acquis.credentials.proof_request import UnverifiedProofRequest, parse_proof_request
from acquis.credentials.request import CompetencyRequest
from acquis.errors import InvalidInput, NotFound
from acquis.text import Text
from support.scenario import (
    FIRST_AID,
    PYTHON,
    SQL,
    Scenario,
    award,
    example,
    python_request,
    resource,
)


def test_one_of_several_restrictions_is_enough() -> None:
    scenario = Scenario()
    request = scenario.proof_request()
    for part in ("requested_attributes", "requested_predicates"):
        for each in request[part].values():
            each["restrictions"] = [{"cred_def_id": "another"}, *each["restrictions"]]
    asked = parse_proof_request(UnverifiedProofRequest(request))
    assert matching_credentials(asked, scenario.held)[0].credentials == ("credential-data",)


@pytest.mark.parametrize(
    "change",
    [
        {str(PYTHON): "2"},
        {str(PYTHON): ""},
        {"valid_until": "20261121"},
        {"awarded_on": "20191231"},
    ],
)
def test_a_credential_that_cannot_prove_a_comparison_does_not_match(change: dict[str, str]) -> None:
    scenario = Scenario()
    held = scenario.held[0]
    held = replace(held, attributes={**held.attributes, **change})
    assert matching_credentials(scenario.asked(), [held])[0].credentials == ()


def test_the_last_day_of_validity_still_counts() -> None:
    scenario = Scenario()
    held = scenario.held[0]
    held = replace(held, attributes={**held.attributes, "valid_until": "20261122"})
    assert matching_credentials(scenario.asked(), [held])[0].credentials == (held.id,)


def test_a_credential_of_another_kind_does_not_match() -> None:
    scenario = Scenario()
    other = replace(scenario.held[0], credential_definition_id=resource("definition-other"))
    assert matching_credentials(scenario.asked(), [other])[0].credentials == ()


def two_competencies() -> Scenario:
    asked = (
        CompetencyRequest(PYTHON, Text("Python", "Python"), 3),
        CompetencyRequest(SQL, Text("SQL", "SQL"), 3),
    )
    return Scenario(request=python_request(competencies=asked))


def test_as_few_credentials_as_possible_are_picked_and_the_learner_may_pick_others() -> None:
    scenario = two_competencies()
    python_only = replace(
        scenario.held[0],
        id="python-only",
        attributes={**scenario.held[0].attributes, str(SQL): "1"},
    )
    matches = matching_credentials(scenario.asked(), [python_only, *scenario.held])
    assert matches[0].credentials == ("python-only", "credential-data")
    assert matches[1].credentials == ("credential-data",)
    ours = select_credentials(matches)
    assert set(ours.attributes.values()) == {"credential-data"}
    assert set(ours.attributes) == {"c1", "c2"}
    assert set(ours.predicates) == {
        f"c{n}-{what}" for n in (1, 2) for what in ("level", "valid", "awarded")
    }
    theirs = select_credentials(matches, {"c1": "python-only"})
    assert theirs.attributes == {"c1": "python-only", "c2": "credential-data"}
    assert theirs.predicates["c1-level"] == "python-only"
    with pytest.raises(InvalidInput):
        select_credentials(matches, {"c2": "python-only"})


def test_a_group_without_credential_is_said() -> None:
    scenario = two_competencies()
    with pytest.raises(NotFound) as caught:
        select_credentials(matching_credentials(scenario.asked(), scenario.held[1:]))
    assert "wallet" in caught.value.says.en


def asked(restriction: dict[str, str]) -> Any:
    return parse_proof_request(
        UnverifiedProofRequest(
            {
                "nonce": "1",
                "requested_attributes": {
                    "a": {"name": "Given_Name", "restrictions": [restriction]}
                },
                "requested_predicates": {},
            }
        )
    ).groups()[0]


@pytest.mark.parametrize(
    ("restriction", "matches"),
    [
        ({"schema_id": resource("schema-data")}, True),
        ({"schema_id": "another"}, False),
        ({"schema_id": resource("schema-data"), "cred_def_id": "another"}, False),
        ({"attr::given_name::value": "Zoé"}, True),
        ({"attr::given_name::value": "Ada"}, False),
        ({"attr::family_name::marker": "1"}, True),
        ({"attr::nickname::marker": "1"}, False),
        ({"schema_name": "data-analysis-with-python-and-sql"}, False),
        ({"issuer_id": "did:x"}, False),
        ({}, True),
    ],
)
def test_foreign_restrictions(restriction: dict[str, str], matches: bool) -> None:
    assert can_answer(award(example(), "data"), asked(restriction)) is matches


def test_names_are_compared_as_anoncreds_does() -> None:
    held = HeldCredential("x", "d", "s", {"Given _Name": "Zoé"})
    assert can_answer(held, asked({"cred_def_id": "d"}))


def test_the_wallet_query_names_the_attributes_alone() -> None:
    scenario = Scenario()
    query = build_holder_query(scenario.asked().groups()[0])
    assert query == {
        "$and": [
            {"$exist": ["attr::achievement_id::value"]},
            {"$exist": ["attr::awarded_on::value"]},
            {"$exist": [f"attr::{PYTHON}::value"]},
            {"$exist": ["attr::valid_until::value"]},
        ]
    }


def test_restrictions_leave_the_query_as_it_is() -> None:
    assert build_holder_query(asked({"schema_name": "x"})) == {
        "$and": [{"$exist": ["attr::given_name::value"]}]
    }


def test_matching_three_competencies_over_two_credentials() -> None:
    wanted = (
        CompetencyRequest(PYTHON, Text("Python", "Python")),
        CompetencyRequest(FIRST_AID, Text("first aid", "secours"), 2),
    )
    scenario = Scenario(request=python_request(competencies=wanted))
    matches = matching_credentials(scenario.asked(), scenario.held)
    assert [each.credentials for each in matches] == [("credential-data",), ("credential-aid",)]
