"""Out-of-band invitations (Aries RFC 0434; ``/out-of-band``): made, read, received.

An invitation of ours carries exactly one attachment, an offer or a request, and is for one exchange.
An offer comes with a handshake (did-exchange over a ``did:peer:4``); a request needs none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from acquis.acapy import connections
from acquis.acapy.answer import Answer
from acquis.acapy.client import AgentClient
from acquis.errors import InvalidInput, TooLarge, Unavailable
from acquis.text import Text

MAX_INVITATION_BYTES: Final = 256 * 1024
"""An offer of 50 attributes is about 30 kB; what is much larger is not an invitation."""

HANDSHAKE: Final = "https://didcomm.org/didexchange/1.1"


class AttachmentType(StrEnum):
    """What can be attached, by the agent's word for it."""

    CREDENTIAL_OFFER = "credential-offer"
    PROOF_REQUEST = "present-proof"


_ATTACHED: Final[Mapping[str, AttachmentType]] = {
    "issue-credential/2.0/offer-credential": AttachmentType.CREDENTIAL_OFFER,
    "present-proof/2.0/request-presentation": AttachmentType.PROOF_REQUEST,
}


_RECORDS: Final[Mapping[AttachmentType, str]] = {
    AttachmentType.CREDENTIAL_OFFER: "/issue-credential-2.0/records",
    AttachmentType.PROOF_REQUEST: "/present-proof-2.0/records",
}


@dataclass(frozen=True, slots=True, repr=False)
class Invitation:
    """An RFC 0434 invitation: its JSON as it is, and what we need of it.

    ``label`` is what the sender calls itself, unverified; ``thread_id`` and ``attached`` are of its
    one attachment, None where it is of a kind we do not know; ``size`` is in bytes.
    """

    id: str
    label: str
    goal: str | None
    goal_code: str | None
    thread_id: str | None
    attached: AttachmentType | None
    wants_connection: bool
    content: Mapping[str, object]
    size: int

    @property
    def text(self) -> str:
        """The invitation as JSON, as short as it gets."""
        return _as_text(self.content)


async def create_invitation(
    client: AgentClient,
    attachment: AttachmentType,
    record_id: str,
    *,
    label: str,
    goal_code: str,
    goal: str,
    handshake: bool,
) -> Invitation:
    """Make an invitation with the offer or request of ``record_id`` attached.

    With ``handshake`` the receiver connects first, over a ``did:peer:4``. ``goal`` is one sentence
    for people; this agent leaves goals out where a DID method is named, so they are put in here
    (invitations are not signed).
    """
    body: dict[str, object] = {
        "attachments": [{"type": attachment.value, "id": record_id}],
        "my_label": label,
        "goal": goal,
        "goal_code": goal_code,
        "protocol_version": "1.1",
    }
    if handshake:
        body |= {"handshake_protocols": [HANDSHAKE], "use_did_method": "did:peer:4"}
    query = {"auto_accept": "true"} if handshake else None
    answer = await client.post("/out-of-band/create-invitation", body=body, query=query)
    content = dict(answer.inside("invitation").document())
    return _read_invitation({**content, "goal": goal, "goal_code": goal_code})


async def receive_invitation(
    client: AgentClient, invitation: Invitation, *, tried_before: bool = True
) -> None:
    """Have the wallet take in an invitation; its attachment becomes a record of the wallet.

    Find that record by `Invitation.thread_id`; it may appear a moment later. Calling this again is
    harmless: what was taken in is left alone (this agent would put a finished exchange back to its
    beginning, or refuse to answer on a thread it holds twice). Only who is sure that it is the
    first time may say so and save the look.

    A request is never answered over a connection that stands: verifiers who put one DID in their
    invitations would know a learner again by it.

    Raises:
        InvalidInput: the agent cannot read it.
        Unavailable: the sender does not answer the handshake, the agent waits 7 s for it; try
            again later: it goes on by itself if the sender answers within a minute. If it never
            does, `forget_invitation` and begin again.

    """
    if tried_before and await _was_received(client, invitation):
        return
    reuses = invitation.attached is not AttachmentType.PROOF_REQUEST
    query = {"auto_accept": "true", "use_existing_connection": str(reuses).lower()}
    await client.post("/out-of-band/receive-invitation", body=invitation.content, query=query)


