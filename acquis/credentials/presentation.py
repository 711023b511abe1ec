"""A presentation as the wallet made it: what it shows, what it proves, from which credentials.

Read strictly: a wrong type at any leaf is ``InvalidInput``. Whether the mathematics holds is the
agent's to say; the numbers are kept for what it does not look at (``soundness``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from acquis.credentials.proof_numbers import (
    Challenge,
    SubProofNumbers,
    parse_challenge,
    parse_sub_proof_numbers,
)
from acquis.credentials.proof_request import Relation
from acquis.credentials.wire import Node, parse_json

MAX_BYTES = 5 * 1024 * 1024
MAX_CREDENTIALS = 50

_PROVED: Mapping[str, Relation] = {"GE": ">=", "GT": ">", "LE": "<=", "LT": "<"}


@dataclass(frozen=True, slots=True)
class UnverifiedPresentation:
    """A presentation as somebody sent it: decoded JSON, unchecked."""

    content: object

    @classmethod
    def parse(cls, raw: bytes) -> UnverifiedPresentation:
        """Decode strict JSON (≤ 5 MiB, no duplicates, floats, deep nesting); ``InvalidInput``."""
        return cls(parse_json(raw, MAX_BYTES))


@dataclass(frozen=True, slots=True)
class Identifier:
    """Which credential a sub-proof is about; ``timestamp`` names the revocation list proved against."""

    schema_id: str
    credential_definition_id: str
    revocation_registry_id: str | None = None
    timestamp: int | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Value:
    """A shown value and the integer that was signed for it."""

    raw: str
    encoded: str


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """One referent answered by showing values, from credential number ``credential``."""

    credential: int
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class ProvedComparison:
    """One comparison inside a sub-proof; ``name`` is the attribute in the agent's spelling."""

    name: str
    relation: Relation
    bound: int


@dataclass(frozen=True, slots=True, repr=False)
class SubProof:
    """What the proof of one credential is about.

    ``shown`` maps attribute → signed integer; ``link_secret_response`` is the same number in
    all sub-proofs of one holder; ``non_revocation`` says whether there is such a proof at all.
    ``strangers`` are the comparisons whose proof answers for another value than the one signed
    under the name it gives: the AnonCreds library verifies each by itself and calls them true. Of a
    value that is shown nothing hidden is proved, so a comparison of it is a stranger as well.
    """

    shown: Mapping[str, str]
    comparisons: tuple[ProvedComparison, ...]
    strangers: tuple[ProvedComparison, ...]
    link_secret_response: str | None
    non_revocation: bool
    numbers: SubProofNumbers


@dataclass(frozen=True, slots=True, repr=False)
class Presentation:
    """A whole presentation; parsed, not verified."""

    identifiers: tuple[Identifier, ...]
    sub_proofs: tuple[SubProof, ...]
    challenge: Challenge
    shown: Mapping[str, Shown]
    proved: Mapping[str, int]
    unrevealed: frozenset[str]
    self_attested: frozenset[str]

    def credentials_of(self, referents: Iterator[str] | tuple[str, ...]) -> frozenset[int]:
        """Return the numbers of the credentials that answer ``referents``."""
        found = set()
        for referent in referents:
            if referent in self.shown:
                found.add(self.shown[referent].credential)
            if referent in self.proved:
                found.add(self.proved[referent])
        return frozenset(found)


def canonical_name(name: str) -> str:
    """Return an attribute's name as AnonCreds compares it: no spaces, lower case."""
    return name.replace(" ", "").lower()


def _parse_identifier(node: Node) -> Identifier:
    registry, timestamp = node.optional("rev_reg_id"), node.optional("timestamp")
    return Identifier(
        node.member("schema_id").text(2_000),
        node.member("cred_def_id").text(2_000),
        None if registry is None else registry.text(2_000),
        None if timestamp is None else timestamp.integer(),
    )


def _parse_value(node: Node) -> Value:
    return Value(node.member("raw").text(100_000, empty=True), _number(node.member("encoded")))


def _number(node: Node) -> str:
    found = node.text(200)
    if not found.removeprefix("-").isdecimal() or not found.isascii():
        node.refuse("expected a decimal integer as text.", "un entier décimal en texte attendu.")
    return found


