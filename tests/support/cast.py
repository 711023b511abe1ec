"""The parts in the agents' contract: an issuer, a learner, a verifier, simulated or real.

A case of ``tests/contract`` that takes ``cast`` is played on both stages.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4

import base58
import pytest

from acquis.acapy import (
    anoncreds,
    issue_credential,
    multitenancy,
    out_of_band,
    present_proof,
    wallet,
)
from acquis.acapy.client import AgentClient
from acquis.acapy.out_of_band import AttachmentType, Invitation
from acquis.acapy.present_proof import ChosenCredentials
from acquis.errors import NotFound
from acquis.protocols import issue_credential as issuing
from acquis.protocols import present_proof as presenting
from acquis.registry.did_log import build_genesis
from acquis.registry.keys import SigningKey
from demo.agents import AgentRole
from support.agents import RealAgents, until
from support.simulator import World

LEVEL = "esco_ccd0a1d9-afda-43d9-b901-96344886e14d"
CLAIMS = {"achievement_id": "an id", LEVEL: "4", "given_name": "Ada", "valid_until": "99991231"}
REGISTRY_SIZE = 40
UNKNOWN = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
"""An id no agent gave."""


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
    scope="session", params=["simulator", pytest.param("agents", marks=pytest.mark.agents)]
)
def stage(request: pytest.FixtureRequest) -> World | RealAgents:
    """Where the cases are played."""
    if request.param == "simulator":
        return World(seed=7)
    found: RealAgents = request.getfixturevalue("agents")
    return found


@pytest.fixture(scope="session")
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
