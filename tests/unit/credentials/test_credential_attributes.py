"""The flat texts of a credential: named as the schema, read back whole, signed as AnonCreds does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import anoncreds
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquis.credentials.achievement import Achievement, attribute_names
from acquis.credentials.attributes import (
    Award,
    Learner,
    build_attributes,
    date_number,
    encoded_value,
    parse_attributes,
    parse_date_number,
)
from acquis.credentials.naming import COMMON_ATTRIBUTES
from acquis.errors import InvalidInput
from support.achievement_strategies import complete, credential_ids, texts
from support.scenario import PYTHON, award, example, resource

days = st.dates(date(1900, 1, 1), date(2200, 1, 1))


@st.composite
def awards(draw: st.DrawFn) -> tuple[Achievement, Award]:
    achievement = draw(complete)
    awarded_on = draw(days)
    changed = draw(st.lists(st.sampled_from(achievement.competencies), unique_by=lambda c: c.key))
    return achievement, Award(
        learner=Learner(draw(texts), draw(texts), draw(st.none() | days)),
        achievement_id=resource("achievement"),
        credential_id=draw(credential_ids),
        awarded_on=awarded_on,
        valid_until=draw(st.none() | st.dates(awarded_on, date(2300, 1, 1))),
        review_on=draw(st.none() | days),
        levels={
            str(each.key): draw(st.sampled_from(sorted(each.scale.levels))) for each in changed
        },
        grade=draw(st.just("") | texts),
        language=draw(st.sampled_from(["en", "fr"])),
        evidence_digest=draw(st.just("") | texts),
    )


@given(awards())
def test_what_is_built_is_named_as_the_schema_and_reads_back(
    given_award: tuple[Achievement, Award],
) -> None:
    achievement, found = given_award
    values = build_attributes(achievement, found)
    assert tuple(values) == attribute_names(achievement)
    assert all(isinstance(each, str) for each in values.values())
    read = parse_attributes(values)
    assert read.learner == found.learner
    assert (read.awarded_on, read.valid_until, read.review_on) == (
        found.awarded_on,
        found.valid_until,
        found.review_on,
    )
    assert read.levels == {
        str(each.key): found.levels.get(str(each.key), each.level)
        for each in achievement.competencies
    }
    assert read.credential_id == found.credential_id
    assert read.assessment_type == achievement.assessment
    assert achievement.workload is not None
    assert read.ects_hundredths == achievement.workload.ects_hundredths


@given(days)
def test_a_day_is_a_number_that_sorts_and_reads_back(day: date) -> None:
    assert parse_date_number(str(date_number(day))) == day
    assert date_number(day) < 2**31


@pytest.mark.parametrize(
    "number", ["", "2024", "20240230", "20241301", "٢٠٢٤٠١٠١", "2024-1-1", "99999999"]
)
def test_what_is_no_day_is_refused(number: str) -> None:
    with pytest.raises(InvalidInput):
        parse_date_number(number)


numbers = st.integers(-(2**33), 2**33).map(str)


@given(
    st.one_of(
        st.text(max_size=30),
        numbers,
        numbers.map(lambda n: f" {n}"),
        numbers.map(lambda n: f"+{n}"),
    )
)
def test_values_are_encoded_as_the_anoncreds_library_does(raw: str) -> None:
    if "\x00" in raw:
        return  # the library takes C strings
    assert encoded_value(raw) == anoncreds.encode_credential_attributes({"it": raw})["it"]


@pytest.mark.parametrize(
    "raw", ["", "0", "-0", "007", "2147483647", "2147483648", "1_000", "3.0", "٣"]
)
def test_the_edges_of_the_encoding(raw: str) -> None:
    assert encoded_value(raw) == anoncreds.encode_credential_attributes({"it": raw})["it"]


@pytest.mark.parametrize(
    "change",
    [
        {"levels": {"esco_00000000-0000-0000-0000-000000000000": 3}},
        {"levels": {str(PYTHON): 6}},
        {"levels": {str(PYTHON): 0}},
        {"credential_id": "one"},
        {"valid_until": date(2020, 1, 1)},
        {"learner": Learner("", "Müller")},
        {"learner": Learner("Zoé", "  ")},
        {"achievement_id": ""},
    ],
)
def test_an_award_that_contradicts_the_achievement_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        award(example(), "data", **change)
    assert "Müller" not in caught.value.says.en


@pytest.mark.parametrize("missing", sorted(COMMON_ATTRIBUTES))
def test_a_credential_without_a_common_attribute_is_somebody_elses(missing: str) -> None:
    values = dict(award(example(), "data").attributes)
    del values[missing]
    with pytest.raises(InvalidInput):
        parse_attributes(values)


@pytest.mark.parametrize(
    "change",
    [
        {"awarded_on": ""},
        {"awarded_on": "2024"},
        {"valid_until": "soon"},
        {"ects_hundredths": "three"},
        {str(PYTHON): ""},
        {str(PYTHON): "three"},
        {"favourite drink": "tea"},
    ],
)
def test_values_of_another_kind_are_refused(change: dict[str, str]) -> None:
    values = {**award(example(), "data").attributes, **change}
    with pytest.raises(InvalidInput):
        parse_attributes(values)


def test_the_names_are_written_in_the_language_of_the_award() -> None:
    french = award(example(), "data", language="fr").attributes
    assert french["achievement_name"] == "Analyse de données avec Python et SQL"
    assert french["valid_until"] == "99991231"
    assert french["eqf_level"] == "6"
    one_language = replace(example(), name=None)
    assert award(one_language, "data").attributes["achievement_name"] == ""


def test_no_representation_repeats_a_claim() -> None:
    held = award(example(), "data")
    read = parse_attributes(held.attributes)
    assert "Müller" not in f"{held!r} {read!r} {read.learner!r} {Learner('Zoé', 'Müller')!r}"