def _parse_shown(node: Node, name: str, credentials: int) -> dict[str, Shown]:
    shown: dict[str, Shown] = {}
    found = node.optional(name)
    for referent, each in ({} if found is None else found.members()).items():
        credential = each.member("sub_proof_index").integer(0, credentials - 1)
        if name == "revealed_attrs":
            # The name is not repeated in the answer; the request knows it.
            shown[referent] = Shown(credential, MappingProxyType({"": _parse_value(each)}))
        else:
            values = {
                at: _parse_value(value) for at, value in each.member("values").members().items()
            }
            shown[referent] = Shown(credential, MappingProxyType(values))
    return shown


def _is_of_signed_value(node: Node, hidden: Mapping[str, Node], shown: Mapping[str, str]) -> bool:
    """Say whether a comparison answers with the very number that the signature's proof answers with.

    One challenge, one number for one hidden value: with another number it is another value. For a
    value that is shown that proof has no such number: one that stands there was looked at by nobody.
    """
    name = node.member("predicate").member("attr_name").text(300)
    signed = hidden.get(name)
    if signed is None or canonical_name(name) in map(canonical_name, shown):
        return False
    return node.member("mj").text(2_000) == signed.text(2_000)


def _parse_comparison(node: Node) -> ProvedComparison:
    found = node.member("predicate")
    return ProvedComparison(
        found.member("attr_name").text(300),
        _PROVED[found.member("p_type").one_of(_PROVED)],
        found.member("value").integer(-(2**31), 2**31 - 1),
    )


def _parse_sub_proof(node: Node) -> SubProof:
    numbers = parse_sub_proof_numbers(node)
    primary = node.member("primary_proof")
    equality = primary.member("eq_proof")
    proofs = primary.member("ge_proofs").elements()
    hidden = equality.member("m").members()
    shown = {at: _number(v) for at, v in equality.member("revealed_attrs").members().items()}
    secret = hidden.get("master_secret")
    return SubProof(
        MappingProxyType(shown),
        tuple(map(_parse_comparison, proofs)),
        tuple(
            _parse_comparison(each)
            for each in proofs
            if not _is_of_signed_value(each, hidden, shown)
        ),
        None if secret is None else secret.text(2_000),
        non_revocation=bool(numbers.points),
        numbers=numbers,
    )


def parse_presentation(unverified: UnverifiedPresentation) -> Presentation:
    """Read an AnonCreds presentation; raises ``InvalidInput`` at the first wrong leaf.

    Follows AnonCreds 1.0, "Generate presentation". Nothing in it is believed yet.
    """
    node = Node(unverified.content, "presentation")
    identifiers = tuple(
        _parse_identifier(each) for each in node.member("identifiers").elements(MAX_CREDENTIALS)
    )
    count = len(identifiers)
    if not count:
        node.refuse("it rests on no credential.", "elle ne repose sur aucune attestation.")
    proof = node.member("proof")
    proof.refuse_others(("proofs", "aggregated_proof"))
    sub_proofs = tuple(
        _parse_sub_proof(each) for each in proof.member("proofs").elements(MAX_CREDENTIALS)
    )
    if len(sub_proofs) != count:
        node.refuse("identifiers and proofs differ.", "identifiants et preuves diffèrent.")
    said = node.member("requested_proof")
    singles = _parse_shown(said, "revealed_attrs", count)
    groups = _parse_shown(said, "revealed_attr_groups", count)
    if singles.keys() & groups.keys():
        said.refuse("a referent is answered twice.", "un référent reçoit deux réponses.")
    predicates = said.optional("predicates")
    attested = said.optional("self_attested_attrs")
    for each in attested.members().values() if attested else ():
        each.text(100_000, empty=True)
    unrevealed = said.optional("unrevealed_attrs")
    for each in unrevealed.members().values() if unrevealed else ():
        each.member("sub_proof_index").integer(0, count - 1)
    return Presentation(
        identifiers,
        sub_proofs,
        parse_challenge(proof.member("aggregated_proof")),
        MappingProxyType({**singles, **groups}),
        MappingProxyType(
            {
                referent: each.member("sub_proof_index").integer(0, count - 1)
                for referent, each in (predicates.members() if predicates else {}).items()
            }
        ),
        frozenset(unrevealed.members() if unrevealed else ()),
        frozenset(attested.members() if attested else ()),
    )
