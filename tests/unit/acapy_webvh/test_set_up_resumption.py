"""What a revocation set-up lacks, wherever the agent's end cut it short."""

from __future__ import annotations

from itertools import product

import pytest

from acapy_webvh.resumption import Missing, Registry, SetUp, find_missing


def registry(
    id: str,  # noqa: A002 - the field's name
    *,
    tag: str = "0",
    state: str = "finished",
    active: bool = False,
    next_index: int | None = 1,
) -> Registry:
    return Registry(id=id, tag=tag, state=state, active=active, size=10, next_index=next_index)


def set_up(*registries: Registry) -> SetUp:
    return SetUp("definition", "issuer", 10, registries)


FIRST = registry("first", active=True)
RESERVE = registry("reserve", tag="b")
FULL = registry("full", active=True, next_index=10)
OLD = registry("old", state="full", next_index=10)


@pytest.mark.parametrize(
    ("case", "found", "missing"),
    [
        ("complete", set_up(FIRST, RESERVE), Missing()),
        ("complete after a rotation", set_up(OLD, registry("b", tag="b", active=True), RESERVE), Missing()),
        ("nothing yet", set_up(), Missing(first_registry=True)),
        (
            "first defined, no list: its list activates it",
            set_up(registry("first", next_index=None)),
            Missing(lists=("first",), reserve=True),
        ),
        (
            "first has its list but is not active",
            set_up(registry("first")),
            Missing(activation="first", reserve=True),
        ),
        ("no reserve", set_up(FIRST), Missing(reserve=True)),
        (
            "the reserve has no list",
            set_up(FIRST, registry("reserve", tag="b", next_index=None)),
            Missing(lists=("reserve",)),
        ),
        (
            "neither has its list",
            set_up(registry("first", next_index=None), registry("reserve", tag="b", next_index=None)),
            Missing(lists=("first", "reserve")),
        ),
        (
            "first waits for its list while the reserve is ready",
            set_up(registry("first", next_index=None), RESERVE),
            Missing(lists=("first",)),
        ),
        ("full, the reserve ready", set_up(FULL, RESERVE), Missing(full="full")),
        (
            "full, marked so, still active",
            set_up(registry("full", state="full", active=True, next_index=10), RESERVE),
            Missing(full="full"),
        ),
        (
            "full, the reserve without its list",
            set_up(FULL, registry("reserve", tag="b", next_index=None)),
            Missing(lists=("reserve",), full="full"),
        ),
        ("full and no reserve", set_up(FULL), Missing(full="full", reserve=True)),
        ("rotated, new reserve missing", set_up(OLD, registry("b", tag="b", active=True)), Missing(reserve=True)),
        ("rotated, nothing active", set_up(OLD, registry("b", tag="b")), Missing(activation="b", reserve=True)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_missing(case: str, found: SetUp, missing: Missing) -> None:
    assert find_missing(found) == missing


def test_any_state_but_the_complete_ones_asks_for_something() -> None:
    """No combination of two registries leaves issuing stuck without anything being asked for."""
    states = [
        registry("x", tag=tag, state=state, active=active, next_index=index)
        for tag, state, active, index in product(
            ("0", "b"), ("finished", "full"), (False, True), (None, 1, 10)
        )
    ]
    for first, second in product(states, states):
        pair = (first, Registry("y", *[getattr(second, name) for name in second.__slots__[1:]]))
        usable = [
            one
            for one in pair
            if one.state == "finished" and not one.is_full and one.next_index is not None
        ]
        can_issue = any(one.active for one in usable)
        has_reserve = any(not one.active for one in usable)
        if not (can_issue and has_reserve) and not all(one.active for one in pair):
            assert find_missing(set_up(*pair)) != Missing(), pair
