"""What a competency of no framework of ours is called: as all who may answer publish it, or by key."""

from __future__ import annotations

from typing import Any

import pytest

from acquis.credentials.competency import CompetencyKey, known_label
from acquis.credentials.competency_names import name_competencies, rename
from acquis.credentials.proof_request import (
    AskedItems,
    UnverifiedProofRequest,
    parse_proof_request,
)
from acquis.credentials.request import CompetencyRequest, PresentationRequest
from acquis.text import Text

PYTHON = "esco_ccd0a1d9-afda-43d9-b901-96344886e14d"
RNCP = "rncp_999999-bc99-c1"
BEES = Text("Beekeeping", "Apiculture")
FOOD = Text("Cooking", "Cuisine")


def asking(*keys: str, restrictions: Any = ({"cred_def_id": "d"},)) -> AskedItems:
    content = {
        "nonce": "1",
        "requested_attributes": {},
        "requested_predicates": {
            f"c{number}-level": {
                "name": key,
                "p_type": ">=",
                "p_value": 3,
                **({} if restrictions is None else {"restrictions": list(restrictions)}),
            }
            for number, key in enumerate(keys, 1)
        },
    }
    return parse_proof_request(UnverifiedProofRequest(content))


def achievement(name: Text = BEES, key: str = RNCP) -> dict[str, Any]:
    framework, _, code = key.partition("_")
    competency = {
        "name": {"en": name.en, "fr": name.fr},
        "levelScale": "dreyfus",
        "level": 3,
        "alignment": {
            "targetFramework": framework,
            "targetCode": code,
            "targetUrl": "https://institute.example/c",
        },
    }
    return {"slug": "x", "version": "1.0.0", "competencies": [competency]}


EITHER = ({"cred_def_id": "d"}, {"cred_def_id": "e"})


def test_the_one_name_that_is_published_is_the_name() -> None:
    asked = asking(RNCP, PYTHON, "awarded_on")
    assert name_competencies(asked, {"d": [achievement()]}.__getitem__) == {RNCP: BEES}


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ([achievement()], {RNCP: BEES}),
        ([achievement(FOOD)], {}),
        ([achievement(), achievement(FOOD)], {}),
        ([achievement(key="rncp_999999-bc99-c2")], {}),
        ([], {}),
        ([{"slug": 1}], {}),
    ],
    ids=["agrees", "another name", "two names", "another competency", "nothing", "unreadable"],
)
def test_a_name_that_one_who_may_answer_does_not_bear_out_is_none(
    other: list[dict[str, Any]], named: dict[str, Text]
) -> None:
    published = {"d": [achievement()], "e": other}
    assert name_competencies(asking(RNCP, restrictions=EITHER), published.__getitem__) == named


@pytest.mark.parametrize(
    "restrictions", [None, (), ({"issuer_did": "x"},), (*EITHER, {"schema_id": "s"})]
)
def test_where_it_is_not_said_who_may_answer_the_credentials_held_are_gone_by(
    restrictions: Any,
) -> None:
    asked = asking(RNCP, restrictions=restrictions)
    published: dict[str, list[dict[str, Any]]] = {"d": [achievement(FOOD)], "h": [achievement()]}
    published |= {"i": []}
    assert name_competencies(asked, published.__getitem__) == {}
    assert name_competencies(asked, published.__getitem__, ("h", "i")) == {RNCP: BEES}
    assert name_competencies(asked, published.__getitem__, ("h", "d")) == {}


def test_a_name_is_shown_without_signs_that_cannot_be_seen() -> None:
    turned = achievement(Text("Bee\u202ekeeping", "Apiculture"))
    named = name_competencies(asking(RNCP), {"d": [turned]}.__getitem__)
    assert named == {RNCP: Text("Bee<U+202E>keeping", "Apiculture")}


def test_a_request_is_renamed_and_its_own_words_are_not_believed() -> None:
    asked = PresentationRequest(
        tuple(CompetencyRequest(CompetencyKey.parse(key), FOOD) for key in (PYTHON, RNCP)), "Work"
    )
    python = known_label(PYTHON)
    assert [each.label for each in rename(asked, {RNCP: BEES}).competencies] == [python, BEES]
    unnamed = rename(asked, {PYTHON: BEES})
    assert [each.label for each in unnamed.competencies] == [python, Text(RNCP, RNCP)]
    assert unnamed.labels() == {PYTHON: python}
