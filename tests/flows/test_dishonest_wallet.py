"""A wallet that lies to real agents: what the agent alone said, and which check of ours refuses it.

Each row of a table is one lie: how it is forged, what the agent said of it (``AGENT_TRUE`` are the
dangerous ones: a verifier who relies on the agent is fooled), what Acquis concluded, by which check.
"""

from __future__ import annotations

import copy
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from acquis.acapy import present_proof
from acquis.credentials.presentation import UnverifiedPresentation, parse_presentation
from acquis.errors import InvalidInput
from acquis.service.publication import Publisher
from support.agents import until
from support.crooked_founding import crooked_town
from support.crooked_town import CrookedTown, Forge
from support.forgeries import answering, each_from, stale
from support.leaves import spoilt
from support.lies import (
    ACCEPTED,
    AGENT_FALSE,
    AGENT_TRUE,
    AT_THE_DOOR,
    COULD_NOT_TELL,
    ELSEWHEN,
    ELSEWHERE,
    INTERVALS,
    LIE_FIRST,
    LIES,
    REFUSED,
    TWO,
    UNTRACED,
)
from support.lies_unsound import BELOW_ZERO, READ_TWICE, UNSOUND
from trust_anchor.draft import load_draft, save_draft
from trust_anchor.publishing import publish

pytestmark = pytest.mark.agents

OUTCOMES = {REFUSED: "invalid", COULD_NOT_TELL: "indeterminate"}


