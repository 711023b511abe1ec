"""Issuing a credential (``/issue-credential-2.0``), both roles.

Nothing is automatic: the agent answers no offer, issues to no request and stores nothing until it
is told. Records are kept (``auto_remove`` false): the issuer deletes its own an hour after the end,
the holder's stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from acquis.acapy import credentials
from acquis.acapy.answer import Answer
from acquis.acapy.client import AgentClient
from acquis.protocols.issue_credential import Facts, Observation, Role, State

DECLINED: Final = "declined"
"""What our side writes into a problem report when a person said no."""

_STATES: Final[Mapping[str, State]] = {"credential-revoked": State.CREDENTIAL_ISSUED}


@dataclass(frozen=True, slots=True, repr=False)
class Record:
    """What an agent knows of one credential exchange.

    ``attributes`` are the claims previewed in the offer; ``invitation_id`` the out-of-band
    invitation the offer came with; ``stored_credential_id`` is set on the holder's side.
    """

    id: str
    role: Role
    state: str
    thread_id: str | None
    connection_id: str | None
    invitation_id: str | None
    credential_definition_id: str | None
    schema_id: str | None
    attributes: Mapping[str, str]
    revocation_registry_id: str | None
    revocation_index: int | None
    stored_credential_id: str | None
    error: str | None


async def create_offer(
    client: AgentClient, credential_definition_id: str, attributes: Mapping[str, str]
) -> Record:
    """Make an offer that is not sent to anybody; attach it to an invitation by its record's id.

    Raises:
        InvalidInput: ``attributes`` are not those of the schema.

    """
    preview = [{"name": name, "value": value} for name, value in attributes.items()]
    body = {
        "filter": {"anoncreds": {"cred_def_id": credential_definition_id}},
        "credential_preview": {
            "@type": "issue-credential/2.0/credential-preview",
            "attributes": preview,
        },
        "auto_issue": False,
        "auto_remove": False,
    }
    answer = await client.post("/issue-credential-2.0/create-offer", body=body)
    return _read_record(answer, Answer({}, answer.about))


async def load(client: AgentClient, record_id: str) -> Record:
    """Return one record.

    Raises:
        NotFound: the agent has none by that id.

    """
    return _read_detail(await client.get("/issue-credential-2.0/records/{}", record_id))


async def find(client: AgentClient, thread_id: str, role: Role) -> Record | None:
    """Return the record of a thread, if the agent has one."""
    query = {"thread_id": thread_id, "role": role.value}
    answer = await client.get("/issue-credential-2.0/records", query=query)
    return next((_read_detail(found) for found in answer.each("results")), None)


async def send_request(client: AgentClient, record_id: str) -> Record:
    """Holder: accept the offer. Allowed once, in ``offer-received``; refused otherwise.

    A refusal makes the agent abandon the exchange: look first, then ask.
    """
    answer = await client.post("/issue-credential-2.0/records/{}/send-request", record_id)
    return _read_record(answer, Answer({}, answer.about))


async def issue(client: AgentClient, record_id: str) -> Record:
    """Issuer: sign and send the credential. Allowed once, in ``request-received``.

    A refusal makes the agent abandon the exchange: look first, then ask.
    """
    return _read_detail(await client.post("/issue-credential-2.0/records/{}/issue", record_id))


async def send_again(client: AgentClient, record_id: str) -> None:
    """Issuer: send an issued credential once more, the very same (our plugin's request).

    Allowed in ``credential-issued``; a holder that has it already takes no harm.

    Raises:
        Conflict: it is in another state.

    """
    await client.post("/redelivery/credentials/{}", record_id)


async def forget_lost(client: AgentClient, record_id: str) -> None:
    """Issuer: let a credential be issued whose first try was lost with the agent (our plugin).

    Allowed in ``request-received``, where nothing can have been sent yet; harmless where nothing was
    lost. The revocation index of the first try stays used.

    Raises:
        Conflict: the record is in another state.

    """
    await client.delete("/redelivery/credentials/{}/lost", record_id)


async def store(client: AgentClient, record_id: str, credential_id: str) -> Record:
    """Holder: store the received credential under ``credential_id`` and tell the issuer.

    Allowed in ``credential-received``. A name that is taken makes the agent abandon the exchange;
    after a crash between storing and telling use `store_again`.
    """
    body = {"credential_id": credential_id}
    return _read_detail(
        await client.post("/issue-credential-2.0/records/{}/store", record_id, body=body)
    )


async def store_again(client: AgentClient, record_id: str, credential_id: str) -> Record:
    """Store as `store` does, when it is not known whether an earlier try got half-way."""
    if await credentials.find_credential(client, credential_id):
        await credentials.delete_credential(client, credential_id)
    return await store(client, record_id, credential_id)


async def report_problem(client: AgentClient, record_id: str, description: str) -> None:
    """End the exchange and tell the other side why, in one word or sentence without claims."""
    body = {"description": description}
    await client.post("/issue-credential-2.0/records/{}/problem-report", record_id, body=body)


async def delete(client: AgentClient, record_id: str) -> None:
    """Remove the record; that it is gone already is success."""
    await client.delete("/issue-credential-2.0/records/{}", record_id)


def observe_credential(record: Record) -> Observation | None:
    """Say what a record means for the exchange; None for a state that is not of the protocol."""
    state = _STATES.get(record.state) or next(
        (state for state in State if state == record.state), None
    )
    if state is None:
        return None
    if state is State.ABANDONED and is_decline(record.error):
        state = State.DECLINED
    signed = state is not State.REQUEST_RECEIVED  # an index noted there is of a lost credential
    return Observation(
        state,
        Facts(
            record_id=record.id,
            thread_id=record.thread_id,
            connection_id=record.connection_id,
            credential_definition_id=record.credential_definition_id,
            revocation_registry_id=record.revocation_registry_id if signed else None,
            revocation_index=record.revocation_index if signed else None,
            stored_credential_id=record.stored_credential_id,
            error=record.error,
        ),
    )


def is_decline(error: str | None) -> bool:
    """Say whether a record's error is the problem report of a person who said no."""
    return error is not None and error.rpartition(": ")[2] == DECLINED


def _read_detail(answer: Answer) -> Record:
    return _read_record(answer.inside("cred_ex_record"), answer.inside("anoncreds"))


def _read_record(answer: Answer, detail: Answer) -> Record:
    offer = answer.inside("by_format", "cred_offer", "anoncreds")
    message = answer.inside("cred_offer")
    return Record(
        id=answer.text("cred_ex_id"),
        role=Role(answer.text("role")),
        state=answer.text("state"),
        thread_id=answer.optional_text("thread_id"),
        connection_id=answer.optional_text("connection_id"),
        invitation_id=message.inside("~thread").optional_text("pthid"),
        credential_definition_id=offer.optional_text("cred_def_id"),
        schema_id=offer.optional_text("schema_id"),
        attributes={
            item.text("name"): item.optional_text("value") or ""
            for item in message.inside("credential_preview").each("attributes")
        },
        revocation_registry_id=detail.optional_text("rev_reg_id"),
        revocation_index=detail.optional_number("cred_rev_id"),
        stored_credential_id=detail.optional_text("cred_id_stored"),
        error=answer.optional_text("error_msg"),
    )
