"""What only the simulator can be made to do: lose, repeat, crash, cheat."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from acquis.acapy import (
    anoncreds,
    credentials,
    issue_credential,
    multitenancy,
    out_of_band,
    present_proof,
    wallet,
)
from acquis.acapy.client import AgentClient
from acquis.acapy.out_of_band import AttachmentType
from acquis.acapy.present_proof import ChosenCredentials
from acquis.acapy.webhooks import ExchangeKind, parse_doorbell
from acquis.errors import InvalidInput, Unavailable
from acquis.protocols import issue_credential as issuing
from acquis.protocols import present_proof as presenting
from acquis.registry.did_log import build_genesis, verify_did_log
from acquis.registry.keys import SigningKey
from acquis.registry.resource import verify_resource
from support.simulator import Moment, World

PAYLOADS = Path(__file__).parents[1] / "payloads" / "acapy"
CLAIMS = {"achievement_id": "an id", "level": "4", "given_name": "Ada"}
RECORD = "/issue-credential-2.0/records/{}"


@dataclass
class Stage:
    """A world with an issuer that can issue and a learner who can accept."""

    world: World
    issuer: AgentClient
    learner: AgentClient
    verifier: AgentClient
    did: str
    log: str
    definition_id: str

    async def offer(self) -> tuple[str, out_of_band.Invitation]:
        record = await issue_credential.create_offer(self.issuer, self.definition_id, CLAIMS)
        return record.id, await out_of_band.create_invitation(
            self.issuer,
            AttachmentType.CREDENTIAL_OFFER,
            record.id,
            label="University",
            goal_code="issue-vc",
            goal="An award",
            handshake=True,
        )

    async def ask(self, least: int = 3, to: int = 2**40) -> tuple[str, out_of_band.Invitation]:
        request = {
            "name": "a level",
            "version": "1.0",
            "requested_attributes": {"a": {"name": "achievement_id"}},
            "requested_predicates": {"p": {"name": "level", "p_type": ">=", "p_value": least}},
            "non_revoked": {"to": to},
        }
        record = await present_proof.create_request(self.verifier, request, auto_verify=True)
        return record.id, await out_of_band.create_invitation(
            self.verifier,
            AttachmentType.PROOF_REQUEST,
            record.id,
            label="Employer",
            goal_code="request-proof",
            goal="A job",
            handshake=False,
        )

    async def present(self, name: str, least: int = 3) -> present_proof.Record:
        """Ask, answer with the credential ``name``, and return what the verifier's agent has."""
        asked, invitation = await self.ask(least)
        await out_of_band.receive_invitation(self.learner, invitation)
        await self.world.settle()
        found = await present_proof.find(
            self.learner, str(invitation.thread_id), presenting.Role.PROVER
        )
        assert found
        chosen = ChosenCredentials({"a": name}, {"p": name})
        await present_proof.send_presentation(self.learner, found.id, chosen)
        await self.world.settle()
        return await present_proof.load(self.verifier, asked)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    world = World(seed=11)
    issuer, verifier = world.agent("issuer").client(), world.agent("verifier").client()
    holder = world.agent("holder", multitenant=True).client()
    key = (await wallet.create_key(issuer)).multikey
    did, log = build_genesis(
        "registry.acquis.example", "demo/uni", SigningKey.generate(), SigningKey.generate(), key
    )
    await wallet.bind_key(issuer, key, f"{did}#{key}")
    schema_id = await anoncreds.register_schema(issuer, did, "s", "1.0", list(CLAIMS))
    definition_id = await anoncreds.register_credential_definition(issuer, did, schema_id, "t", 20)
    made = await multitenancy.create_wallet(holder, "learner", "key", "A learner")
    learner = holder.for_wallet(made.token)
    yield Stage(world, issuer, learner, verifier, did, log, definition_id)
    await world.settle()
    assert [agent.failures for agent in world.agents.values()] == [[], [], []]
    await world.close()


