"""What our services rely on when they present and verify, of the simulator and of real agents."""

from __future__ import annotations

import json
from typing import Any

import pytest

from acquis.acapy import anoncreds, credentials, present_proof
from acquis.acapy.out_of_band import AttachmentType
from acquis.errors import InvalidInput
from acquis.protocols import present_proof as presenting
from support.agents import until
from support.cast import Cast, choose, issue, presented_in, requested


async def test_a_level_is_proved_and_nothing_else_is_shown(cast: Cast) -> None:
    learner = await cast.learner()
    name, index = await issue(cast, learner)
    asked, invitation = await cast.ask()
    assert invitation.attached is AttachmentType.PROOF_REQUEST
    assert not invitation.wants_connection
    answer = await requested(learner, invitation)
    assert answer.request == asked.request
    assert {
        one.credential_id for one in await present_proof.list_candidates(learner, answer.id)
    } == {name}
    sent = await present_proof.send_presentation(learner, answer.id, choose(name))
    assert sent.state == "presentation-sent"
    seen = await presented_in(cast.verifier, asked.id, "done")
    assert (seen.verified, seen.warnings) == (True, ())
    shown: Any = seen.presentation.content if seen.presentation else None
    proof = shown["requested_proof"]
    group = proof["revealed_attr_groups"]["c1"]
    assert group["values"]["achievement_id"]["raw"] == "an id"
    assert proof["predicates"] == {"c1-level": {"sub_proof_index": 0}}
    (named,) = shown["identifiers"]
    assert named["cred_def_id"] == cast.definition_id
    assert named["rev_reg_id"] == index.revocation_registry_id
    assert "Ada" not in json.dumps(shown)
    observation = present_proof.observe_presentation(seen)
    assert observation
    exchange = presenting.advance(
        presenting.Exchange("ours", presenting.Role.VERIFIER), observation
    )
    assert exchange.verdict is True
    await presented_in(learner, answer.id, "done")


async def test_a_level_that_was_not_reached_is_not_proved(cast: Cast) -> None:
    learner = await cast.learner()
    name, _ = await issue(cast, learner)
    asked, invitation = await cast.ask(least=5)
    answer = await requested(learner, invitation)
    with pytest.raises(InvalidInput):
        await present_proof.send_presentation(learner, answer.id, choose(name))
    assert (await present_proof.load(learner, answer.id)).state == "abandoned"
    told = present_proof.observe_presentation(
        await presented_in(cast.verifier, asked.id, "abandoned")
    )
    assert told
    assert told.state is presenting.State.ABANDONED


async def test_a_request_is_declined_and_the_verifier_is_told(cast: Cast) -> None:
    learner = await cast.learner()
    asked, invitation = await cast.ask()
    answer = await requested(learner, invitation)
    await present_proof.report_problem(learner, answer.id, present_proof.DECLINED)
    for record in (
        await presented_in(cast.verifier, asked.id, "abandoned"),
        await present_proof.load(learner, answer.id),
    ):
        observation = present_proof.observe_presentation(record)
        assert observation
        assert observation.state is presenting.State.DECLINED


async def test_verifying_can_wait_until_it_is_asked_for(cast: Cast) -> None:
    learner = await cast.learner()
    name, _ = await issue(cast, learner)
    asked, invitation = await cast.ask(auto_verify=False)
    answer = await requested(learner, invitation)
    with pytest.raises(InvalidInput):
        await present_proof.verify(cast.verifier, asked.id)
    await present_proof.send_presentation(learner, answer.id, choose(name))
    received = await presented_in(cast.verifier, asked.id, "presentation-received")
    assert received.verified is None
    assert received.presentation
    assert (await present_proof.verify(cast.verifier, asked.id)).verified is True
    assert (await present_proof.load(cast.verifier, asked.id)).state == "done"
    with pytest.raises(InvalidInput):
        await present_proof.send_presentation(learner, answer.id, choose(name))


async def test_a_revoked_credential_no_longer_verifies(cast: Cast) -> None:
    learner = await cast.learner()
    name, index = await issue(cast, learner)
    other, _ = await issue(cast, learner)
    registry_id, number = index.revocation_registry_id, index.revocation_index
    for _ in range(2):
        await anoncreds.mark_revoked(cast.issuer, registry_id, number)
    held = await anoncreds.load_wallet_list(cast.issuer, registry_id)
    assert number in held.pending
    assert number in held.issued
    assert number not in held.revoked
    assert await credentials.is_revoked(learner, name) is False
    await anoncreds.publish_revocations(cast.issuer, registry_id)
    held = await anoncreds.load_wallet_list(cast.issuer, registry_id)
    assert number in held.revoked
    assert held.pending == frozenset()
    outcome = await anoncreds.reconcile_lists(cast.issuer)
    assert registry_id not in outcome.behind
    await cast.see()

    async def shown() -> bool | None:
        return await credentials.is_revoked(learner, name)

    await until(shown, "revocation")
    for credential, verdict in ((name, False), (other, True)):
        asked, invitation = await cast.ask()
        answer = await requested(learner, invitation)
        await present_proof.send_presentation(learner, answer.id, choose(credential))
        assert (await presented_in(cast.verifier, asked.id, "done")).verified is verdict
