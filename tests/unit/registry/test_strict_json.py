"""JSON that two readers could understand differently is refused; its canonical form is RFC 8785."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from acquis.registry.rules import Rule, RuleBroken
from acquis.registry.strict_json import (
    MAX_DEPTH,
    MAX_VALUES,
    canonical,
    canonical_of_parsed,
    most_values,
    parse_json,
    parse_object,
)

INTEGERS = st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_is_read_and_has_one_canonical_form(value: Any) -> None:
    raw = json.dumps(value).encode()
    parsed = parse_json(raw)
    assert parsed == value
    assert canonical(value) == canonical_of_parsed(parsed) == rfc8785.dumps(value)


@given(st.dictionaries(st.sampled_from(["a", "\ue000", "\U00010000", "\uffff", "é"]), INTEGERS))
def test_keys_are_sorted_by_utf_16_code_units(value: dict[str, int]) -> None:
    assert canonical_of_parsed(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"nul",
        b'{"a": 1, "a": 1}',
        b'{"a": {"b": 1, "b": 2}}',
        b"1.0",
        b"1e3",
        b"-0",
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"9007199254740992",
        b"-9007199254740992",
        b"1" * 5000,
        b"\xff",
        b"\xef\xbb\xbf{}",
        '"\ud800"'.encode("utf-8", "surrogatepass"),
        b"{} {}",
        b"[1,]",
        b"'a'",
        b'"\n"',
    ],
)
def test_what_is_not_strict_is_refused(raw: bytes) -> None:
    with pytest.raises(RuleBroken) as refusal:
        parse_json(raw)
    assert refusal.value.rule is Rule.JSON


def test_depth_and_size_are_limited() -> None:
    deepest = b"[" * MAX_DEPTH + b"1" + b"]" * MAX_DEPTH
    assert parse_json(deepest) is not None
    for raw in (b"[" + deepest + b"]", b"[" * 200_000, b'{"a":' * 200_000):
        with pytest.raises(RuleBroken) as refusal:
            parse_json(raw)
        assert refusal.value.rule is Rule.JSON
    with pytest.raises(RuleBroken) as refusal:
        parse_json(b"[1, 2]", max_bytes=5)
    assert refusal.value.rule is Rule.SIZE


def test_a_lone_surrogate_has_no_canonical_form() -> None:
    escaped = parse_json(rb'"\ud800"')
    for form in (canonical, canonical_of_parsed):
        with pytest.raises(RuleBroken):
            form(escaped)


@pytest.mark.parametrize("value", [1.5, 2**53, float("nan"), {1: 2}, b"x", [0.0], object()])
def test_what_json_has_not_has_no_canonical_form(value: object) -> None:
    with pytest.raises(RuleBroken):
        canonical(value)


def test_an_object_is_expected_where_one_is() -> None:
    assert parse_object(b"{}") == {}
    with pytest.raises(RuleBroken):
        parse_object(b"[]")


@given(VALUES)
def test_the_estimate_of_values_is_never_too_low(value: Any) -> None:
    def count(item: Any) -> int:
        inner = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        return 1 + sum(map(count, inner))

    assert most_values(json.dumps(value).encode()) >= count(value)


@pytest.mark.parametrize("element", [b"0", b"[]", b"{}", b'""'])
def test_a_text_of_countless_values_is_refused_before_it_is_parsed(element: bytes) -> None:
    with pytest.raises(RuleBroken) as refusal:
        parse_json(b"[" + b",".join([element] * MAX_VALUES) + b"]")
    assert refusal.value.rule is Rule.SIZE
    assert parse_json(b"[" + b",".join([element] * (MAX_VALUES // 3)) + b"]")
