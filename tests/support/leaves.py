"""Every way to spoil one leaf of a JSON document, to see that readers refuse and never crash."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

WRONG: tuple[Any, ...] = (
    None,
    True,
    -1,
    7,
    10**30,
    "",
    "x",
    "9" * 300,
    [],
    [1],
    {},
    {"a": {"b": 1}},
)


def places(
    document: Any, whole: tuple[Any, ...] = (), here: tuple[Any, ...] = ()
) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every member and element, the inner ones included."""
    inside = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    for name, value in inside:
        yield (*here, name)
        if (*here, name) != whole:
            yield from places(value, whole, (*here, name))


def spoilt(document: Any, whole: tuple[Any, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield the document with one place replaced by each wrong value, and with it left out.

    What is at the path ``whole`` is not gone into. What is not spoilt is shared by all.
    """
    for place in places(document, whole):
        for wrong in (*WRONG, "__absent__"):
            changed = copy.copy(document)
            at = changed
            for step in place[:-1]:
                at[step] = copy.copy(at[step])
                at = at[step]
            if wrong == "__absent__":
                del at[place[-1]]
            else:
                at[place[-1]] = wrong
            yield f"{'.'.join(map(str, place))} = {str(wrong)[:20]}", changed
