"""Invitations and handshakes of the simulated agent (RFC 0434, RFC 0023)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from support.simulator.agent import Ask, Handler, MessageHandler, RefusalError, Turn
from support.simulator.wallet import now, page

if TYPE_CHECKING:
    from support.simulator.world import Envelope

type Json = dict[str, Any]

HANDSHAKE_WAIT = 0.5
DIDCOMM = "https://didcomm.org"


async def create_invitation(turn: Turn, ask: Ask) -> Json:
    body, wallet, invitation_id = ask.body, turn.wallet, turn.world.new_id()
    if bool(body.get("goal")) != bool(body.get("goal_code")):
        raise RefusalError(422)
    messages = [_attached(turn, one, invitation_id) for one in body.get("attachments", [])]
    handshake = body.get("handshake_protocols", [])
    if not messages and not handshake:
        raise RefusalError(400)
    invitation: Json = {
        "@type": f"{DIDCOMM}/out-of-band/1.1/invitation",
        "@id": invitation_id,
        "label": body.get("my_label") or wallet.label,
        "handshake_protocols": handshake,
        "requests~attach": [
            {"@id": "request-0", "mime-type": "application/json", "data": {"json": message}}
            for message in messages
        ],
    }
    if body.get("use_did_method"):  # goals are lost here, as in ACA-Py
        wallet.invitation_did = wallet.invitation_did or _new_did(turn)
        key, invitation["services"] = wallet.invitation_did, [f"{wallet.invitation_did}:z4"]
    else:
        key = turn.world.new_key(turn.agent.name, wallet.id)
        invitation["services"] = [_inline_service(turn, key)]
        invitation |= {name: body[name] for name in ("goal", "goal_code") if body.get(name)}
    if handshake:
        _new_connection(turn, invitation, "invitee", "invitation-sent")
    record = _new_oob(turn, invitation, "await-response", key)
    return {**record, "state": "initial", "invitation_url": "http://agent.test?oob=ey"}


async def receive_invitation(turn: Turn, ask: Ask) -> Json:
    invitation = ask.body
    if len(invitation.get("services", [])) != 1:
        raise RefusalError(500)
    connection = None
    if invitation.get("handshake_protocols"):
        connection = await _connect(turn, invitation)
    key = turn.world.new_key(turn.agent.name, turn.wallet.id)
    record = _new_oob(turn, invitation, "prepare-response", key)
    if connection:
        record = {**record, "state": "deleted", "connection_id": connection["connection_id"]}
        del turn.wallet.invitations[record["oob_id"]]
    turn.agent.start(_take_attachments(turn, invitation, connection, key))
    return record


async def list_records(turn: Turn, ask: Ask) -> Json:
    wanted = ask.query.get("invi_msg_id")
    found = [r for r in turn.wallet.invitations.values() if wanted in (None, r["invi_msg_id"])]
    return {"results": page(found, ask.query)}


async def delete_invitation(turn: Turn, ask: Ask) -> Json:
    wallet, wanted = turn.wallet, ask.names[0]
    for records in (wallet.invitations, wallet.connections):
        for record_id in [i for i, r in records.items() if r.get("invi_msg_id") == wanted]:
            del records[record_id]
        for record_id in [i for i, r in records.items() if r.get("invitation_msg_id") == wanted]:
            del records[record_id]
    return {}


async def list_connections(turn: Turn, ask: Ask) -> Json:
    wanted = ask.query.get("invitation_msg_id")
    found = [
        record
        for record in turn.wallet.connections.values()
        if wanted in (None, record["invitation_msg_id"])
    ]
    return {"results": page(found, ask.query)}


async def load_connection(turn: Turn, ask: Ask) -> Json:
    if (record := turn.wallet.connections.get(ask.names[0])) is None:
        raise RefusalError(404)
    return record


async def delete_connection(turn: Turn, ask: Ask) -> Json:
    if turn.wallet.connections.pop(ask.names[0], None) is None:
        raise RefusalError(404)
    return {}


async def take_request(turn: Turn, envelope: Envelope) -> None:
    """Responder: somebody answers our invitation; answer at once. An invitation serves once."""
    message, wallet = envelope.message, turn.wallet
    for record in wallet.connections.values():
        wanted = message["~thread"]["pthid"]
        if record["invitation_msg_id"] == wanted and record["rfc23_state"] == "invitation-sent":
            record |= {"their_label": message["label"], "their_did": envelope.sender}
            record["my_did"] = _new_did(turn)
            _move(turn, record, "request-received")
            _move(turn, record, "response-sent")
            _reply(turn, record, "didexchange/1.1/response", message["@id"])
            return


async def take_response(turn: Turn, envelope: Envelope) -> None:
    """Requester: the connection stands."""
    for record in turn.wallet.connections.values():
        if record.get("request_id") == envelope.message["~thread"]["thid"]:
            record["their_did"] = envelope.sender
            _move(turn, record, "response-received")
            _move(turn, record, "completed")
            _reply(turn, record, "didexchange/1.1/complete", record["request_id"])


async def take_complete(turn: Turn, envelope: Envelope) -> None:
    """Responder: the connection stands."""
    for record in turn.wallet.connections.values():
        if record.get("my_did") == envelope.receiver:
            _move(turn, record, "completed")


def connection_of(turn: Turn, envelope: Envelope) -> Json | None:
    """Return the connection a message came over, if it came over one."""
    return next(
        (r for r in turn.wallet.connections.values() if r.get("my_did") == envelope.receiver), None
    )


async def _connect(turn: Turn, invitation: Json) -> Json:
    service = invitation["services"][0]
    if not isinstance(service, str):
        raise RefusalError(400)
    did = service.removesuffix(":z4")
    for record in turn.wallet.connections.values():
        if record.get("their_public_did") == did and record["rfc23_state"] == "completed":
            return record
    record = _new_connection(turn, invitation, "inviter", "invitation-received")
    record |= {"their_label": invitation["label"], "their_public_did": did}
    record |= {"my_did": _new_did(turn), "request_id": turn.world.new_id()}
    _move(turn, record, "request-sent")
    request = {
        "@type": f"{DIDCOMM}/didexchange/1.1/request",
        "@id": record["request_id"],
        "~thread": {"thid": record["request_id"], "pthid": invitation["@id"]},
        "label": turn.wallet.label,
    }
    send(turn, record["my_did"], did, request)
    turn.agent.tell(turn)
    for _ in range(int(HANDSHAKE_WAIT / 0.005)):
        if record["rfc23_state"] == "completed":
            return record
        await asyncio.sleep(0.005)
    raise RefusalError(500)


async def _take_attachments(
    turn: Turn, invitation: Json, connection: Json | None, key: str
) -> None:
    from support.simulator import issuing, presenting

    for attached in invitation.get("requests~attach", []):
        message = attached["data"]["json"]
        if message["@type"].endswith("offer-credential"):
            issuing.take_offer(turn, message, connection)
        elif message["@type"].endswith("request-presentation"):
            presenting.take_request(turn, message, invitation, key)
    turn.agent.tell(turn)


def _attached(turn: Turn, attachment: Json, invitation_id: str) -> Json:
    places = {
        "credential-offer": (turn.wallet.issuing, "cred_offer"),
        "present-proof": (turn.wallet.presenting, "pres_request"),
    }
    records, name = places[attachment["type"]]
    if (record := records.get(attachment["id"])) is None:
        raise RefusalError(400)
    message: Json = record[name]
    message.setdefault("~thread", {})["pthid"] = invitation_id
    return message


def send(turn: Turn, sender: str, receiver: str, message: Json) -> None:
    """Put a message into the outbox of this turn."""
    from support.simulator.world import Envelope

    turn.outbox.append(Envelope(sender, receiver, message))


def _reply(turn: Turn, record: Json, kind: str, thread_id: str) -> None:
    message = {"@type": f"{DIDCOMM}/{kind}", "@id": turn.world.new_id()}
    message["~thread"] = {"thid": thread_id}  # type: ignore[assignment]
    send(turn, record["my_did"], record["their_did"], message)


def _new_did(turn: Turn) -> str:
    did = f"did:peer:4zQm{turn.world.random.getrandbits(160):x}"
    turn.world.owners[did] = (turn.agent.name, turn.wallet.id)
    return did


def _inline_service(turn: Turn, key: str) -> Json:
    return {
        "id": "#inline",
        "type": "did-communication",
        "recipientKeys": [f"did:key:{key}#{key}"],
        "serviceEndpoint": f"http://{turn.agent.name}.test",
    }


def _new_oob(turn: Turn, invitation: Json, state: str, key: str) -> Json:
    record = {
        "oob_id": turn.world.new_id(),
        "invi_msg_id": invitation["@id"],
        "invitation": invitation,
        "state": state,
        "our_recipient_key": key,
        "created_at": now(),
        "updated_at": now(),
    }
    turn.wallet.invitations[record["oob_id"]] = record
    turn.ring("out_of_band", record)
    return record


def _new_connection(turn: Turn, invitation: Json, their_role: str, state: str) -> Json:
    record = {
        "connection_id": turn.world.new_id(),
        "invitation_msg_id": invitation["@id"],
        "their_role": their_role,
        "connection_protocol": "didexchange/1.1",
        "created_at": now(),
    }
    turn.wallet.connections[record["connection_id"]] = record
    _move(turn, record, state)
    return record


_RFC160 = {"completed": "active", "abandoned": "error"}


def _move(turn: Turn, record: Json, state: str) -> None:
    record |= {"rfc23_state": state, "updated_at": now()}
    record["state"] = _RFC160.get(state, state.partition("-")[0])
    turn.ring("connections", record)


ROUTES: dict[str, Handler] = {
    "POST /out-of-band/create-invitation": create_invitation,
    "POST /out-of-band/receive-invitation": receive_invitation,
    "GET /out-of-band/records": list_records,
    "DELETE /out-of-band/invitations/{}": delete_invitation,
    "GET /connections": list_connections,
    "GET /connections/{}": load_connection,
    "DELETE /connections/{}": delete_connection,
}

MESSAGES: dict[str, MessageHandler] = {
    "didexchange/1.1/request": take_request,
    "didexchange/1.1/response": take_response,
    "didexchange/1.1/complete": take_complete,
}
