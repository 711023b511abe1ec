"""Candidates: only issuers recognised today, with the unbroken time they have been."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquis.credentials.candidates import candidate_of
from acquis.credentials.environment import Entitlement, Standing, entitled
from acquis.credentials.request import Candidate
from support.scenario import INSTITUTE, PYTHON

TODAY = date(2026, 11, 22)


def candidate(*entitlements: Entitlement, level: int | None = 3) -> Candidate | None:
    return candidate_of("d", Standing(INSTITUTE, "Institute", entitlements), PYTHON, level, TODAY)


@pytest.mark.parametrize(
    "entitlement",
    [
        Entitlement("rncp", 1, 5, date(2020, 1, 1)),
        Entitlement("esco", 1, 2, date(2020, 1, 1)),
        Entitlement("esco", 4, 5, date(2020, 1, 1)),
        Entitlement("esco", 1, 5, date(2026, 11, 23)),
        Entitlement("esco", 1, 5, date(2020, 1, 1), date(2026, 11, 21)),
    ],
)
def test_who_is_not_recognised_today_is_no_candidate(entitlement: Entitlement) -> None:
    assert candidate(entitlement) is None
    assert candidate() is None


def test_the_unbroken_time_is_found_across_entitlements() -> None:
    first = Entitlement("esco", 1, 5, date(2018, 1, 1), date(2019, 12, 31))
    second = Entitlement("esco", 1, 3, date(2020, 1, 1), date(2022, 6, 30))
    third = Entitlement("esco", 3, 5, date(2022, 7, 1))
    assert candidate(third, first, second) == Candidate("d", date(2018, 1, 1))
    assert candidate(third, first) == Candidate("d", date(2022, 7, 1))
    ending = Entitlement("esco", 1, 5, date(2020, 1, 1), date(2027, 1, 1))
    assert candidate(ending) == Candidate("d", date(2020, 1, 1), date(2027, 1, 1))


def test_without_a_level_several_entitlements_leave_the_days_open() -> None:
    low = Entitlement("esco", 1, 2, date(2018, 1, 1))
    high = Entitlement("esco", 3, 5, date(2022, 1, 1))
    assert candidate(low, high, level=None) == Candidate("d")
    assert candidate(high, level=None) == Candidate("d", date(2022, 1, 1))


days = st.dates(date(2020, 1, 1), date(2020, 3, 1))
entitlements = st.lists(
    st.builds(
        Entitlement, st.just("esco"), st.integers(1, 3), st.integers(2, 5), days, st.none() | days
    ),
    max_size=4,
).map(tuple)


@given(entitlements, days)
def test_a_candidates_days_are_days_its_issuer_was_entitled(
    found: tuple[Entitlement, ...], today: date
) -> None:
    standing = Standing(INSTITUTE, "Institute", found)
    listed = candidate_of("d", standing, PYTHON, 3, today)
    assert (listed is not None) is entitled(standing, "esco", 3, today, today)
    if listed is not None:
        assert listed.recognised_from is not None
        assert entitled(standing, "esco", 3, listed.recognised_from, today)
        before = listed.recognised_from - timedelta(days=1)
        assert not entitled(standing, "esco", 3, before, today)


@given(entitlements, days, days)
def test_entitled_over_a_time_is_entitled_on_each_day_of_it(
    found: tuple[Entitlement, ...], first: date, last: date
) -> None:
    standing = Standing(INSTITUTE, "Institute", found)
    each = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    wanted = bool(each) and all(entitled(standing, "esco", 3, day, day) for day in each)
    assert entitled(standing, "esco", 3, first, last) is wanted


@given(entitlements, days)
def test_entitled_on_a_day_is_one_entitlement_covering_it(
    found: tuple[Entitlement, ...], day: date
) -> None:
    standing = Standing(INSTITUTE, "Institute", found)
    wanted = any(
        e.level_min <= 3 <= e.level_max
        and e.valid_from <= day
        and (e.valid_until is None or day <= e.valid_until)
        for e in found
    )
    assert entitled(standing, "esco", 3, day, day) is wanted
