"""What our services rely on, asked alike of the simulator and of real agents.

A case that holds for one and not for the other is a fault of the simulator.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import base58
import pytest
from support.agents import RealAgents, until
from support.simulator import World

from acquis.acapy import (
    anoncreds,
    connections,
    credentials,
    issue_credential,
    multitenancy,
    out_of_band,
    present_proof,
    server,
    wallet,
)
from acquis.acapy.client import AgentClient
from acquis.acapy.out_of_band import AttachmentType, Invitation
from acquis.acapy.present_proof import ChosenCredentials
from acquis.errors import AcquisError, InvalidInput, NotAllowed, NotFound
from acquis.protocols import issue_credential as issuing
from acquis.protocols import present_proof as presenting
from acquis.registry.did_log import build_genesis
from acquis.registry.keys import SigningKey, is_signed_by
from acquis.registry.multibase import decode_multibase
from acquis.registry.resource import build_proof_input
from demo.agents import AgentRole

LEVEL = "esco_ccd0a1d9-afda-43d9-b901-96344886e14d"
CLAIMS = {"achievement_id": "an id", LEVEL: "4", "given_name": "Ada", "valid_until": "99991231"}
REGISTRY_SIZE = 40
UNKNOWN = "3fa85f64-5717-4562-b3fc-2c963f66afa6"


@dataclass
class Cast:
    """The three agents, an issuer's DID with its attest key, and one credential definition."""

    issuer: AgentClient
    holder: AgentClient
    verifier: AgentClient
    did: str
    attest_key: str
    schema_id: str
    definition_id: str
    see: Callable[[], Awaitable[None]]

    async def learner(self) -> AgentClient:
        """A new sub-wallet."""
        made = await multitenancy.create_wallet(
            self.holder, f"learner {uuid4()}", raw_key(), "A learner"
        )
        return self.holder.for_wallet(made.token)

    async def offer(self) -> tuple[issue_credential.Record, Invitation]:
        """An offer and its invitation, as it is read from a link."""
        record = await issue_credential.create_offer(self.issuer, self.definition_id, CLAIMS)
        invitation = await out_of_band.create_invitation(
            self.issuer,
            AttachmentType.CREDENTIAL_OFFER,
            record.id,
            label="University",
            goal_code="issue-vc",
            goal="An award",
            handshake=True,
        )
        return record, out_of_band.parse_invitation(invitation.text.encode())

    async def ask(
        self, least: int = 3, *, auto_verify: bool = True
    ) -> tuple[present_proof.Record, Invitation]:
        """A request for a level and its invitation."""
        to = {"to": int(time.time())}
        restrictions = [{"cred_def_id": self.definition_id}]
        request = {
            "name": "a level",
            "version": "1.0",
            "requested_attributes": {
                "c1": {
                    "names": ["achievement_id"],
                    "restrictions": restrictions,
                    "non_revoked": to,
                }
            },
            "requested_predicates": {
                "c1-level": {
                    "name": LEVEL,
                    "p_type": ">=",
                    "p_value": least,
                    "restrictions": restrictions,
                    "non_revoked": to,
                }
            },
            "non_revoked": to,
        }
        record = await present_proof.create_request(self.verifier, request, auto_verify=auto_verify)
        invitation = await out_of_band.create_invitation(
            self.verifier,
            AttachmentType.PROOF_REQUEST,
            record.id,
            label="Employer",
            goal_code="request-proof",
            goal="A job",
            handshake=False,
        )
        return record, out_of_band.parse_invitation(invitation.text.encode())


def raw_key() -> str:
    return base58.b58encode(uuid4().bytes + uuid4().bytes).decode()


async def offered(learner: AgentClient, invitation: Invitation) -> issue_credential.Record:
    await out_of_band.receive_invitation(learner, invitation)
    assert invitation.thread_id
    thread_id = invitation.thread_id
    return await until(
        lambda: issue_credential.find(learner, thread_id, issuing.Role.HOLDER), "offer", pause=0.02
    )


async def requested(learner: AgentClient, invitation: Invitation) -> present_proof.Record:
    await out_of_band.receive_invitation(learner, invitation)
    assert invitation.thread_id
    thread_id = invitation.thread_id
    return await until(
        lambda: present_proof.find(learner, thread_id, presenting.Role.PROVER), "ask", pause=0.02
    )


