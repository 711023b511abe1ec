"""The numbers of a proof, read one way only, for what they are of is looked at in ``soundness``.

The AnonCreds library reads them leniently: it takes a number with anything behind it, or as a list
of bytes, and members under an older name in place of those we look at. Whatever an honest wallet
would not write is ``InvalidInput`` here, so that nobody reads two things in one proof.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from acquis.credentials.wire import Node

FIELD: Final = 0x2523648240000001BA344D80000000086121000000000013A700000000000013
"""The prime of the field over which the points of the proofs of non-revocation lie (BN254)."""

_SQUARES: Final = ("0", "1", "2", "3")
_COMMITTED: Final = (*_SQUARES, "DELTA")
_EXPONENTS: Final = (
    *("rho", "r", "r_prime", "r_prime_prime", "r_prime_prime_prime", "o", "o_prime"),
    *("m", "m_prime", "t", "t_prime", "s", "c"),
)
_POINTS: Final[Mapping[str, int]] = {"e": 3, "d": 3, "a": 3, "g": 3, "w": 6, "s": 6, "u": 6}
_MOST_DIGITS: Final = 1_000
_MOST_POINTS: Final = 5_000
_DECIMAL: Final = re.compile(r"0|-?[1-9][0-9]*")
_EXPONENT: Final = re.compile(r"[0-9A-F]{64}")
_COORDINATE: Final = re.compile(r"([1-9][0-9]{0,2}) ([0-9A-F]{64,68})")


@dataclass(frozen=True, slots=True, repr=False)
class SubProofNumbers:
    """The numbers of one sub-proof.

    ``responses`` are what it answers to the challenge, by kind; ``commitments`` what must be fixed
    before it, in the order in which it is hashed: the blinded signature, then five for each
    comparison. ``points`` are the commitments of the proof of non-revocation, by their homogeneous
    coordinates; there are none where there is no such proof.
    """

    responses: Mapping[str, tuple[int, ...]]
    commitments: tuple[int, ...]
    points: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, repr=False)
class Challenge:
    """The challenge of the whole proof, and what it says was hashed for it beside what is computed."""

    number: int
    hashed: tuple[bytes, ...]


def parse_sub_proof_numbers(node: Node) -> SubProofNumbers:
    """Read the numbers of a sub-proof; ``InvalidInput`` for any member or form we do not know."""
    node.refuse_others(("primary_proof", "non_revoc_proof"))
    primary = node.member("primary_proof")
    primary.refuse_others(("eq_proof", "ge_proofs"))
    equality = primary.member("eq_proof")
    equality.refuse_others(("revealed_attrs", "a_prime", "e", "v", "m", "m2"))
    responses = {name: [_integer(equality.member(name))] for name in ("e", "v", "m2")}
    responses["m"] = [_integer(each) for each in equality.member("m").members().values()]
    responses |= {name: [] for name in ("u", "r", "alpha")}
    commitments = [_integer(equality.member("a_prime"))]
    for each in primary.member("ge_proofs").elements():
        each.refuse_others(("u", "r", "mj", "alpha", "t", "predicate"))
        each.member("predicate").refuse_others(("attr_name", "p_type", "value"))
        responses["u"] += _integers(each.member("u"), _SQUARES)
        responses["r"] += _integers(each.member("r"), _COMMITTED)
        responses["alpha"].append(_integer(each.member("alpha")))
        responses["m"].append(_integer(each.member("mj")))
        commitments += _integers(each.member("t"), _COMMITTED)
    return SubProofNumbers(
        {name: tuple(found) for name, found in responses.items()},
        tuple(commitments),
        _parse_points(node.optional("non_revoc_proof")),
    )


def parse_challenge(node: Node) -> Challenge:
    """Read the challenge and what was hashed for it."""
    node.refuse_others(("c_hash", "c_list"))
    return Challenge(
        _integer(node.member("c_hash")),
        tuple(_bytes(each) for each in node.member("c_list").elements(_MOST_POINTS)),
    )


def _integer(node: Node) -> int:
    found = node.value
    if not (isinstance(found, str) and len(found) <= _MOST_DIGITS and _DECIMAL.fullmatch(found)):
        node.refuse("expected a decimal integer as text.", "un entier décimal en texte attendu.")
    return int(found)


def _integers(node: Node, names: tuple[str, ...]) -> list[int]:
    node.refuse_others(names)
    return [_integer(node.member(name)) for name in names]


def _bytes(node: Node) -> bytes:
    found = node.value
    # As nodes, one by one, they would take longer than all other reading.
    if not (
        isinstance(found, list)
        and {*map(type, found)} <= {int}
        and min(found, default=0) >= 0
        and max(found, default=0) < 2**8
    ):
        node.refuse("expected a list of bytes.", "une liste d’octets attendue.")
    return bytes(found)


def _parse_points(node: Node | None) -> tuple[tuple[int, ...], ...]:
    if node is None:
        return ()
    node.refuse_others(("x_list", "c_list"))
    exponents, points = node.member("x_list"), node.member("c_list")
    exponents.refuse_others(_EXPONENTS)
    for name in _EXPONENTS:
        if not _EXPONENT.fullmatch(exponents.member(name).text(100)):
            exponents.refuse(
                "expected 64 hexadecimal digits.", "64 chiffres hexadécimaux attendus."
            )
    points.refuse_others(_POINTS)
    return tuple(_parse_point(points.member(name), count) for name, count in _POINTS.items())


def _parse_point(node: Node, count: int) -> tuple[int, ...]:
    """Read homogeneous coordinates, each in hexadecimal after a factor by which it is over the prime.

    They are in Montgomery's form, of which nothing is to be undone: it is the same factor in each.
    """
    words = node.text(1_000).split(" ")
    pairs = [" ".join(pair) for pair in zip(words[::2], words[1::2], strict=False)]
    found = [
        int(match[2], 16)
        for match in map(_COORDINATE.fullmatch, pairs)
        if match is not None and int(match[2], 16) < int(match[1]) * FIELD
    ]
    if not len(words) == 2 * count == 2 * len(found):
        node.refuse("expected a point of the curve.", "un point de la courbe attendu.")
    return tuple(found)
