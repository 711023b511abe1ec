"""What a request leaves to the learner: a narrowed request is a part of the full one, and no more."""

from __future__ import annotations

import copy
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquis.credentials.choice import Choice, NameAsked, parse_choice
from acquis.credentials.disclosure import competency_in_words, describe, describe_choice
from acquis.credentials.narrowing import narrow_proof_request
from acquis.credentials.proof_request import AskedItems, UnverifiedProofRequest, parse_proof_request
from acquis.credentials.request import (
    Candidate,
    CompetencyRequest,
    PresentationRequest,
    build_proof_request,
    parse_presentation_request,
)
from acquis.errors import InvalidInput
from acquis.text import Text
from support.achievement_strategies import competencies, texts
from support.scenario import FIRST_AID, NONCE, NOW, PYTHON, SQL, python_request

NAMES = {"given_name", "family_name"}


@st.composite
def choosable(draw: st.DrawFn) -> PresentationRequest:
    keys = draw(st.lists(competencies().map(lambda each: each.key), min_size=1, max_size=5))
    asked = [
        CompetencyRequest(
            key,
            Text(draw(texts), draw(texts)),
            draw(st.none() | st.integers(1, 99)),
            number > 0 and draw(st.booleans()),
        )
        for number, key in enumerate(dict.fromkeys(keys))
    ]
    wanted = sum(not each.optional for each in asked)
    return PresentationRequest(
        tuple(draw(st.permutations(asked))),
        purpose=draw(texts),
        awarded_since=draw(st.none() | st.dates(date(1990, 1, 1), date(2026, 11, 22))),
        learner_name=draw(st.sampled_from(NameAsked)),
        still_valid=draw(st.booleans()),
        at_least=draw(st.none() | st.integers(1, wanted)),
    )


@st.composite
def chosen(draw: st.DrawFn) -> tuple[PresentationRequest, dict[str, Any], Choice]:
    """A request, what is built for all of it, and one of the choices it allows."""
    request = draw(choosable())
    wanted = [group for group, _ in request.wanted]
    optional = [group for group, each in request.competencies_of() if each.optional]
    some = draw(st.lists(st.sampled_from(wanted), min_size=request.fewest, unique=True))
    more = draw(st.lists(st.sampled_from(optional), unique=True)) if optional else []
    name = {
        NameAsked.NO: False,
        NameAsked.REQUIRED: True,
        NameAsked.OPTIONAL: draw(st.booleans()),
    }[request.learner_name]
    candidates = {
        each.key: [
            Candidate(f"did:x/resources/z{number}", draw(st.none() | st.just(date(2020, 1, 1))))
            for number in range(draw(st.integers(1, 3)))
        ]
        for each in request.competencies
    }
    full = build_proof_request(request, candidates, NONCE, NOW)
    return request, full, Choice((*some, *more), name)


def read(document: dict[str, Any]) -> AskedItems:
    return parse_proof_request(UnverifiedProofRequest(document))


@given(choosable())
def test_a_request_with_a_choice_reads_back_from_its_books(request: PresentationRequest) -> None:
    assert parse_presentation_request(request.content()) == request
    assert bool(describe_choice(request)) is request.offers_choice


@given(chosen())
def test_a_narrowed_request_is_a_part_of_the_full_one(made: Any) -> None:
    request, full, choice = made
    before = copy.deepcopy(full)
    narrowed = narrow_proof_request(full, request, choice)
    assert full == before
    for member in set(full) - {"requested_attributes", "requested_predicates"}:
        assert narrowed[member] == full[member]
    assert set(narrowed) == set(full)
    asked = read(narrowed)
    assert {each.id for each in asked.groups()} == set(choice.competencies)
    for group in asked.groups():
        assert ("family_name" in group.names) is choice.learner_name
        assert {each.restrictions for each in (*group.attributes, *group.predicates)} != {()}
    for each in (*asked.attributes, *asked.predicates):
        assert each.restrictions
        assert each.non_revoked is None
    for referent, item in narrowed["requested_predicates"].items():
        assert item == full["requested_predicates"][referent]
    for referent, item in narrowed["requested_attributes"].items():
        kept = full["requested_attributes"][referent]
        assert item["restrictions"] == kept["restrictions"]
        assert set(kept["names"]) - set(item["names"]) == (
            NAMES & set(kept["names"]) if not choice.learner_name else set()
        )
    kept_predicates = {
        each
        for each in full["requested_predicates"]
        if each.partition("-")[0] in choice.competencies
    }
    assert set(narrowed["requested_predicates"]) == kept_predicates


@given(chosen())
def test_the_words_of_a_part_are_words_of_the_whole(made: Any) -> None:
    request, full, choice = made
    whole = describe(read(full), request.labels())
    part = describe(read(narrow_proof_request(full, request, choice)), request.labels())
    assert set(part.shown) <= set(whole.shown)
    assert set(part.proved) <= set(whole.proved)
    given_name = "the learner's given name"
    assert (given_name in {each.en for each in part.shown}) is choice.learner_name
    assert (given_name in {each.en for each in part.hidden}) is not choice.learner_name
    assert set(whole.hidden) - set(part.hidden) <= {
        each for each in whole.hidden if each.en.endswith(": the exact value")
    }


@given(chosen())
def test_everything_chosen_is_everything_asked(made: Any) -> None:
    request, full, choice = made
    assert narrow_proof_request(full, request, request.full_choice) == full
    assert parse_choice(choice.content()) == choice
    assert Choice(tuple(reversed(choice.competencies)), choice.learner_name) == choice
    numbered = dict(request.competencies_of())
    for group, each in request.competencies_of(choice):
        assert numbered[group] == each
        assert request.competencies[int(group[1:]) - 1] == each


