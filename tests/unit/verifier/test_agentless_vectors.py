"""The vectors judged as files: what ACA-Py is known to say of each, said here without an agent."""

from __future__ import annotations

import time
from typing import Any

import pytest

from acquis.credentials.choice import parse_choice
from acquis.credentials.policy import AllOf, CheckValid, Conclusion
from acquis.credentials.presentation import UnverifiedPresentation, parse_presentation
from acquis.credentials.proof_request import UnverifiedProofRequest, parse_proof_request
from acquis.credentials.request import parse_presentation_request
from acquis.credentials.saved_presentation import SavedPresentation
from acquis.credentials.verify import CHECK_IDS
from acquis.errors import InvalidInput
from support.vectors import Mirrors, environment_of, load_vectors, presentation_of
from verifier.agentless import Question, resolve_verdict
from verifier.offline import STANDARD, STRICT, judge

READABLE = [each for each in load_vectors() if each["alone"] is not None]
PLAIN = {"verified": True, "warnings": []}
STRICTER = {
    "comparison-turned-round",
    "computed-backwards",
    "passed-on-by-another-verifier",
    "signature-from-nothing",
    "two-people-one-computed-secret",
}
"""Refused here already; the agent lets it pass and the pipeline refuses it."""


@pytest.fixture(scope="module")
def mirrors(tmp_path_factory: pytest.TempPathFactory) -> Mirrors:
    return Mirrors(tmp_path_factory.mktemp("worlds"))


def question_of(vector: dict[str, Any]) -> Question:
    request, presentation = vector["answered"] or vector["proof_request"], presentation_of(vector)
    return Question(
        request,
        presentation,
        parse_proof_request(UnverifiedProofRequest(request)),
        parse_presentation(UnverifiedPresentation(presentation)),
    )


def test_the_verdict_is_acapys_wherever_the_mirror_has_the_documents(mirrors: Mirrors) -> None:
    same, without, stricter = 0, set(), set()
    plain = [each for each in READABLE if each["alone"]["acapy"] == PLAIN]
    special = [each for each in READABLE if each["alone"]["acapy"] != PLAIN]
    some = [each for at, each in enumerate(plain) if each["id"] in STRICTER or not at % 6]
    for vector in [*special, *some]:
        try:
            question = question_of(vector)
        except InvalidInput:
            continue
        ours = resolve_verdict(question, mirrors.of(vector["world"]), int(time.time()))
        codes = {each.partition("::")[0] for each in ours.warnings}
        theirs = vector["alone"]["acapy"]
        if ours.verified is None:
            without.add(vector["id"])
        elif (ours.verified, codes) == (
            theirs["verified"],
            {each.partition("::")[0] for each in theirs["warnings"]},
        ):
            same += 1
        else:
            assert ours.verified is False, vector["id"]
            stricter.add(vector["id"])
    assert stricter == STRICTER
    assert same > 30, without


def test_nothing_is_accepted_from_a_file_that_is_not_accepted_in_an_exchange(
    mirrors: Mirrors,
) -> None:
    accepted, unasked, tried = 0, 0, set()
    for vector in READABLE:
        named = vector["expected"]["named"]
        if named == "same-exchange" or vector["answered"] is not None:
            continue  # of an exchange, which a file has none of
        if named in tried or (named is None and accepted > 10):
            continue  # one of each kind is enough
        tried.add(named if named and vector["agent"]["by"] == "acapy" else "")
        saved = SavedPresentation(
            parse_presentation_request(vector["request"]),
            vector["proof_request"],
            presentation_of(vector),
            None if vector["choice"] is None else parse_choice(vector["choice"]),
            vector["clock"],
        )
        policy = STRICT if vector["policy"] == "strict" else STANDARD
        environment = environment_of(vector, mirrors.of(vector["world"]))
        found = judge(saved, environment, policy, vector["status_at"])
        if found.decision.because == ("still-valid",) and not saved.request.still_valid:
            unasked += 1  # whoever made the file may have left that out
        elif vector["agent"]["by"] == "acapy" and vector["expected"]["outcome"] == "accepted":
            assert found.decision.conclusion is Conclusion.ACCEPTED, vector["id"]
            accepted += 1
        elif vector["agent"]["by"] == "acapy":
            assert found.decision.conclusion is not Conclusion.ACCEPTED, vector["id"]
    assert accepted > 10
    assert unasked


def test_the_policies_for_files_leave_out_the_exchange_alone() -> None:
    assert AllOf(tuple(CheckValid(each) for each in CHECK_IDS if each != "same-exchange")) == STRICT
