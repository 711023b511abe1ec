"""Whatever is typed on the award page is read whole, or said to be wrong."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from acquis.credentials.achievement import attribute_names, parse_achievement
from acquis.credentials.attributes import Award, build_attributes
from issuer_agent.award_fields import MOST_LEARNERS
from issuer_agent.forms import parse_award_form
from schemas import load_example

ACHIEVEMENT = parse_achievement(load_example("data-analysis-with-python-and-sql"))
KEYS = [str(each.key) for each in ACHIEVEMENT.competencies]
TODAY = date(2026, 11, 22)
FIELDS = ["given_name", "family_name", "birth_date", "awarded_on", "grade", "learners", "kind"]

names = st.text(st.characters(categories=["L", "M", "Pd", "Po"]), min_size=1, max_size=20).filter(
    lambda name: not set(name) & set(",;\t") and bool(name.strip())
)
days = st.dates(date(1900, 1, 1), TODAY)
forms = st.dictionaries(
    st.sampled_from([*FIELDS, *(f"level_{key}" for key in KEYS)]),
    st.text(max_size=60) | st.sampled_from(["one", "list", "3", "2026-11-22", "Ada;Martin"]),
)


@given(forms)
def test_any_form_is_read_or_refused_and_what_is_read_can_be_awarded(typed: dict[str, str]) -> None:
    read = parse_award_form(typed, ACHIEVEMENT, TODAY, "en")
    assert bool(read.given) != bool(read.errors or read.rejected)
    for each in read.given:
        award = Award(
            each.learner,
            "did:webvh:x/resources/z",
            "00000000-0000-4000-8000-000000000000",
            each.awarded_on,
            levels=each.levels,
            grade=each.grade,
            language=each.language,
        )
        assert set(build_attributes(ACHIEVEMENT, award)) == set(attribute_names(ACHIEVEMENT))


@given(
    st.lists(st.tuples(names, names, st.none() | days), min_size=1, max_size=12, unique=True),
    st.sampled_from([",", ";", "\t", " ; "]),
    st.sampled_from(["\n", "\r\n", "\n\n"]),
)
def test_a_list_is_read_as_it_was_written(
    people: list[tuple[str, str, date | None]], separator: str, line_break: str
) -> None:
    lines = [
        separator.join([given_name, family_name, *([birth.isoformat()] if birth else [])])
        for given_name, family_name, birth in people
    ]
    typed = {"kind": "list", "learners": line_break.join(lines), "awarded_on": "2026-11-22"}
    read = parse_award_form(typed, ACHIEVEMENT, TODAY, "fr")
    assert not read.errors
    assert not read.rejected
    assert [
        (x.learner.given_name, x.learner.family_name, x.learner.birth_date) for x in read.given
    ] == people
    assert {x.language for x in read.given} == {"fr"}


@given(st.integers(1, 30), st.data())
def test_a_line_that_cannot_be_read_is_named_and_nobody_is_awarded(
    count: int, data: st.DataObject
) -> None:
    bad = data.draw(st.sets(st.integers(1, count), min_size=1))
    lines = ["nobody" if line in bad else f"Ada;Martin {line}" for line in range(1, count + 1)]
    typed = {"kind": "list", "learners": "\n".join(lines), "awarded_on": "2026-11-22"}
    read = parse_award_form(typed, ACHIEVEMENT, TODAY, "en")
    assert not read.given
    assert [each.line for each in read.rejected] == sorted(bad)


def test_a_thousand_are_read_and_no_more() -> None:
    lines = [f"Ada;Martin {line}" for line in range(MOST_LEARNERS + 1)]
    typed = {"kind": "list", "learners": "\n".join(lines[1:]), "awarded_on": "2026-11-22"}
    assert len(parse_award_form(typed, ACHIEVEMENT, TODAY, "en").given) == MOST_LEARNERS
    typed["learners"] = "\n".join(lines)
    assert set(parse_award_form(typed, ACHIEVEMENT, TODAY, "en").errors) == {"learners"}


def test_empty_columns_of_a_spreadsheet_are_no_mistake() -> None:
    typed = {"kind": "list", "learners": "Ada\tMartin\t\t\t", "awarded_on": "2026-11-22"}
    assert len(parse_award_form(typed, ACHIEVEMENT, TODAY, "en").given) == 1
