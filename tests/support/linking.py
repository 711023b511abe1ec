"""Linking: what two things that were seen have in common, leaf by leaf.

Somebody who compares what two verifiers were given can go by three things: the same value in the
same place, the same value in different places, and that something is there at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_SHORTEST = 12
"""Letters from which on a value that is found in another place is no chance."""
_BYTES = 16
"""Numbers from which on a list of nothing but octets is one value (a hash, a point)."""


def flatten(seen: object, path: str = "") -> dict[str, object]:
    """Return every leaf of what was seen by its path; what holds nothing is a leaf itself."""
    if isinstance(seen, dict) and seen:
        parts: Iterable[tuple[object, object]] = seen.items()
    elif isinstance(seen, list) and seen and not _is_octets(seen):
        parts = enumerate(seen)
    else:
        return {path: bytes(seen).hex() if isinstance(seen, list) else seen}
    return {
        at: leaf for name, part in parts for at, leaf in flatten(part, f"{path}/{name}").items()
    }


def in_common(first: object, second: object) -> frozenset[tuple[str, str]]:
    """Return all that links the two: places and values, values in any place, what is there at all."""
    return frozenset(_marks(flatten(first))) & frozenset(_marks(flatten(second)))


def _marks(leaves: dict[str, object]) -> Iterator[tuple[str, str]]:
    for path, leaf in leaves.items():
        yield path, repr(leaf)
        yield path, type(leaf).__name__
        if isinstance(leaf, str | int) and len(str(leaf)) >= _SHORTEST:
            yield "anywhere", str(leaf)


def _is_octets(values: list[object]) -> bool:
    return len(values) >= _BYTES and all(type(each) is int and 0 <= each < 256 for each in values)
