"""The reader of our JSON Schemas agrees with another implementation, and is as strict or stricter."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from acquis.registry.document_form import KEYWORDS, find_departure
from acquis.registry.personal_data import FORMS
from schemas import load_document_schema
from support.leaves import spoilt
from support.publications import LEGITIMATE


def keywords_of(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return {each for item in schema for each in keywords_of(item)}
    if not isinstance(schema, dict):
        return set()
    found = set(schema)
    for keyword, argument in schema.items():
        if keyword in {"properties", "$defs"}:
            found |= {each for item in argument.values() for each in keywords_of(item)}
        elif keyword not in {"const", "enum", "required"}:
            found |= keywords_of(argument)
    return found


@pytest.mark.parametrize("name", sorted(FORMS.values()))
def test_every_public_document_has_a_schema_that_is_read_whole(name: str) -> None:
    schema = load_document_schema(name)
    Draft202012Validator.check_schema(schema)
    assert keywords_of(schema) <= KEYWORDS


@pytest.mark.parametrize("kind", FORMS)
def test_it_agrees_with_another_implementation_on_every_spoilt_leaf(kind: Any) -> None:
    schema = load_document_schema(FORMS[kind])
    other = Draft202012Validator(schema)
    assert find_departure(schema, LEGITIMATE[kind]) is None
    assert other.is_valid(LEGITIMATE[kind])
    mutants = list(spoilt(LEGITIMATE[kind]))
    assert len(mutants) > 30
    for says, changed in mutants:
        assert (find_departure(schema, changed) is None) == other.is_valid(changed), says


@pytest.mark.parametrize(
    ("schema", "value", "holds"),
    [
        ({"pattern": "^a$"}, "a", True),
        ({"pattern": "^a$"}, "a\n", False),
        ({"type": "integer"}, True, False),
        ({"type": "boolean"}, 1, False),
        ({"const": 1}, True, False),
        ({"enum": [0, 1]}, False, False),
        ({"items": {"type": "integer", "enum": [0, 1]}}, [0, 1, True], False),
        ({"items": {"type": "integer", "enum": [0, 1]}}, [0, [], 1], False),
        ({"items": {"type": "integer", "enum": [0, 1]}}, [1, 0], True),
        ({"uniqueItems": True}, [{"a": 1}, {"a": 1}], False),
        ({"uniqueItems": False}, [1, 1], True),
        ({"contains": {"const": 1}}, [], False),
        ({"maxProperties": 1}, {"a": 1, "b": 1}, False),
        ({"additionalProperties": {"type": "string"}}, {"a": 1}, False),
        ({"additionalProperties": True}, {"a": 1}, True),
        ({"oneOf": [{"const": 1}, {"const": 1}]}, 1, False),
        ({"if": {"const": 1}, "then": {"const": 2}}, 1, False),
        ({"if": {"const": 1}, "then": {"const": 2}}, 3, True),
        ({"properties": {"a": {"const": 1}}}, [], True),
    ],
)
def test_each_keyword_is_read_without_leeway(schema: Any, value: Any, holds: bool) -> None:
    assert (find_departure(schema, value) is None) == holds


def test_a_keyword_that_is_not_read_is_an_error() -> None:
    with pytest.raises(KeyError):
        find_departure({"patternProperties": {}}, {})