@given(choosable(), st.data())
def test_a_choice_is_allowed_exactly_when_it_satisfies_the_request(
    request: PresentationRequest, data: st.DataObject
) -> None:
    groups = data.draw(
        st.lists(st.sampled_from([f"c{n}" for n in range(1, 7)]), unique=True, max_size=6)
    )
    choice = Choice(tuple(groups), data.draw(st.booleans()))
    known = dict(request.competencies_of())
    allowed = (
        set(groups) <= set(known)
        and sum(group in groups and not each.optional for group, each in known.items())
        >= (request.at_least or sum(not each.optional for each in request.competencies))
        and (choice.learner_name or request.learner_name is not NameAsked.REQUIRED)
        and not (choice.learner_name and request.learner_name is NameAsked.NO)
    )
    with nullcontext() if allowed else pytest.raises(InvalidInput):
        request.check_choice(choice)


THREE = (
    CompetencyRequest(PYTHON, Text("Python", "Python"), 3),
    CompetencyRequest(SQL, Text("SQL", "SQL"), 2),
    CompetencyRequest(FIRST_AID, Text("First aid", "Premiers secours")),
)


def test_two_of_three_and_the_name_in_words() -> None:
    asked = python_request(competencies=THREE, at_least=2, learner_name=NameAsked.OPTIONAL)
    some, name = describe_choice(asked)
    aid = competency_in_words(THREE[2])
    assert some.en == (
        "any 2 of these 3, or more: “Python” at level 3 or more; “SQL” at level 2 or more; "
        + aid.en
    )
    assert some.fr == (
        "2 de ces 3 au choix, ou plus : « Python » au niveau 3 ou plus ; « SQL » au niveau 2 ou "
        f"plus ; {aid.fr}"
    )
    assert (name.en, name.fr) == (
        "optional: the learner's name",
        "facultatif : le nom de l’apprenant",
    )
    for few in range(4):
        for groups in combinations(("c1", "c2", "c3"), few):
            choice = Choice(groups)
            if few < 2:
                with pytest.raises(InvalidInput):
                    asked.check_choice(choice)
            else:
                asked.check_choice(choice)


def test_what_is_optional_does_not_count_among_those_required() -> None:
    optional = (*THREE[:2], replace(THREE[2], optional=True))
    asked = python_request(competencies=optional, at_least=1)
    asked.check_choice(Choice(("c2",)))
    with pytest.raises(InvalidInput):
        asked.check_choice(Choice(("c3",)))
    assert describe_choice(asked)[1].en.startswith("optional: “")
    for at_least in (0, 3):
        with pytest.raises(InvalidInput):
            python_request(competencies=optional, at_least=at_least)
    with pytest.raises(InvalidInput):
        python_request(competencies=(replace(THREE[0], optional=True),))


def test_a_request_of_before_reads_as_it_was_meant() -> None:
    content: Any = python_request(learner_name=NameAsked.REQUIRED).content()
    old = content | {"learner_name": True}
    del old["at_least"]
    del old["competencies"][0]["optional"]
    assert parse_presentation_request(old) == python_request(learner_name=NameAsked.REQUIRED)
    assert parse_presentation_request(old | {"learner_name": False}) == python_request()
    assert not python_request().offers_choice


def test_a_label_does_not_rename_a_competency_that_is_known() -> None:
    asked = CompetencyRequest(PYTHON, Text("Cookery", "Cuisine"), 3)
    assert "Cookery" not in competency_in_words(asked).en
    request = python_request(competencies=(asked,))
    full = build_proof_request(request, {PYTHON: [Candidate("a")]}, NONCE, NOW)
    told = describe(read(full), request.labels())
    assert "Cookery" not in str(told)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda full: full["requested_attributes"].pop("c1"),
        lambda full: full["requested_attributes"].update(
            c9={"names": ["birth_date"], "restrictions": [{"cred_def_id": "a"}]}
        ),
        lambda full: full["requested_attributes"].update(
            extra={"name": "birth_date", "restrictions": [{"cred_def_id": "a"}]}
        ),
        lambda full: full["requested_attributes"]["c1"].pop("restrictions"),
        lambda full: full["requested_attributes"]["c1"].update(restrictions=[]),
        lambda full: full["requested_predicates"]["c1-level"].update(restrictions=[]),
        lambda full: full["requested_predicates"].pop("c1-level"),
        lambda full: full["requested_predicates"]["c1-level"].update(name=str(SQL)),
        lambda full: full["requested_attributes"]["c1"].update(names=["given_name"]),
        lambda full: full.update(requested_attributes=7),
        lambda full: full.pop("nonce"),
    ],
)
def test_a_full_request_that_is_not_what_it_is_said_to_be_is_refused(spoil: Any) -> None:
    asked = python_request(learner_name=NameAsked.OPTIONAL)
    full: Any = build_proof_request(asked, {PYTHON: [Candidate("a")]}, NONCE, NOW)
    narrow_proof_request(full, asked, Choice(("c1",)))
    spoil(full)
    with pytest.raises(InvalidInput):
        narrow_proof_request(full, asked, Choice(("c1",)))


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        {},
        {"competencies": ["c1"]},
        {"competencies": ["c0"], "learner_name": False},
        {"competencies": ["c1-level"], "learner_name": False},
        {"competencies": [1], "learner_name": False},
        {"competencies": {"c1": 1}, "learner_name": False},
        {"competencies": ["c1"], "learner_name": "no"},
        {"competencies": ["c1"], "learner_name": None},
        {"competencies": ["c1"], "learner_name": True, "nonce": "1"},
        {"competencies": ["c1"] * 101, "learner_name": True},
    ],
)
def test_what_is_no_choice_is_refused(content: Any) -> None:
    with pytest.raises(InvalidInput):
        parse_choice(content)
