"""An AnonCreds presentation request as it was received: what it asks, referent by referent.

Anybody's request can be read, not only those built here: a wallet must be able to say what any
of them would show. Referents ``ci``, ``ci-level``, ``ci-valid``, ``ci-awarded`` belong together
and must be answered from one credential; every other referent stands alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from acquis.credentials.wire import Node, parse_json
from acquis.text import Text

MAX_REFERENTS = 200
MAX_NAMES = 200
MAX_RESTRICTIONS = 500
MAX_BYTES = 1_000_000

type Relation = Literal[">=", ">", "<=", "<"]

_MEMBER = re.compile(r"(c[1-9][0-9]{0,2})-(?:level|valid|awarded)")


@dataclass(frozen=True, slots=True)
class UnverifiedProofRequest:
    """A presentation request as somebody sent it: decoded JSON, unchecked."""

    content: object

    @classmethod
    def parse(cls, raw: bytes) -> UnverifiedProofRequest:
        """Decode strict JSON (no duplicates, floats or deep nesting); raises ``InvalidInput``."""
        return cls(parse_json(raw, MAX_BYTES))


@dataclass(frozen=True, slots=True)
class Interval:
    """When the credential must not have been revoked, in Unix seconds."""

    since: int | None = None
    to: int | None = None


type Restriction = tuple[tuple[str, str], ...]
"""What a credential must be: all of these (name, value) pairs."""


@dataclass(frozen=True, slots=True)
class AskedAttributes:
    """One referent that asks to show values; ``together`` when it is a ``names`` group."""

    referent: str
    names: tuple[str, ...]
    together: bool
    restrictions: tuple[Restriction, ...]
    non_revoked: Interval | None = None


@dataclass(frozen=True, slots=True)
class AskedPredicate:
    """One referent that asks to prove a comparison without showing the value."""

    referent: str
    name: str
    relation: Relation
    bound: int
    restrictions: tuple[Restriction, ...]
    non_revoked: Interval | None = None

    def holds(self, value: str) -> bool:
        """Say whether a wallet's own value satisfies the comparison; text never does."""
        if not re.fullmatch(r"[+-]?[0-9]{1,10}", value):
            return False
        number = int(value)
        if not -(2**31) <= number < 2**31:
            return False
        match self.relation:
            case ">=":
                return number >= self.bound
            case ">":
                return number > self.bound
            case "<=":
                return number <= self.bound
            case "<":
                return number < self.bound


@dataclass(frozen=True, slots=True)
class AskedGroup:
    """Referents that must be answered from one credential."""

    id: str
    attributes: tuple[AskedAttributes, ...]
    predicates: tuple[AskedPredicate, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every attribute the group touches, in order, once."""
        asked = [name for each in self.attributes for name in each.names]
        return tuple(dict.fromkeys([*asked, *(each.name for each in self.predicates)]))


@dataclass(frozen=True, slots=True)
class AskedItems:
    """A whole presentation request."""

    name: str
    nonce: str
    attributes: tuple[AskedAttributes, ...]
    predicates: tuple[AskedPredicate, ...]
    non_revoked: Interval | None = None

    def group_of(self, referent: str) -> str:
        """Return the group a referent belongs to; a referent that stands alone is its own."""
        found = _MEMBER.fullmatch(referent)
        known = {each.referent for each in self.attributes}
        return found[1] if found is not None and found[1] in known else referent

    def groups(self) -> tuple[AskedGroup, ...]:
        """Return the referents by the credential they must come from, in order of asking."""
        referents = [each.referent for each in self.attributes]
        referents += [each.referent for each in self.predicates]
        ids = dict.fromkeys(self.group_of(each) for each in referents)
        return tuple(
            AskedGroup(
                group,
                tuple(each for each in self.attributes if self.group_of(each.referent) == group),
                tuple(each for each in self.predicates if self.group_of(each.referent) == group),
            )
            for group in ids
        )


def _parse_interval(node: Node | None) -> Interval | None:
    if node is None:
        return None
    since, to = node.optional("from"), node.optional("to")
    return Interval(
        None if since is None else since.integer(),
        None if to is None else to.integer(),
    )


def _parse_restrictions(node: Node) -> tuple[Restriction, ...]:
    found = node.optional("restrictions")
    if found is None:
        return ()
    # AnonCreds also allows one bare object in place of the list.
    listed = [found] if isinstance(found.value, dict) else found.elements(MAX_RESTRICTIONS)
    return tuple(
        tuple(
            sorted((name, value.text(2_000, empty=True)) for name, value in each.members().items())
        )
        for each in listed
    )


def _parse_attributes(referent: str, node: Node) -> AskedAttributes:
    name, names = node.optional("name"), node.optional("names")
    if (name is None) == (names is None):
        node.refuse("expected either “name” or “names”.", "« name » ou bien « names » attendu.")
    listed = [name] if name is not None else names.elements(MAX_NAMES) if names else []
    if not listed:
        node.refuse("“names” is empty.", "« names » est vide.")
    return AskedAttributes(
        referent,
        tuple(each.text(300) for each in listed),
        together=names is not None,
        restrictions=_parse_restrictions(node),
        non_revoked=_parse_interval(node.optional("non_revoked")),
    )


_RELATIONS: Mapping[str, Relation] = {
    ">=": ">=",
    "GE": ">=",
    ">": ">",
    "GT": ">",
    "<=": "<=",
    "LE": "<=",
    "<": "<",
    "LT": "<",
}


def _parse_predicate(referent: str, node: Node) -> AskedPredicate:
    return AskedPredicate(
        referent,
        node.member("name").text(300),
        _RELATIONS[node.member("p_type").one_of(_RELATIONS)],
        node.member("p_value").integer(-(2**31), 2**31 - 1),
        restrictions=_parse_restrictions(node),
        non_revoked=_parse_interval(node.optional("non_revoked")),
    )


def parse_proof_request(unverified: UnverifiedProofRequest) -> AskedItems:
    """Read an AnonCreds presentation request; raises ``InvalidInput`` at the first wrong leaf.

    Follows AnonCreds 1.0, "Create presentation request". Members it does not name are ignored.
    """
    node = Node(unverified.content, "proof request")
    attributes = node.member("requested_attributes").members()
    predicates = node.member("requested_predicates").members()
    if len(attributes) + len(predicates) > MAX_REFERENTS:
        node.refuse(f"more than {MAX_REFERENTS} items.", f"plus de {MAX_REFERENTS} éléments.")
    if not attributes and not predicates:
        node.refuse("it asks nothing.", "elle ne demande rien.")
    if set(attributes) & set(predicates):
        node.refuse("a referent is used twice.", "un référent est utilisé deux fois.")
    name = node.optional("name")
    return AskedItems(
        name="" if name is None else name.text(500, empty=True),
        nonce=node.member("nonce").matching(
            r"[0-9]{1,40}", Text("a decimal integer", "un entier décimal")
        ),
        attributes=tuple(_parse_attributes(each, at) for each, at in sorted(attributes.items())),
        predicates=tuple(_parse_predicate(each, at) for each, at in sorted(predicates.items())),
        non_revoked=_parse_interval(node.optional("non_revoked")),
    )
