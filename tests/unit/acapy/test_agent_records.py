"""What a real ACA-Py 1.7.0 answered (``tests/payloads/acapy``), read into records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

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
from acquis.acapy.out_of_band import AttachmentType
from acquis.errors import Unavailable
from acquis.protocols import issue_credential as issuing
from acquis.protocols import present_proof as presenting

PAYLOADS = Path(__file__).parents[2] / "payloads" / "acapy"
LEVEL = "esco_ccd0a1d9-afda-43d9-b901-96344886e14d"


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


class Agent:
    """Answers with one captured payload and keeps what it was asked."""

    def __init__(self, name: str, status: int = 200) -> None:
        self.answer, self.status = payload(name), status
        self.asked: list[httpx.Request] = []
        self.client = AgentClient(
            "http://agent.test", "the-key", transport=httpx.MockTransport(self.reply)
        )

    async def reply(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return httpx.Response(self.status, json=self.answer)

    @property
    def query(self) -> Mapping[str, str]:
        return self.asked[-1].url.params

    @property
    def body(self) -> Any:
        return json.loads(self.asked[-1].content)


async def test_the_agent_says_who_it_is() -> None:
    assert await server.load_status(Agent("status").client) == server.Status(
        "1.7.0", "Agent issuer"
    )


async def test_a_key_without_a_name() -> None:
    key = await wallet.load_key(Agent("key-unbound").client, "z6Mk")
    assert key.multikey.startswith("z6Mk")
    assert key.verification_methods == ()


async def test_a_document_that_was_signed() -> None:
    from datetime import UTC, datetime

    signed = await wallet.add_proof(
        Agent("document-signed", 201).client, {"a": 1}, "did:x#k", datetime.now(UTC)
    )
    assert signed["a"] == 1
    proof = signed["proof"]
    assert isinstance(proof, dict)
    assert proof["cryptosuite"] == "eddsa-jcs-2022"


async def test_schemas_and_definitions() -> None:
    agent = Agent("schemas")
    found = await anoncreds.find_schema(agent.client, "did:webvh:x", "name", "1.0")
    assert found
    assert found.startswith("did:webvh:")
    assert dict(agent.query) == {
        "schema_issuer_id": "did:webvh:x",
        "schema_name": "name",
        "schema_version": "1.0",
    }
    agent = Agent("schema-registered")
    made = await anoncreds.register_schema(agent.client, "did:webvh:x", "n", "1.0", ["a", "b"])
    assert made.startswith("did:webvh:")
    assert agent.body["schema"]["attrNames"] == ["a", "b"]
    agent = Agent("credential-definition-registered")
    made = await anoncreds.register_credential_definition(agent.client, "did:x", "s", "tag", 50)
    assert made.startswith("did:webvh:")
    assert agent.body["options"] == {"support_revocation": True, "revocation_registry_size": 50}


async def test_a_registration_that_is_not_finished_is_not_taken() -> None:
    agent = Agent("schema-registered")
    agent.answer["schema_state"]["state"] = "wait"
    with pytest.raises(Unavailable):
        await anoncreds.register_schema(agent.client, "did:webvh:x", "n", "1.0", ["a"])


async def test_registries() -> None:
    registry = await anoncreds.load_active_registry(Agent("active-registry").client, "did:x")
    assert (registry.state, registry.size, registry.pending) == ("finished", 50, frozenset())
    assert len(registry.tails_hash) == 44
    marked = await anoncreds.load_registry(Agent("registry-pending").client, registry.id)
    assert marked.pending == {1}
    assert len(await anoncreds.list_registries(Agent("registries").client, "did:x")) == 2


async def test_what_was_issued_from_a_registry() -> None:
    issued = await anoncreds.list_issued(Agent("issued-details").client, "did:x")
    assert [(one.revocation_index, one.is_revoked) for one in issued] == [(1, True), (2, False)]
    one = await anoncreds.find_issued(Agent("credential-record").client, "r")
    assert one
    assert (one.revocation_index, one.is_revoked) == (1, False)


async def test_an_index_is_marked_not_published() -> None:
    agent = Agent("status")
    await anoncreds.mark_revoked(agent.client, "did:x/resources/z1", 7)
    assert agent.body == {
        "rev_reg_id": "did:x/resources/z1",
        "cred_rev_id": "7",
        "publish": False,
    }


async def test_wallets() -> None:
    made = await multitenancy.create_wallet(Agent("wallet-created").client, "n", "key", "label")
    assert made.token == "a.token.made-up"
    assert made.wallet.name.startswith("learner-")
    found = await multitenancy.find_wallet(Agent("wallets").client, made.wallet.name)
    assert found == made.wallet


async def test_stored_credentials() -> None:
    agent = Agent("credentials")
    stored = await credentials.list_credentials(agent.client, {"$exist": ["attr::a::value"]})
    assert {one.revocation_index for one in stored} == {1, 2}
    assert stored[0].attributes[LEVEL] == "4"
    assert dict(agent.query) == {
        "limit": "100",
        "offset": "0",
        "wql": '{"$exist":["attr::a::value"]}',
    }
    assert "Ada" not in repr(stored)


async def test_an_offer_and_its_invitation() -> None:
    agent = Agent("offer-created")
    record = await issue_credential.create_offer(agent.client, "did:x", {LEVEL: "4"})
    assert record.role is issuing.Role.ISSUER
    assert record.attributes[LEVEL] == "4"
    assert record.schema_id
    assert "auto_issue" in agent.body
    assert not agent.body["auto_issue"]
    agent = Agent("invitation-offer")
    invitation = await out_of_band.create_invitation(
        agent.client,
        AttachmentType.CREDENTIAL_OFFER,
        record.id,
        label="University",
        goal_code="issue-vc",
        goal="An award",
        handshake=True,
    )
    assert invitation.thread_id == record.thread_id
    assert invitation.attached is AttachmentType.CREDENTIAL_OFFER
    assert invitation.wants_connection
    assert (invitation.goal, invitation.goal_code) == ("An award", "issue-vc")
    assert agent.body["use_did_method"] == "did:peer:4"
    assert out_of_band.parse_invitation(invitation.text.encode()) == invitation
    assert invitation.size == len(invitation.text.encode())


async def test_a_request_and_its_invitation() -> None:
    agent = Agent("request-created")
    record = await present_proof.create_request(agent.client, {"name": "x"}, auto_verify=False)
    assert record.role is presenting.Role.VERIFIER
    assert record.request
    assert isinstance(record.request.content, dict)
    assert record.request.content["name"] == "ask"
    assert record.presentation is None
    agent = Agent("invitation-request")
    invitation = await out_of_band.create_invitation(
        agent.client,
        AttachmentType.PROOF_REQUEST,
        record.id,
        label="Employer",
        goal_code="request-proof",
        goal="A job",
        handshake=False,
    )
    assert invitation.attached is AttachmentType.PROOF_REQUEST
    assert invitation.thread_id == record.thread_id
    assert not invitation.wants_connection
    assert "handshake_protocols" not in agent.body


def receiver(found: Mapping[str, list[object]], asked: list[httpx.Request]) -> AgentClient:
    """A wallet that holds the records ``found`` by path, and takes in every invitation."""

    async def reply(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if request.method == "GET":
            return httpx.Response(200, json={"results": found.get(request.url.path, [])})
        return httpx.Response(200, json=payload("invitation-received"))

    return AgentClient("http://agent.test", "the-key", transport=httpx.MockTransport(reply))


def captured_invitation(name: str) -> out_of_band.Invitation:
    return out_of_band.parse_invitation(json.dumps(payload(name)["invitation"]).encode())


@pytest.mark.parametrize(
    ("name", "reuses"), [("invitation-offer", "true"), ("invitation-request", "false")]
)
async def test_an_invitation_is_taken_in_as_it_is(name: str, reuses: str) -> None:
    """An offer may come over a connection that stands; a request never does: it would tell who."""
    invitation, asked = captured_invitation(name), list[httpx.Request]()
    await out_of_band.receive_invitation(receiver({}, asked), invitation)
    assert asked[-1].method == "POST"
    assert json.loads(asked[-1].content) == invitation.content
    assert asked[-1].url.params["auto_accept"] == "true"
    assert asked[-1].url.params["use_existing_connection"] == reuses


@pytest.mark.parametrize(
    ("name", "path", "found"),
    [
        ("invitation-offer", "/issue-credential-2.0/records", "offers-found"),
        ("invitation-request", "/out-of-band/records", None),
    ],
)
async def test_an_invitation_that_was_taken_in_is_left_alone(
    name: str, path: str, found: str | None
) -> None:
    held = payload(found)["results"] if found else [{"state": "done"}]
    asked: list[httpx.Request] = []
    await out_of_band.receive_invitation(receiver({path: held}, asked), captured_invitation(name))
    assert {request.method for request in asked} == {"GET"}


async def test_a_handshake_that_is_under_way_is_waited_for() -> None:
    begun = payload("connection-requester") | {"rfc23_state": "request-sent"}
    asked: list[httpx.Request] = []
    client = receiver({"/connections": [begun]}, asked)
    with pytest.raises(Unavailable):
        await out_of_band.receive_invitation(client, captured_invitation("invitation-offer"))
    assert {request.method for request in asked} == {"GET"}


async def test_the_offer_is_found_by_its_thread() -> None:
    agent = Agent("offers-found")
    record = await issue_credential.find(agent.client, "a-thread", issuing.Role.HOLDER)
    assert record
    assert record.state == "offer-received"
    assert record.invitation_id
    assert dict(agent.query) == {"thread_id": "a-thread", "role": "holder"}


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("issuer-offer-sent", issuing.State.OFFER_SENT),
        ("issuer-request-received", issuing.State.REQUEST_RECEIVED),
        ("issuer-credential-issued", issuing.State.CREDENTIAL_ISSUED),
        ("issuer-done", issuing.State.DONE),
        ("credential-issued", issuing.State.CREDENTIAL_ISSUED),
        ("credential-stored", issuing.State.DONE),
    ],
)
async def test_credential_records_become_observations(name: str, state: issuing.State) -> None:
    record = await issue_credential.load(Agent(name).client, "r")
    observation = issue_credential.observe_credential(record)
    assert observation
    assert observation.state is state
    assert observation.facts.record_id == record.id
    assert observation.facts.thread_id
    if "issued" in name or name == "issuer-done":
        assert observation.facts.revocation_index in {1, 2}
    if name == "credential-stored":
        assert observation.facts.stored_credential_id == f"cred-{record.id}"


async def test_a_revoked_credential_is_an_issued_one_and_unknown_states_are_nothing() -> None:
    agent = Agent("issuer-done")
    agent.answer["cred_ex_record"]["state"] = "credential-revoked"
    record = await issue_credential.load(agent.client, "r")
    observation = issue_credential.observe_credential(record)
    assert observation
    assert observation.state is issuing.State.CREDENTIAL_ISSUED
    agent.answer["cred_ex_record"]["state"] = "deleted"
    record = await issue_credential.load(agent.client, "r")
    assert issue_credential.observe_credential(record) is None


@pytest.mark.parametrize(
    ("error", "state"),
    [
        ("issuance-abandoned: declined", issuing.State.DECLINED),
        ("created problem report: declined", issuing.State.DECLINED),
        ("issuance-abandoned: the agent fell over", issuing.State.ABANDONED),
        (None, issuing.State.ABANDONED),
    ],
)
async def test_a_no_is_told_from_a_failure(error: str | None, state: issuing.State) -> None:
    agent = Agent("issuer-offer-sent")
    agent.answer["cred_ex_record"] |= {"state": "abandoned", "error_msg": error}
    record = await issue_credential.load(agent.client, "r")
    observation = issue_credential.observe_credential(record)
    assert observation
    assert observation.state is state


@pytest.mark.parametrize(
    ("name", "state", "verified"),
    [
        ("verifier-request-sent", presenting.State.REQUEST_SENT, None),
        ("verifier-done-true", presenting.State.DONE, True),
        ("verifier-done-false", presenting.State.DONE, False),
        ("verifier-abandoned", presenting.State.DECLINED, None),
        ("prover-done", presenting.State.DONE, None),
        ("prover-declined", presenting.State.DECLINED, None),
    ],
)
async def test_presentation_records_become_observations(
    name: str, state: presenting.State, verified: bool | None
) -> None:
    record = await present_proof.load(Agent(name).client, "r")
    observation = present_proof.observe_presentation(record)
    assert observation
    assert observation.state is state
    assert observation.facts.verified is verified
    assert (record.presentation is not None) == ("-done" in name)


@pytest.mark.parametrize("state", [each for each in presenting.State if each != "done"])
async def test_a_verdict_counts_in_done_alone(state: presenting.State) -> None:
    agent = Agent("verifier-done-true")
    agent.answer |= {"state": state.value, "verified_msgs": ["RMV_RFNT_NRI::c1"]}
    observation = present_proof.observe_presentation(await present_proof.load(agent.client, "r"))
    assert observation
    assert observation.state is state
    assert observation.facts.verified is None
    assert observation.facts.warnings is None
    agent.answer["state"] = "done"
    observation = present_proof.observe_presentation(await present_proof.load(agent.client, "r"))
    assert observation
    assert observation.facts.verified is True
    assert observation.facts.warnings == ("RMV_RFNT_NRI::c1",)


@pytest.mark.parametrize("verdict", ["True", "yes", "", None])
async def test_only_the_agents_own_two_words_are_a_verdict(verdict: str | None) -> None:
    agent = Agent("verifier-done-true")
    agent.answer["verified"] = verdict
    assert (await present_proof.load(agent.client, "r")).verified is None


async def test_a_presentation_is_sent_with_named_credentials_all_revealed() -> None:
    agent = Agent("prover-done")
    chosen = present_proof.ChosenCredentials({"a": "cred-1"}, {"p": "cred-2"})
    await present_proof.send_presentation(agent.client, "r", chosen)
    assert agent.body["anoncreds"] == {
        "requested_attributes": {"a": {"cred_id": "cred-1", "revealed": True}},
        "requested_predicates": {"p": {"cred_id": "cred-2"}},
        "self_attested_attributes": {},
    }


async def test_candidates() -> None:
    agent = Agent("candidates")
    found = await present_proof.list_candidates(agent.client, "r", referents=["a", "p"])
    assert [set(one.referents) for one in found] == [{"a", "p"}, {"a", "p"}]
    assert dict(agent.query) == {"limit": "100", "referent": "a,p"}


@pytest.mark.parametrize("name", ["connection-requester", "connection-responder"])
async def test_a_connection_that_is_made_is_found_by_its_invitation(name: str) -> None:
    asked: list[httpx.Request] = []
    made = payload(name)
    found = await connections.find(receiver({"/connections": [made]}, asked), "an-invitation")
    assert found == connections.Record(made["connection_id"], "completed")
    assert found.is_over
    assert dict(asked[-1].url.params) == {"invitation_msg_id": "an-invitation", "limit": "1"}
