"""What would be shown, proved and hidden: the same words on both sides, honest about any request."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquis.credentials.choice import NameAsked
from acquis.credentials.disclosure import (
    attribute_label,
    describe,
    printable_name,
    what_was_learned,
)
from acquis.credentials.naming import COMMON_ATTRIBUTES
from acquis.credentials.presentation import (
    UnverifiedPresentation,
    canonical_name,
    parse_presentation,
)
from acquis.credentials.proof_request import UnverifiedProofRequest, parse_proof_request
from acquis.credentials.request import CompetencyRequest
from acquis.text import Text
from support.scenario import PYTHON, SQL, Scenario, award, example, python_request, resource


def english(texts: tuple[Text, ...]) -> list[str]:
    return [each.en for each in texts]


def test_python_at_level_three_in_words() -> None:
    told = describe(Scenario().asked())
    assert english(told.shown) == [
        "which achievement it is (a public page)",
        "which institution issued the credential, and which kind of credential it is",
    ]
    assert "“Python” at level 3 or more, not the exact level" in english(told.proved)
    assert "still valid on 22 November 2026" in english(told.proved)
    assert "the date of the award is 1 January 2020 or later" in english(told.proved)
    assert "that the credential was not revoked on 22 November 2026, 12:00 UTC" in english(
        told.proved
    )
    hidden = english(told.hidden)
    assert "the level of “Python”: the exact value" in hidden
    assert "the learner's given name" in hidden
    assert "every other competency of the achievement" in hidden
    french = [each.fr for each in told.proved]
    assert "« Python » au niveau 3 ou plus, pas le niveau exact" in french
    assert any("1er janvier 2020" in each for each in french)


def test_what_is_asked_is_not_called_hidden() -> None:
    asked = (CompetencyRequest(PYTHON, Text("Python", "Python")),)
    told = describe(
        Scenario(
            request=python_request(competencies=asked, learner_name=NameAsked.REQUIRED)
        ).asked()
    )
    assert "the learner's given name" in english(told.shown)
    assert "the level of “Python”" in english(told.shown)
    assert not [each for each in english(told.hidden) if "name" in each or "Python" in each]


def test_wallet_and_verifier_say_the_same_words() -> None:
    scenario = Scenario(request=python_request(learner_name=NameAsked.REQUIRED))
    sent = scenario.proof_request()
    labels = scenario.request.labels()
    on_the_wallet = describe(parse_proof_request(UnverifiedProofRequest(sent)), labels)
    assert on_the_wallet == describe(scenario.asked(), labels)


def request_of(attributes: dict[str, Any], predicates: dict[str, Any], **more: Any) -> Any:
    return parse_proof_request(
        UnverifiedProofRequest(
            {
                "nonce": "1",
                "requested_attributes": attributes,
                "requested_predicates": predicates,
                **more,
            }
        )
    )


def test_a_foreign_request_is_quoted_and_nothing_is_promised_about_it() -> None:
    told = describe(
        request_of(
            {"a": {"name": "full name", "restrictions": [{"issuer_did": "x"}]}},
            {"p": {"name": "age", "p_type": ">", "p_value": 17}},
        )
    )
    assert "“full name”, as it stands in the credential" in english(told.shown)
    assert not [each for each in english(told.hidden) if "given name" in each]
    assert "everything else in the credentials, and all other credentials" in english(told.hidden)
    assert any("age" in each and "> 17" in each for each in english(told.proved))


def test_a_value_that_may_be_typed_in_is_said_so() -> None:
    told = describe(request_of({"a": {"name": "city"}}, {}))
    assert any("typed in by hand" in each for each in english(told.shown))


def test_a_value_already_fixed_by_the_request_is_said_so() -> None:
    told = describe(
        request_of(
            {
                "a": {
                    "name": "x",
                    "restrictions": [{"attr::given_name::value": "Zoé", "cred_def_id": "d"}],
                }
            },
            {},
        )
    )
    assert "that “given_name” has a value already written in the request" in english(told.proved)
    assert "Zoé" not in str(told)


@pytest.mark.parametrize("spelt", ["Given_Name", "given _name", "GIVEN_NAME"])
def test_another_spelling_of_a_name_is_the_same_name(spelt: str) -> None:
    told = describe(request_of({"a": {"name": spelt, "restrictions": [{"cred_def_id": "d"}]}}, {}))
    assert "the learner's given name" in english(told.shown)
    assert "the learner's given name" not in english(told.hidden)


def test_signs_that_could_deceive_are_spelt_out() -> None:
    assert printable_name("safe\u202eeman") == "safe<U+202E>eman"
    assert len(printable_name("x" * 300)) == 121
    assert "<U+200B>" in attribute_label("given\u200bname", {}).en


names = st.one_of(
    st.sampled_from([*COMMON_ATTRIBUTES, str(PYTHON), str(SQL), "age", "Given_Name"]),
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30).filter(
        str.strip
    ),
)
restrictions = st.lists(
    st.dictionaries(
        st.sampled_from(["cred_def_id", "schema_id", "issuer_did", "attr::given_name::value"]),
        st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=10),
        min_size=1,
        max_size=2,
    ),
    max_size=2,
)
intervals = st.none() | st.fixed_dictionaries(
    {}, optional={"from": st.integers(0, 2**62), "to": st.integers(0, 2**62)}
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    def rest() -> dict[str, Any]:
        return {"restrictions": draw(restrictions), "non_revoked": draw(intervals)}

    attributes: dict[str, Any] = {}
    for number in range(draw(st.integers(1, 4))):
        name = (
            {"name": draw(names)}
            if draw(st.booleans())
            else {"names": draw(st.lists(names, min_size=1, max_size=3))}
        )
        attributes[f"c{number + 1}"] = {**name, **rest()}
    predicates = {
        f"c{number + 1}-{draw(st.sampled_from(['level', 'valid', 'x']))}": {
            "name": draw(names),
            "p_type": draw(st.sampled_from([">=", ">", "<=", "<", "GE"])),
            "p_value": draw(st.integers(-(2**31), 2**31 - 1)),
            **rest(),
        }
        for number in range(draw(st.integers(0, 4)))
    }
    return {
        "name": draw(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30)),
        "version": "1.0",
        "nonce": "1",
        "requested_attributes": attributes,
        "requested_predicates": predicates,
        "non_revoked": draw(intervals),
    }


@given(documents())
def test_any_request_is_described_and_nothing_asked_goes_unsaid(document: dict[str, Any]) -> None:
    asked = parse_proof_request(UnverifiedProofRequest(document))
    told = describe(asked)
    for each in (*told.shown, *told.proved, *told.hidden):
        assert each.en
        assert each.fr
    for attribute in asked.attributes:
        for name in attribute.names:
            label = attribute_label(name, {}).en
            assert any(said.startswith(label) for said in english(told.shown))
            assert label not in english(told.hidden)
    touched = {canonical_name(name) for group in asked.groups() for name in group.names}
    unknown = [
        each
        for each in touched
        if each not in COMMON_ATTRIBUTES and each not in (str(PYTHON), str(SQL))
    ]
    if unknown:
        assert "the learner's family name" not in english(told.hidden)
    wanted = len({each.name for each in asked.predicates})
    assert len(told.proved) >= min(wanted, 1)


def test_what_was_learned_is_what_was_shown_and_no_more() -> None:
    asked = (
        CompetencyRequest(PYTHON, Text("Python", "Python"), 3),
        CompetencyRequest(SQL, Text("SQL", "SQL")),
    )
    scenario = Scenario(request=python_request(competencies=asked), recognised_from=None)
    facts = scenario.facts()
    learned = what_was_learned(facts.asked, facts.presentation, scenario.request.labels())
    said = {each.label.en: each.value for each in learned.shown}
    assert said["the level of “SQL”"] == "3"
    assert said["the date of the award"] == "20240630"
    assert resource("definition-data") in said.values()
    assert "the level of “Python”" not in said
    assert "“Python” at level 3 or more, not the exact level" in english(learned.proved)
    assert "the learner's family name" in english(learned.hidden)
    values = " ".join(each.value for each in learned.shown)
    for hidden in ("Müller", award(example(), "data").attributes["credential_id"]):
        assert hidden not in values
    assert "20240630" not in repr(learned)


def test_what_was_asked_but_not_shown_was_not_learned() -> None:
    scenario = Scenario(request=python_request(learner_name=NameAsked.REQUIRED))
    answered = scenario.presentation()
    said = answered["requested_proof"]
    said["unrevealed_attrs"]["c1"] = {"sub_proof_index": 0}
    del said["revealed_attr_groups"]["c1"]
    del said["predicates"]["c1-level"]
    learned = what_was_learned(
        scenario.asked(), parse_presentation(UnverifiedPresentation(answered))
    )
    assert [each.value for each in learned.shown] == [resource("definition-data")]
    assert not [each for each in english(learned.proved) if "Python" in each]
    assert "the learner's given name" in english(learned.hidden)
