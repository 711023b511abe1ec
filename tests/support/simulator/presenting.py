"""Presenting by the simulated agent (RFC 0454), connectionless, with ACA-Py's refusals."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from support.simulator.agent import Ask, Handler, MessageHandler, RefusalError, Turn
from support.simulator.cryptography import Chosen, UnprovableError
from support.simulator.invitations import DIDCOMM, send
from support.simulator.registry import UnpublishedError
from support.simulator.wallet import credential_info, credential_tags, matches, now, page

if TYPE_CHECKING:
    from support.simulator.world import Envelope

type Json = dict[str, Any]

TOPIC = "present_proof_v2_0"
BELL_FIELDS = ("pres_ex_id", "role", "thread_id", "state", "verified", "error_msg")


async def create_request(turn: Turn, ask: Ask) -> Json:
    request = ask.body["presentation_request"].get("anoncreds")
    if not request or not {"requested_attributes", "requested_predicates"} <= set(request):
        raise RefusalError(422)
    request.setdefault("nonce", str(turn.world.random.getrandbits(80)))
    record = _new_record(turn, "verifier", "self", turn.world.new_id())
    record["auto_verify"] = bool(ask.body.get("auto_verify"))
    message = {
        "@type": f"{DIDCOMM}/present-proof/2.0/request-presentation",
        "@id": record["thread_id"],
        "will_confirm": True,
        "formats": [{"attach_id": "anoncreds", "format": "anoncreds/proof-request@v1.0"}],
        "request_presentations~attach": [_attachment(request)],
    }
    record |= {"pres_request": message, "by_format": {"pres_request": {"anoncreds": request}}}
    _move(turn, record, "request-sent")
    return record


async def load(turn: Turn, ask: Ask) -> Json:
    return _find(turn, ask.names[0])


async def list_records(turn: Turn, ask: Ask) -> Json:
    found = [
        record
        for record in turn.wallet.presenting.values()
        if ask.query.get("thread_id") in (None, record["thread_id"])
        and ask.query.get("role") in (None, record["role"])
    ]
    return {"results": page(found, ask.query)}


async def list_candidates(turn: Turn, ask: Ask) -> list[Json]:
    record = _find(turn, ask.names[0])
    request = record["by_format"]["pres_request"]["anoncreds"]
    asked = request["requested_attributes"] | request["requested_predicates"]
    wanted = ask.query["referent"].split(",") if ask.query.get("referent") else list(asked)
    found: dict[str, Json] = {}
    for referent in wanted:
        names = asked[referent].get("names") or [asked[referent]["name"]]
        # Restrictions are joined by AND, as ACA-Py's holder does.
        query = {
            "$and": [{"$exist": [f"attr::{name.replace(' ', '')}::value" for name in names]}]
            + (asked[referent].get("restrictions") or [])
        }
        for name, credential in turn.wallet.credentials.items():
            if matches(credential_tags(credential), query):
                one = found.setdefault(
                    name,
                    {"cred_info": credential_info(name, credential), "presentation_referents": []},
                )
                one["presentation_referents"].append(referent)
    return page(found.values(), {"limit": "10", **ask.query})


async def send_presentation(turn: Turn, ask: Ask) -> Json:
    record = _find(turn, ask.names[0])
    if record["state"] != "request-received":
        raise RefusalError(400)
    request = record["by_format"]["pres_request"]["anoncreds"]
    try:
        chosen = [_choose(turn, request, one) for one in _by_credential(ask.body["anoncreds"])]
        holder = turn.world.cryptography.number("link", turn.wallet.id)
        presentation = turn.world.cryptography.present(request, chosen, holder)
    except (UnprovableError, UnpublishedError) as error:
        record["error_msg"] = "the simulated agent cannot prove this"
        _tell_problem(turn, record, "abandoned")
        _move(turn, record, "abandoned")
        raise RefusalError(400) from error
    message = {
        **_bare(turn, "presentation", record["thread_id"]),
        "formats": [{"attach_id": "anoncreds", "format": "anoncreds/proof@v1.0"}],
        "presentations~attach": [_attachment(presentation)],
    }
    record["pres"] = message
    record["by_format"]["pres"] = {"anoncreds": presentation}
    _move(turn, record, "presentation-sent")
    if sum(1 for r in turn.wallet.invitations.values() if _is_of(r, record)) > 1:
        raise RefusalError(500)
    _send(turn, record, message)
    return record


async def verify(turn: Turn, ask: Ask) -> Json:
    record = _find(turn, ask.names[0])
    if record["state"] != "presentation-received":
        raise RefusalError(400)
    _verify(turn, record)
    return record


async def report_problem(turn: Turn, ask: Ask) -> Json:
    record = _find(turn, ask.names[0])
    record["error_msg"] = f"created problem report: {ask.body['description']}"
    _tell_problem(turn, record, ask.body["description"])
    _move(turn, record, "abandoned")
    return {}


async def delete(turn: Turn, ask: Ask) -> Json:
    _find(turn, ask.names[0])
    del turn.wallet.presenting[ask.names[0]]
    return {}


def take_request(turn: Turn, message: Json, invitation: Json, key: str) -> None:
    """Prover: a request came with an invitation."""
    thread_id = message["@id"]
    found = (r for r in turn.wallet.presenting.values() if r["thread_id"] == thread_id)
    record = next(found, None) or _new_record(turn, "prover", "external", thread_id)
    encoded = message["request_presentations~attach"][0]["data"]["base64"]
    service = invitation["services"][0]
    record |= {
        "pres_request": message,
        "by_format": {"pres_request": {"anoncreds": json.loads(base64.b64decode(encoded))}},
        "our_key": key,
        "their_key": service["recipientKeys"][0].partition("#")[2],
    }
    _move(turn, record, "request-received")


async def take_presentation(turn: Turn, envelope: Envelope) -> None:
    """Verifier: an answer came; a second one overwrites the first, as in ACA-Py."""
    thread_id = envelope.message["~thread"]["thid"]
    for record in turn.wallet.presenting.values():
        if record["thread_id"] == thread_id and record["role"] == "verifier":
            encoded = envelope.message["presentations~attach"][0]["data"]["base64"]
            record["pres"], record["their_key"] = envelope.message, envelope.sender
            record["by_format"]["pres"] = {"anoncreds": json.loads(base64.b64decode(encoded))}
            _move(turn, record, "presentation-received")
            if record["auto_verify"]:
                _verify(turn, record)


async def take_ack(turn: Turn, envelope: Envelope) -> None:
    """Prover: the verifier is through."""
    _move_prover(turn, envelope, "done")


async def take_problem(turn: Turn, envelope: Envelope) -> None:
    """Either side: the other one ended it."""
    for record in turn.wallet.presenting.values():
        if record["thread_id"] == envelope.message["~thread"]["thid"]:
            said = envelope.message["description"]
            record["error_msg"] = f"{said['code']}: {said['en']}"
            _move(turn, record, "abandoned")


def _verify(turn: Turn, record: Json) -> None:
    forms = record["by_format"]
    try:
        holds, warnings = turn.world.cryptography.verify(
            forms["pres_request"]["anoncreds"], forms["pres"]["anoncreds"]
        )
    except (KeyError, TypeError, IndexError):
        holds, warnings = False, ["VALUE_ERROR::malformed"]
    record |= {"verified": "true" if holds else "false", "verified_msgs": warnings}
    _move(turn, record, "done")
    if record.get("their_key"):
        _send(turn, record, _bare(turn, "ack", record["thread_id"]) | {"status": "OK"})


def _by_credential(spec: Json) -> list[Json]:
    found: dict[str, Json] = {}
    for part, name in (
        ("requested_attributes", "attributes"),
        ("requested_predicates", "predicates"),
    ):
        for referent, choice in spec[part].items():
            one = found.setdefault(
                choice["cred_id"],
                {"credential": choice["cred_id"], "attributes": [], "predicates": []},
            )
            one[name].append(referent)
    return list(found.values())


def _choose(turn: Turn, request: Json, one: Json) -> Chosen:
    credential = turn.wallet.credentials.get(one["credential"])
    if credential is None:
        raise UnprovableError(one["credential"])
    asked = request["requested_attributes"] | request["requested_predicates"]
    intervals = [asked[name].get("non_revoked") for name in one["attributes"] + one["predicates"]]
    interval = next((found for found in intervals if found), request.get("non_revoked"))
    timestamp = None
    if interval and credential["rev_reg_id"]:
        registry, registry_id = turn.world.registry, credential["rev_reg_id"]
        if turn.agent.answers_with_old_lists:
            timestamp = registry.links(registry_id)[0].timestamp
        else:
            timestamp = registry.list_at(registry_id, interval["to"])["timestamp"]
    return Chosen(credential, tuple(one["attributes"]), tuple(one["predicates"]), timestamp)


def _new_record(turn: Turn, role: str, initiator: str, thread_id: str) -> Json:
    record = {
        "pres_ex_id": turn.world.new_id(),
        "role": role,
        "initiator": initiator,
        "thread_id": thread_id,
        "auto_verify": False,
        "auto_present": False,
        "by_format": {},
        "created_at": now(),
    }
    turn.wallet.presenting[record["pres_ex_id"]] = record
    return record


def _find(turn: Turn, record_id: str) -> Json:
    if len(record_id) != 36:
        raise RefusalError(422)
    if (record := turn.wallet.presenting.get(record_id)) is None:
        raise RefusalError(404)
    return record


def _is_of(invitation: Json, record: Json) -> bool:
    attached = invitation["invitation"].get("requests~attach", [])
    return any(one["data"]["json"]["@id"] == record["thread_id"] for one in attached)


def _move(turn: Turn, record: Json, state: str) -> None:
    record |= {"state": state, "updated_at": now()}
    turn.ring(TOPIC, {name: record[name] for name in BELL_FIELDS if record.get(name)})


def _move_prover(turn: Turn, envelope: Envelope, state: str) -> None:
    for record in turn.wallet.presenting.values():
        mine = record["role"] == "prover"
        if mine and record["thread_id"] == envelope.message["~thread"]["thid"]:
            _move(turn, record, state)


def _tell_problem(turn: Turn, record: Json, text: str) -> None:
    report = _bare(turn, "problem-report", record["thread_id"])
    _send(turn, record, report | {"description": {"en": text, "code": "abandoned"}})


def _send(turn: Turn, record: Json, message: Json) -> None:
    if their_key := record.get("their_key"):
        key = record.get("our_key") or turn.world.new_key(turn.agent.name, turn.wallet.id)
        record["our_key"] = key
        send(turn, key, their_key, message)


def _bare(turn: Turn, kind: str, thread_id: str) -> Json:
    return {
        "@type": f"{DIDCOMM}/present-proof/2.0/{kind}",
        "@id": turn.world.new_id(),
        "~thread": {"thid": thread_id},
    }


def _attachment(document: Json) -> Json:
    encoded = base64.b64encode(json.dumps(document).encode()).decode()
    data = {"base64": encoded}
    return {"@id": "anoncreds", "mime-type": "application/json", "data": data}


ROUTES: dict[str, Handler] = {
    "POST /present-proof-2.0/create-request": create_request,
    "GET /present-proof-2.0/records": list_records,
    "GET /present-proof-2.0/records/{}": load,
    "DELETE /present-proof-2.0/records/{}": delete,
    "GET /present-proof-2.0/records/{}/credentials": list_candidates,
    "POST /present-proof-2.0/records/{}/send-presentation": send_presentation,
    "POST /present-proof-2.0/records/{}/verify-presentation": verify,
    "POST /present-proof-2.0/records/{}/problem-report": report_problem,
}

MESSAGES: dict[str, MessageHandler] = {
    "present-proof/2.0/presentation": take_presentation,
    "present-proof/2.0/ack": take_ack,
    "present-proof/2.0/problem-report": take_problem,
}
