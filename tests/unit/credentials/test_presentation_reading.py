"""A presentation is read strictly: a wrong type at any leaf is refused, never a crash."""

from __future__ import annotations

from typing import Any

import pytest

from acquis.credentials.choice import NameAsked
from acquis.credentials.disclosure import what_was_learned
from acquis.credentials.facts import AgentVerdict, ExchangeFacts
from acquis.credentials.policy import Conclusion, decide
from acquis.credentials.presentation import UnverifiedPresentation, parse_presentation
from acquis.credentials.verify import STANDARD_POLICY, verify_presentation
from acquis.errors import InvalidInput, TooLarge
from support.leaves import spoilt
from support.scenario import SAME_EXCHANGE, Scenario, python_request


def test_a_wrong_leaf_anywhere_is_refused_or_judged_but_never_crashes() -> None:
    scenario = Scenario(request=python_request(learner_name=NameAsked.REQUIRED))
    asked, honest = scenario.asked(), scenario.presentation()
    refused = judged = 0
    accepted = set()
    for what, changed in spoilt(honest, whole=("proof", "aggregated_proof", "c_list")):
        try:
            presentation = parse_presentation(UnverifiedPresentation(changed))
        except InvalidInput:
            refused += 1
            continue
        judged += 1
        facts = ExchangeFacts(
            scenario.request,
            asked,
            asked,
            presentation,
            AgentVerdict(True),
            exchange=SAME_EXCHANGE,
        )
        what_was_learned(asked, presentation)
        report = verify_presentation(facts, scenario.shelf)
        place, _, wrong = what.rpartition(" = ")
        if decide(report, STANDARD_POLICY).conclusion is Conclusion.ACCEPTED and not (
            ".eq_proof.m." in place and wrong == "__absent__"  # the agent misses it
        ):
            accepted.add(place)
    assert refused > 300
    assert judged > 100
    # Only these numbers of the proof may be as large as the largest tried, for whether a number of
    # the right size is the right one is the agent's business, and the members that say what was
    # *not* done may be absent.
    free = {"v", "m2", "r", "alpha", "unrevealed_attrs", "self_attested_attrs", "revealed_attrs"}
    told = {each for each in accepted if not free & set(each.split("."))}
    assert told == set()
    in_proof = {each for each in accepted if "revealed_attrs" in each.split(".")}
    assert in_proof == {"requested_proof.revealed_attrs"}


@pytest.mark.parametrize("document", [None, 1, "x", [], {}, {"identifiers": []}, True])
def test_what_is_no_presentation_is_refused(document: Any) -> None:
    with pytest.raises(InvalidInput):
        parse_presentation(UnverifiedPresentation(document))


def test_an_answer_given_twice_or_for_a_credential_that_is_not_there_is_refused() -> None:
    twice = Scenario().presentation()
    said = twice["requested_proof"]
    group = said["revealed_attr_groups"]["c1"]
    said["revealed_attrs"]["c1"] = {"sub_proof_index": 0, **group["values"]["achievement_id"]}
    with pytest.raises(InvalidInput):
        parse_presentation(UnverifiedPresentation(twice))
    beyond = Scenario().presentation()
    beyond["requested_proof"]["predicates"]["c1-level"]["sub_proof_index"] = 1
    with pytest.raises(InvalidInput):
        parse_presentation(UnverifiedPresentation(beyond))


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b" " * (5 * 1024 * 1024 + 1), TooLarge),
        (b'{"identifiers": [], "identifiers": []}', InvalidInput),
        (b'{"a":' * 40 + b"1" + b"}" * 40, InvalidInput),
        (b'{"a": 1e5}', InvalidInput),
    ],
)
def test_bytes_are_decoded_strictly(raw: bytes, problem: type[Exception]) -> None:
    with pytest.raises(problem):
        UnverifiedPresentation.parse(raw)


def test_no_representation_repeats_a_value() -> None:
    scenario = Scenario(request=python_request(learner_name=NameAsked.REQUIRED))
    assert "Müller" not in repr(scenario.facts())
