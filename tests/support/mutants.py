"""Every way to change one leaf of a JSON value, for readers that must accept none of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def mutants(value: Any) -> Iterator[Any]:
    """Every copy of ``value`` with one leaf changed, or one member removed, added or doubled."""
    for changed in _changed(value):
        if changed != value or type(changed) is not type(value):
            yield changed


def _changed(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key in value:
            yield {k: v for k, v in value.items() if k != key}
            for changed in _changed(value[key]):
                yield {**value, key: changed}
        yield {**value, "extra": "x"}
    elif isinstance(value, list):
        yield [*value, value[0]] if value else ["x"]
        yield []
        for position, item in enumerate(value):
            for changed in _changed(item):
                yield [*value[:position], changed, *value[position + 1 :]]
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
        yield str(value)
    elif isinstance(value, str):
        yield value[:-1]
        yield value + "x"
        yield ("A" if value[:1] != "A" else "B") + value[1:]
        yield None
    yield 7
    yield {}
