"""What an employer asks becomes a proof request: always restricted, never more than is needed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquis.credentials.choice import NameAsked
from acquis.credentials.proof_request import Interval, UnverifiedProofRequest, parse_proof_request
from acquis.credentials.request import (
    MAX_CANDIDATES,
    Candidate,
    CompetencyRequest,
    PresentationRequest,
    build_proof_request,
    capped,
    parse_presentation_request,
)
from acquis.errors import InvalidInput, NotFound, TooLarge
from acquis.text import Text
from support.achievement_strategies import competencies, texts
from support.scenario import FIRST_AID, NONCE, NOW, PYTHON, SQL, python_request

LABEL = Text("Python", "Python")


@st.composite
def requests(draw: st.DrawFn) -> PresentationRequest:
    keys = draw(
        st.lists(competencies().map(lambda each: each.key), min_size=1, max_size=4, unique=True)
    )
    return PresentationRequest(
        tuple(
            CompetencyRequest(
                key, Text(draw(texts), draw(texts)), draw(st.none() | st.integers(1, 99))
            )
            for key in keys
        ),
        purpose=draw(texts),
        awarded_since=draw(st.none() | st.dates(date(1990, 1, 1), date(2026, 11, 22))),
        learner_name=draw(st.sampled_from(NameAsked)),
        still_valid=draw(st.booleans()),
    )


@st.composite
def asked_of(draw: st.DrawFn) -> tuple[PresentationRequest, dict[Any, list[Candidate]]]:
    request = draw(requests())
    days = st.none() | st.dates(date(1990, 1, 1), date(2026, 11, 22))
    return request, {
        each.key: [
            Candidate(f"did:x/resources/z{number}", draw(days), draw(days))
            for number in range(draw(st.integers(1, 4)))
        ]
        for each in request.competencies
    }


@given(requests())
def test_a_request_reads_back_from_its_books(request: PresentationRequest) -> None:
    assert parse_presentation_request(request.content()) == request


@given(asked_of())
def test_every_referent_is_restricted_to_the_candidates_of_its_competency(found: Any) -> None:
    request, candidates = found
    asked = parse_proof_request(
        UnverifiedProofRequest(build_proof_request(request, candidates, NONCE, NOW))
    )
    assert asked.non_revoked == Interval(None, NOW)
    assert asked.nonce == NONCE
    groups = asked.groups()
    assert [each.id for each in groups] == [f"c{i + 1}" for i in range(len(request.competencies))]
    for wanted, group in zip(request.competencies, groups, strict=True):
        ids = tuple(
            (("cred_def_id", each.credential_definition_id),) for each in candidates[wanted.key]
        )
        assert len(group.attributes) == 1
        for referent in (*group.attributes, *group.predicates):
            assert referent.restrictions == ids
            assert referent.non_revoked is None
        names = group.attributes[0].names
        assert "achievement_id" in names
        assert ("given_name" in names) is request.asks_name()
        assert (str(wanted.key) in names) is (wanted.minimum_level is None)
        bounds = {each.name: each.bound for each in group.predicates}
        assert bounds.get(str(wanted.key)) == wanted.minimum_level
        assert ("valid_until" in bounds) is request.still_valid
        assert "birth_date" not in group.names
        # The day of the award is always known well enough to ask whether the issuer was entitled.
        assert ("awarded_on" in names) is not ("awarded_on" in bounds)
        assert not set(names) & set(bounds)  # the library refuses to show and compare one value


@pytest.mark.parametrize(
    ("candidates", "since", "bound", "shown"),
    [
        ([Candidate("a", date(2020, 1, 1))], None, 20200101, False),
        ([Candidate("a", date(2020, 1, 1))], date(2024, 5, 6), 20240506, False),
        ([Candidate("a", date(2020, 1, 1))], date(2019, 5, 6), 20200101, False),
        (
            [Candidate("a", date(2020, 1, 1)), Candidate("b", date(2020, 1, 1))],
            None,
            20200101,
            False,
        ),
        ([Candidate("a", date(2020, 1, 1)), Candidate("b", date(2021, 1, 1))], None, None, True),
        (
            [Candidate("a", date(2020, 1, 1)), Candidate("b", date(2021, 1, 1))],
            date(2022, 1, 1),
            20220101,
            False,
        ),
        ([Candidate("a", date(2020, 1, 1), date(2022, 1, 1))], None, None, True),
        ([Candidate("a", date(2020, 1, 1), date(2026, 11, 22))], None, 20200101, False),
        ([Candidate("a")], None, None, True),
        ([Candidate("a")], date(2022, 1, 1), None, True),
    ],
)
def test_the_date_of_the_award_is_bounded_where_that_decides_and_shown_where_not(
    candidates: list[Candidate], since: date | None, bound: int | None, shown: bool
) -> None:
    request = python_request(awarded_since=since)
    built: Any = build_proof_request(request, {PYTHON: candidates}, NONCE, NOW)
    assert ("awarded_on" in built["requested_attributes"]["c1"]["names"]) is shown
    assert built["requested_predicates"].get("c1-awarded", {}).get("p_value") == bound


def test_nobody_recognised_and_too_many_are_said() -> None:
    with pytest.raises(NotFound) as caught:
        build_proof_request(python_request(), {}, NONCE, NOW)
    assert "No recognised institution" in caught.value.says.en
    assert "Aucun établissement reconnu" in caught.value.says.fr
    many = [Candidate(f"d{number}") for number in range(MAX_CANDIDATES + 7)]
    with pytest.raises(TooLarge):
        build_proof_request(python_request(), {PYTHON: many}, NONCE, NOW)
    kept, left_out = capped(many)
    assert (len(kept), left_out) == (MAX_CANDIDATES, 7)
    assert build_proof_request(python_request(), {PYTHON: kept}, NONCE, NOW)
    assert capped(kept) == (kept, 0)


@pytest.mark.parametrize("nonce", ["", "0", "-1", "abc", "1.5", str(2**80), "٣"])
def test_a_nonce_is_a_positive_integer_below_two_to_the_eighty(nonce: str) -> None:
    with pytest.raises(InvalidInput):
        build_proof_request(python_request(), {PYTHON: [Candidate("a")]}, nonce, NOW)


def test_a_definition_listed_twice_or_empty_is_refused() -> None:
    for listed in ([Candidate("a"), Candidate("a")], [Candidate("")]):
        with pytest.raises(InvalidInput):
            build_proof_request(python_request(), {PYTHON: listed}, NONCE, NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"competencies": ()},
        {"competencies": (CompetencyRequest(PYTHON, LABEL), CompetencyRequest(PYTHON, LABEL, 3))},
        {"competencies": (CompetencyRequest(PYTHON, LABEL, 0),)},
        {"competencies": (CompetencyRequest(PYTHON, LABEL, 100),)},
        {"purpose": ""},
        {"purpose": "x" * 201},
        {"purpose": "a\x00b"},
    ],
)
def test_a_request_that_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        replace(python_request(), **change)


def test_at_most_ten_competencies() -> None:
    from acquis.credentials.competency import CompetencyKey

    eleven = tuple(
        CompetencyRequest(CompetencyKey.parse(f"own_{number:016x}"), LABEL) for number in range(11)
    )
    with pytest.raises(TooLarge):
        python_request(competencies=eleven)


def test_the_labels_are_kept_by_key() -> None:
    asked = (CompetencyRequest(SQL, LABEL), CompetencyRequest(FIRST_AID, Text("a", "b"), 1))
    assert python_request(competencies=asked).labels() == {
        str(SQL): LABEL,
        str(FIRST_AID): Text("a", "b"),
    }
