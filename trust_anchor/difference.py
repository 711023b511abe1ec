"""What differs between two lists, in lines for the people who run the anchor."""

from __future__ import annotations

from collections.abc import Iterator

from acquis.registry.trust_list import Scope, TrustEntry
from trust_anchor.entries import Entries

_DETAILS = ("legal_name", "country", "website", "logo_digest")


def describe(entries: Entries, sign: str = "") -> Iterator[str]:
    """Yield lines that say whom the entries recognise, and for what."""
    for entry in entries:
        yield f"{sign}{entry.legal_name} ({entry.country}, {entry.website})"
        yield f"{sign}  {entry.issuer}"
        yield from (f"{sign}    {_said(scope)}" for scope in entry.scopes)


def differences(before: Entries, after: Entries) -> list[str]:
    """Return what ``after`` has more (+), less (-) or otherwise (~); empty when it is the same."""
    old, new = ({each.issuer: each for each in entries} for entries in (before, after))
    lines: list[str] = []
    for issuer in sorted(old.keys() | new.keys()):
        if issuer not in old:
            lines += describe((new[issuer],), "+ ")
        elif issuer not in new:
            lines += describe((old[issuer],), "- ")
        elif old[issuer] != new[issuer]:
            changed = list(_changes(old[issuer], new[issuer]))
            lines += [f"~ {new[issuer].legal_name}", f"~   {issuer}", *changed] if changed else []
    return lines


def _changes(before: TrustEntry, after: TrustEntry) -> Iterator[str]:
    for name in _DETAILS:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield f"~     {name}: {old or 'none'} -> {new or 'none'}"
    yield from (f"-     {_said(scope)}" for scope in before.scopes if scope not in after.scopes)
    yield from (f"+     {_said(scope)}" for scope in after.scopes if scope not in before.scopes)


def _said(scope: Scope) -> str:
    levels = f"levels {scope.level_min} to {scope.level_max}"
    until = f"until {scope.valid_until}" if scope.valid_until else "with no end"
    why = f"{scope.accreditation}, by {scope.accredited_by}"
    return f"{scope.framework}, {levels}, from {scope.valid_from} {until}: {why}"
