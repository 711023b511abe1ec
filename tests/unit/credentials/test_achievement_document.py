"""The achievement's document: reads back what it writes, refuses what is wrong at any leaf."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquis.credentials.achievement import (
    Achievement,
    attribute_names,
    parse_achievement,
)
from acquis.credentials.annex_one import gaps
from acquis.credentials.naming import COMMON_ATTRIBUTES
from acquis.errors import InvalidInput
from schemas import example_names, load_document_schema, load_example
from support.achievement_strategies import WITHOUT, complete
from support.leaves import spoilt

DID = "did:webvh:QmScid:registry.acquis.example:demo:institute"
PUBLISHED = jsonschema.Draft202012Validator(load_document_schema("achievement"))


@given(complete)
def test_a_publishable_achievement_reads_back_and_keeps_to_its_schema(found: Achievement) -> None:
    content = found.content()
    assert parse_achievement(json.loads(json.dumps(content))) == found
    PUBLISHED.validate(content)
    assert gaps(found) == ()


@given(complete, st.sets(st.sampled_from(sorted(WITHOUT))))
def test_a_draft_reads_back_whatever_it_lacks(found: Achievement, missing: set[int]) -> None:
    changes: dict[str, Any] = {}
    for number in missing:
        changes |= WITHOUT[number]
    draft = replace(found, **changes)
    assert parse_achievement(draft.content()) == draft
    assert PUBLISHED.is_valid(draft.content()) is not bool(missing)


@given(complete)
@settings(max_examples=30)
def test_the_content_holds_no_float_and_no_null(found: Achievement) -> None:
    def look(value: Any) -> None:
        assert isinstance(value, dict | list | str | int)
        assert not isinstance(value, bool)
        for each in (
            value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        ):
            look(each)

    look(found.content())


@given(complete)
@settings(max_examples=30)
def test_the_schema_has_one_attribute_per_competency_and_all_common_ones(
    found: Achievement,
) -> None:
    names = attribute_names(found)
    assert len(set(names)) == len(names)
    assert set(names) == {str(each.key) for each in found.competencies} | set(COMMON_ATTRIBUTES)
    assert all(name == name.lower() and " " not in name for name in names)


@pytest.mark.parametrize("name", example_names())
def test_a_wrong_leaf_anywhere_is_refused_with_its_place_or_means_something_else(name: str) -> None:
    content = {**load_example(name), "issuerId": DID}
    refused = []
    for _, changed in spoilt(content):
        try:
            parse_achievement(changed)
        except InvalidInput as problem:
            refused.append(problem.says)
    assert len(refused) > 300
    assert all(each.en.startswith("achievement") for each in refused)
    assert all(each.fr.startswith("achievement") for each in refused)


@pytest.mark.parametrize("name", example_names())
def test_whatever_the_reader_lets_through_complete_the_schema_lets_through_too(name: str) -> None:
    content = {**load_example(name), "issuerId": DID}
    for what, changed in spoilt(content):
        try:
            found = parse_achievement(changed)
        except InvalidInput:
            continue
        if not gaps(found) and found.issuer is not None:
            assert PUBLISHED.is_valid(found.content()), what


def test_a_message_never_repeats_the_value_it_refuses() -> None:
    content = {**load_example("first-aid-at-work"), "slug": "Very Secret"}
    with pytest.raises(InvalidInput) as caught:
        parse_achievement(content)
    assert "Secret" not in caught.value.says.en
    assert "achievement.slug" in caught.value.says.en


@pytest.mark.parametrize(
    "change",
    [
        {"unknown": 1},
        {"assessment": ["none", "simulation"]},
        {"assessment": ["simulation", "simulation"]},
        {"workload": {}},
        {"qualificationLevel": {"framework": "none", "level": 3}},
        {"qualificationLevel": {"framework": "eqf", "level": 9}},
        {"qualificationLevel": {"framework": "eqf"}},
        {"fieldOfStudy": "99"},
        {"price": {"hundredths": 1.5, "currency": "EUR"}},
        {"name": {"de": "Erste Hilfe"}},
        {"image": "javascript:alert(1)"},
        {"issuerId": "not a DID"},
    ],
)
def test_particular_mistakes_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        parse_achievement({**load_example("first-aid-at-work"), **change})


def test_a_competency_twice_or_too_many_are_refused() -> None:
    content = load_example("first-aid-at-work")
    one = content["competencies"]
    assert isinstance(one, list)
    with pytest.raises(InvalidInput):
        parse_achievement({**content, "competencies": one * 2})
    with pytest.raises(InvalidInput):
        parse_achievement({**content, "competencies": one * 41})


def test_an_alignment_that_contradicts_itself_is_refused() -> None:
    content = load_example("first-aid-at-work")
    competencies: Any = content["competencies"]
    competencies[0]["alignment"]["targetUrl"] = "http://data.europa.eu/esco/skill/other"
    with pytest.raises(InvalidInput):
        parse_achievement(content)
