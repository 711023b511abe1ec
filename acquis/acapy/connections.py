"""Connections between agents (``/connections``)."""

from __future__ import annotations

from dataclasses import dataclass

from acquis.acapy.answer import Answer
from acquis.acapy.client import AgentClient
from acquis.protocols.connection import Facts, Observation, Role, State


@dataclass(frozen=True, slots=True)
class Record:
    """What an agent knows of one connection; ``their_label`` is the other side's word."""

    id: str
    role: Role
    state: str
    invitation_id: str | None
    their_did: str | None
    their_label: str | None
    error: str | None


async def load(client: AgentClient, connection_id: str) -> Record:
    """Return one connection.

    Raises:
        NotFound: the agent has none by that id.

    """
    return _read_record(await client.get("/connections/{}", connection_id))


async def find(client: AgentClient, invitation_id: str) -> Record | None:
    """Return the connection that an invitation led to, if there is one."""
    query = {"invitation_msg_id": invitation_id, "limit": "1"}
    answer = await client.get("/connections", query=query)
    return next((_read_record(found) for found in answer.each("results")), None)


async def delete(client: AgentClient, connection_id: str) -> None:
    """Remove a connection; that it is gone already is success."""
    await client.delete("/connections/{}", connection_id)


def observe_connection(record: Record) -> Observation | None:
    """Say what a record means for the exchange; None for a state that is not of the protocol."""
    state = next((state for state in State if state == record.state), None)
    if state is None:
        return None
    return Observation(
        state,
        Facts(
            record_id=record.id,
            invitation_id=record.invitation_id,
            their_did=record.their_did,
            their_label=record.their_label,
            error=record.error,
        ),
    )


def _read_record(answer: Answer) -> Record:
    # The agent's roles are the other side's: it says who *they* are.
    they_ask = answer.optional_text("their_role") in {"requester", "invitee"}
    return Record(
        id=answer.text("connection_id"),
        role=Role.RESPONDER if they_ask else Role.REQUESTER,
        state=answer.optional_text("rfc23_state") or answer.text("state"),
        invitation_id=answer.optional_text("invitation_msg_id"),
        their_did=answer.optional_text("their_did"),
        their_label=answer.optional_text("their_label"),
        error=answer.optional_text("error_msg"),
    )