async def issued_in(client: AgentClient, record_id: str, state: str) -> issue_credential.Record:
    async def look() -> issue_credential.Record | None:
        record = await issue_credential.load(client, record_id)
        return record if record.state == state else None

    return await until(look, state, pause=0.02)


async def presented_in(client: AgentClient, record_id: str, state: str) -> present_proof.Record:
    async def look() -> present_proof.Record | None:
        record = await present_proof.load(client, record_id)
        return record if record.state == state else None

    return await until(look, state, pause=0.02)


async def issue(cast: Cast, learner: AgentClient) -> tuple[str, anoncreds.IssuedCredential]:
    """Issue to ``learner``; return the credential's name in the wallet, and its index."""
    sent, invitation = await cast.offer()
    held = await offered(learner, invitation)
    await issue_credential.send_request(learner, held.id)
    await issued_in(cast.issuer, sent.id, "request-received")
    await issue_credential.issue(cast.issuer, sent.id)
    await issued_in(learner, held.id, "credential-received")
    await issue_credential.store(learner, held.id, held.id)
    await issued_in(cast.issuer, sent.id, "done")
    index = await anoncreds.find_issued(cast.issuer, sent.id)
    assert index
    return held.id, index


def choose(credential: str) -> ChosenCredentials:
    return ChosenCredentials({"c1": credential}, {"c1-level": credential})


@pytest.fixture(
    scope="module", params=["simulator", pytest.param("agents", marks=pytest.mark.agents)]
)
def stage(request: pytest.FixtureRequest) -> World | RealAgents:
    """Where the cases are played."""
    if request.param == "simulator":
        return World(seed=7)
    found: RealAgents = request.getfixturevalue("agents")
    return found


@pytest.fixture(scope="module")
async def cast(stage: World | RealAgents) -> AsyncIterator[Cast]:
    """An issuer with one revocable credential definition, a holder, a verifier."""
    if isinstance(stage, World):
        clients = [
            stage.agent("issuer").client(),
            stage.agent("holder", multitenant=True).client(),
            stage.agent("verifier").client(),
        ]
        attest_key = (await wallet.create_key(clients[0])).multikey
        did, _ = build_genesis(
            "registry.acquis.example",
            "demo/contract",
            SigningKey.generate(),
            SigningKey.generate(),
            attest_key,
        )
    else:
        clients = [stage.client(role) for role in AgentRole]
        did = await stage.create_issuer("contract")
        await stage.refresh(AgentRole.ISSUER)
        document = stage.mirror(AgentRole.ISSUER).resolve_did(did)
        attest_key = next(iter(document.assertion_keys().values()))
    issuer, holder, verifier = clients
    await wallet.bind_key(issuer, attest_key, f"{did}#{attest_key}")
    schema_id = await anoncreds.register_schema(issuer, did, "contract", "1.0", list(CLAIMS))
    definition_id = await anoncreds.register_credential_definition(
        issuer, did, schema_id, "contract", REGISTRY_SIZE
    )

    async def see() -> None:
        if isinstance(stage, RealAgents):
            for role in AgentRole:
                await stage.refresh(role)

    await until(lambda: active_registry(issuer, definition_id), "registry")
    await see()
    yield Cast(issuer, holder, verifier, did, attest_key, schema_id, definition_id, see)
    if isinstance(stage, World):
        await stage.settle()
        assert [agent.failures for agent in stage.agents.values()] == [[], [], []]
        await stage.close()


async def active_registry(
    client: AgentClient, definition_id: str
) -> anoncreds.RevocationRegistry | None:
    try:
        return await anoncreds.load_active_registry(client, definition_id)
    except NotFound:
        return None


async def test_an_agent_is_ready_and_says_who_it_is(cast: Cast) -> None:
    for client in (cast.issuer, cast.holder, cast.verifier):
        assert await server.is_ready(client)
        assert (await server.load_status(client)).version == "1.7.0"


async def test_keys_are_made_named_and_found(cast: Cast) -> None:
    key = await wallet.create_key(cast.verifier)
    assert key.verification_methods == ()
    name = f"{cast.did}#{key.multikey}"
    await wallet.bind_key(cast.verifier, key.multikey, name)
    await wallet.bind_key(cast.verifier, key.multikey, name)
    found = await wallet.load_key(cast.verifier, key.multikey)
    assert found == wallet.Key(key.multikey, (name,))
    with pytest.raises(NotFound):
        await wallet.load_key(cast.verifier, SigningKey.generate().multikey)


