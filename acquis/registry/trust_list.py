"""A trust list: whom an anchor recognises, for which framework, levels and period, and why.

The question is always: was the issuer entitled on the day of the award? It is answered by
``acquis.credentials``; here is what the anchor says. An issuer that is not on the list is *not
recognised*; it is never "invalid". Which anchors count is the verifier's choice. Form:
``schemas/documents/trust-list.schema.json``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from acquis.registry.did import parse_did
from acquis.registry.multibase import decode_digest
from acquis.registry.rules import Rule, RuleBroken, broken
from acquis.text import Text

MAX_ENTRIES = 10_000
MAX_SCOPES = 1000
MAX_LEVEL = 99
MAX_VERSION = 2**31

_COUNTRY = re.compile(r"[A-Z]{2}")
_FRAMEWORK = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

type _Field = tuple[Callable[[object], bool], Text]
"""Whether a value may stand in a field, and what may."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an issuer is entitled to attest: a framework, levels and a period, both ends included.

    ``valid_until`` None: open. ``accreditation`` says by what, ``accredited_by`` by whom.
    """

    framework: str
    level_min: int
    level_max: int
    valid_from: date
    valid_until: date | None
    accreditation: str
    accredited_by: str

    def covers(self, framework: str, level: int, on: date) -> bool:
        """Say whether the scope covers a competency of ``framework`` at ``level`` on a day."""
        return (
            self.framework == framework
            and self.level_min <= level <= self.level_max
            and self.valid_from <= on
            and (self.valid_until is None or on <= self.valid_until)
        )


@dataclass(frozen=True, slots=True)
class TrustEntry:
    """An issuer on the list: its DID, who that is, and what for. ``country``: ISO 3166-1."""

    issuer: str
    legal_name: str
    country: str
    website: str
    scopes: tuple[Scope, ...]
    logo_digest: str | None = None


@dataclass(frozen=True, slots=True)
class TrustList:
    """A whole trust list of an anchor's DID; ``version`` grows with each publication."""

    anchor: str
    version: int
    issued: date
    next_update: date
    entries: tuple[TrustEntry, ...]

    def entry_of(self, issuer: str) -> TrustEntry | None:
        """Return the entry of an issuer's DID, None when it is not on the list."""
        return next((entry for entry in self.entries if entry.issuer == issuer), None)

    def is_overdue(self, today: date) -> bool:
        """Say whether a newer list should have been published by ``today``."""
        return today > self.next_update


def build_trust_list(trust_list: TrustList) -> dict[str, Any]:
    """Return the content of a trust list resource. Raises: RuleBroken (trust-list)."""
    content = {
        "issuerId": trust_list.anchor,
        "version": trust_list.version,
        "issued": trust_list.issued.isoformat(),
        "next_update": trust_list.next_update.isoformat(),
        "entries": [_entry_content(entry) for entry in trust_list.entries],
    }
    parse_trust_list(content)
    return content


def build_entries(entries: tuple[TrustEntry, ...]) -> list[dict[str, Any]]:
    """Return the entries as they stand in a list. Raises: RuleBroken (trust-list)."""
    content = [_entry_content(entry) for entry in entries]
    parse_entries(content)
    return content


def parse_trust_list(content: Mapping[str, Any]) -> TrustList:
    """Return the trust list in a content. Raises: RuleBroken (trust-list) naming the place."""
    _check_fields(content, _LIST_FIELDS, "")
    issued, next_update = (date.fromisoformat(content[key]) for key in ("issued", "next_update"))
    if next_update < issued:
        raise _refusal("next_update", Text("no earlier than issued", "au plus tôt issued"))
    entries = parse_entries(content["entries"])
    return TrustList(content["issuerId"], content["version"], issued, next_update, entries)


def parse_entries(content: object) -> tuple[TrustEntry, ...]:
    """Return the entries of a list, without the list. Raises: RuleBroken (trust-list)."""
    if not isinstance(content, list) or len(content) > MAX_ENTRIES:
        raise _refusal("entries", _ENTRIES)
    entries = tuple(_parse_entry(entry, f"entries[{n}]") for n, entry in enumerate(content))
    if len({entry.issuer for entry in entries}) != len(entries):
        raise _refusal("entries", Text("one entry for each issuer", "une entrée par émetteur"))
    return entries


def _entry_content(entry: TrustEntry) -> dict[str, Any]:
    content: dict[str, Any] = {
        "issuer": entry.issuer,
        "legal_name": entry.legal_name,
        "country": entry.country,
        "website": entry.website,
        "scopes": [_scope_content(scope) for scope in entry.scopes],
    }
    return content if entry.logo_digest is None else content | {"logo_digest": entry.logo_digest}


def _scope_content(scope: Scope) -> dict[str, Any]:
    content: dict[str, Any] = {
        "framework": scope.framework,
        "level_min": scope.level_min,
        "level_max": scope.level_max,
        "valid_from": scope.valid_from.isoformat(),
        "accreditation": scope.accreditation,
        "accredited_by": scope.accredited_by,
    }
    if scope.valid_until is not None:
        content["valid_until"] = scope.valid_until.isoformat()
    return content


