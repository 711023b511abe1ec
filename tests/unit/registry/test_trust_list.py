"""A trust list says who was entitled when; its schema and its reader agree about its form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import schemas
from acquis.credentials.environment import Entitlement, Standing, entitled
from acquis.registry.rules import Rule, RuleBroken
from acquis.registry.trust_list import (
    Scope,
    TrustEntry,
    TrustList,
    build_trust_list,
    parse_trust_list,
)
from support.mutants import mutants
from support.registry import Issuer

ANCHOR = Issuer(folder="trust/ministry", name="anchor").did
UNIVERSITY = Issuer().did
SCOPE = Scope("esco", 2, 4, date(2025, 9, 1), date(2027, 8, 31), "RNCP 37837", "France compétences")
OPEN = Scope("own", 1, 5, date(2026, 1, 1), None, "self", "the ministry")
ENTRY = TrustEntry(UNIVERSITY, "Université", "FR", "https://univ.example", (SCOPE, OPEN))
LIST = TrustList(ANCHOR, 3, date(2026, 1, 1), date(2027, 12, 31), (ENTRY,))
SCHEMA = json.loads(
    (Path(schemas.__file__).parent / "documents" / "trust-list.schema.json").read_text("utf-8")
)
VALIDATOR = Draft202012Validator(SCHEMA)


days = st.dates(date(2025, 1, 1), date(2025, 2, 28))
DAY = timedelta(days=1)


@st.composite
def scopes_of_few_days(draw: st.DrawFn) -> Scope:
    """Scopes so narrow that their edges meet."""
    first, length = draw(days), draw(st.none() | st.integers(0, 5))
    low, high = sorted((draw(st.integers(1, 4)), draw(st.integers(1, 4))))
    until = None if length is None else first + length * DAY
    framework = draw(st.sampled_from(["esco", "rncp"]))
    return Scope(framework, low, high, first, until, "RNCP 37837", "France compétences")


@given(scopes_of_few_days())
def test_a_scope_holds_from_its_first_day_to_its_last_and_at_both_ends_of_its_levels(
    scope: Scope,
) -> None:
    last = scope.valid_until or date.max
    for level in (scope.level_min, scope.level_max):
        assert scope.covers(scope.framework, level, scope.valid_from)
        assert scope.covers(scope.framework, level, last)
        assert not scope.covers(scope.framework, level, scope.valid_from - DAY)
        if scope.valid_until:
            assert not scope.covers(scope.framework, level, last + DAY)
    assert not scope.covers(scope.framework, scope.level_min - 1, scope.valid_from)
    assert not scope.covers(scope.framework, scope.level_max + 1, scope.valid_from)
    assert not scope.covers("own", scope.level_min, scope.valid_from)


def answered(scopes: Sequence[Scope], level: int, first: date, last: date) -> bool:
    """What the verification answers of an issuer with these scopes."""
    entitlements = tuple(
        Entitlement(s.framework, s.level_min, s.level_max, s.valid_from, s.valid_until)
        for s in scopes
    )
    return entitled(Standing(UNIVERSITY, "Université", entitlements), "esco", level, first, last)


@given(st.lists(scopes_of_few_days(), max_size=4), st.integers(1, 4), days)
def test_who_verifies_answers_what_the_scopes_say(
    scopes: list[Scope], level: int, day: date
) -> None:
    """The one meaning of "entitled on the day of the award" that wallet and verifier share."""
    assert answered(scopes, level, day, day) is any(
        scope.covers("esco", level, day) for scope in scopes
    )


@given(scopes_of_few_days(), st.integers(0, 3))
def test_a_day_between_two_scopes_belongs_to_neither(scope: Scope, gap: int) -> None:
    ended = scope.valid_until or scope.valid_from
    first = replace(scope, framework="esco", valid_until=ended)
    second = replace(first, valid_from=ended + (1 + gap) * DAY, valid_until=None)
    assert answered([second, first], scope.level_min, ended, ended + (1 + gap) * DAY) is (gap == 0)
    for n in range(1, gap + 1):
        assert not answered([first, second], scope.level_min, ended + n * DAY, ended + n * DAY)


def test_an_issuer_that_is_not_on_the_list_has_no_entry() -> None:
    assert LIST.entry_of(Issuer(folder="univ/other").did) is None
    assert LIST.entry_of(UNIVERSITY) == ENTRY


def test_a_list_is_overdue_after_its_next_update() -> None:
    assert not LIST.is_overdue(date(2027, 12, 31))
    assert LIST.is_overdue(date(2028, 1, 1))


def test_what_is_built_is_read_back_and_fits_the_schema() -> None:
    content = build_trust_list(LIST)
    VALIDATOR.validate(content)
    assert parse_trust_list(json.loads(json.dumps(content))) == LIST
    assert "logo_digest" not in content["entries"][0]


def test_a_logo_is_named_by_its_digest() -> None:
    logo = "zQm" + "a" * 44
    content = build_trust_list(replace(LIST, entries=(replace(ENTRY, logo_digest=logo),)))
    VALIDATOR.validate(content)
    assert parse_trust_list(content).entries[0].logo_digest == logo
    with pytest.raises(RuleBroken):
        build_trust_list(replace(LIST, entries=(replace(ENTRY, logo_digest="x"),)))


TEXTS = st.text(min_size=1, max_size=20)
SCOPES = st.builds(
    lambda framework, levels, days, texts, end: Scope(
        framework, *sorted(levels), min(days), max(days) if end else None, *texts
    ),
    st.sampled_from(["esco", "rncp", "own"]),
    st.tuples(st.integers(0, 99), st.integers(0, 99)),
    st.tuples(st.dates(), st.dates()),
    st.tuples(TEXTS, TEXTS),
    st.booleans(),
)
LISTS = st.builds(
    lambda version, days, name, country, scopes: TrustList(
        ANCHOR,
        version,
        min(days),
        max(days),
        (TrustEntry(UNIVERSITY, name, country, "https://u.example", tuple(scopes)),),
    ),
    st.integers(1, 2**31),
    st.tuples(st.dates(), st.dates()),
    TEXTS,
    st.sampled_from(["FR", "DE"]),
    st.lists(SCOPES, min_size=1, max_size=4),
)


@given(LISTS)
def test_any_list_is_read_back_and_fits_the_schema(trust_list: TrustList) -> None:
    content = build_trust_list(trust_list)
    VALIDATOR.validate(content)
    assert parse_trust_list(content) == trust_list


def test_what_the_schema_refuses_the_reader_refuses() -> None:
    """The reader may be stricter (dates that do not exist, ranges upside down), never laxer."""
    content = build_trust_list(LIST)
    tried = 0
    for mutant in mutants(content):
        if not isinstance(mutant, dict) or VALIDATOR.is_valid(mutant):
            continue
        with pytest.raises(RuleBroken) as refusal:
            parse_trust_list(mutant)
        assert refusal.value.rule is Rule.TRUST_LIST
        tried += 1
    assert tried > 80


@pytest.mark.parametrize(
    "change",
    [
        {"issued": "2026-02-30"},
        {"issued": "2028-01-01"},
        {"version": 0},
        {"version": True},
        {"entries": [build_trust_list(LIST)["entries"][0]] * 2},
    ],
)
def test_a_list_that_contradicts_itself_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(RuleBroken):
        parse_trust_list({**build_trust_list(LIST), **change})


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("framework", "ESCO", "the short name of a framework"),
        ("level_max", 1, "no lower than level_min"),
        ("level_min", 100, "a whole number from 0 to 99"),
        ("valid_from", "2025-02-29", "a day, YYYY-MM-DD"),
        ("valid_until", "2025-08-31", "no earlier than valid_from"),
        ("accredited_by", "", "a text of 1 to 512 characters"),
        ("more", 1, "an object with exactly framework, level_min"),
    ],
)
def test_a_refusal_names_the_place_and_what_was_expected(
    field: str, value: object, says: str
) -> None:
    content = build_trust_list(LIST)
    content["entries"][0]["scopes"][0][field] = value
    with pytest.raises(RuleBroken) as refusal:
        parse_trust_list(content)
    assert "entries[0].scopes[0]" in refusal.value.says.en
    assert says in refusal.value.says.en
