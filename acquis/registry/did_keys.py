"""The keys of a DID document: those that may assert, and those their controller gave up.

A verification method with ``revoked`` (W3C Controlled Identifiers 1.0, section 2.2) was compromised
since then: it asserts nothing any more, wherever else the document lists it. A key that was merely
replaced has no ``revoked`` and stays in ``assertionMethod`` as long as what it signed lives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from acquis.registry.keys import decode_multikey
from acquis.registry.rules import RuleBroken

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)

RELATIONSHIPS: Final = (
    "assertionMethod",
    "authentication",
    "keyAgreement",
    "capabilityInvocation",
    "capabilityDelegation",
)
"""Where a DID document says what its verification methods are for (CID 1.0, section 2.3)."""


@dataclass(frozen=True, slots=True)
class KeyCompromise:
    """The verification method ``method`` is not to be believed ``since`` (UTC, whole seconds)."""

    method: str
    since: datetime


def is_formed(document: Mapping[str, Any]) -> bool:
    """Say whether each ``revoked`` in the document is a time, of a method that has an id."""
    return all(
        isinstance(method.get("id"), str) and parse_revoked(method["revoked"]) is not None
        for method in _methods(document)
        if "revoked" in method
    )


def parse_revoked(value: object) -> datetime | None:
    """Return the instant of a ``revoked``, or None when it is no whole second in UTC."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        return None
    try:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def compromises(document: Mapping[str, Any]) -> tuple[KeyCompromise, ...]:
    """Return what a formed document reports, in its order."""
    return tuple(
        KeyCompromise(method["id"], since)
        for method in _methods(document)
        if (since := parse_revoked(method.get("revoked"))) is not None
    )


def assertion_keys(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return (verification method id, Ed25519 multikey) of what the document lists for assertions.

    Only methods of the DID itself, named by their key; never a key that is reported anywhere in
    the document as compromised, under whatever name.
    """
    did, listed = document.get("id"), document.get("assertionMethod")
    if not isinstance(listed, list):
        return ()
    given_up = {
        str(method.get("publicKeyMultibase"))
        for method in _methods(document)
        if "revoked" in method
    } | {each.method.rsplit("#", 1)[-1] for each in compromises(document)}
    keys: list[tuple[str, str]] = []
    for method in _listed(document, "verificationMethod"):
        multikey = method.get("publicKeyMultibase")
        if (
            isinstance(multikey, str)
            and multikey not in given_up
            and method.get("id") == f"{did}#{multikey}"
            and method["id"] in listed
            and method.get("controller") == did
            and method.get("type") == "Multikey"
            and _is_ed25519(multikey)
        ):
            keys.append((method["id"], multikey))
    return tuple(keys)


def _methods(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Each verification method, also one that stands inside a relationship and not in the list."""
    for name in ("verificationMethod", *RELATIONSHIPS):
        yield from _listed(document, name)


def _listed(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    value = document.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _is_ed25519(multikey: str) -> bool:
    try:
        decode_multikey(multikey)
    except RuleBroken:
        return False  # a key of another kind: not one that attests here
    return True