@pytest.fixture(scope="module")
async def crook(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[CrookedTown]:
    async with crooked_town(tmp_path_factory.mktemp("crooked")) as made:
        yield made


@pytest.fixture(scope="module")
async def honest(crook: CrookedTown) -> present_proof.Record:
    """What the agent has of an honest answer, which it finds true."""
    record = await crook.say_alone(crook.build(), answering("first"))
    assert record.verified is True
    return record


@pytest.mark.parametrize(
    ("forge", "body"),
    [(answering("first"), {}), (each_from(c1="first", c2="second"), TWO), (LIE_FIRST, {})],
    ids=[
        "one competency",
        "two competencies of one person, from two awards",
        "a lie, and the truth after it under the same name",
    ],
)
async def test_the_truth_is_accepted(crook: CrookedTown, forge: Forge, body: Any) -> None:
    said = await crook.answer(forge, **body)
    assert (said.agent, said.conclusion, said.because) == (AGENT_TRUE, ACCEPTED, ())


@pytest.mark.parametrize("name", [*LIES, *UNSOUND])
async def test_a_lie_to_the_verifier_is_refused_by_name(crook: CrookedTown, name: str) -> None:
    lie = {**LIES, **UNSOUND}[name]
    said = await crook.answer(lie.forge, **lie.body)
    assert (said.agent, said.remarks) == (lie.agent, lie.remarks)
    assert said.conclusion == lie.conclusion
    assert lie.check in said.because
    assert said.outcomes[lie.check] == OUTCOMES[lie.conclusion]
    if lie.agent is AGENT_TRUE:
        assert said.outcomes["agent-verdict"] == "valid"


@pytest.mark.parametrize("lie", [*AT_THE_DOOR, *BELOW_ZERO])
async def test_what_the_agent_turns_away_changes_nothing(crook: CrookedTown, lie: str) -> None:
    """No check of ours names these: the agent takes nothing in, so there is nothing to check.

    It complains to its log, to nobody else, and at most notes that a message came. The session
    waits, the truth is accepted after; where nothing comes, it is told at its end that something
    was sent (`test_what_the_agent_turned_away_is_told_once_the_session_ended`).
    """
    forge, complaint = {**AT_THE_DOOR, **BELOW_ZERO}[lie]
    request_id, asked = await crook.ask()
    before = len(crook.log())
    assert not await crook.was_answered(asked)
    assert await crook.wallet.send(asked, forge(crook, asked.proof_request)) == 200

    async def complained() -> bool | None:
        return complaint in crook.log()[before:] or None

    await until(complained, f"the agent says “{complaint}”", pause=0.03)
    seen = await crook.look(request_id)
    assert (seen["state"], seen["verdict"], seen["decision"]) == ("request-sent", None, None)
    assert await crook.was_answered(asked) is (lie not in {*UNTRACED, *BELOW_ZERO})
    await crook.wallet.send(asked, answering("first")(crook, asked.proof_request))
    assert (await crook.ruling(request_id)).conclusion == ACCEPTED


async def test_five_megabytes_are_turned_away_before_they_are_opened(crook: CrookedTown) -> None:
    request_id, asked = await crook.ask()
    assert await crook.wallet.send(asked, b"[" + b"1," * 2_500_000 + b"1]") == 413
    assert (await crook.look(request_id))["state"] == "request-sent"
    await crook.recruiter.post(f"/api/requests/{request_id}/cancel")
    assert (await crook.look(request_id))["open"] is False


async def test_a_presentation_for_another_session_and_one_sent_again(crook: CrookedTown) -> None:
    first_id, first = await crook.ask()
    second_id, second = await crook.ask()
    for_first = answering("first")(crook, first.proof_request)
    await crook.wallet.send(second, for_first)
    said = await crook.ruling(second_id)
    assert (said.agent, said.conclusion) == (AGENT_FALSE, REFUSED)
    assert "agent-verdict" in said.because
    kept = await crook.look(second_id)
    await crook.wallet.send(first, for_first)
    assert (await crook.ruling(first_id)).conclusion == ACCEPTED
    stands = await crook.look(first_id)
    # The first verdict stands, whatever is sent on that thread after it.
    await crook.until_forgotten(first)
    await crook.until_forgotten(second)
    before = len(crook.log())
    await crook.wallet.send(first, for_first)
    await crook.wallet.send(first, stale("withdrawn")(crook, first.proof_request))
    await crook.wallet.send(second, answering("first")(crook, second.proof_request))

    async def turned_away() -> bool:
        return crook.log()[before:].count("Handler error: Dispatcher.handle_v1_message") == 3

    await until(turned_away, "the agent knows no such thread any more", pause=0.03)
    assert await crook.look(first_id) == stands
    assert await crook.look(second_id) == kept


@pytest.mark.parametrize("form", INTERVALS)
@pytest.mark.parametrize("each", [False, True], ids=["for all", "for each item"])
async def test_no_form_of_interval_lets_a_revoked_credential_pass(
    crook: CrookedTown, form: str, each: bool
) -> None:
    """The list is older than the grace (none here); only ``to`` is a question we ever ask."""
    build, agent, conclusion = INTERVALS[form]
    interval = build(int(time.time()))
    request = crook.build(non_revoked=interval)
    if each:
        del request["non_revoked"]
        for part in ("requested_attributes", "requested_predicates"):
            request[part] = {
                name: {**at, "non_revoked": interval} for name, at in request[part].items()
            }
        conclusion = REFUSED if agent is AGENT_FALSE else COULD_NOT_TELL
    said = crook.judge(await crook.say_alone(request, stale("withdrawn")))
    assert (said.agent, said.conclusion) == (agent, conclusion)
    assert "not-revoked" in said.because


async def test_a_list_replaced_within_the_grace_is_accepted(crook: CrookedTown) -> None:
    record = await crook.say_alone(crook.build(), stale("withdrawn"))
    assert crook.judge(record, grace=86_400).conclusion == ACCEPTED
    assert crook.judge(record, grace=0).because == ("not-revoked",)


@pytest.mark.parametrize("name", [*ELSEWHERE, *READ_TWICE])
async def test_a_lie_to_an_agent_that_is_asked_alone(crook: CrookedTown, name: str) -> None:
    """Questions that ours are not, and answers on which the agent gives no verdict at all."""
    lie = {**ELSEWHERE, **READ_TWICE}[name]
    said = crook.judge(await crook.say_alone(lie.asks(crook), lie.forge))
    assert (said.agent, said.remarks) == (lie.agent, lie.remarks)
    assert said.conclusion == lie.conclusion
    assert lie.check in said.because


@pytest.mark.parametrize("world", ELSEWHEN)
def test_what_the_agent_finds_true_is_judged_by_what_is_known(
    crook: CrookedTown, honest: present_proof.Record, world: str
) -> None:
    """One and the same presentation, true for the agent, in other circumstances."""
    build, conclusion, because = ELSEWHEN[world]
    said = crook.judge(honest, **build(crook))
    assert (said.agent, said.conclusion, said.because) == (AGENT_TRUE, conclusion, because)


def test_a_status_list_that_is_not_there_leaves_it_open(
    crook: CrookedTown, honest: present_proof.Record, tmp_path: Path
) -> None:
    registry_id = crook.pocket["first"].registry_id or ""
    newest = crook.wallet.lists(registry_id)[-1]
    link, _ = crook.wallet.mirror.resolve_status_list(registry_id, newest)
    shutil.copytree(crook.running.town.mirror("verifier"), tmp_path / "mirror")
    gone = [
        file
        for file in (tmp_path / "mirror").rglob("*")
        if file.is_file() and link.id.rpartition("/")[2] in file.name
    ]
    assert gone
    for file in gone:
        file.unlink()
    mirror = type(crook.wallet.mirror).open_copy(tmp_path / "mirror")
    said = crook.judge(honest, mirror=mirror)
    assert (said.agent, said.conclusion) == (AGENT_TRUE, COULD_NOT_TELL)
    assert said.because == ("not-revoked",)


def test_no_leaf_of_a_real_presentation_can_be_spoilt_to_be_believed_or_to_crash(
    crook: CrookedTown, honest: present_proof.Record
) -> None:
    """Read at every leaf; judged, as if the agent had found it true, where it says or claims something.

    Whether a number of the proof that is of the right size is the right one is the agent's to judge.
    """
    assert honest.presentation is not None
    presentation: Any = copy.deepcopy(honest.presentation.content)
    assert crook.judge(believed(honest, presentation)).conclusion == ACCEPTED
    said = presentation["requested_proof"]
    for optional in ("revealed_attrs", "self_attested_attrs", "unrevealed_attrs"):
        said.pop(optional)
    refused, judged, accepted = 0, 0, set()
    for what, changed in spoilt(presentation, whole=("proof", "aggregated_proof", "c_list")):
        try:
            parse_presentation(UnverifiedPresentation(changed))
        except InvalidInput:
            refused += 1
            continue
        judged += 1
        ruling = crook.judge(believed(honest, changed))
        place, _, wrong = what.rpartition(" = ")
        if ruling.conclusion != ACCEPTED:
            assert ruling.because, what
        elif ".eq_proof.m." not in place or wrong != "__absent__":  # which the agent misses
            accepted.add(place)
    assert refused > 400
    assert judged > 100
    free = {"v", "m2", "r", "alpha"}  # as large as the largest tried
    assert {each for each in accepted if not free & {*each.split(".")}} == set()


def believed(record: present_proof.Record, presentation: Any) -> present_proof.Record:
    return replace(record, presentation=UnverifiedPresentation(presentation))


async def test_an_entitlement_that_ends_between_asking_and_answering(crook: CrookedTown) -> None:
    """Asked while the institution was entitled; decided by the list in force (changes the town)."""
    request_id, asked = await crook.ask()
    anchor, town = crook.running.story.anchor, crook.running.town
    entries = load_draft(anchor.folder)
    late = tuple(
        replace(each, scopes=tuple(replace(at, valid_from=date(2025, 1, 1)) for at in each.scopes))
        for each in entries
    )
    save_draft(anchor.folder, late)
    async with Publisher(town.url("registry")) as publisher:
        await publish(anchor, publisher, datetime.now(UTC))
    await crook.running.story.until_mirrored()
    await crook.wallet.send(asked, answering("first")(crook, asked.proof_request))
    said = await crook.ruling(request_id)
    assert (said.agent, said.conclusion) == (AGENT_TRUE, REFUSED)
    assert said.because == ("issuer-recognised",)
