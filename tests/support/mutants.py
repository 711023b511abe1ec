"""Every way to change one leaf of a JSON value, for readers that must accept none of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

type Place = tuple[str | int, ...]


def mutants(value: Any) -> Iterator[Any]:
    """Every copy of ``value`` with one leaf changed, or one member removed, added or doubled."""
    for _, changed in placed_mutants(value):
        yield changed


def placed_mutants(value: Any) -> Iterator[tuple[Place, Any]]:
    """The same, each with the place of what was changed, from the outermost member inwards."""
    for place, changed in _changed(value, ()):
        if changed != value or type(changed) is not type(value):
            yield place, changed


def one_mutant_a_leaf(value: Any) -> Iterator[tuple[Place, Any]]:
    """One mutant for each leaf, the first that has another value there."""
    seen: set[Place] = set()
    for place, changed in placed_mutants(value):
        leaf = not isinstance(_at(value, place), dict | list)
        if leaf and place not in seen and _at(changed, place) is not _ABSENT:
            seen.add(place)
            yield place, changed


_ABSENT: dict[str, Any] = {}


def _at(value: Any, place: Place) -> Any:
    for step in place:
        if isinstance(value, dict) and step not in value:
            return _ABSENT
        value = value[step]
    return value


def _changed(value: Any, here: Place) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, dict):
        for key in value:
            yield (*here, key), {k: v for k, v in value.items() if k != key}
            for place, changed in _changed(value[key], (*here, key)):
                yield place, {**value, key: changed}
        yield (*here, "extra"), {**value, "extra": "x"}
    elif isinstance(value, list):
        yield here, [*value, value[0]] if value else ["x"]
        yield here, []
        for position, item in enumerate(value):
            for place, changed in _changed(item, (*here, position)):
                yield place, [*value[:position], changed, *value[position + 1 :]]
    elif isinstance(value, bool):
        yield here, not value
    elif isinstance(value, int):
        yield here, value + 1
        yield here, str(value)
    elif isinstance(value, str):
        yield here, value[:-1]
        yield here, value + "x"
        yield here, ("A" if value[:1] != "A" else "B") + value[1:]
        yield here, None
    yield here, 7
    yield here, {}
