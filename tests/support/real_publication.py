"""An issuer's objects as the anoncreds library makes them, signed and published to a registry.

The public keys of the credential definition (``real_definition_value.json``) were made by the
library once, by ``CredentialDefinition.create(…, "CL", support_revocation=True)`` for a schema of
``ATTRIBUTES``: to find their safe primes takes between one and twenty seconds.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anoncreds

from acquis.registry.content import tails_location
from acquis.registry.resource import ResourceType, build_resource
from support.registry import REGISTRY_SIZE, Issuer, Published, RegistryServer, path_of, put

KEYS = Path(__file__).with_name("real_definition_value.json")
ATTRIBUTES = ["esco_ccd0a1d9-afda-43d9-b901-96344886e14d", "awarded_on"]


def publish_really(server: RegistryServer, issuer: Issuer, tails_folder: Path) -> Published:
    """Publish a schema, a definition, a registry and two lists (at 1000 and 2000, one revoked)."""
    did = issuer.did
    schema = anoncreds.Schema.create("data-analysis", "1.0", did, ATTRIBUTES)
    signed_schema = _signed(issuer, ResourceType.SCHEMA, "data-analysis", schema)
    definition = anoncreds.CredentialDefinition.load(
        {
            "issuerId": did,
            "schemaId": signed_schema["id"],
            "type": "CL",
            "tag": "1",
            "value": json.loads(KEYS.read_bytes()),
        }
    )
    signed_definition = _signed(issuer, ResourceType.CREDENTIAL_DEFINITION, "1", definition)
    registry, private = anoncreds.RevocationRegistryDefinition.create(
        signed_definition["id"],
        definition,
        did,
        "0",
        "CL_ACCUM",
        REGISTRY_SIZE,
        tails_dir_path=str(tails_folder),
    )
    content = json.loads(registry.to_json())
    tails_hash = content["value"]["tailsHash"]
    tails = Path(content["value"]["tailsLocation"]).read_bytes()
    content["value"]["tailsLocation"] = tails_location(did, tails_hash)
    kind = ResourceType.REVOCATION_REGISTRY_DEFINITION
    signed_registry = issuer.sign(build_resource(did, kind, "0", content))
    first = anoncreds.RevocationStatusList.create(
        definition, signed_registry["id"], registry, private, did, True, 1000
    )
    second = first.update(definition, registry, private, None, [1], 2000)
    lists = [_signed(issuer, ResourceType.STATUS_LIST, "0", each) for each in (first, second)]
    with server.client() as client:
        server.grants.grant(issuer.folder)
        assert client.put(f"/{issuer.folder}/did.jsonl", content=issuer.log).is_success
        for resource in (signed_schema, signed_definition):
            assert put(client, resource).is_success
        assert client.put(f"/tails/hash/{tails_hash}", files={"tails": tails}).is_success
        assert put(client, signed_registry).is_success
        for status_list in lists:
            assert put(client, status_list).is_success
            signed_registry = issuer.sign(with_link(signed_registry, status_list))
            tag = client.get(path_of(signed_registry)).headers["etag"]
            assert put(client, signed_registry, tag).is_success
    return Published(signed_schema, signed_definition, signed_registry, lists, tails_hash)


def with_link(definition: dict[str, Any], status_list: dict[str, Any]) -> dict[str, Any]:
    """The registry definition, not signed again, with a link more."""
    link = {
        "type": str(ResourceType.STATUS_LIST),
        "id": status_list["id"],
        "timestamp": status_list["content"]["timestamp"],
    }
    unsigned = {key: value for key, value in definition.items() if key != "proof"}
    return {**unsigned, "links": [*definition["links"], link]}


def _signed(issuer: Issuer, kind: ResourceType, name: str, made: Any) -> dict[str, Any]:
    return issuer.sign(build_resource(issuer.did, kind, name, json.loads(made.to_json())))
