"""The list in force at a moment: the last that is not later, and never a later one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquis.registry.resource import Link, Resource, verify_resource
from acquis.registry.rules import Rule, RuleBroken
from acquis.registry.status_list import link_in_force, verify_status_list
from support.registry import Issuer, tails

ISSUER = Issuer()
TAILS_HASH = tails()[1]
CREDENTIAL_DEFINITION = ISSUER.credential_definition(ISSUER.schema()["id"])
BARE = ISSUER.registry_definition(CREDENTIAL_DEFINITION["id"], TAILS_HASH)


def definition_with(times: list[int]) -> Resource:
    links = tuple(Link(ISSUER.status_list(BARE["id"], at)["id"], at) for at in times)
    raw = ISSUER.registry_definition(CREDENTIAL_DEFINITION["id"], TAILS_HASH, links)
    return verify_resource(json.dumps(raw).encode(), raw["id"], ISSUER.document)


def status_list(at: int, revoked: tuple[int, ...] = ()) -> Resource:
    raw = ISSUER.status_list(BARE["id"], at, revoked)
    return verify_resource(json.dumps(raw).encode(), raw["id"], ISSUER.document)


@given(
    st.lists(st.integers(1, 50), unique=True, max_size=6).map(sorted),
    st.integers(-1, 60),
)
def test_it_is_the_last_that_is_not_later(times: list[int], at: int) -> None:
    found = link_in_force(definition_with(times), at)
    earlier = [time for time in times if time <= at]
    assert (found.timestamp if found else None) == (earlier[-1] if earlier else None)


def test_a_list_must_be_the_one_its_link_means() -> None:
    definition = definition_with([1000, 2000])
    first, second = definition.links
    verify_status_list(definition, first, status_list(1000))
    for link, listed in (
        (first, status_list(2000)),
        (second, status_list(1000)),
        (first, status_list(1000, (1,))),
        (Link(first.id, 1001), status_list(1000)),
    ):
        with pytest.raises(RuleBroken) as refusal:
            verify_status_list(definition, link, listed)
        assert refusal.value.rule is Rule.STATUS_LIST
