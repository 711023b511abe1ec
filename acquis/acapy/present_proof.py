"""Presenting a proof (``/present-proof-2.0``), both roles.

The agent presents nothing by itself. ``verified`` is its cryptographic check and nothing more: it
also says true when a requested attribute was left unrevealed, or was the holder's own word, and
when the proof of non-revocation is older than the revocation. The presentation is passed on as it
came, in a type that says that nobody verified it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from acquis.acapy.answer import Answer
from acquis.acapy.client import AgentClient
from acquis.acapy.issue_credential import DECLINED, is_decline
from acquis.credentials.presentation import UnverifiedPresentation
from acquis.credentials.proof_request import UnverifiedProofRequest
from acquis.protocols.present_proof import Facts, Observation, Role, State

__all__ = [
    "DECLINED",
    "CandidateCredential",
    "ChosenCredentials",
    "Record",
    "create_request",
    "delete",
    "find",
    "list_candidates",
    "load",
    "observe_presentation",
    "report_problem",
    "send_presentation",
    "verify",
]

CANDIDATES: Final = 100


@dataclass(frozen=True, slots=True, repr=False)
class Record:
    """What an agent knows of one presentation exchange.

    ``verified`` is None while the agent did not check; ``warnings`` are the codes of its check;
    both speak of ``presentation`` only in state ``done`` (see `observe_presentation`). ``request`` and ``presentation`` are the AnonCreds documents as they came, None until there is
    one; ``answered_thread_id`` is the thread that the message with the presentation names.
    """

    id: str
    role: Role
    state: str
    thread_id: str | None
    connection_id: str | None
    invitation_id: str | None
    verified: bool | None
    warnings: tuple[str, ...]
    request: UnverifiedProofRequest | None
    presentation: UnverifiedPresentation | None
    error: str | None
    answered_thread_id: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class CandidateCredential:
    """A credential of the wallet that could answer some referents of a request."""

    credential_id: str
    credential_definition_id: str
    schema_id: str
    revocation_registry_id: str | None
    attributes: Mapping[str, str]
    referents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChosenCredentials:
    """Which stored credential answers which referent of a request.

    Everything in ``attributes`` is revealed; nothing is self-attested, ever.
    """

    attributes: Mapping[str, str]
    predicates: Mapping[str, str]


async def create_request(
    client: AgentClient, proof_request: Mapping[str, object], *, auto_verify: bool
) -> Record:
    """Verifier: make a request that is not sent to anybody; attach it to an invitation.

    With ``auto_verify`` the agent checks a presentation as it comes in; else `verify` does.

    Raises:
        InvalidInput: it is not an AnonCreds presentation request.

    """
    body = {
        "presentation_request": {"anoncreds": proof_request},
        "auto_verify": auto_verify,
        "auto_remove": False,
    }
    return _read_record(await client.post("/present-proof-2.0/create-request", body=body))


async def load(client: AgentClient, record_id: str) -> Record:
    """Return one record.

    Raises:
        NotFound: the agent has none by that id.

    """
    return _read_record(await client.get("/present-proof-2.0/records/{}", record_id))


async def find(client: AgentClient, thread_id: str, role: Role) -> Record | None:
    """Return the record of a thread, if the agent has one."""
    query = {"thread_id": thread_id, "role": role.value}
    answer = await client.get("/present-proof-2.0/records", query=query)
    return next((_read_record(found) for found in answer.each("results")), None)


async def list_candidates(
    client: AgentClient,
    record_id: str,
    *,
    referents: Sequence[str] = (),
    limit: int = CANDIDATES,
) -> tuple[CandidateCredential, ...]:
    """Prover: the stored credentials the agent finds for a request (or for some referents).

    It joins several restrictions of one referent by AND where the specification says OR: with
    such requests search by `acquis.acapy.credentials.list_credentials`.
    """
    query = {"limit": str(limit)}
    if referents:
        query["referent"] = ",".join(referents)
    path = "/present-proof-2.0/records/{}/credentials"
    found = await client.get_list(path, record_id, query=query)
    return tuple(_read_candidate(item) for item in found)


async def send_presentation(
    client: AgentClient, record_id: str, chosen: ChosenCredentials
) -> Record:
    """Prover: prove with the chosen credentials and send it. Allowed in ``request-received``.

    A refusal makes the agent abandon the exchange: look first, then ask.
    """
    body = {
        "anoncreds": {
            "requested_attributes": {
                referent: {"cred_id": credential, "revealed": True}
                for referent, credential in chosen.attributes.items()
            },
            "requested_predicates": {
                referent: {"cred_id": credential}
                for referent, credential in chosen.predicates.items()
            },
            "self_attested_attributes": {},
        },
        "auto_remove": False,
    }
    return _read_record(
        await client.post("/present-proof-2.0/records/{}/send-presentation", record_id, body=body)
    )


async def verify(client: AgentClient, record_id: str) -> Record:
    """Verifier: have the agent check the proof. Allowed in ``presentation-received``.

    Raises:
        InvalidInput: it is in another state.
        Unavailable: something it needs cannot be resolved now; nothing is lost, ask again.

    """
    return _read_record(
        await client.post("/present-proof-2.0/records/{}/verify-presentation", record_id)
    )


async def report_problem(client: AgentClient, record_id: str, description: str) -> None:
    """End the exchange and tell the other side why, in one word or sentence without claims."""
    body = {"description": description}
    await client.post("/present-proof-2.0/records/{}/problem-report", record_id, body=body)


async def delete(client: AgentClient, record_id: str) -> None:
    """Remove the record; that it is gone already is success."""
    await client.delete("/present-proof-2.0/records/{}", record_id)


def observe_presentation(record: Record) -> Observation | None:
    """Say what a record means for the exchange; None for a state that is not of the protocol.

    A verdict is a fact in ``done`` alone: when a second presentation comes in, the agent replaces
    the first, goes back to ``presentation-received`` and keeps the verdict on the first.
    """
    state = next((state for state in State if state == record.state), None)
    if state is None:
        return None
    is_checked = state is State.DONE
    if state is State.ABANDONED and is_decline(record.error):
        state = State.DECLINED
    return Observation(
        state,
        Facts(
            record_id=record.id,
            thread_id=record.thread_id,
            connection_id=record.connection_id,
            verified=record.verified if is_checked else None,
            warnings=(record.warnings or None) if is_checked else None,
            error=record.error,
        ),
    )


def _read_record(answer: Answer) -> Record:
    verdict = answer.optional_text("verified")
    forms = answer.inside("by_format")
    request = forms.inside("pres_request", "anoncreds")
    presentation = forms.foreign("pres", "anoncreds")
    return Record(
        id=answer.text("pres_ex_id"),
        role=Role(answer.text("role")),
        state=answer.text("state"),
        thread_id=answer.optional_text("thread_id"),
        connection_id=answer.optional_text("connection_id"),
        invitation_id=answer.inside("pres_request", "~thread").optional_text("pthid"),
        verified={"true": True, "false": False}.get(verdict or ""),
        warnings=answer.texts("verified_msgs"),
        request=UnverifiedProofRequest(request.document()) if request else None,
        presentation=None if presentation is None else UnverifiedPresentation(presentation),
        error=answer.optional_text("error_msg"),
        answered_thread_id=answer.inside("pres", "~thread").optional_text("thid"),
    )


def _read_candidate(answer: Answer) -> CandidateCredential:
    found = answer.inside("cred_info")
    return CandidateCredential(
        credential_id=found.text("referent"),
        credential_definition_id=found.text("cred_def_id"),
        schema_id=found.text("schema_id"),
        revocation_registry_id=found.optional_text("rev_reg_id"),
        attributes=found.text_map("attrs"),
        referents=answer.texts("presentation_referents"),
    )