@dataclass
class Desk:
    """Both sides of one award as our services play them: look at the record, advance, act.

    Nothing is remembered but the exchanges, so that it does not matter what is lost or repeated.
    """

    stage: Stage
    record_id: str
    invitation: out_of_band.Invitation
    issuer: issuing.Exchange = field(
        default_factory=lambda: issuing.Exchange("issuer", issuing.Role.ISSUER)
    )
    holder: issuing.Exchange = field(
        default_factory=lambda: issuing.Exchange("holder", issuing.Role.HOLDER)
    )

    async def step(self) -> None:
        """Look once at both sides; an agent that is away is looked at next time."""
        with contextlib.suppress(Unavailable):
            await self._step_issuer()
        with contextlib.suppress(Unavailable):
            await self._step_holder()

    async def _step_issuer(self) -> None:
        record = await issue_credential.load(self.stage.issuer, self.record_id)
        self.issuer = self._advance(self.issuer, record)
        if self.issuer.state is issuing.State.REQUEST_RECEIVED:
            with contextlib.suppress(InvalidInput):
                await issue_credential.issue(self.stage.issuer, self.record_id)

    async def _step_holder(self) -> None:
        learner = self.stage.learner
        record = await issue_credential.find(
            learner, str(self.invitation.thread_id), issuing.Role.HOLDER
        )
        if record is None:
            await out_of_band.receive_invitation(learner, self.invitation)
            return
        self.holder = self._advance(self.holder, record)
        with contextlib.suppress(InvalidInput):
            if self.holder.state is issuing.State.OFFER_RECEIVED:
                await issue_credential.send_request(learner, record.id)
            elif self.holder.state is issuing.State.CREDENTIAL_RECEIVED:
                await issue_credential.store_again(learner, record.id, "the credential")

    def _advance(
        self, exchange: issuing.Exchange, record: issue_credential.Record
    ) -> issuing.Exchange:
        observation = issue_credential.observe_credential(record)
        assert observation
        return issuing.advance(exchange, observation)

    @property
    def is_over(self) -> bool:
        return self.issuer.is_over and self.holder.is_over

    async def play(self, steps: int = 12) -> None:
        """Step until both sides are through, or nothing more will happen."""
        for _ in range(steps):
            await self.step()
            await self.stage.world.settle()
            for agent in self.stage.world.agents.values():
                agent.restart()
            if self.is_over:
                return


async def award(stage: Stage) -> Desk:
    """Offer and play; where a crash lost a message for good, give up and offer again."""
    desk = Desk(stage, *await stage.offer())
    await desk.play()
    if desk.issuer.state is desk.holder.state is issuing.State.DONE:
        return desk
    for exchange in (desk.issuer, desk.holder):
        ended = issuing.advance(exchange, issuing.Observation(issuing.State.EXPIRED))
        assert ended.is_over
    again = Desk(stage, *await stage.offer())
    await again.play()
    return again


CRASHES = [
    ("issuer", "POST /issue-credential-2.0/create-offer"),
    ("issuer", "POST /out-of-band/create-invitation"),
    ("issuer", "didexchange/1.1/request"),
    ("issuer", "didexchange/1.1/complete"),
    ("issuer", "issue-credential/2.0/request-credential"),
    ("issuer", f"POST {RECORD}/issue"),
    ("issuer", "issue-credential/2.0/ack"),
    ("holder", "POST /out-of-band/receive-invitation"),
    ("holder", "didexchange/1.1/response"),
    ("holder", f"POST {RECORD}/send-request"),
    ("holder", "issue-credential/2.0/issue-credential"),
    ("holder", f"POST {RECORD}/store"),
]


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize(("agent", "name"), CRASHES)
async def test_a_crash_at_any_moment_ends_in_one_credential(
    stage: Stage, agent: str, name: str, moment: Moment
) -> None:
    stage.world.agent(agent).crash_at(name, moment)
    try:
        desk = await award(stage)
    except Unavailable:  # the offer itself could not be made: the person tries again
        stage.world.agent(agent).restart()
        desk = await award(stage)
    assert stage.world.agent(agent).has_crashed
    assert desk.issuer.state is issuing.State.DONE
    assert desk.holder.state is issuing.State.DONE
    stored = await credentials.list_credentials(stage.learner)
    assert [one.id for one in stored] == ["the credential"]
    assert stored[0].revocation_index == desk.issuer.facts.revocation_index


