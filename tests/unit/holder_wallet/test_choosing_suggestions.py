"""What is suggested of a question: the smallest choice that answers, revealing least."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from acquis.credentials.choice import NameAsked
from acquis.credentials.competency import CompetencyKey
from acquis.credentials.matching import GroupMatch, select_credentials
from acquis.credentials.proof_request import UnverifiedProofRequest, parse_proof_request
from acquis.credentials.request import (
    Candidate,
    CompetencyRequest,
    PresentationRequest,
    build_proof_request,
)
from acquis.text import Text
from holder_wallet.choosing import LinkQuestion, is_enough, offer, suggest_choice

CREDENTIALS = ("a", "b", "c")
NONCE, NOW = "12", 1_800_000_000


def key(number: int) -> CompetencyKey:
    return CompetencyKey.parse(f"rncp_{number + 1}-bc01-c1")


@st.composite
def asked_of_a_wallet(
    draw: st.DrawFn,
) -> tuple[LinkQuestion, list[GroupMatch], frozenset[str]]:
    """A question that leaves something, and which credentials answer which part of it."""
    many = draw(st.integers(2, 6))
    competencies = tuple(
        CompetencyRequest(
            key(number),
            Text(f"No. {number}", f"N° {number}"),
            draw(st.sampled_from([None, 2])),
            optional=number > 0 and draw(st.booleans()),
        )
        for number in range(many)
    )
    wanted = sum(not each.optional for each in competencies)
    request = PresentationRequest(
        competencies,
        "A position",
        at_least=draw(st.none() | st.integers(1, wanted)),
        learner_name=draw(st.sampled_from(NameAsked)),
    )
    carriers = {each.key: [Candidate(f"definition-{each.key}")] for each in competencies}
    full = build_proof_request(request, carriers, NONCE, NOW)
    matches = [
        GroupMatch(group, tuple(sorted(draw(st.sets(st.sampled_from(CREDENTIALS))))))
        for group in parse_proof_request(UnverifiedProofRequest(full)).groups()
    ]
    revoked = frozenset(draw(st.sets(st.sampled_from(CREDENTIALS))))
    return LinkQuestion(request, full, "Atelier", NOW), matches, revoked


@given(asked_of_a_wallet())
def test_a_suggestion_is_allowed_smallest_and_can_be_answered(
    case: tuple[LinkQuestion, list[GroupMatch], frozenset[str]],
) -> None:
    question, matches, revoked = case
    request = question.request
    able = {match.group.id for match in matches if match.credentials}
    offered = offer(question, matches, None, revoked)
    assert offered.able == able
    assert offered.is_enough is (
        sum(group in able for group, _ in request.wanted) >= request.fewest
    )
    if not offered.is_enough:
        assert offered.narrowed is None
        assert offered.choice.competencies == ()
        return
    request.check_choice(offered.choice)
    assert set(offered.choice.competencies) <= able
    assert len(offered.choice.competencies) == request.fewest
    assert offered.choice.learner_name is (request.learner_name is NameAsked.REQUIRED)
    assert offered.narrowed == question.narrow(offered.choice)


@given(asked_of_a_wallet())
def test_no_other_choice_of_that_size_reveals_less(
    case: tuple[LinkQuestion, list[GroupMatch], frozenset[str]],
) -> None:
    question, matches, revoked = case
    request = question.request
    able = [match.group.id for match in matches if match.credentials]
    if not is_enough(request, able):
        return
    levels = {group: each.minimum_level is None for group, each in request.wanted}

    def revealed(groups: tuple[str, ...]) -> tuple[int, int, int]:
        picked = select_credentials([match for match in matches if match.group.id in groups])
        used = set(picked.attributes.values())
        return len(used & revoked), sum(levels[group] for group in groups), len(used)

    ours = revealed(suggest_choice(request, matches, revoked).competencies)
    wanted = [group for group, _ in request.wanted if group in able]
    assert all(ours <= revealed(each) for each in combinations(wanted, request.fewest))
