"""Ending keeps the past as it was; adding never says the same thing twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquis.errors import AcquisError, Conflict, InvalidInput, NotFound
from acquis.registry.trust_list import Scope, TrustEntry
from support.trust import DETAILS, UNIVERSITY
from trust_anchor.difference import differences
from trust_anchor.entries import Choice, Details, Entries, ended, in_order, with_scope, without

ISSUER = UNIVERSITY.did
FIRST = date(2026, 1, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(-1, 22)]
SCOPE = Scope("esco", 1, 3, FIRST, None, "RNCP 37837", "France compétences")

days = st.sampled_from(DAYS[1:-1])


@st.composite
def scopes(draw: st.DrawFn) -> Scope:
    first, end = draw(days), draw(st.none() | days)
    low, high = sorted((draw(st.integers(1, 3)), draw(st.integers(1, 3))))
    return Scope(
        draw(st.sampled_from(["esco", "rncp"])),
        low,
        high,
        first,
        None if end is None else max(first, end),
        draw(st.sampled_from(["one", "other"])),
        "France compétences",
    )


def entries_of(*found: Scope) -> Entries:
    return (TrustEntry(ISSUER, "Université", "FR", "https://univ.example/", found),)


entries = st.lists(scopes(), min_size=1, max_size=4).map(lambda found: entries_of(*found))


def covered(found: Entries, framework: str, day: date) -> set[int]:
    """The levels for which the university is entitled on a day."""
    return {
        level
        for entry in found
        for scope in entry.scopes
        for level in range(5)
        if scope.covers(framework, level, day)
    }


@given(entries, days)
def test_ending_changes_no_day_up_to_the_last_and_takes_every_later_one(
    before: Entries, last: date
) -> None:
    after = ended(before, ISSUER, Choice(), last)
    for day in DAYS:
        for framework in ("esco", "rncp"):
            wanted = covered(before, framework, day) if day <= last else set()
            assert covered(after, framework, day) == wanted
    assert not after or ended(after, ISSUER, Choice(), last) == after


@given(entries, st.sampled_from(["esco", "rncp"]), days)
def test_only_what_was_chosen_is_ended_or_taken_away(
    before: Entries, framework: str, last: date
) -> None:
    other = "rncp" if framework == "esco" else "esco"
    choice = Choice(framework)
    if not any(choice.takes(scope) for entry in before for scope in entry.scopes):
        with pytest.raises(NotFound):
            ended(before, ISSUER, choice, last)
        return
    gone = without(before, ISSUER, choice)
    for day in DAYS:
        assert covered(ended(before, ISSUER, choice, last), other, day) == covered(
            before, other, day
        )
        assert covered(gone, other, day) == covered(before, other, day)
        assert covered(gone, framework, day) == set()


@given(scopes(), scopes())
def test_a_scope_is_refused_when_another_says_it_already(standing: Scope, fresh: Scope) -> None:
    shared = (
        standing.framework == fresh.framework
        and standing.accreditation == fresh.accreditation
        and any(
            standing.covers(fresh.framework, level, day)
            and fresh.covers(fresh.framework, level, day)
            for level in range(5)
            for day in DAYS
        )
    )
    try:
        found = with_scope(entries_of(standing), ISSUER, Details(), fresh)
    except Conflict:
        assert shared
    else:
        assert not shared
        assert set(found[0].scopes) == {standing, fresh}


@given(entries, entries)
def test_lists_differ_exactly_when_a_difference_is_told(one: Entries, other: Entries) -> None:
    told = differences(in_order(one), in_order(other))
    same = {*one[0].scopes} == {*other[0].scopes}
    assert (not told) is same
    assert all(line[0] in "+-~" for line in told)


def test_details_are_changed_without_a_scope_and_only_of_who_is_there() -> None:
    changed = with_scope(entries_of(SCOPE), ISSUER, Details(website="https://new.example/"), None)
    assert changed[0].website == "https://new.example/"
    assert changed[0].scopes == (SCOPE,)
    assert "~     website: https://univ.example/ -> https://new.example/" in differences(
        entries_of(SCOPE), changed
    )
    with pytest.raises(InvalidInput, match="also say: a scope"):
        with_scope((), ISSUER, DETAILS, None)
    with pytest.raises(InvalidInput, match="also say: legal name, country"):
        with_scope((), ISSUER, Details(website="https://a.example/"), SCOPE)


@pytest.mark.parametrize(
    ("issuer", "details", "scope"),
    [
        ("did:web:univ.example", DETAILS, SCOPE),
        (ISSUER, replace(DETAILS, country="fr"), SCOPE),
        (ISSUER, replace(DETAILS, website="http://univ.example/"), SCOPE),
        (ISSUER, replace(DETAILS, logo_digest="logo.png"), SCOPE),
        (ISSUER, DETAILS, replace(SCOPE, framework="ESCO!")),
        (ISSUER, DETAILS, replace(SCOPE, level_min=4)),
        (ISSUER, DETAILS, replace(SCOPE, valid_until=FIRST - timedelta(days=1))),
        (ISSUER, DETAILS, replace(SCOPE, accreditation="")),
    ],
)
def test_what_no_list_may_hold_is_refused_at_once(
    issuer: str, details: Details, scope: Scope
) -> None:
    with pytest.raises(AcquisError, match=r"must be"):
        with_scope((), issuer, details, scope)
