"""A trust list: whom an anchor recognises, for which framework, levels and period, and why.

The question is always: was the issuer entitled on the day of the award? An issuer that is not on
the list is *not recognised*; it is never "invalid". Who is on the list is the anchor's word; which
anchors count is the verifier's choice. Form: ``schemas/documents/trust-list.schema.json``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from acquis.registry.did import parse_did
from acquis.registry.multibase import decode_digest
from acquis.registry.rules import Rule, RuleBroken, broken

MAX_ENTRIES = 10_000
MAX_LEVEL = 99

_COUNTRY = re.compile(r"[A-Z]{2}")
_FRAMEWORK = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_LIST_KEYS = {"issuerId", "version", "issued", "next_update", "entries"}
_ENTRY_KEYS = {"issuer", "legal_name", "country", "website", "scopes"}
_SCOPE_KEYS = {
    "framework",
    "level_min",
    "level_max",
    "valid_from",
    "accreditation",
    "accredited_by",
}


class Recognition(StrEnum):
    """The answers to "was it entitled on the day of the award?"."""

    RECOGNISED = "recognised"
    NOT_RECOGNISED = "not-recognised"
    COULD_NOT_CHECK = "could-not-check"


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

    def covers(self, framework: str, level: int | None, on: date) -> bool:
        """Say whether the scope covers a competency of ``framework`` at ``level`` on a day.

        ``level`` None asks about any level.
        """
        return (
            self.framework == framework
            and (level is None or self.level_min <= level <= self.level_max)
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

    def recognises(self, issuer: str, framework: str, level: int | None, on: date) -> Recognition:
        """Say whether ``issuer`` was entitled for ``framework`` at ``level`` on the day ``on``.

        A day after ``next_update`` is one the list says nothing about: could not check.
        """
        if on > self.next_update:
            return Recognition.COULD_NOT_CHECK
        entry = self.entry_of(issuer)
        if entry is not None and any(scope.covers(framework, level, on) for scope in entry.scopes):
            return Recognition.RECOGNISED
        return Recognition.NOT_RECOGNISED

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


def parse_trust_list(content: Mapping[str, Any]) -> TrustList:
    """Return the trust list in a content. Raises: RuleBroken (trust-list) naming the place."""
    if set(content) != _LIST_KEYS or not isinstance(content["entries"], list):
        raise _refusal("the list")
    entries = tuple(_parse_entry(entry, n) for n, entry in enumerate(content["entries"]))
    issued = _parse_day(content["issued"], "issued")
    next_update = _parse_day(content["next_update"], "next_update")
    if (
        not _is_number(content["version"], 1, 2**31)
        or len(entries) > MAX_ENTRIES
        or next_update < issued
        or len({entry.issuer for entry in entries}) != len(entries)
    ):
        raise _refusal("the list")
    try:
        parse_did(content["issuerId"])
    except RuleBroken as error:
        raise _refusal("issuerId") from error
    return TrustList(content["issuerId"], content["version"], issued, next_update, entries)


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


def _parse_entry(entry: object, number: int) -> TrustEntry:
    place = f"entries[{number}]"
    if (
        not isinstance(entry, dict)
        or set(entry) - {"logo_digest"} != _ENTRY_KEYS
        or not isinstance(entry["country"], str)
        or not _COUNTRY.fullmatch(entry["country"])
        or not _is_text(entry["legal_name"])
        or not _is_website(entry["website"])
        or not isinstance(entry["scopes"], list)
        or not 0 < len(entry["scopes"]) <= 1000
    ):
        raise _refusal(place)
    try:
        parse_did(entry["issuer"])
        if "logo_digest" in entry:
            decode_digest(entry["logo_digest"])
    except RuleBroken as error:
        raise _refusal(place) from error
    return TrustEntry(
        issuer=entry["issuer"],
        legal_name=entry["legal_name"],
        country=entry["country"],
        website=entry["website"],
        scopes=tuple(
            _parse_scope(scope, f"{place}.scopes[{n}]") for n, scope in enumerate(entry["scopes"])
        ),
        logo_digest=entry.get("logo_digest"),
    )


def _parse_scope(scope: object, place: str) -> Scope:
    if (
        not isinstance(scope, dict)
        or set(scope) - {"valid_until"} != _SCOPE_KEYS
        or not isinstance(scope["framework"], str)
        or not _FRAMEWORK.fullmatch(scope["framework"])
        or not _is_number(scope["level_min"], 0, MAX_LEVEL)
        or not _is_number(scope["level_max"], scope["level_min"], MAX_LEVEL)
        or not _is_text(scope["accreditation"])
        or not _is_text(scope["accredited_by"])
    ):
        raise _refusal(place)
    valid_from = _parse_day(scope["valid_from"], place)
    until = scope.get("valid_until")
    valid_until = None if until is None else _parse_day(until, place)
    if ("valid_until" in scope and until is None) or (valid_until and valid_until < valid_from):
        raise _refusal(place)
    return Scope(
        framework=scope["framework"],
        level_min=scope["level_min"],
        level_max=scope["level_max"],
        valid_from=valid_from,
        valid_until=valid_until,
        accreditation=scope["accreditation"],
        accredited_by=scope["accredited_by"],
    )


def _parse_day(text: object, place: str) -> date:
    if isinstance(text, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise _refusal(place) from error
    raise _refusal(place)


def _is_number(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 512


def _is_website(value: object) -> bool:
    if not _is_text(value):
        return False
    try:
        parts = urlsplit(str(value))
        return parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        return False


def _refusal(place: str) -> RuleBroken:
    return broken(
        Rule.TRUST_LIST,
        f"The trust list has not the expected form at {place}.",
        f"La liste de confiance n’a pas la forme attendue à {place}.",
    )
