"""The moments that a resource says anything of, read before anybody verified it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquis.registry.dating import MOST_AHEAD, peek_dates, verify_not_ahead
from acquis.registry.rules import Rule, RuleBroken
from support.registry import Issuer

CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["links", "timestamp", "proof", "created", "metadata", "content"]),
            inner,
            max_size=4,
        )
    ),
)


def test_a_list_a_link_and_a_proof_are_dated() -> None:
    issuer = Issuer()
    proof = CREATED.timestamp()
    schema = issuer.sign(issuer.schema(), CREATED)
    assert peek_dates(json.dumps(schema).encode()) == {proof}
    status_list = issuer.sign(issuer.status_list(schema["id"], 1000), CREATED)
    assert peek_dates(json.dumps(status_list).encode()) == {proof, 1000}
    linked = {**schema, "links": [{"timestamp": 10}, {"timestamp": 20}]}
    assert peek_dates(json.dumps(linked).encode()) == {proof, 10, 20}


@given(JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40))
def test_whatever_it_is_it_can_be_looked_at(raw: bytes) -> None:
    assert all(isinstance(each, int | float) for each in peek_dates(raw))


@pytest.mark.parametrize("raw", [b"[" * 200_000, b"[" + b"[]," * 400_000 + b"1]", b"9" * 5000])
def test_what_no_parser_should_be_given_is_dated_nothing(raw: bytes) -> None:
    assert peek_dates(raw) == frozenset()


def test_five_minutes_ahead_are_allowed_and_no_more() -> None:
    most = MOST_AHEAD.total_seconds()
    verify_not_ahead(1000 + most, 1000)
    with pytest.raises(RuleBroken) as refusal:
        verify_not_ahead(1000 + most + 1, 1000)
    assert refusal.value.rule is Rule.DATED_AHEAD
