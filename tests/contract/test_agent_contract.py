"""What our services rely on when they issue, asked alike of the simulator and of real agents.

A case that holds for one and not for the other is a fault of the simulator.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

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
from acquis.errors import AcquisError, Conflict, InvalidInput, NotAllowed, NotFound
from acquis.protocols import issue_credential as issuing
from acquis.protocols import present_proof as presenting
from acquis.registry.keys import SigningKey, is_signed_by
from acquis.registry.multibase import decode_multibase
from acquis.registry.resource import build_proof_input
from support.agents import until
from support.cast import (
    CLAIMS,
    LEVEL,
    REGISTRY_SIZE,
    UNKNOWN,
    Cast,
    choose,
    issue,
    issued_in,
    offered,
    presented_in,
    raw_key,
    requested,
)


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
    for client in (learner, cast.issuer):

        async def completed(client: AgentClient = client) -> connections.Record | None:
            found = await connections.find(client, invitation.id)
            return found if found and found.state == "completed" else None

        assert (await until(completed, "connection", pause=0.02)).is_over


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


async def test_a_credential_is_sent_again_until_it_was_acknowledged(cast: Cast) -> None:
    learner = await cast.learner()
    sent, invitation = await cast.offer()
    held = await offered(learner, invitation)
    with pytest.raises(Conflict):
        await issue_credential.send_again(cast.issuer, sent.id)
    await issue_credential.send_request(learner, held.id)
    await issued_in(cast.issuer, sent.id, "request-received")
    first = await issue_credential.issue(cast.issuer, sent.id)
    await issued_in(learner, held.id, "credential-received")
    await issue_credential.send_again(cast.issuer, sent.id)
    await issue_credential.store(learner, held.id, held.id)
    done = await issued_in(cast.issuer, sent.id, "done")
    assert done.revocation_index == first.revocation_index
    with pytest.raises(Conflict):
        await issue_credential.send_again(cast.issuer, sent.id)
    with pytest.raises(NotFound):
        await issue_credential.send_again(cast.issuer, UNKNOWN)
    assert len(await credentials.list_credentials(learner)) == 1


async def test_what_is_not_there_is_said_so(cast: Cast) -> None:
    for load in (issue_credential.load, present_proof.load):
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
    with pytest.raises(NotFound):
        await issue_credential.load(cast.issuer, sent.id)
    with pytest.raises(NotFound):
        await present_proof.load(cast.verifier, asked.id)
    assert await connections.find(cast.issuer, invitation.id) is None
