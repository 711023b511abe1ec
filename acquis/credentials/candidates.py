"""Which credential definitions may answer for a competency, and since when their issuer may award it.

An employer's request lists them: an issuer that is not recognised for the competency at the
moment of asking is left out before anybody is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from acquis.credentials.competency import CompetencyKey
from acquis.credentials.environment import Entitlement, Standing
from acquis.credentials.request import Candidate


def _fitting(standing: Standing, framework: str, level: int | None) -> list[Entitlement]:
    return [
        each
        for each in standing.entitlements
        if each.framework == framework
        and (level is None or each.level_min <= level <= each.level_max)
    ]


def _unbroken_since(entitlements: Sequence[Entitlement], today: date) -> date | None:
    """Return the first day of the unbroken time that includes ``today``, or None."""

    def covers(each: Entitlement, day: date) -> bool:
        return each.valid_from <= day and (each.valid_until is None or day <= each.valid_until)

    first: date | None = None
    day = today
    while True:
        starts = [each.valid_from for each in entitlements if covers(each, day)]
        if not starts:
            return first
        first = min(starts)
        if first == date.min:
            return first
        day = first - timedelta(days=1)


def candidate_of(
    definition_id: str,
    standing: Standing,
    key: CompetencyKey,
    minimum_level: int | None,
    today: date,
) -> Candidate | None:
    """Return the candidate, or None when the issuer is not recognised for ``key`` today.

    Without a minimum level the level is only known once it is shown: the days are then left
    open, and the date of the award asked to be shown, unless one entitlement covers them all.
    """
    fitting = _fitting(standing, key.framework, minimum_level)
    since = _unbroken_since(fitting, today)
    if since is None:
        return None
    if minimum_level is None and len(fitting) > 1:
        return Candidate(definition_id)
    ends = [each.valid_until for each in fitting if each.valid_until is not None]
    return Candidate(definition_id, since, max(ends) if len(ends) == len(fitting) else None)


def widest(candidates: Sequence[Candidate]) -> Candidate | None:
    """Return the candidate of one definition that admits most, of those of several anchors.

    One anchor must answer for the whole time, so times are compared and never joined; where one of
    them leaves the days open, the date of the award is asked and each anchor can answer by it.
    """
    if not candidates:
        return None
    return min(candidates, key=lambda each: each.recognised_from or date.min)