async def test_a_document_is_signed_so_that_anybody_can_check_it(cast: Cast) -> None:
    document = {"name": "é", "number": 3, "list": [1, "a"]}
    method = f"{cast.did}#{cast.attest_key}"
    signed = await wallet.add_proof(cast.issuer, document, method, datetime.now(UTC))
    proof = signed["proof"]
    assert isinstance(proof, dict)
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    signature = decode_multibase(proof["proofValue"])
    assert is_signed_by(cast.attest_key, build_proof_input(signed, options), signature)
    with pytest.raises(AcquisError):
        await wallet.add_proof(cast.issuer, document, f"{cast.did}#nobody", datetime.now(UTC))


async def test_what_was_registered_is_found_and_not_registered_twice(cast: Cast) -> None:
    found = await anoncreds.find_schema(cast.issuer, cast.did, "contract", "1.0")
    assert found == cast.schema_id
    assert await anoncreds.find_schema(cast.issuer, cast.did, "contract", "2.0") is None
    with pytest.raises(InvalidInput):
        await anoncreds.register_schema(cast.issuer, cast.did, "contract", "1.0", ["other"])
    definition = await anoncreds.find_credential_definition(cast.issuer, cast.did, cast.schema_id)
    assert definition == cast.definition_id
    assert await anoncreds.find_credential_definition(cast.issuer, cast.did, "other") is None


async def test_a_definition_has_a_registry_in_use_and_one_in_reserve(cast: Cast) -> None:
    async def both() -> tuple[str, ...] | None:
        found = await anoncreds.list_registries(cast.issuer, cast.definition_id)
        return found if len(found) == 2 else None

    registries = await until(both, "reserve registry")
    active = await anoncreds.load_active_registry(cast.issuer, cast.definition_id)
    assert active.id in registries
    assert (active.size, active.credential_definition_id) == (REGISTRY_SIZE, cast.definition_id)
    assert await anoncreds.load_registry(cast.issuer, active.id) == active
    with pytest.raises(NotFound):
        await anoncreds.load_registry(cast.issuer, f"{cast.did}/resources/zQmUnknown")
    with pytest.raises(NotFound):
        await anoncreds.load_active_registry(cast.issuer, f"{cast.did}/resources/zQmUnknown")


async def test_a_sub_wallet_is_opened_by_its_last_token_only(cast: Cast) -> None:
    name = f"learner {uuid4()}"
    assert await multitenancy.find_wallet(cast.holder, name) is None
    made = await multitenancy.create_wallet(cast.holder, name, raw_key(), "A learner")
    assert await multitenancy.find_wallet(cast.holder, name) == made.wallet
    with pytest.raises(InvalidInput):
        await multitenancy.create_wallet(cast.holder, name, raw_key(), "A learner")
    assert await credentials.list_credentials(cast.holder.for_wallet(made.token)) == ()
    token = await multitenancy.create_token(cast.holder, made.wallet.id)
    if token != made.token:  # tokens made within one second are the same
        with pytest.raises(NotAllowed):
            await credentials.list_credentials(cast.holder.for_wallet(made.token))
    assert await credentials.list_credentials(cast.holder.for_wallet(token)) == ()
    for closed in (cast.holder, cast.holder.for_wallet("no token")):
        with pytest.raises(NotAllowed):
            await credentials.list_credentials(closed)
    await multitenancy.delete_wallet(cast.holder, made.wallet.id)
    await multitenancy.delete_wallet(cast.holder, made.wallet.id)
    assert await multitenancy.find_wallet(cast.holder, name) is None
    with pytest.raises(NotFound):
        await multitenancy.create_token(cast.holder, made.wallet.id)


