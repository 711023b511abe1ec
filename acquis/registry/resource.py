"""An attested resource: an object, its digest as its name, and one proof by its issuer's key.

did:webvh AnonCreds method v0.1 (attested resources), proof ``eddsa-jcs-2022`` (VC Data Integrity
EdDSA, section 3.3). The strict reader believes a resource only when

1. the requested id is its ``id`` and ``metadata.resourceId`` is the digest in it;
2. the digest of its content, recomputed, is that one;
3. the proof verifies with a key that the *same* DID lists in ``assertionMethod``;
4. its type is the expected one;
5. the content has the form of its type and names that DID as its issuer (:mod:`content`);
6. links stand on a revocation registry definition only, under the same DID, strictly later each.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from acquis.registry.content import MAX_TIMESTAMP, ResourceType, check_content
from acquis.registry.did import parse_did
from acquis.registry.did_log import DidDocument
from acquis.registry.keys import SigningKey
from acquis.registry.multibase import decode_digest, digest_multibase
from acquis.registry.proof import (
    build_proof_input,
    proof_options,
    secure,
    sign_document,
    verify_proof,
)
from acquis.registry.rules import Rule, RuleBroken, broken
from acquis.registry.strict_json import canonical, canonical_of_parsed, parse_object

__all__ = [
    "Link",
    "Resource",
    "ResourceType",
    "build_proof_input",
    "build_resource",
    "digest_of",
    "parse_resource_id",
    "proof_options",
    "secure",
    "sign_resource",
    "verify_resource",
]

CONTEXT = [
    "https://identity.foundation/did-attested-resources/context/v0.1",
    "https://w3id.org/security/data-integrity/v2",
]
MAX_LINKS = 20_000

_KEYS = {"@context", "type", "id", "content", "metadata", "proof"}
_METADATA_KEYS = {"resourceId", "resourceType", "resourceName"}
_LINK_KEYS = {"type", "id", "timestamp"}


@dataclass(frozen=True, slots=True)
class Link:
    """A status list of a revocation registry, in force from ``timestamp`` (Unix seconds)."""

    id: str
    timestamp: int


@dataclass(frozen=True, slots=True)
class Resource:
    """A verified attested resource; ``raw_content`` is the RFC 8785 form of its content."""

    id: str
    did: str
    type: ResourceType
    name: str
    raw_content: bytes
    links: tuple[Link, ...]
    proof_created: datetime
    verification_method: str

    @property
    def content(self) -> dict[str, Any]:
        """The published object, a fresh copy at each access (so that no cache can be changed)."""
        content: dict[str, Any] = json.loads(self.raw_content)
        return content

    @property
    def digest(self) -> str:
        """The last part of the id: ``z…``."""
        return self.id.rsplit("/", 1)[1]


def digest_of(content: Mapping[str, Any]) -> str:
    """Return the name of a content: multibase sha2-256 multihash of its RFC 8785 form.

    Raises: RuleBroken (json) when the content holds a float or has no canonical form.
    """
    return digest_multibase(canonical(content))


def parse_resource_id(resource_id: str) -> tuple[str, str]:
    """Return (DID, digest) of ``<did>/resources/<digest>``.

    Raises: RuleBroken (resource-id, did-form).
    """
    parts = resource_id.split("/") if isinstance(resource_id, str) else []
    if len(parts) != 3 or parts[1] != "resources":
        raise _id_refusal()
    parse_did(parts[0])
    try:
        decode_digest(parts[2])
    except RuleBroken as error:
        raise _id_refusal() from error
    return parts[0], parts[2]


def build_resource(
    did: str,
    resource_type: ResourceType,
    name: str,
    content: Mapping[str, Any],
    links: Sequence[Link] = (),
) -> dict[str, Any]:
    """Return an attested resource without its proof, checked as the strict reader will.

    ``links`` are for a revocation registry definition, oldest first. Raises: RuleBroken.
    """
    digest = digest_of(content)
    resource: dict[str, Any] = {
        "@context": list(CONTEXT),
        "type": ["AttestedResource"],
        "id": f"{did}/resources/{digest}",
        "content": dict(content),
        "metadata": {
            "resourceId": digest,
            "resourceType": str(resource_type),
            "resourceName": name,
        },
    }
    if resource_type is ResourceType.REVOCATION_REGISTRY_DEFINITION:
        resource["links"] = [
            {"type": str(ResourceType.STATUS_LIST), "id": link.id, "timestamp": link.timestamp}
            for link in links
        ]
    _parse_links(resource, did, resource_type)
    check_content(resource_type, content, did)
    return resource


def sign_resource(
    resource: Mapping[str, Any], key: SigningKey, verification_method: str, created: datetime
) -> dict[str, Any]:
    """Return the resource with its proof by ``key``; an older proof is replaced."""
    return sign_document(resource, key, verification_method, created)


def verify_resource(
    raw: bytes, resource_id: str, document: DidDocument, expected: ResourceType | None = None
) -> Resource:
    """Verify the bytes of a resource against its id and its issuer's DID document.

    Raises: RuleBroken naming the rule of the module's list that does not hold.
    """
    did, digest = parse_resource_id(resource_id)
    if document.did != did:
        raise broken(
            Rule.PROOF_KEY,
            "A resource is verified with the document of its own DID only.",
            "Une ressource n’est vérifiée qu’avec le document de son propre DID.",
        )
    resource = parse_object(raw)
    resource_type, name = _parse_envelope(resource, resource_id, digest)
    if expected is not None and resource_type is not expected:
        raise broken(
            Rule.TYPE,
            f"A resource of type {expected} was expected, {resource_type} was found.",
            f"Une ressource de type {expected} était attendue, {resource_type} a été trouvée.",
        )
    content = resource["content"]
    raw_content = canonical_of_parsed(content)
    if digest_multibase(raw_content) != digest:
        raise broken(
            Rule.DIGEST,
            "The content is not what the digest in its id names.",
            "Le contenu n’est pas celui que nomme l’empreinte de son identifiant.",
        )
    links = _parse_links(resource, did, resource_type)
    method, created = verify_proof(resource, document.assertion_keys())
    check_content(resource_type, content, did)
    return Resource(
        id=resource_id,
        did=did,
        type=resource_type,
        name=name,
        raw_content=raw_content,
        links=links,
        proof_created=created,
        verification_method=method,
    )


def _id_refusal() -> RuleBroken:
    return broken(
        Rule.RESOURCE_ID,
        "An id of the form <did>/resources/<digest> was expected.",
        "Un identifiant de la forme <did>/resources/<empreinte> était attendu.",
    )


def _parse_envelope(
    resource: dict[str, Any], resource_id: str, digest: str
) -> tuple[ResourceType, str]:
    metadata = resource.get("metadata")
    if (
        set(resource) - {"links"} != _KEYS
        or resource["@context"] != CONTEXT
        or resource["type"] != ["AttestedResource"]
        or not isinstance(resource["content"], dict)
        or not isinstance(metadata, dict)
        or set(metadata) != _METADATA_KEYS
        or not isinstance(metadata["resourceName"], str)
        or not 0 < len(metadata["resourceName"]) <= 256
    ):
        raise broken(
            Rule.RESOURCE_FORM,
            "This is not an attested resource of the expected form.",
            "Ceci n’est pas une ressource attestée de la forme attendue.",
        )
    if resource["id"] != resource_id or metadata["resourceId"] != digest:
        raise broken(
            Rule.RESOURCE_ID,
            "The resource carries another id than the one that was asked for.",
            "La ressource porte un autre identifiant que celui demandé.",
        )
    try:
        return ResourceType(metadata["resourceType"]), metadata["resourceName"]
    except ValueError as error:
        raise broken(
            Rule.TYPE, "This type of resource is unknown.", "Ce type de ressource est inconnu."
        ) from error


def _parse_links(
    resource: Mapping[str, Any], did: str, resource_type: ResourceType
) -> tuple[Link, ...]:
    if resource_type is not ResourceType.REVOCATION_REGISTRY_DEFINITION:
        if "links" in resource:
            raise _links_refusal()
        return ()
    found = resource.get("links", [])
    if not isinstance(found, list) or len(found) > MAX_LINKS:
        raise _links_refusal()
    links: list[Link] = []
    for entry in found:
        if not isinstance(entry, dict) or set(entry) != _LINK_KEYS:
            raise _links_refusal()
        timestamp = entry["timestamp"]
        if (
            entry["type"] != ResourceType.STATUS_LIST
            or type(timestamp) is not int
            or not (links[-1].timestamp if links else 0) < timestamp <= MAX_TIMESTAMP
            or parse_resource_id(entry["id"])[0] != did
        ):
            raise _links_refusal()
        links.append(Link(id=entry["id"], timestamp=timestamp))
    if len({link.id for link in links}) != len(links):
        raise _links_refusal()
    return tuple(links)


def _links_refusal() -> RuleBroken:
    return broken(
        Rule.LINKS,
        "Links belong to a revocation registry definition: status lists of the same issuer,"
        " each strictly later than the one before.",
        "Les liens appartiennent à une définition de registre de révocation : des listes d’état"
        " du même émetteur, chacune strictement postérieure à la précédente.",
    )
