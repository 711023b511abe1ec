"""What a simulated issuer publishes: schemas, definitions, registries, revocations."""

from __future__ import annotations

from typing import Any

import base58

from acquis.registry.content import tails_location
from acquis.registry.resource import ResourceType
from support.simulator.agent import Ask, Handler, RefusalError, Turn
from support.simulator.registry import UnpublishedError
from support.simulator.wallet import IssuerRegistry

type Json = dict[str, Any]


async def register_schema(turn: Turn, ask: Ask) -> Json:
    schema = ask.body["schema"]
    named = {name: schema[name] for name in ("issuerId", "name", "version")}
    if any(named.items() <= own.items() for own in turn.wallet.schemas.values()):
        raise RefusalError(400)
    schema_id = await _publish(turn, ResourceType.SCHEMA, schema["name"], schema)
    turn.wallet.schemas[schema_id] = schema
    return {"schema_state": {"state": "finished", "schema_id": schema_id, "schema": schema}}


async def list_schemas(turn: Turn, ask: Ask) -> Json:
    wanted = {
        "issuerId": ask.query.get("schema_issuer_id"),
        "name": ask.query.get("schema_name"),
        "version": ask.query.get("schema_version"),
    }
    return {"schema_ids": [i for i, own in turn.wallet.schemas.items() if _fits(own, wanted)]}


async def register_definition(turn: Turn, ask: Ask) -> Json:
    body, options = ask.body["credential_definition"], ask.body["options"]
    if (schema := turn.wallet.schemas.get(body["schemaId"])) is None:
        raise RefusalError(400)
    number = turn.world.cryptography.number
    keys = {name: number("r", body, name) for name in [*schema["attrNames"], "master_secret"]}
    definition = {
        "issuerId": body["issuerId"],
        "schemaId": body["schemaId"],
        "type": "CL",
        "tag": body["tag"],
        "value": {
            "primary": {"n": number("n", body), "s": number("s", body), "r": keys},
            "revocation": {"g": "1 0", "pk": "1 1"},
        },
    }
    kind = ResourceType.CREDENTIAL_DEFINITION
    definition_id = await _publish(turn, kind, body["tag"], definition)
    turn.wallet.definitions[definition_id] = {
        "id": definition_id,
        "issuer_id": body["issuerId"],
        "schema_id": body["schemaId"],
        "attributes": schema["attrNames"],
    }
    size = options["revocation_registry_size"]
    for tag in ("0", turn.world.new_id()):
        await _new_registry(turn, definition_id, body["issuerId"], tag, size)
    state = {"state": "finished", "credential_definition_id": definition_id}
    return {"credential_definition_state": state | {"credential_definition": definition}}


async def list_definitions(turn: Turn, ask: Ask) -> Json:
    wanted = {"issuer_id": ask.query.get("issuer_id"), "schema_id": ask.query.get("schema_id")}
    found = [i for i, own in turn.wallet.definitions.items() if _fits(own, wanted)]
    return {"credential_definition_ids": found}


async def load_active(turn: Turn, ask: Ask) -> Json:
    for registry in turn.wallet.registries.values():
        if registry.definition_id == ask.names[0] and registry.active:
            return {"result": _registry(turn, registry)}
    raise RefusalError(404)


async def list_registries(turn: Turn, ask: Ask) -> Json:
    wanted = ask.query.get("cred_def_id")
    registries = turn.wallet.registries.values()
    return {"rev_reg_ids": [r.id for r in registries if wanted in (None, r.definition_id)]}


async def load_registry(turn: Turn, ask: Ask) -> Json:
    return {"result": _registry(turn, _find(turn, ask.names[0]))}


async def list_issued(turn: Turn, ask: Ask) -> list[Json]:
    registry = _find(turn, ask.names[0])
    return [one for one in turn.wallet.issued if one["rev_reg_id"] == registry.id]


async def find_issued(turn: Turn, ask: Ask) -> Json:
    for one in turn.wallet.issued:
        if one["cred_ex_id"] == ask.query.get("cred_ex_id"):
            return {"result": one}
    raise RefusalError(404)


async def revoke(turn: Turn, ask: Ask) -> Json:
    registry = turn.wallet.registries.get(ask.body["rev_reg_id"])
    if not str(ask.body["cred_rev_id"]).isdecimal():
        raise RefusalError(422)
    if registry is None or ask.body.get("publish"):
        raise RefusalError(400)
    registry.pending.append(int(ask.body["cred_rev_id"]))
    return {}