@pytest.mark.parametrize(
    ("dropped", "repeated", "disordered"),
    [(0.0, 0.0, False), (0.0, 1.0, True), (0.5, 0.5, True)],
)
async def test_doorbells_only_say_where_to_look(
    stage: Stage, dropped: float, repeated: float, disordered: bool
) -> None:
    heard: list[str] = []

    async def service(scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        topic = scope["path"].rstrip("/").rpartition("/")[2]
        rung = parse_doorbell(topic, body, headers, "webhook key of issuer")
        if rung and rung.kind is ExchangeKind.ISSUE_CREDENTIAL:
            heard.append(rung.record_id)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    doorbells = stage.world.agent("issuer").doorbells
    doorbells.connect("http://service.test/webhooks/", httpx.ASGITransport(service))
    doorbells.dropped, doorbells.repeated, doorbells.disordered = dropped, repeated, disordered
    desk = await award(stage)
    assert desk.issuer.state is issuing.State.DONE
    assert desk.holder.state is issuing.State.DONE
    if not dropped:
        assert set(heard) == {desk.record_id}


async def test_with_every_doorbell_lost_looking_is_enough(stage: Stage) -> None:
    for agent in stage.world.agents.values():
        agent.doorbells.dropped = 1.0
    desk = await award(stage)
    assert (desk.issuer.state, desk.holder.state) == (issuing.State.DONE, issuing.State.DONE)


@pytest.mark.parametrize(
    "topic", ["issue_credential_v2_0", "present_proof_v2_0", "connections", "out_of_band"]
)
async def test_webhooks_look_like_the_real_ones(stage: Stage, topic: str) -> None:
    await award(stage)
    await stage.present("the credential")
    real = json.loads((PAYLOADS / f"webhook-{topic}.json").read_bytes())
    rung = [
        one
        for agent in stage.world.agents.values()
        for one in agent.doorbells.rung
        if one.topic == topic
    ]
    assert rung
    optional = {"error_msg", "verified", "connection_id", "our_recipient_key", "their_label"}
    optional |= {"my_did", "their_did", "their_public_did", "request_id"}
    for one in rung:
        assert set(json.loads(one.body)) - optional <= set(real)
    holder = stage.world.agent("holder").doorbells.rung
    assert all(one.headers["x-wallet-id"] for one in holder)


async def test_an_agent_that_is_down_gets_its_messages_when_it_is_back(stage: Stage) -> None:
    desk = Desk(stage, *await stage.offer())
    await desk.play(2)
    stage.world.agent("issuer").kill()
    await desk.step()
    asyncio.get_running_loop().call_later(0.1, stage.world.agent("issuer").restart)
    await stage.world.settle()
    await desk.play()
    assert desk.issuer.state is issuing.State.DONE


async def test_what_is_published_holds_before_the_strict_reader(stage: Stage) -> None:
    document = verify_did_log(stage.did, stage.log.encode())
    kinds = set()
    for resource_id, resource in stage.world.registry.resources.items():
        read = verify_resource(json.dumps(resource).encode(), resource_id, document)
        kinds.add(read.type)
    assert len(kinds) == 4


async def test_a_presentation_that_was_changed_does_not_verify(stage: Stage) -> None:
    await award(stage)
    seen = await stage.present("the credential")
    assert seen.verified is True
    assert seen.request
    assert seen.presentation
    request: Any = seen.request.content
    presentation: Any = seen.presentation.content
    verify = stage.world.cryptography.verify
    assert verify(request, presentation) == (True, [])
    shown = json.loads(json.dumps(presentation))
    shown["requested_proof"]["revealed_attrs"]["a"]["raw"] = "another"
    assert verify(request, shown)[0] is False
    proved = json.loads(json.dumps(presentation))
    proved["proof"]["proofs"][0]["primary_proof"]["ge_proofs"][0]["predicate"]["value"] = 5
    assert verify(request, proved)[0] is False
    assert verify(request | {"nonce": "1"}, presentation)[0] is False
    asked = {**request["requested_predicates"]["p"], "restrictions": [{"cred_def_id": "other"}]}
    assert verify(request | {"requested_predicates": {"p": asked}}, presentation)[0] is False


async def test_an_old_list_hides_a_revocation_from_the_agent(stage: Stage) -> None:
    desk = await award(stage)
    registry_id = desk.issuer.facts.revocation_registry_id
    index = desk.issuer.facts.revocation_index
    assert registry_id
    assert index
    await anoncreds.mark_revoked(stage.issuer, registry_id, index)
    await anoncreds.publish_revocations(stage.issuer, registry_id)
    first, last = stage.world.registry.links(registry_id)
    honest = await stage.present("the credential")
    stage.world.agent("holder").answers_with_old_lists = True
    cheating = await stage.present("the credential")
    assert (honest.verified, cheating.verified) == (False, True)
    for seen, timestamp in ((honest, last.timestamp), (cheating, first.timestamp)):
        assert seen.presentation
        content: Any = seen.presentation.content
        assert content["identifiers"][0]["timestamp"] == timestamp


async def test_a_publication_that_fails_is_answered_like_one_that_does_not(stage: Stage) -> None:
    desk = await award(stage)
    registry_id = desk.issuer.facts.revocation_registry_id
    assert registry_id
    await anoncreds.mark_revoked(stage.issuer, registry_id, 1)
    stage.world.registry.refuses = True
    await anoncreds.publish_revocations(stage.issuer, registry_id)
    held = await anoncreds.load_wallet_list(stage.issuer, registry_id)
    assert (held.revoked, held.pending) == ({1}, frozenset())
    assert await credentials.is_revoked(stage.learner, "the credential") is False
    assert (await anoncreds.reconcile_lists(stage.issuer)).behind == {registry_id}
    stage.world.registry.refuses = False
    await anoncreds.publish_revocations(stage.issuer, registry_id)
    assert await credentials.is_revoked(stage.learner, "the credential") is False
    assert (await anoncreds.reconcile_lists(stage.issuer)).published == {registry_id}
    assert await credentials.is_revoked(stage.learner, "the credential") is True


async def test_a_second_answer_overwrites_the_first_but_moves_no_exchange(stage: Stage) -> None:
    await award(stage)
    asked, invitation = await stage.ask()
    made = await multitenancy.create_wallet(
        stage.world.agent("holder", multitenant=True).client(), "second", "key", "Another"
    )
    second = stage.world.agent("holder").client().for_wallet(made.token)
    exchange = presenting.Exchange("ours", presenting.Role.VERIFIER)
    for learner in (stage.learner, second):
        await out_of_band.receive_invitation(learner, invitation)
        await stage.world.settle()
        found = await present_proof.find(learner, str(invitation.thread_id), presenting.Role.PROVER)
        assert found
        if learner is second:
            await present_proof.report_problem(learner, found.id, "spoiled")
        else:
            chosen = ChosenCredentials({"a": "the credential"}, {"p": "the credential"})
            await present_proof.send_presentation(learner, found.id, chosen)
        await stage.world.settle()
        observation = present_proof.observe_presentation(
            await present_proof.load(stage.verifier, asked)
        )
        assert observation
        exchange = presenting.advance(exchange, observation)
    assert (await present_proof.load(stage.verifier, asked)).state == "abandoned"
    assert (exchange.state, exchange.verdict) == (presenting.State.DONE, True)
