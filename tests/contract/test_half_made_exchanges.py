"""What an agent that was killed half-way leaves behind, and how the exchange still comes to its end.

A real agent is brought there by writing into its wallet what it would have written.
"""

from __future__ import annotations

from urllib.parse import quote
from uuid import uuid4

import pytest
from acapy_agent.protocols.issue_credential.v2_0.models.detail.anoncreds import (
    V20CredExRecordAnonCreds,
)
from acapy_agent.revocation.models.issuer_cred_rev_record import IssuerCredRevRecord
from aries_askar import Store

from acquis.acapy import anoncreds, credentials, issue_credential, out_of_band
from acquis.errors import Conflict, InvalidInput, NotFound
from demo.agents import AgentRole
from support.agents import RealAgents
from support.cast import UNKNOWN, Cast, issued_in, offered
from support.simulator import World

INDEX = 39
"""The last of the registry: far from where the agent is."""


async def sign_and_be_killed(stage: World | RealAgents, cast: Cast, record_id: str) -> None:
    """Leave what an issuer's agent leaves that was killed before it kept what it had signed."""
    registry = await anoncreds.load_active_registry(cast.issuer, cast.definition_id)
    noted = {"cred_ex_id": record_id, "rev_reg_id": registry.id, "cred_rev_id": str(INDEX)}
    if isinstance(stage, World):
        base = stage.agent("issuer").wallets["base"]
        base.details[record_id] = {name: noted[name] for name in ("rev_reg_id", "cred_rev_id")}
        base.issued.append({**noted, "state": "issued", "record_id": str(uuid4())})
        return
    setup = stage.setups[AgentRole.ISSUER]
    database = setup.folder / "wallets" / "wallet" / AgentRole.ISSUER / "sqlite.db"
    store = await Store.open(f"sqlite://{quote(str(database))}", "raw", setup.secrets.wallet_key)
    try:
        async with store.session() as session:
            for record in (
                V20CredExRecordAnonCreds(**noted),
                IssuerCredRevRecord(state="issued", cred_ex_version="2", **noted),
            ):
                record._id = str(uuid4())
                kept = record.storage_record
                await session.insert(kept.type, kept.id, kept.value, kept.tags)
    finally:
        await store.close()


async def test_a_credential_that_was_lost_before_it_was_kept_is_issued_all_the_same(
    stage: World | RealAgents, cast: Cast
) -> None:
    learner = await cast.learner()
    sent, invitation = await cast.offer()
    held = await offered(learner, invitation)
    with pytest.raises(Conflict):
        await issue_credential.forget_lost(cast.issuer, sent.id)
    await issue_credential.send_request(learner, held.id)
    await issued_in(cast.issuer, sent.id, "request-received")
    await issue_credential.forget_lost(cast.issuer, sent.id)  # nothing was lost yet
    await sign_and_be_killed(stage, cast, sent.id)
    assert (await issue_credential.load(cast.issuer, sent.id)).revocation_index == INDEX
    await issue_credential.forget_lost(cast.issuer, sent.id)
    issued = await issue_credential.issue(cast.issuer, sent.id)
    assert issued.revocation_index not in {None, INDEX}
    await issued_in(learner, held.id, "credential-received")
    await issue_credential.store(learner, held.id, held.id)
    await issued_in(cast.issuer, sent.id, "done")
    found = await anoncreds.find_issued(cast.issuer, sent.id)
    assert found
    assert found.revocation_index == issued.revocation_index
    with pytest.raises(Conflict):
        await issue_credential.forget_lost(cast.issuer, sent.id)
    await issue_credential.forget_lost(cast.issuer, UNKNOWN)  # forgotten already is success
    with pytest.raises(NotFound):
        await issue_credential.load(cast.issuer, UNKNOWN)


async def test_an_agent_that_signed_and_lost_it_refuses_to_issue(
    stage: World | RealAgents, cast: Cast
) -> None:
    """Why there is something to forget: the agent alone abandons the exchange."""
    learner = await cast.learner()
    sent, invitation = await cast.offer()
    held = await offered(learner, invitation)
    await issue_credential.send_request(learner, held.id)
    await issued_in(cast.issuer, sent.id, "request-received")
    await sign_and_be_killed(stage, cast, sent.id)
    with pytest.raises(InvalidInput):
        await issue_credential.issue(cast.issuer, sent.id)
    await issued_in(cast.issuer, sent.id, "abandoned")


async def test_an_offer_that_was_forgotten_is_taken_in_again(cast: Cast) -> None:
    """What a wallet does whose agent was killed with half of a request."""
    learner = await cast.learner()
    sent, invitation = await cast.offer()
    held = await offered(learner, invitation)
    await issue_credential.delete(learner, held.id)
    again = await offered(learner, invitation)
    assert again.id != held.id
    await issue_credential.send_request(learner, again.id)
    await issued_in(cast.issuer, sent.id, "request-received")
    await out_of_band.receive_invitation(learner, invitation)  # harmless now
    await issue_credential.issue(cast.issuer, sent.id)
    await issued_in(learner, again.id, "credential-received")
    await issue_credential.store(learner, again.id, again.id)
    await issued_in(cast.issuer, sent.id, "done")
    assert [one.id for one in await credentials.list_credentials(learner)] == [again.id]
