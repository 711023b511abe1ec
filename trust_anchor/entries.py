"""Changes to whom an anchor recognises, each made on a copy.

History matters: a verifier asks whether an issuer was entitled on the day of the award, so a scope
that is over is *ended* on a day and stays on the list; taking it away makes past awards
unrecognised as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date

from acquis.errors import Conflict, InvalidInput, NotFound
from acquis.registry.trust_list import Scope, TrustEntry, build_entries
from acquis.text import Text

type Entries = tuple[TrustEntry, ...]


@dataclass(frozen=True, slots=True)
class Details:
    """Who an issuer is, as far as it was said; None: not said, what stands stays."""

    legal_name: str | None = None
    country: str | None = None
    website: str | None = None
    logo_digest: str | None = None

    def said(self) -> dict[str, str]:
        """Return what was said, by name."""
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Choice:
    """Which scopes of an entry are meant; None: any."""

    framework: str | None = None
    valid_from: date | None = None

    def takes(self, scope: Scope) -> bool:
        """Say whether ``scope`` is meant."""
        return self.framework in {None, scope.framework} and self.valid_from in {
            None,
            scope.valid_from,
        }


def in_order(entries: Iterable[TrustEntry]) -> Entries:
    """Return the entries by name and their scopes by framework and day: the same are equal."""

    def place(scope: Scope) -> tuple[object, ...]:
        until = scope.valid_until or date.max
        return (scope.framework, scope.valid_from, scope.level_min, until, scope.accreditation)

    ordered = (replace(each, scopes=tuple(sorted(each.scopes, key=place))) for each in entries)
    return tuple(sorted(ordered, key=lambda each: (each.legal_name, each.issuer)))


def with_scope(entries: Entries, issuer: str, details: Details, scope: Scope | None) -> Entries:
    """Return the entries with one more, or with another scope or other details of one.

    Raises: InvalidInput when too little is said of a new issuer, Conflict when a scope says what
    another one says already, RuleBroken (trust-list) for what no list may hold.
    """
    standing = next((each for each in entries if each.issuer == issuer), None)
    if standing is None:
        changed = _new_entry(issuer, details, scope)
    else:
        if scope is not None:
            _check_fresh(standing, scope)
        added = () if scope is None else (scope,)
        changed = replace(standing, scopes=(*standing.scopes, *added), **details.said())
    build_entries((changed,))
    return in_order((*(each for each in entries if each.issuer != issuer), changed))


def ended(entries: Entries, issuer: str, choice: Choice, on: date) -> Entries:
    """Return the entries with the chosen scopes of an issuer ending on the day ``on``, included.

    A scope that ends earlier stays as it is; one that begins later is not to begin at all.
    Raises: NotFound.
    """
    entry = _chosen(entries, issuer, choice)
    scopes = tuple(
        replace(scope, valid_until=min(on, scope.valid_until or on))
        if choice.takes(scope)
        else scope
        for scope in entry.scopes
        if not choice.takes(scope) or scope.valid_from <= on
    )
    return _with(entries, entry, scopes)


def without(entries: Entries, issuer: str, choice: Choice) -> Entries:
    """Return the entries without the chosen scopes of an issuer. Raises: NotFound."""
    entry = _chosen(entries, issuer, choice)
    return _with(entries, entry, tuple(s for s in entry.scopes if not choice.takes(s)))


def _with(entries: Entries, entry: TrustEntry, scopes: tuple[Scope, ...]) -> Entries:
    others = tuple(each for each in entries if each.issuer != entry.issuer)
    return in_order((*others, replace(entry, scopes=scopes)) if scopes else others)


def _chosen(entries: Entries, issuer: str, choice: Choice) -> TrustEntry:
    entry = next((each for each in entries if each.issuer == issuer), None)
    if entry is None:
        raise NotFound(
            Text(
                "This issuer is not on the draft of the list.",
                "Cet émetteur n’est pas dans le projet de liste.",
            )
        )
    if not any(choice.takes(scope) for scope in entry.scopes):
        raise NotFound(
            Text(
                f"{entry.legal_name} has no such scope on the draft of the list.",
                f"{entry.legal_name} n’a pas un tel périmètre dans le projet de liste.",
            )
        )
    return entry


def _new_entry(issuer: str, details: Details, scope: Scope | None) -> TrustEntry:
    said = details.said()
    missing = [name for name in ("legal_name", "country", "website") if name not in said]
    missing = [name.replace("_", " ") for name in missing]
    if missing or scope is None:
        wanted = ", ".join([*missing, *(["a scope"] if scope is None else [])])
        raise InvalidInput(
            Text(
                f"This issuer is not on the draft yet; also say: {wanted}",
                f"Cet émetteur n’est pas encore dans le projet ; précisez aussi : {wanted}",
            )
        )
    return TrustEntry(issuer=issuer, scopes=(scope,), **said)


def _check_fresh(entry: TrustEntry, scope: Scope) -> None:
    for standing in entry.scopes:
        if _says_the_same([standing, scope]):
            raise Conflict(
                Text(
                    f"{entry.legal_name} has this scope already, at least in part:"
                    f" {standing.framework}, levels {standing.level_min} to {standing.level_max},"
                    f" from {standing.valid_from} until {standing.valid_until or 'further notice'}."
                    " End that one first, or add what it leaves out.",
                    f"{entry.legal_name} a déjà ce périmètre, au moins en partie :"
                    f" {standing.framework}, niveaux {standing.level_min} à {standing.level_max},"
                    f" du {standing.valid_from} au {standing.valid_until or 'nouvel ordre'}."
                    " Terminez-le d’abord, ou ajoutez ce qu’il ne couvre pas.",
                )
            )


def _says_the_same(pair: Sequence[Scope]) -> bool:
    """Say whether two scopes share a day and a level of one framework by one accreditation."""
    one, other = pair
    same = ("framework", "accreditation", "accredited_by")
    return (
        all(getattr(one, name) == getattr(other, name) for name in same)
        and max(one.level_min, other.level_min) <= min(one.level_max, other.level_max)
        and max(one.valid_from, other.valid_from)
        <= min(one.valid_until or date.max, other.valid_until or date.max)
    )
