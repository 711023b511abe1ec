"""Changes to the keys of a DID document, made on a copy of it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from acquis.errors import NotFound
from acquis.registry.did_keys import RELATIONSHIPS, parse_revoked
from acquis.registry.keys import decode_multikey
from acquis.text import Text


def with_attest_key(document: Mapping[str, Any], multikey: str) -> dict[str, Any]:
    """Return ``document`` with the Ed25519 ``multikey`` as its last verification method.

    It is appended to ``verificationMethod``, ``assertionMethod`` and ``authentication``; what the
    document lists already stays where it is, so a repetition changes nothing. The last key listed
    is the one its controller signs with. Raises: RuleBroken (multibase).
    """
    decode_multikey(multikey)
    changed = copy.deepcopy(dict(document))
    did = changed["id"]
    method = f"{did}#{multikey}"
    methods = changed.setdefault("verificationMethod", [])
    if not any(each.get("id") == method for each in methods):
        methods.append(
            {
                "id": method,
                "type": "Multikey",
                "controller": did,
                "publicKeyMultibase": multikey,
            }
        )
        for relationship in ("assertionMethod", "authentication"):
            changed.setdefault(relationship, []).append(method)
    return changed


def with_compromised_key(
    document: Mapping[str, Any], method_id: str, since: datetime
) -> dict[str, Any]:
    """Return ``document`` saying that ``method_id`` is compromised ``since`` (cut to a second).

    The method stays in ``verificationMethod`` with ``revoked`` (W3C Controlled Identifiers 1.0,
    section 2.2) and leaves every relationship. Of two reports the earlier time holds: what was
    once in doubt does not become trusted again. Raises ``NotFound`` for a method it does not have.
    """
    changed = copy.deepcopy(dict(document))
    found = [each for each in changed.get("verificationMethod", ()) if each.get("id") == method_id]
    if not found:
        raise NotFound(
            Text(
                f"The DID document has no verification method {method_id}",
                f"Le document DID n’a pas de méthode de vérification {method_id}",
            )
        )
    moment = since.astimezone(UTC).replace(microsecond=0)
    for method in found:
        earlier = parse_revoked(method.get("revoked"))
        first = moment if earlier is None else min(moment, earlier)
        method["revoked"] = first.strftime("%Y-%m-%dT%H:%M:%SZ")
    for relationship in RELATIONSHIPS:
        if relationship in changed:
            changed[relationship] = [
                each for each in changed[relationship] if _id_of(each) != method_id
            ]
    return changed


def _id_of(listed: object) -> object:
    return listed.get("id") if isinstance(listed, dict) else listed