async def test_a_credential_is_issued_by_link(cast: Cast) -> None:
    learner = await cast.learner()
    ours = issuing.Exchange("ours", issuing.Role.ISSUER)
    theirs = issuing.Exchange("theirs", issuing.Role.HOLDER)

    def look(exchange: issuing.Exchange, record: issue_credential.Record) -> issuing.Exchange:
        observation = issue_credential.observe_credential(record)
        assert observation
        return issuing.advance(exchange, observation)

    sent, invitation = await cast.offer()
    ours = look(ours, sent)
    assert invitation.attached is AttachmentType.CREDENTIAL_OFFER
    assert (invitation.thread_id, invitation.label) == (sent.thread_id, "University")
    held = await offered(learner, invitation)
    theirs = look(theirs, held)
    assert dict(held.attributes) == CLAIMS
    assert (held.credential_definition_id, held.schema_id) == (cast.definition_id, cast.schema_id)
    assert held.invitation_id == invitation.id
    theirs = look(theirs, await issue_credential.send_request(learner, held.id))
    ours = look(ours, await issued_in(cast.issuer, sent.id, "request-received"))
    ours = look(ours, await issue_credential.issue(cast.issuer, sent.id))
    assert ours.facts.revocation_index
    theirs = look(theirs, await issued_in(learner, held.id, "credential-received"))
    theirs = look(theirs, await issue_credential.store(learner, held.id, "my credential"))
    ours = look(ours, await issued_in(cast.issuer, sent.id, "done"))
    assert (ours.state, theirs.state) == (issuing.State.DONE, issuing.State.DONE)
    assert (ours.ignored, theirs.ignored) == (0, 0)
    assert theirs.facts.stored_credential_id == "my credential"
    assert ours.facts.revocation_registry_id == theirs.facts.revocation_registry_id
    stored = await credentials.load_credential(learner, "my credential")
    assert dict(stored.attributes) == CLAIMS
    assert stored.revocation_index == ours.facts.revocation_index
    assert await credentials.is_revoked(learner, "my credential") is False
    issued = await anoncreds.find_issued(cast.issuer, sent.id)
    assert issued
    assert (issued.revocation_index, issued.is_revoked) == (stored.revocation_index, False)


async def test_both_sides_of_a_handshake_come_to_completed(cast: Cast) -> None:
    learner = await cast.learner()
    _, invitation = await cast.offer()
    await offered(learner, invitation)
    for client, label in ((learner, "University"), (cast.issuer, "A learner")):

        async def completed(client: AgentClient = client) -> connections.Record | None:
            found = await connections.find(client, invitation.id)
            return found if found and found.state == "completed" else None

        record = await until(completed, "connection", pause=0.02)
        assert record.their_label == label
        observation = connections.observe_connection(record)
        assert observation
        assert observation.facts.record_id == record.id
        assert (await connections.load(client, record.id)).id == record.id


async def test_a_second_award_needs_no_second_handshake(cast: Cast) -> None:
    learner = await cast.learner()
    first, second = (await cast.offer())[1], (await cast.offer())[1]
    one, two = await offered(learner, first), await offered(learner, second)
    assert one.connection_id == two.connection_id
    assert await connections.find(learner, second.id) is None


async def test_taking_an_invitation_in_again_changes_nothing(cast: Cast) -> None:
    learner = await cast.learner()
    sent, invitation = await cast.offer()
    held = await offered(learner, invitation)
    await out_of_band.receive_invitation(learner, invitation)
    await issue_credential.send_request(learner, held.id)
    await issued_in(cast.issuer, sent.id, "request-received")
    await issue_credential.issue(cast.issuer, sent.id)
    await issued_in(learner, held.id, "credential-received")
    await issue_credential.store(learner, held.id, held.id)
    await out_of_band.receive_invitation(learner, invitation)
    assert (await issue_credential.load(learner, held.id)).state == "done"
    asked, question = await cast.ask()
    answer = await requested(learner, question)
    await out_of_band.receive_invitation(learner, question)
    await present_proof.send_presentation(learner, answer.id, choose(held.id))
    assert (await presented_in(cast.verifier, asked.id, "done")).verified is True


async def test_an_offer_is_declined_and_the_issuer_is_not_told(cast: Cast) -> None:
    learner = await cast.learner()
    sent, invitation = await cast.offer()
    held = await offered(learner, invitation)
    await issue_credential.report_problem(learner, held.id, issue_credential.DECLINED)
    observation = issue_credential.observe_credential(await issue_credential.load(learner, held.id))
    assert observation
    assert observation.state is issuing.State.DECLINED
    assert (await issue_credential.load(cast.issuer, sent.id)).state == "offer-sent"