async def forget_invitation(client: AgentClient, invitation_id: str) -> None:
    """Forget an invitation, ours or received, and the connection made for it.

    For one that nobody answered: the connection may by then carry other exchanges.
    """
    await client.delete("/out-of-band/invitations/{}", invitation_id)


async def was_answered(client: AgentClient, invitation_id: str) -> bool:
    """Say whether a message came for an invitation of ours without a handshake, whatever became of it.

    Where this agent turns a message away it tells nobody and keeps nothing of it, but for the
    thread, noted beside the invitation once the message could be read as one of its protocol.
    """
    query = {"invi_msg_id": invitation_id, "limit": "1"}
    answer = await client.get("/out-of-band/records", query=query)
    return any(each.optional_text("attach_thread_id") for each in answer.each("results"))


async def _was_received(client: AgentClient, invitation: Invitation) -> bool:
    if not invitation.wants_connection:
        return await _has_any(client, "/out-of-band/records", "invi_msg_id", invitation.id)
    path = _RECORDS.get(invitation.attached) if invitation.attached else None
    thread_id = invitation.thread_id
    if path and thread_id and await _has_any(client, path, "thread_id", thread_id):
        return True
    begun = await connections.find(client, invitation.id)
    if begun and not begun.is_over:
        raise Unavailable(
            Text(
                "The sender of the invitation has not answered yet",
                "L’expéditeur de l’invitation n’a pas encore répondu",
            )
        )
    return False


async def _has_any(client: AgentClient, path: str, name: str, value: str) -> bool:
    answer = await client.get(path, query={name: value, "limit": "1"})
    return any(answer.each("results"))


def parse_invitation(unverified: bytes) -> Invitation:
    """Read an invitation that came from outside.

    Raises:
        TooLarge: more than `MAX_INVITATION_BYTES`.
        InvalidInput: not a JSON object of the form RFC 0434 asks for.

    """
    if len(unverified) > MAX_INVITATION_BYTES:
        limit = MAX_INVITATION_BYTES // 1024
        raise TooLarge(
            Text(
                f"The invitation is over {limit} kB",
                f"L’invitation dépasse {limit} ko",
            )
        )
    try:
        content = json.loads(unverified)
    except (ValueError, RecursionError) as error:
        raise _unreadable() from error
    if not isinstance(content, dict):
        raise _unreadable()
    try:
        return _read_invitation(content)
    except (Unavailable, UnicodeError) as error:  # a form an agent never gives
        raise _unreadable() from error


def _read_invitation(content: dict[str, object]) -> Invitation:
    answer = Answer(content, "the invitation")
    if not answer.text("@type").endswith(
        ("out-of-band/1.0/invitation", "out-of-band/1.1/invitation")
    ):
        raise _unreadable()
    messages = [attached.inside("data", "json") for attached in answer.each("requests~attach")]
    message = messages[0] if len(messages) == 1 else Answer({}, answer.about)
    kind = message.optional_text("@type") or ""
    return Invitation(
        id=answer.text("@id"),
        label=answer.optional_text("label") or "",
        goal=answer.optional_text("goal"),
        goal_code=answer.optional_text("goal_code"),
        thread_id=message.inside("~thread").optional_text("thid") or message.optional_text("@id"),
        attached=next((own for end, own in _ATTACHED.items() if kind.endswith(end)), None),
        wants_connection=bool(answer.texts("handshake_protocols")),
        content=content,
        size=len(_as_text(content).encode()),
    )


def _as_text(content: Mapping[str, object]) -> str:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False)


def _unreadable() -> InvalidInput:
    return InvalidInput(
        Text(
            "This is not an out-of-band invitation (RFC 0434)",
            "Ceci n’est pas une invitation hors bande (RFC 0434)",
        )
    )
