"""What each kind of published object must contain before anybody relies on it.

AnonCreds v1.0 objects and our own two. Only what a reader relies on is checked: who issued it,
what it refers to, and that the references stay inside the registry (an agent would follow a
``tailsLocation`` anywhere and write a file named by ``tailsHash``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from acquis.registry.did import parse_did
from acquis.registry.multibase import decode_base58, decode_digest
from acquis.registry.rules import Rule, RuleBroken, broken

MAX_REGISTRY_SIZE = 100_000  # credentials in one revocation registry
MAX_ATTRIBUTES = 200
MAX_TIMESTAMP = 253_402_300_799  # Unix seconds: the last of the year 9999


class ResourceType(StrEnum):
    """The ``resourceType`` values the registry takes."""

    SCHEMA = "anonCredsSchema"
    CREDENTIAL_DEFINITION = "anonCredsCredDef"
    REVOCATION_REGISTRY_DEFINITION = "anonCredsRevocRegDef"
    STATUS_LIST = "anonCredsStatusList"
    ACHIEVEMENT = "acquisAchievement"
    TRUST_LIST = "acquisTrustList"


def check_content(resource_type: ResourceType, content: Mapping[str, Any], did: str) -> None:
    """Check that ``content`` has the form of its type and was issued by ``did``.

    Raises: RuleBroken (issuer, content-form, tails, status-list).
    """
    if content.get("issuerId") != did:
        raise broken(
            Rule.ISSUER,
            "The content names another issuer than the DID it is published under.",
            "Le contenu nomme un autre émetteur que le DID sous lequel il est publié.",
        )
    _CHECKS[resource_type](content, did)


def tails_location(did: str, tails_hash: str) -> str:
    """Return the one ``tailsLocation`` that is accepted for a tails file of ``did``."""
    return f"https://{parse_did(did).host}/tails/hash/{tails_hash}"


def check_tails_hash(tails_hash: str) -> None:
    """Check that a tails hash is base58 of 32 bytes, so that it is safe as a file name.

    Raises: RuleBroken (tails).
    """
    try:
        if len(decode_base58(tails_hash)) == 32:
            return
    except RuleBroken as error:
        raise _tails_refusal() from error
    raise _tails_refusal()


def _check_schema(content: Mapping[str, Any], _did: str) -> None:
    names = content.get("attrNames")
    _require(
        ResourceType.SCHEMA,
        set(content) == {"issuerId", "name", "version", "attrNames"}
        and _is_text(content["name"])
        and _is_text(content["version"])
        and isinstance(names, list)
        and 0 < len(names) <= MAX_ATTRIBUTES
        and all(_is_text(name) for name in names)
        and len(set(names)) == len(names),
    )


def _check_credential_definition(content: Mapping[str, Any], _did: str) -> None:
    value = content.get("value")
    _require(
        ResourceType.CREDENTIAL_DEFINITION,
        set(content) == {"issuerId", "schemaId", "type", "tag", "value"}
        and content["type"] == "CL"
        and _is_text(content["tag"])
        and _is_reference(content["schemaId"])
        and isinstance(value, dict)
        and isinstance(value.get("primary"), dict),
    )


def _check_registry_definition(content: Mapping[str, Any], did: str) -> None:
    value = content.get("value")
    _require(
        ResourceType.REVOCATION_REGISTRY_DEFINITION,
        set(content) == {"issuerId", "revocDefType", "credDefId", "tag", "value"}
        and content["revocDefType"] == "CL_ACCUM"
        and _is_text(content["tag"])
        and _is_reference(content["credDefId"], did)
        and isinstance(value, dict)
        and set(value) == {"publicKeys", "maxCredNum", "tailsLocation", "tailsHash"}
        and isinstance(value["publicKeys"], dict)
        and type(value["maxCredNum"]) is int
        and 0 < value["maxCredNum"] <= MAX_REGISTRY_SIZE,
    )
    tails_hash = content["value"]["tailsHash"]
    check_tails_hash(tails_hash)
    if content["value"]["tailsLocation"] != tails_location(did, tails_hash):
        raise _tails_refusal()


def _check_status_list(content: Mapping[str, Any], did: str) -> None:
    states = content.get("revocationList")
    _require(
        ResourceType.STATUS_LIST,
        set(content)
        == {"issuerId", "revRegDefId", "revocationList", "currentAccumulator", "timestamp"}
        and _is_reference(content["revRegDefId"], did)
        and _is_text(content["currentAccumulator"], 4096)
        and type(content["timestamp"]) is int
        and 0 < content["timestamp"] <= MAX_TIMESTAMP
        and isinstance(states, list)
        and 0 < len(states) <= MAX_REGISTRY_SIZE
        and all(type(state) is int for state in states)
        and set(states) <= {0, 1},
    )


def _check_achievement(content: Mapping[str, Any], _did: str) -> None:
    _require(ResourceType.ACHIEVEMENT, bool(content))


def _check_trust_list(content: Mapping[str, Any], _did: str) -> None:
    _require(ResourceType.TRUST_LIST, isinstance(content.get("entries"), list))


_CHECKS: dict[ResourceType, Callable[[Mapping[str, Any], str], None]] = {
    ResourceType.SCHEMA: _check_schema,
    ResourceType.CREDENTIAL_DEFINITION: _check_credential_definition,
    ResourceType.REVOCATION_REGISTRY_DEFINITION: _check_registry_definition,
    ResourceType.STATUS_LIST: _check_status_list,
    ResourceType.ACHIEVEMENT: _check_achievement,
    ResourceType.TRUST_LIST: _check_trust_list,
}


def _require(resource_type: ResourceType, holds: bool) -> None:
    if not holds:
        raise broken(
            Rule.CONTENT_FORM,
            f"The content has not the form of {resource_type}.",
            f"Le contenu n’a pas la forme de {resource_type}.",
        )


def _is_text(value: object, longest: int = 512) -> bool:
    return isinstance(value, str) and 0 < len(value) <= longest


def _is_reference(value: object, did: str | None = None) -> bool:
    """Say whether ``value`` is a resource id, under ``did`` when one is given."""
    if not isinstance(value, str) or value.count("/resources/") != 1:
        return False
    issuer, digest = value.split("/resources/")
    try:
        parse_did(issuer)
        decode_digest(digest)
    except RuleBroken:
        return False
    return did is None or issuer == did


def _tails_refusal() -> RuleBroken:
    return broken(
        Rule.TAILS,
        "A tails file is named by the base58 of 32 bytes and lies at this registry.",
        "Un fichier tails est nommé par le base58 de 32 octets et se trouve dans ce registre.",
    )