async def test_a_call_out_of_turn_ends_the_exchange(cast: Cast) -> None:
    sent, _ = await cast.offer()
    with pytest.raises(InvalidInput):
        await issue_credential.issue(cast.issuer, sent.id)
    assert (await issue_credential.load(cast.issuer, sent.id)).state == "abandoned"


async def test_an_offer_has_exactly_the_attributes_of_the_schema(cast: Cast) -> None:
    for claims in ({}, {"achievement_id": "x"}, {**CLAIMS, "more": "x"}):
        with pytest.raises(InvalidInput):
            await issue_credential.create_offer(cast.issuer, cast.definition_id, claims)
    with pytest.raises(InvalidInput):
        await issue_credential.create_offer(cast.issuer, f"{cast.did}/resources/zQmX", CLAIMS)


async def test_storing_again_replaces_what_was_stored_half_way(cast: Cast) -> None:
    learner = await cast.learner()
    name, _ = await issue(cast, learner)
    sent, invitation = await cast.offer()
    held = await offered(learner, invitation)
    await issue_credential.send_request(learner, held.id)
    await issued_in(cast.issuer, sent.id, "request-received")
    await issue_credential.issue(cast.issuer, sent.id)
    await issued_in(learner, held.id, "credential-received")
    stored = await issue_credential.store_again(learner, held.id, name)
    assert (stored.state, stored.stored_credential_id) == ("done", name)
    assert len(await credentials.list_credentials(learner)) == 1


async def test_credentials_are_found_by_what_they_hold_page_by_page(cast: Cast) -> None:
    learner = await cast.learner()
    names = {(await issue(cast, learner))[0] for _ in range(2)}
    holds = {"$exist": [f"attr::{LEVEL}::value"]}
    either = {"$or": [{"cred_def_id": cast.definition_id}, {"cred_def_id": "another"}]}
    found = await credentials.list_credentials(learner, {"$and": [holds, either]})
    assert {one.id for one in found} == names
    assert await credentials.list_credentials(learner, {"cred_def_id": "another"}) == ()
    pages = [await credentials.list_credentials(learner, limit=1, offset=n) for n in range(3)]
    assert [len(page) for page in pages] == [1, 1, 0]
    assert {one.id async for one in credentials.each_credential(learner)} == names
    name = names.pop()
    await credentials.delete_credential(learner, name)
    await credentials.delete_credential(learner, name)
    assert await credentials.find_credential(learner, name) is None
    with pytest.raises(NotFound):
        await credentials.load_credential(learner, name)
    with pytest.raises(NotFound):
        await credentials.is_revoked(learner, name)


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


async def test_what_is_not_there_is_said_so(cast: Cast) -> None:
    for load in (issue_credential.load, present_proof.load, connections.load):
        with pytest.raises(NotFound):
            await load(cast.verifier, UNKNOWN)
    for load in (issue_credential.load, present_proof.load):
        with pytest.raises(InvalidInput):
            await load(cast.verifier, "not an id")
    assert await issue_credential.find(cast.issuer, UNKNOWN, issuing.Role.ISSUER) is None
    assert await present_proof.find(cast.verifier, UNKNOWN, presenting.Role.VERIFIER) is None
    assert await anoncreds.find_issued(cast.issuer, UNKNOWN) is None
    with pytest.raises(InvalidInput):
        await present_proof.create_request(cast.verifier, {"name": "x"}, auto_verify=True)


async def test_finished_records_are_deleted_and_gone_is_gone(cast: Cast) -> None:
    sent, invitation = await cast.offer()
    asked, question = await cast.ask()
    for _ in range(2):
        await issue_credential.delete(cast.issuer, sent.id)
        await present_proof.delete(cast.verifier, asked.id)
        await out_of_band.forget_invitation(cast.issuer, invitation.id)
        await out_of_band.forget_invitation(cast.verifier, question.id)
        await connections.delete(cast.issuer, UNKNOWN)
    with pytest.raises(NotFound):
        await issue_credential.load(cast.issuer, sent.id)
    with pytest.raises(NotFound):
        await present_proof.load(cast.verifier, asked.id)
    assert await connections.find(cast.issuer, invitation.id) is None
