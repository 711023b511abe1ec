"""Anybody's proof request can be read, or is refused with its place; nothing else happens."""

from __future__ import annotations

import json
from typing import Any

import pytest

from acquis.credentials.disclosure import describe
from acquis.credentials.proof_request import (
    AskedPredicate,
    Interval,
    UnverifiedProofRequest,
    parse_proof_request,
)
from acquis.errors import InvalidInput, TooLarge
from support.leaves import spoilt
from support.scenario import NONCE, Scenario

FOREIGN: dict[str, Any] = {
    "name": "Somebody's request",
    "version": "0.1",
    "nonce": "12",
    "requested_attributes": {
        "a": {"name": "favourite drink"},
        "b": {
            "names": ["Given_Name", "city"],
            "restrictions": [{"schema_name": "id card", "attr::city::value": "Lyon"}],
            "non_revoked": {"from": 1, "to": 2},
        },
        "c": {"name": "x", "restrictions": {"cred_def_id": "one bare object"}},
    },
    "requested_predicates": {
        "p": {"name": "age", "p_type": ">", "p_value": 17, "restrictions": []},
        "q": {"name": "year", "p_type": "LE", "p_value": -3},
    },
    "unknown": {"is": "ignored"},
}


def test_a_foreign_request_is_read_whole() -> None:
    asked = parse_proof_request(UnverifiedProofRequest(FOREIGN))
    assert [each.referent for each in asked.attributes] == ["a", "b", "c"]
    assert asked.attributes[0].restrictions == ()
    assert asked.attributes[1].together
    assert asked.attributes[1].non_revoked == Interval(1, 2)
    assert asked.attributes[2].restrictions == ((("cred_def_id", "one bare object"),),)
    assert [each.relation for each in asked.predicates] == [">", "<="]
    assert [each.id for each in asked.groups()] == ["a", "b", "c", "p", "q"]
    assert asked.non_revoked is None


def test_a_predicate_that_only_looks_like_a_member_of_a_group_stands_alone() -> None:
    request = {
        "nonce": "1",
        "requested_attributes": {},
        "requested_predicates": {"c1-level": {"name": "x", "p_type": ">=", "p_value": 1}},
    }
    asked = parse_proof_request(UnverifiedProofRequest(request))
    assert [each.id for each in asked.groups()] == ["c1-level"]


@pytest.mark.parametrize("document", [FOREIGN, Scenario().proof_request()])
def test_a_wrong_leaf_anywhere_is_refused_or_can_still_be_described(
    document: dict[str, Any],
) -> None:
    refused = 0
    for _, changed in spoilt(document):
        try:
            asked = parse_proof_request(UnverifiedProofRequest(changed))
        except InvalidInput:
            refused += 1
        else:
            assert describe(asked).hidden
    assert refused > 100


@pytest.mark.parametrize("document", [None, 1, "x", [], {}, {"nonce": "1"}, True])
def test_what_is_no_request_is_refused(document: Any) -> None:
    with pytest.raises(InvalidInput):
        parse_proof_request(UnverifiedProofRequest(document))


@pytest.mark.parametrize(
    "change",
    [
        {"requested_attributes": {}, "requested_predicates": {}},
        {"requested_attributes": {"p": {"name": "x"}}},
        {"requested_attributes": {"a": {"name": "x", "names": ["y"]}}},
        {"requested_attributes": {"a": {"names": []}}},
        {"requested_attributes": {f"a{n}": {"name": "x"} for n in range(201)}},
        {"requested_predicates": {"p": {"name": "x", "p_type": "!=", "p_value": 1}}},
        {"requested_predicates": {"p": {"name": "x", "p_type": ">=", "p_value": 2**31}}},
        {"requested_predicates": {"p": {"name": "x", "p_type": ">=", "p_value": True}}},
    ],
)
def test_requests_that_make_no_sense_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        parse_proof_request(UnverifiedProofRequest({**FOREIGN, **change}))


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"{", InvalidInput),
        (b"\xff", InvalidInput),
        (b'{"a": 1, "a": 2}', InvalidInput),
        (b'{"a": 1.5}', InvalidInput),
        (b'{"a": NaN}', InvalidInput),
        (b"[" * 33 + b"]" * 33, InvalidInput),
        (b"[" * 100_000, InvalidInput),
        (b" " * 1_000_001, TooLarge),
        (b'"' + b"9" * 10_000 + b'"', None),
        (b"9" * 10_000, InvalidInput),
    ],
)
def test_bytes_are_decoded_strictly(raw: bytes, problem: type[Exception] | None) -> None:
    if problem is None:
        assert UnverifiedProofRequest.parse(raw).content
    else:
        with pytest.raises(problem):
            UnverifiedProofRequest.parse(raw)


def test_bytes_of_an_honest_request_are_read() -> None:
    raw = json.dumps(Scenario().proof_request()).encode()
    assert parse_proof_request(UnverifiedProofRequest.parse(raw)).nonce == NONCE


@pytest.mark.parametrize(
    ("relation", "holds"),
    [(">=", "3 4"), (">", "4"), ("<=", "2 3"), ("<", "2")],
)
def test_a_comparison_holds_for_numbers_only(relation: Any, holds: str) -> None:
    asked = AskedPredicate("p", "x", relation, 3, ())
    assert [each for each in ("2", "3", "4") if asked.holds(each)] == holds.split()
    for text in ("", "three", "3.5", " 3", "٣", str(2**31), "-" + "9" * 10):
        assert not asked.holds(text)
