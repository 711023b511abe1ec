"""Whether a JSON value has the form that a schema of ``schemas/documents`` gives it.

JSON Schema 2020-12, the keywords those schemas use and no others, read without leeway: a pattern's
``$`` is the very end of the text, ``true`` is not 1. What departs first is named by its place,
which consists of members the schema knows and of positions, never of what was found there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

type Schema = Mapping[str, Any]

ANNOTATIONS = frozenset({"$schema", "$id", "$defs", "title", "description", "format"})


@dataclass(frozen=True, slots=True)
class Departure:
    """Where a value departs from its form, and whether by a member the form does not know."""

    place: str
    unknown_member: bool = False


def find_departure(schema: Schema, value: object) -> Departure | None:
    """Return the first departure of ``value`` from ``schema``, None when it has the form.

    Raises: KeyError for a schema with a keyword that is not read here.
    """
    return _Form(schema).find(schema, value, "")


class _Form:
    """A schema with its own definitions, applied to one value."""

    def __init__(self, root: Schema) -> None:
        self._definitions: Mapping[str, Schema] = root.get("$defs", {})

    def find(self, schema: Schema, value: object, place: str) -> Departure | None:
        for keyword, argument in schema.items():
            if keyword not in ANNOTATIONS:
                found = self._apply(keyword, argument, schema, value, place)
                if found is not None:
                    return found
        return None

    def _apply(
        self, keyword: str, argument: Any, schema: Schema, value: object, place: str
    ) -> Departure | None:
        simple = _SIMPLE.get(keyword)
        if simple is not None:
            return None if simple(argument, value) else Departure(place)
        deep = _DEEP[keyword]
        return deep(self, argument, schema, value, place)

    def _reference(self, name: str, _schema: Schema, value: object, place: str) -> Departure | None:
        return self.find(self._definitions[name.removeprefix("#/$defs/")], value, place)

    def _properties(
        self, members: Mapping[str, Schema], _schema: Schema, value: object, place: str
    ) -> Departure | None:
        if isinstance(value, dict):
            for name, each in members.items():
                if name in value:
                    found = self.find(each, value[name], f"{place}.{name}" if place else name)
                    if found is not None:
                        return found
        return None

    def _other_members(
        self, allowed: Schema | bool, schema: Schema, value: object, place: str
    ) -> Departure | None:
        if not isinstance(value, dict):
            return None
        others = [name for name in value if name not in schema.get("properties", {})]
        if not isinstance(allowed, Mapping):
            return Departure(place, unknown_member=True) if others and not allowed else None
        found = (self.find(allowed, value[name], f"{place}[…]") for name in others)
        return next((each for each in found if each is not None), None)

    def _items(self, each: Schema, _schema: Schema, value: object, place: str) -> Departure | None:
        if not isinstance(value, list):
            return None
        if set(each) == {"type", "enum"} and each["type"] == "integer":  # a long status list
            right = all(type(item) is int for item in value) and set(value) <= set(each["enum"])
            return None if right else Departure(place)
        found = (self.find(each, item, f"{place}[{n}]") for n, item in enumerate(value))
        return next((departure for departure in found if departure is not None), None)

    def _contains(
        self, some: Schema, _schema: Schema, value: object, place: str
    ) -> Departure | None:
        if isinstance(value, list) and all(self.find(some, item, place) for item in value):
            return Departure(place)
        return None

    def _one_of(
        self, schemas: list[Schema], _schema: Schema, value: object, place: str
    ) -> Departure | None:
        departures = [self.find(each, value, place) for each in schemas]
        if departures.count(None) == 1:
            return None
        unknown = all(each is not None and each.unknown_member for each in departures)
        return Departure(place, unknown_member=unknown)

    def _all_of(
        self, schemas: list[Schema], _schema: Schema, value: object, place: str
    ) -> Departure | None:
        found = (self.find(each, value, place) for each in schemas)
        return next((each for each in found if each is not None), None)

    def _condition(
        self, condition: Schema, schema: Schema, value: object, place: str
    ) -> Departure | None:
        met = self.find(condition, value, place) is None
        return self.find(schema["then"], value, place) if met else None

    def _consequence(self, *_: object) -> Departure | None:
        return None  # read with its condition


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.removesuffix("$") + r"\Z" if pattern.endswith("$") else pattern)


def _is_equal(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other


def _is_of_type(name: str, value: object) -> bool:
    return type(value) is _TYPES[name]


def _is_number(value: object) -> bool:
    return type(value) is int


def _are_distinct(wanted: bool, value: object) -> bool:
    if not wanted or not isinstance(value, list):
        return True
    return len({json.dumps(item, sort_keys=True) for item in value}) == len(value)


_TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}

_SIMPLE: dict[str, Callable[[Any, Any], bool]] = {
    "type": _is_of_type,
    "const": _is_equal,
    "enum": lambda allowed, value: any(_is_equal(each, value) for each in allowed),
    "pattern": lambda pattern, value: (
        not isinstance(value, str) or _compiled(pattern).search(value) is not None
    ),
    "minLength": lambda least, value: not isinstance(value, str) or len(value) >= least,
    "maxLength": lambda most, value: not isinstance(value, str) or len(value) <= most,
    "minimum": lambda least, value: not _is_number(value) or value >= least,
    "maximum": lambda most, value: not _is_number(value) or value <= most,
    "minItems": lambda least, value: not isinstance(value, list) or len(value) >= least,
    "maxItems": lambda most, value: not isinstance(value, list) or len(value) <= most,
    "uniqueItems": _are_distinct,
    "minProperties": lambda least, value: not isinstance(value, dict) or len(value) >= least,
    "maxProperties": lambda most, value: not isinstance(value, dict) or len(value) <= most,
    "required": lambda names, value: not isinstance(value, dict) or set(names) <= set(value),
}

_DEEP: dict[str, Callable[[_Form, Any, Schema, object, str], Departure | None]] = {
    "$ref": _Form._reference,  # noqa: SLF001 - its own
    "properties": _Form._properties,  # noqa: SLF001
    "additionalProperties": _Form._other_members,  # noqa: SLF001
    "items": _Form._items,  # noqa: SLF001
    "contains": _Form._contains,  # noqa: SLF001
    "oneOf": _Form._one_of,  # noqa: SLF001
    "allOf": _Form._all_of,  # noqa: SLF001
    "if": _Form._condition,  # noqa: SLF001
    "then": _Form._consequence,  # noqa: SLF001
}

KEYWORDS = ANNOTATIONS | frozenset(_SIMPLE) | frozenset(_DEEP)