def _parse_entry(entry: object, place: str) -> TrustEntry:
    found = _check_fields(entry, _ENTRY_FIELDS, place, optional="logo_digest")
    scopes = tuple(
        _parse_scope(scope, f"{place}.scopes[{n}]") for n, scope in enumerate(found["scopes"])
    )
    return TrustEntry(**{**found, "scopes": scopes})


def _parse_scope(scope: object, place: str) -> Scope:
    found = _check_fields(scope, _SCOPE_FIELDS, place, optional="valid_until")
    if found["level_max"] < found["level_min"]:
        raise _refusal(
            f"{place}.level_max",
            Text("no lower than level_min", "pas inférieur à level_min"),
        )
    first = date.fromisoformat(found["valid_from"])
    last = date.fromisoformat(found["valid_until"]) if "valid_until" in found else None
    if last is not None and last < first:
        raise _refusal(
            f"{place}.valid_until", Text("no earlier than valid_from", "au plus tôt valid_from")
        )
    return Scope(**{**found, "valid_from": first, "valid_until": last})


def _check_fields(
    value: object, fields: Mapping[str, _Field], place: str, optional: str | None = None
) -> dict[str, Any]:
    """Return ``value``, an object with exactly these fields, each as it should be."""
    if not isinstance(value, dict) or set(value) | {optional} != set(fields) | {optional}:
        names = ", ".join(name for name in fields if name != optional)
        raise _refusal(
            place or "content",
            Text(f"an object with exactly {names}", f"un objet avec exactement {names}"),
        )
    for name, (holds, expected) in fields.items():
        if name in value and not holds(value[name]):
            raise _refusal(f"{place}.{name}".lstrip("."), expected)
    return value


def _refusal(place: str, expected: Text) -> RuleBroken:
    return broken(
        Rule.TRUST_LIST,
        f"In the trust list, {place} must be {expected.en}.",
        f"Dans la liste de confiance, {place} doit être : {expected.fr}.",
    )


def _is_did(value: object) -> bool:
    return isinstance(value, str) and _passes(parse_did, value)


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and _passes(decode_digest, value)


def _passes(check: Callable[[str], object], value: str) -> bool:
    try:
        check(value)
    except RuleBroken:
        return False
    return True


def _is_day(value: object) -> bool:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_number(least: int, most: int) -> Callable[[object], bool]:
    return lambda value: type(value) is int and least <= value <= most


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 512


def _is_like(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_website(value: object) -> bool:
    if not _is_text(value):
        return False
    try:
        parts = urlsplit(str(value))
        return parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        return False


def _is_list(least: int, most: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and least <= len(value) <= most


_DID_FIELD: _Field = (
    _is_did,
    Text(
        "a DID of the form did:webvh:<scid>:<host>:<namespace>:<issuer>",
        "un DID de la forme did:webvh:<scid>:<hôte>:<espace>:<émetteur>",
    ),
)
_DAY_FIELD: _Field = (_is_day, Text("a day, YYYY-MM-DD", "un jour, AAAA-MM-JJ"))
_TEXT_FIELD: _Field = (
    _is_text,
    Text("a text of 1 to 512 characters", "un texte de 1 à 512 caractères"),
)
_LEVEL_FIELD: _Field = (
    _is_number(0, MAX_LEVEL),
    Text(f"a whole number from 0 to {MAX_LEVEL}", f"un nombre entier de 0 à {MAX_LEVEL}"),
)
_ENTRIES = Text(
    f"a list of at most {MAX_ENTRIES} issuers", f"une liste de {MAX_ENTRIES} émetteurs au plus"
)
_LIST_FIELDS: Mapping[str, _Field] = {
    "issuerId": _DID_FIELD,
    "version": (
        _is_number(1, MAX_VERSION),
        Text("a whole number, 1 or more", "un nombre entier, 1 ou plus"),
    ),
    "issued": _DAY_FIELD,
    "next_update": _DAY_FIELD,
    "entries": (_is_list(0, MAX_ENTRIES), _ENTRIES),
}
_ENTRY_FIELDS: Mapping[str, _Field] = {
    "issuer": _DID_FIELD,
    "legal_name": _TEXT_FIELD,
    "country": (
        _is_like(_COUNTRY),
        Text("two capital letters (ISO 3166-1)", "deux lettres capitales (ISO 3166-1)"),
    ),
    "website": (_is_website, Text("an https address", "une adresse https")),
    "scopes": (
        _is_list(1, MAX_SCOPES),
        Text(f"a list of 1 to {MAX_SCOPES} scopes", f"une liste de 1 à {MAX_SCOPES} périmètres"),
    ),
    "logo_digest": (
        _is_digest,
        Text("the digest of a file (zQm…)", "l’empreinte d’un fichier (zQm…)"),
    ),
}
_SCOPE_FIELDS: Mapping[str, _Field] = {
    "framework": (
        _is_like(_FRAMEWORK),
        Text(
            "the short name of a framework: esco, rncp, own",
            "le nom court d’un référentiel : esco, rncp, own",
        ),
    ),
    "level_min": _LEVEL_FIELD,
    "level_max": _LEVEL_FIELD,
    "valid_from": _DAY_FIELD,
    "valid_until": _DAY_FIELD,
    "accreditation": _TEXT_FIELD,
    "accredited_by": _TEXT_FIELD,
}