async def publish_revocations(turn: Turn, ask: Ask) -> Json:
    """Publish; a failure is answered like a success, and forgotten, as in ACA-Py."""
    done: Json = {}
    for registry_id in ask.body.get("rrid2crid") or list(turn.wallet.registries):
        registry = turn.wallet.registries.get(registry_id)
        if registry is None:
            continue
        fresh = {i for i in registry.pending if i < registry.next_index and not registry.states[i]}
        if not fresh:
            continue
        for index in fresh:
            registry.states[index] = 1
        registry.pending = []
        _mark_issued(turn, registry)
        done[registry_id] = sorted(fresh)
        await _publish_states(turn, registry)
    return {"rrid2crid": done}


async def reconcile(turn: Turn, _ask: Ask) -> Json:
    """What our plugin adds: publish every list that is behind."""
    published, behind = [], []
    for registry in turn.wallet.registries.values():
        states = turn.world.registry.list_at(registry.id)["revocationList"]
        if states != registry.states:
            done = await _publish_states(turn, registry)
            (published if done else behind).append(registry.id)
    return {"published": published, "behind": behind}


async def _publish_states(turn: Turn, registry: IssuerRegistry) -> bool:
    signer = turn.wallet.signer(registry.id.partition("/")[0])
    try:
        await turn.world.registry.publish_list(registry.id, registry.states, signer)
    except UnpublishedError:
        return False
    return True


def _mark_issued(turn: Turn, registry: IssuerRegistry) -> None:
    for one in turn.wallet.issued:
        if one["rev_reg_id"] == registry.id and registry.states[int(one["cred_rev_id"])]:
            one["state"] = "revoked"
            turn.ring("issuer_cred_rev", one)


async def _new_registry(turn: Turn, definition_id: str, did: str, tag: str, size: int) -> None:
    tails_hash = base58.b58encode(turn.world.random.randbytes(32)).decode()
    content = {
        "issuerId": did,
        "revocDefType": "CL_ACCUM",
        "credDefId": definition_id,
        "tag": tag,
        "value": {
            "publicKeys": {"accumKey": {"z": "1 0"}},
            "maxCredNum": size,
            "tailsLocation": tails_location(did, tails_hash),
            "tailsHash": tails_hash,
        },
    }
    kind = ResourceType.REVOCATION_REGISTRY_DEFINITION
    registry_id = await _publish(turn, kind, tag, content)
    registry = IssuerRegistry(registry_id, definition_id, tag, tails_hash, [0] * size, tag == "0")
    turn.wallet.registries[registry_id] = registry
    if not await _publish_states(turn, registry):
        raise RefusalError(400)


async def _publish(turn: Turn, kind: ResourceType, name: str, content: Json) -> str:
    did = content["issuerId"]
    signer = turn.wallet.signer(did)
    try:
        return await turn.world.registry.publish(did, kind, name, content, signer=signer)
    except UnpublishedError as error:
        raise RefusalError(400) from error


def _find(turn: Turn, registry_id: str) -> IssuerRegistry:
    if (registry := turn.wallet.registries.get(registry_id)) is None:
        raise RefusalError(404)
    return registry


def _registry(turn: Turn, registry: IssuerRegistry) -> Json:
    return {
        "state": "finished",
        "record_id": turn.world.new_id(),
        "cred_def_id": registry.definition_id,
        "issuer_did": registry.id.partition("/")[0],
        "max_cred_num": len(registry.states),
        "revoc_def_type": "CL_ACCUM",
        "revoc_reg_id": registry.id,
        "tag": registry.tag,
        "tails_hash": registry.tails_hash,
        "pending_pub": list(registry.pending),
    }


def _fits(own: Json, wanted: Json) -> bool:
    return all(value is None or own[name] == value for name, value in wanted.items())


ROUTES: dict[str, Handler] = {
    "POST /anoncreds/schema": register_schema,
    "GET /anoncreds/schemas": list_schemas,
    "POST /anoncreds/credential-definition": register_definition,
    "GET /anoncreds/credential-definitions": list_definitions,
    "GET /anoncreds/revocation/active-registry/{}": load_active,
    "GET /anoncreds/revocation/registries": list_registries,
    "GET /anoncreds/revocation/registry/{}": load_registry,
    "GET /anoncreds/revocation/registry/{}/issued/details": list_issued,
    "GET /anoncreds/revocation/credential-record": find_issued,
    "POST /anoncreds/revocation/revoke": revoke,
    "POST /anoncreds/revocation/publish-revocations": publish_revocations,
    "POST /webvh/reconcile": reconcile,
}
