"""Issuing by the simulated agent (RFC 0453), with ACA-Py's refusals and their consequences.

A call in the wrong state abandons the exchange, even one that was done; an offer that is received
again puts the holder's record back to its beginning.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from support.simulator.agent import Ask, Handler, MessageHandler, RefusalError, Turn
from support.simulator.cryptography import encode
from support.simulator.invitations import DIDCOMM, connection_of, send
from support.simulator.wallet import IssuerRegistry, Wallet, now, page

if TYPE_CHECKING:
    from support.simulator.world import Envelope

type Json = dict[str, Any]

TOPIC = "issue_credential_v2_0"
ATTACHED = {
    "offer-credential": ("cred_offer", "offers~attach", "credential-offer"),
    "request-credential": ("cred_request", "requests~attach", "credential-request"),
    "issue-credential": ("cred_issue", "credentials~attach", "credential"),
}
BELL_FIELDS = ("connection_id", "cred_ex_id", "role", "thread_id", "state", "error_msg")


async def create_offer(turn: Turn, ask: Ask) -> Json:
    definition = turn.wallet.definitions.get(ask.body["filter"]["anoncreds"].get("cred_def_id"))
    preview = ask.body["credential_preview"]
    given = {item["name"] for item in preview["attributes"]}
    if definition is None or given != set(definition["attributes"]):
        raise RefusalError(400)
    definition_id = definition["id"]
    offer = {
        "schema_id": definition["schema_id"],
        "cred_def_id": definition_id,
        "key_correctness_proof": {"c": turn.world.cryptography.number("proof", definition_id)},
        "nonce": str(turn.world.random.getrandbits(80)),
    }
    record = _new_record(turn, "issuer", "self", turn.world.new_id())
    message = _message(turn, "offer-credential", offer, record["thread_id"])
    message["@id"] = record["thread_id"]
    del message["~thread"]
    message["credential_preview"] = preview
    _keep(record, "offer-credential", message)
    _move(turn, record, "offer-sent")
    return record


async def load(turn: Turn, ask: Ask) -> Json:
    return _detail(turn.wallet, _find(turn, ask.names[0]))


async def list_records(turn: Turn, ask: Ask) -> Json:
    found = [
        _detail(turn.wallet, record)
        for record in turn.wallet.issuing.values()
        if ask.query.get("thread_id") in (None, record["thread_id"])
        and ask.query.get("role") in (None, record["role"])
    ]
    return {"results": page(found, ask.query)}


async def send_request(turn: Turn, ask: Ask) -> Json:
    record = _find(turn, ask.names[0])
    if record["state"] != "offer-received" or record["cred_ex_id"] in turn.wallet.details:
        _abandon(turn, record)
        raise RefusalError(400)
    offer = record["by_format"]["cred_offer"]["anoncreds"]
    request = {
        "entropy": turn.world.new_id(),
        "cred_def_id": offer["cred_def_id"],
        "blinded_ms": {"u": turn.world.cryptography.number("link", turn.wallet.id)},
        "nonce": str(turn.world.random.getrandbits(80)),
    }
    turn.wallet.details[record["cred_ex_id"]] = {"cred_request_metadata": {}}
    message = _message(turn, "request-credential", request, record["thread_id"])
    _keep(record, "request-credential", message)
    _send(turn, record, message)
    _move(turn, record, "request-sent")
    return record


async def issue(turn: Turn, ask: Ask) -> Json:
    record = _find(turn, ask.names[0])
    if record["state"] != "request-received" or record["cred_ex_id"] in turn.wallet.details:
        _abandon(turn, record)
        raise RefusalError(400)
    offer = record["by_format"]["cred_offer"]["anoncreds"]
    registry = _active_registry(turn, offer["cred_def_id"])
    index, registry.next_index = registry.next_index, registry.next_index + 1
    holder = record["by_format"]["cred_request"]["anoncreds"]["blinded_ms"]["u"]
    values = {
        item["name"]: {"raw": item["value"], "encoded": encode(item["value"])}
        for item in record["cred_offer"]["credential_preview"]["attributes"]
    }
    seal = turn.world.cryptography.sign(values, offer["cred_def_id"], index, holder)
    credential = {
        "schema_id": offer["schema_id"],
        "cred_def_id": offer["cred_def_id"],
        "rev_reg_id": registry.id,
        "values": values,
        "signature": {"p_credential": {"a": seal}, "r_credential": {"i": index}},
        "signature_correctness_proof": {},
        "rev_reg": None,
        "witness": None,
    }
    _book(turn, record, registry, index)
    message = _message(turn, "issue-credential", credential, record["thread_id"])
    _keep(record, "issue-credential", message)
    _send(turn, record, message)
    _move(turn, record, "credential-issued")
    return _detail(turn.wallet, record)


async def send_again(turn: Turn, ask: Ask) -> Json:
    """What our plugin adds: send an issued credential once more."""
    record = _find(turn, ask.names[0])
    if record["state"] != "credential-issued":
        raise RefusalError(409)
    _send(turn, record, record["cred_issue"])
    return {}


async def forget_lost(turn: Turn, ask: Ask) -> Json:
    """What our plugin adds: forget a credential that was lost before it was kept."""
    record = _find(turn, ask.names[0])
    if record["state"] != "request-received":
        raise RefusalError(409)
    turn.wallet.details.pop(record["cred_ex_id"], None)
    turn.wallet.issued[:] = [
        one for one in turn.wallet.issued if one["cred_ex_id"] != record["cred_ex_id"]
    ]
    return {}


async def store(turn: Turn, ask: Ask) -> Json:
    record, wallet = _find(turn, ask.names[0]), turn.wallet
    name = ask.body.get("credential_id") or turn.world.new_id()
    holder = turn.world.cryptography.number("link", wallet.id)
    if record["state"] != "credential-received" or name in wallet.credentials:
        _abandon(turn, record)
        raise RefusalError(400)
    credential = record["by_format"]["cred_issue"]["anoncreds"]
    if not turn.world.cryptography.is_signed(credential, holder):
        _abandon(turn, record)
        raise RefusalError(400)
    wallet.credentials[name] = credential
    wallet.details[record["cred_ex_id"]] |= {
        "cred_id_stored": name,
        "rev_reg_id": credential["rev_reg_id"],
        "cred_rev_id": None,
    }
    _send(turn, record, _bare(turn, "ack", record["thread_id"]) | {"status": "OK"})
    _move(turn, record, "done")
    return _detail(wallet, record)


async def report_problem(turn: Turn, ask: Ask) -> Json:
    record = _find(turn, ask.names[0])
    record["error_msg"] = f"created problem report: {ask.body['description']}"
    _tell_problem(turn, record, ask.body["description"])
    _move(turn, record, "abandoned")
    return {}


async def delete(turn: Turn, ask: Ask) -> Json:
    _find(turn, ask.names[0])
    del turn.wallet.issuing[ask.names[0]]
    turn.wallet.details.pop(ask.names[0], None)
    return {}


def take_offer(turn: Turn, message: Json, connection: Json | None) -> None:
    """Holder: an offer came with an invitation."""
    record = _by_thread(turn.wallet, message, "holder")
    if record is None:
        record = _new_record(turn, "holder", "external", message["@id"])
    record["connection_id"] = connection["connection_id"] if connection else None
    _keep(record, "offer-credential", json.loads(json.dumps(message)))
    _move(turn, record, "offer-received")


async def take_request(turn: Turn, envelope: Envelope) -> None:
    """Issuer: a holder accepts; the first connection to do so keeps the offer."""
    record = _by_thread(turn.wallet, envelope.message, "issuer")
    connection = connection_of(turn, envelope)
    if record is None or connection is None:
        return
    if record.get("connection_id") not in (None, connection["connection_id"]):
        return
    record["connection_id"] = connection["connection_id"]
    _keep(record, "request-credential", envelope.message)
    _move(turn, record, "request-received")


async def take_credential(turn: Turn, envelope: Envelope) -> None:
    """Holder: the credential came."""
    if record := _by_thread(turn.wallet, envelope.message, "holder"):
        _keep(record, "issue-credential", envelope.message)
        _move(turn, record, "credential-received")


async def take_ack(turn: Turn, envelope: Envelope) -> None:
    """Issuer: the holder stored it."""
    if record := _by_thread(turn.wallet, envelope.message, "issuer"):
        _move(turn, record, "done")


async def take_problem(turn: Turn, envelope: Envelope) -> None:
    """Either side: the other one ended it. An offer without a connection is not found."""
    connection = connection_of(turn, envelope)
    for record in turn.wallet.issuing.values():
        if record["thread_id"] != envelope.message["~thread"]["thid"]:
            continue
        if connection and record.get("connection_id") == connection["connection_id"]:
            said = envelope.message["description"]
            record["error_msg"] = f"{said['code']}: {said['en']}"
            _move(turn, record, "abandoned")


def _book(turn: Turn, record: Json, registry: IssuerRegistry, index: int) -> None:
    detail = {"rev_reg_id": registry.id, "cred_rev_id": str(index)}
    turn.wallet.details[record["cred_ex_id"]] = detail
    turn.wallet.issued.append(
        {
            "state": "issued",
            "record_id": turn.world.new_id(),
            "cred_ex_id": record["cred_ex_id"],
            "cred_ex_version": "2",
            **detail,
        }
    )
    turn.ring("issuer_cred_rev", turn.wallet.issued[-1])


def _active_registry(turn: Turn, definition_id: str) -> IssuerRegistry:
    own = [r for r in turn.wallet.registries.values() if r.definition_id == definition_id]
    usable = [registry for registry in own if not registry.is_full]
    if not usable:
        raise RefusalError(400)
    for registry in own:
        registry.active = registry is usable[0]
    return usable[0]


def _new_record(turn: Turn, role: str, initiator: str, thread_id: str) -> Json:
    record = {
        "cred_ex_id": turn.world.new_id(),
        "role": role,
        "initiator": initiator,
        "thread_id": thread_id,
        "auto_issue": False,
        "auto_offer": False,
        "auto_remove": False,
        "by_format": {},
        "created_at": now(),
    }
    turn.wallet.issuing[record["cred_ex_id"]] = record
    return record


def _find(turn: Turn, record_id: str) -> Json:
    if len(record_id) != 36:
        raise RefusalError(422)
    if (record := turn.wallet.issuing.get(record_id)) is None:
        raise RefusalError(404)
    return record


def _by_thread(wallet: Wallet, message: Json, role: str) -> Json | None:
    thread_id = message.get("~thread", {}).get("thid") or message["@id"]
    found = (r for r in wallet.issuing.values() if r["thread_id"] == thread_id)
    return next((record for record in found if record["role"] == role), None)


def _detail(wallet: Wallet, record: Json) -> Json:
    detail = wallet.details.get(record["cred_ex_id"])
    return {"cred_ex_record": record, "anoncreds": detail, "indy": None, "ld_proof": None}


def _move(turn: Turn, record: Json, state: str) -> None:
    record |= {"state": state, "updated_at": now()}
    turn.ring(TOPIC, {name: record[name] for name in BELL_FIELDS if record.get(name)})


def _abandon(turn: Turn, record: Json) -> None:
    record["error_msg"] = "the simulated agent cannot do this now"
    _tell_problem(turn, record, "issuance-abandoned")
    _move(turn, record, "abandoned")


def _tell_problem(turn: Turn, record: Json, text: str) -> None:
    report = _bare(turn, "problem-report", record["thread_id"])
    _send(turn, record, report | {"description": {"en": text, "code": "issuance-abandoned"}})


def _send(turn: Turn, record: Json, message: Json) -> None:
    connection = turn.wallet.connections.get(record.get("connection_id") or "")
    if connection and connection.get("their_did"):
        send(turn, connection["my_did"], connection["their_did"], message)


def _bare(turn: Turn, kind: str, thread_id: str) -> Json:
    return {
        "@type": f"{DIDCOMM}/issue-credential/2.0/{kind}",
        "@id": turn.world.new_id(),
        "~thread": {"thid": thread_id},
    }


def _message(turn: Turn, kind: str, document: Json, thread_id: str) -> Json:
    _, attached, form = ATTACHED[kind]
    encoded = base64.b64encode(json.dumps(document).encode()).decode()
    return _bare(turn, kind, thread_id) | {
        "formats": [{"attach_id": "anoncreds", "format": f"anoncreds/{form}@v1.0"}],
        attached: [
            {
                "@id": "anoncreds",
                "mime-type": "application/json",
                "data": {"base64": encoded},
            }
        ],
    }


def _keep(record: Json, kind: str, message: Json) -> None:
    name, attached, _ = ATTACHED[kind]
    record[name] = message
    document = json.loads(base64.b64decode(message[attached][0]["data"]["base64"]))
    record["by_format"][name] = {"anoncreds": document}


ROUTES: dict[str, Handler] = {
    "POST /issue-credential-2.0/create-offer": create_offer,
    "GET /issue-credential-2.0/records": list_records,
    "GET /issue-credential-2.0/records/{}": load,
    "DELETE /issue-credential-2.0/records/{}": delete,
    "POST /issue-credential-2.0/records/{}/send-request": send_request,
    "POST /issue-credential-2.0/records/{}/issue": issue,
    "POST /redelivery/credentials/{}": send_again,
    "DELETE /redelivery/credentials/{}/lost": forget_lost,
    "POST /issue-credential-2.0/records/{}/store": store,
    "POST /issue-credential-2.0/records/{}/problem-report": report_problem,
}

_TAKE: dict[str, Callable[[Turn, Envelope], Awaitable[None]]] = {
    "request-credential": take_request,
    "issue-credential": take_credential,
    "ack": take_ack,
    "problem-report": take_problem,
}
MESSAGES: dict[str, MessageHandler] = {
    f"issue-credential/2.0/{kind}": take for kind, take in _TAKE.items()
}
