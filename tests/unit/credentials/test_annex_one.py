"""Annex I: exactly what is missing is said, by number, in both languages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquis.credentials.achievement import Achievement
from acquis.credentials.annex_one import ELEMENTS, gaps, verify_complete
from acquis.credentials.particulars import Workload
from acquis.errors import InvalidInput
from support.achievement_strategies import WITHOUT, complete


@given(complete, st.sets(st.sampled_from(sorted(WITHOUT))))
def test_the_gaps_are_exactly_what_is_missing(found: Achievement, missing: set[int]) -> None:
    changes: dict[str, Any] = {}
    for number in missing:
        changes |= WITHOUT[number]
    draft = replace(found, **changes)
    assert tuple(gap.number for gap in gaps(draft)) == tuple(sorted(missing))
    for gap in gaps(draft):
        assert f"element {gap.number} " in gap.says.en
        assert f"élément {gap.number} " in gap.says.fr
    if missing:
        with pytest.raises(InvalidInput) as caught:
            verify_complete(draft)
        assert caught.value.says.en.count("Annex I") == len(missing)
        assert caught.value.says.fr.count("Annexe I") == len(missing)
    else:
        verify_complete(draft)


def test_an_empty_draft_lacks_all_eleven() -> None:
    assert len(ELEMENTS) == 11
    assert [gap.number for gap in gaps(Achievement("draft", "1"))] == list(range(1, 12))


def test_a_name_alone_does_not_identify_and_an_empty_workload_is_none() -> None:
    draft = Achievement("draft", "1", learner_identification=("given-name",), workload=Workload())
    assert {1, 7} <= {gap.number for gap in gaps(draft)}
