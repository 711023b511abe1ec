"""Whole exchanges on the agents' admin APIs alone, without our services: issue, present."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

import base58

from acquis.acapy import anoncreds, issue_credential, multitenancy, out_of_band, present_proof
from acquis.acapy.client import AgentClient
from acquis.errors import NotFound
from acquis.protocols.issue_credential import Role as IssueRole
from acquis.protocols.present_proof import Role as ProofRole
from demo.agents import AgentRole
from support.agents import RealAgents, until

PYTHON = "esco_ccd0a1d9-afda-43d9-b901-96344886e14d"
SQL = "esco_598de5b0-5b58-4ea7-8058-a4bc4d18c742"
CLAIMS = {"achievement_id": "an achievement", "given_name": "Adalbertine", PYTHON: "4", SQL: "2"}


@dataclass(frozen=True)
class Definition:
    """A revocable credential definition that credentials can be issued from."""

    issuer: str
    schema_id: str
    id: str
    registry_id: str


@dataclass(frozen=True)
class Held:
    """A credential in a wallet, and the record of its issuance at the issuer."""

    wallet: AgentClient
    credential_id: str
    issuance_id: str


async def define(agents: RealAgents, name: str, *, registry_size: int = 20) -> Definition:
    """Make a DID ``demo/<name>``, a schema and a revocable credential definition; wait until usable."""
    client = agents.client(AgentRole.ISSUER)
    issuer = await agents.create_issuer(name)
    schema_id = await anoncreds.register_schema(client, issuer, "data", "1.0", list(CLAIMS))
    definition_id = await anoncreds.register_credential_definition(
        client, issuer, schema_id, "1", registry_size
    )
    registry_id = await until(lambda: active_registry(client, definition_id), "an active registry")
    return Definition(issuer, schema_id, definition_id, registry_id)


async def active_registry(client: AgentClient, definition_id: str) -> str | None:
    """The id of the registry in use, None while there is none."""
    try:
        return (await anoncreds.load_active_registry(client, definition_id)).id
    except NotFound:
        return None


async def open_wallet(agents: RealAgents, name: str) -> AgentClient:
    """Make a learner's sub-wallet."""
    holder = agents.client(AgentRole.HOLDER)
    key = base58.b58encode(os.urandom(32)).decode()
    return holder.for_wallet((await multitenancy.create_wallet(holder, name, key, name)).token)


async def issue(
    agents: RealAgents,
    definition: Definition,
    wallet: AgentClient,
    claims: Mapping[str, str] = CLAIMS,
) -> Held:
    """Offer by invitation, accept, issue and store."""
    issuer = agents.client(AgentRole.ISSUER)
    offer = await issue_credential.create_offer(issuer, definition.id, claims)
    invitation = await out_of_band.create_invitation(
        issuer,
        out_of_band.AttachmentType.CREDENTIAL_OFFER,
        offer.id,
        label="University",
        goal_code="issue",
        goal="A credential for you",
        handshake=True,
    )
    await out_of_band.receive_invitation(wallet, invitation)

    async def received() -> str | None:
        found = await issue_credential.find(wallet, str(invitation.thread_id), IssueRole.HOLDER)
        return found.id if found and found.state == "offer-received" else None

    record_id = await until(received, "the offer arrives")
    await issue_credential.send_request(wallet, record_id)
    await until(lambda: _reaches(issuer, offer.id, "request-received"), "the request arrives")
    await issue_credential.issue(issuer, offer.id)
    await until(lambda: _reaches(wallet, record_id, "credential-received"), "the credential")
    credential_id = str(uuid4())
    await issue_credential.store(wallet, record_id, credential_id)
    return Held(wallet, credential_id, offer.id)


async def present(
    agents: RealAgents, definition: Definition, held: Held, *, level: int = 3
) -> present_proof.Record:
    """Ask for Python at ``level`` or more, prove it; return the verifier's record as it got it.

    The verifying agent is told to verify by ``present_proof.verify`` (nothing is automatic).
    """
    verifier = agents.client(AgentRole.VERIFIER)
    restrictions = [{"cred_def_id": definition.id}]
    request = await present_proof.create_request(
        verifier,
        {
            "name": "Python",
            "version": "1.0",
            "nonce": str(int.from_bytes(os.urandom(10))),
            "requested_attributes": {
                "a": {"names": ["achievement_id"], "restrictions": restrictions}
            },
            "requested_predicates": {
                "p": {
                    "name": PYTHON,
                    "p_type": ">=",
                    "p_value": level,
                    "restrictions": restrictions,
                }
            },
            "non_revoked": {"to": int(time.time())},
        },
        auto_verify=False,
    )
    invitation = await out_of_band.create_invitation(
        verifier,
        out_of_band.AttachmentType.PROOF_REQUEST,
        request.id,
        label="Employer",
        goal_code="verify",
        goal="Python",
        handshake=False,
    )
    await out_of_band.receive_invitation(held.wallet, invitation)

    async def asked() -> str | None:
        found = await present_proof.find(held.wallet, str(invitation.thread_id), ProofRole.PROVER)
        return found.id if found and found.state == "request-received" else None

    record_id = await until(asked, "the request arrives")
    chosen = present_proof.ChosenCredentials({"a": held.credential_id}, {"p": held.credential_id})
    await present_proof.send_presentation(held.wallet, record_id, chosen)

    async def received() -> present_proof.Record | None:
        found = await present_proof.load(verifier, request.id)
        return found if found.state == "presentation-received" else None

    return await until(received, "the presentation arrives")


async def revoke(agents: RealAgents, held: Held) -> str:
    """Mark and publish; return the registry's id. That this returns proves nothing.

    What is asked afterwards is asked in a later second: no mirror knows it from before.
    """
    issuer = agents.client(AgentRole.ISSUER)
    issued = await anoncreds.find_issued(issuer, held.issuance_id)
    assert issued is not None
    registry_id = issued.revocation_registry_id
    await anoncreds.mark_revoked(issuer, registry_id, issued.revocation_index)
    await anoncreds.publish_revocations(issuer, registry_id)
    await next_second()
    return registry_id


async def next_second() -> None:
    """Wait until another second has begun: a mirror refreshed within the same one is new enough."""
    now = int(time.time())
    while int(time.time()) == now:
        await asyncio.sleep(0.02)


async def _reaches(client: AgentClient, record_id: str, state: str) -> bool | None:
    return (await issue_credential.load(client, record_id)).state == state or None
