"""Which of a holder's credentials can answer which part of a request.

Several restrictions mean "one of these", as AnonCreds says; agents have been seen to read them
as "all of these", so the wallet looks for candidates itself. All referents of a group are
answered from one credential.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from acquis.credentials.presentation import canonical_name
from acquis.credentials.proof_request import AskedGroup, AskedItems, Restriction
from acquis.errors import InvalidInput, NotFound
from acquis.text import Text


@dataclass(frozen=True, slots=True, repr=False)
class HeldCredential:
    """A credential in a wallet: ``id`` is the wallet's name for it; values are claims."""

    id: str
    credential_definition_id: str
    schema_id: str
    attributes: Mapping[str, str]
    issuer: str | None = None

    def value(self, name: str) -> str | None:
        """Return the value of an attribute, compared as AnonCreds compares names."""
        wanted = canonical_name(name)
        return next((v for at, v in self.attributes.items() if canonical_name(at) == wanted), None)


@dataclass(frozen=True, slots=True)
class GroupMatch:
    """One group of the request and the ids of the credentials that can answer all of it."""

    group: AskedGroup
    credentials: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which credential (by id) answers which referent; everything asked to be shown is shown."""

    attributes: Mapping[str, str]
    predicates: Mapping[str, str]


def _satisfies(held: HeldCredential, restriction: Restriction) -> bool:
    def one(name: str, wanted: str) -> bool:
        if name.startswith("attr::") and name.endswith("::value"):
            return held.value(name.removeprefix("attr::").removesuffix("::value")) == wanted
        if name.startswith("attr::") and name.endswith("::marker"):
            return held.value(name.removeprefix("attr::").removesuffix("::marker")) is not None
        known = {
            "cred_def_id": held.credential_definition_id,
            "schema_id": held.schema_id,
            "issuer_id": held.issuer,
            "issuer_did": held.issuer,
        }
        # What we cannot see from here (schema_name, …) we do not claim to satisfy.
        return known.get(name) == wanted

    return all(one(name, wanted) for name, wanted in restriction)


def _allowed(held: HeldCredential, restrictions: Sequence[Restriction]) -> bool:
    return not restrictions or any(_satisfies(held, each) for each in restrictions)


def can_answer(held: HeldCredential, group: AskedGroup) -> bool:
    """Say whether ``held`` answers every referent of ``group``."""
    shows = all(
        _allowed(held, each.restrictions)
        and all(held.value(name) is not None for name in each.names)
        for each in group.attributes
    )
    return shows and all(
        _allowed(held, each.restrictions)
        and (value := held.value(each.name)) is not None
        and each.holds(value)
        for each in group.predicates
    )


def matching_credentials(
    asked: AskedItems, held: Iterable[HeldCredential]
) -> tuple[GroupMatch, ...]:
    """Return, for each group of ``asked`` in order, the credentials that can answer all of it."""
    wallet = tuple(held)
    return tuple(
        GroupMatch(group, tuple(each.id for each in wallet if can_answer(each, group)))
        for group in asked.groups()
    )


_NO_CHOICES: Mapping[str, str] = MappingProxyType({})


def select_credentials(
    matches: Sequence[GroupMatch], choices: Mapping[str, str] = _NO_CHOICES
) -> Selection:
    """Pick one credential per group: the learner's choice (group id → credential id), else ours.

    Ours is the credential that answers most groups, so that as few as possible are linked by
    one presentation; the first of equals. Raises ``NotFound`` when a group has no credential,
    ``InvalidInput`` when a choice cannot answer its group.
    """
    answers: dict[str, int] = {}
    for match in matches:
        for credential in match.credentials:
            answers[credential] = answers.get(credential, 0) + 1
    attributes: dict[str, str] = {}
    predicates: dict[str, str] = {}
    for match in matches:
        if not match.credentials:
            raise NotFound(
                Text(
                    "No credential in this wallet answers everything that is asked.",
                    "Aucune attestation de ce portefeuille ne répond à toute la demande.",
                )
            )
        ours = max(match.credentials, key=lambda each: answers[each])
        chosen = choices.get(match.group.id, ours)
        if chosen not in match.credentials:
            raise InvalidInput(
                Text(
                    "The credential chosen does not answer what is asked.",
                    "L’attestation choisie ne répond pas à ce qui est demandé.",
                )
            )
        attributes |= dict.fromkeys((each.referent for each in match.group.attributes), chosen)
        predicates |= dict.fromkeys((each.referent for each in match.group.predicates), chosen)
    return Selection(MappingProxyType(attributes), MappingProxyType(predicates))


def build_holder_query(group: AskedGroup) -> dict[str, object]:
    """Return the wallet query (WQL) for credentials that may answer ``group``.

    Every attribute exists. A superset of the answer: ``matching_credentials`` has the last word,
    for comparisons and restrictions; a request may list more of these than a query can carry.
    """
    return {"$and": [{"$exist": [f"attr::{canonical_name(name)}::value"]} for name in group.names]}
