"""A trust list answers one question, and its schema and its reader agree about its form."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import schemas
from acquis.registry.rules import Rule, RuleBroken
from acquis.registry.trust_list import (
    Recognition,
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


@pytest.mark.parametrize(
    ("framework", "level", "on", "answer"),
    [
        ("esco", 3, date(2026, 5, 1), Recognition.RECOGNISED),
        ("esco", 2, date(2025, 9, 1), Recognition.RECOGNISED),
        ("esco", 4, date(2027, 8, 31), Recognition.RECOGNISED),
        ("esco", None, date(2026, 5, 1), Recognition.RECOGNISED),
        ("esco", 1, date(2026, 5, 1), Recognition.NOT_RECOGNISED),
        ("esco", 5, date(2026, 5, 1), Recognition.NOT_RECOGNISED),
        ("esco", 3, date(2025, 8, 31), Recognition.NOT_RECOGNISED),
        ("esco", 3, date(2027, 9, 1), Recognition.NOT_RECOGNISED),
        ("rncp", 3, date(2026, 5, 1), Recognition.NOT_RECOGNISED),
        ("own", 5, date(2027, 12, 31), Recognition.RECOGNISED),
        ("own", 5, date(2028, 1, 1), Recognition.COULD_NOT_CHECK),
        ("rncp", 3, date(2028, 1, 1), Recognition.COULD_NOT_CHECK),
    ],
)
def test_was_it_entitled_on_the_day_of_the_award(
    framework: str, level: int | None, on: date, answer: Recognition
) -> None:
    assert LIST.recognises(UNIVERSITY, framework, level, on) is answer


def test_an_unknown_issuer_is_not_recognised() -> None:
    stranger = Issuer(folder="univ/other").did
    assert LIST.recognises(stranger, "esco", 3, date(2026, 5, 1)) is Recognition.NOT_RECOGNISED
    assert LIST.entry_of(stranger) is None
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
