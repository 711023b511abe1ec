"""What the AnonCreds library leaves open in a proof that it calls true, checked from the proof alone.

A proof answers a challenge, which is a hash over commitments made before it. The library computes the
hash again and compares it; but it looks at the size of no answer, and it hashes a list of commitments
that the proof brings along without comparing it with the commitments it calculates with. Two
conditions are therefore left to whoever relies on it, and without either nothing is proved:

**Sizes.** A Camenisch-Lysyanskaya signature is one only because its exponent lies near 2^596 and no
value signed is nearly as large. An answer is challenge * secret + mask, so with a challenge of 256
bits it is honestly below 2^k, and not below zero:

======  =======================  ===========  ====  ===================================================
answer  the secret               mask (bits)  k     secret (bits)
======  =======================  ===========  ====  ===================================================
e       the exponent - 2^596     456          457   119
m, mj   a value, the link secret 592          593   256 (a 32-bit number, or a SHA-256 digest)
m2      the revocation context   2432         2433  256
v       of the blinding          3060         3061  2725, either sign
u       a root of the difference 592          593   16
r       of a commitment          672          2385  2128
alpha   r of DELTA - sum of u*r  2787         2788  2146, either sign
======  =======================  ===========  ====  ===================================================

An answer whose secret has either sign is below zero once in 2^79 (v), 2^304 (m of a negative number)
or 2^385 (alpha) proofs, which is never. What follows from the sizes of e and m: whoever can answer two
challenges knows an exponent within 2^457 of 2^596 and values within 2^593 of zero; a value plus the
exponent, which the same signature bears, is beyond that. The size of m2 leaves room for that very thing
(see ``status``). Nothing rests on the sizes of v, u, r and alpha, which no honest wallet leaves either.

**Commitments.** For each sub-proof in turn: the seven points of its proof of non-revocation, if it
has one, then the blinded signature and for each comparison its five commitments, big-endian without
leading zeros. A point is written as by the curve's library: affine, 128 bytes; those of the first
group behind a 4 and before zeros. Nothing may stand beside them: what follows the list in the hash
is the nonce, which could otherwise be another's with ours at its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from acquis.credentials.facts import ExchangeFacts
from acquis.credentials.presentation import Presentation
from acquis.credentials.proof_numbers import FIELD, SubProofNumbers
from acquis.credentials.report import Aspect, Check, Evidence, Outcome
from acquis.text import Text

CHECK_ID: Final = "proof-sound"

BITS: Final[Mapping[str, int]] = {
    "e": 457,
    "m": 593,
    "m2": 2_433,
    "v": 3_061,
    "u": 593,
    "r": 2_385,
    "alpha": 2_788,
}
"""Below which power of two each kind of answer lies."""

_CHALLENGES: Final = 2**256
_MODULUS: Final = 2**2_050  # of two primes of at most 1025 bits
_COORDINATE_BYTES: Final = 32
_POINT_BYTES: Final = 128
_UNCOMPRESSED: Final = b"\x04"

_TOO_LARGE: Final = Text(
    "A number of the proof lies outside what an honest proof can have: what it says may never have "
    "been signed.",
    "Un nombre de la preuve sort de ce qu’une preuve honnête peut contenir : ce qu’elle dit n’a "
    "peut-être jamais été signé.",
)
_NOT_HASHED: Final = Text(
    "The proof was not fixed before its challenge: what it says may never have been signed.",
    "La preuve n’était pas arrêtée avant son défi : ce qu’elle dit n’a peut-être jamais été signé.",
)


@dataclass(frozen=True, slots=True)
class Unsound:
    """Why a proof proves nothing, whatever the library says of it."""

    reason: Text
    evidence: Mapping[str, Evidence]


def check_proof_sound(facts: ExchangeFacts) -> Check:
    """The proof meets the conditions under which the agent's verdict says that something was signed."""
    found = find_unsound(facts.presentation)
    if found is not None:
        return Check(
            CHECK_ID, Aspect.AUTHENTIC, Outcome.INVALID, found.reason, evidence=found.evidence
        )
    return Check(
        CHECK_ID,
        Aspect.AUTHENTIC,
        Outcome.VALID,
        Text(
            "The proof meets the conditions under which it proves a signature.",
            "La preuve remplit les conditions auxquelles elle prouve une signature.",
        ),
    )


def find_unsound(presentation: Presentation) -> Unsound | None:
    """Return the first condition that the proof does not meet, None when it meets all."""
    for place, each in enumerate(presentation.sub_proofs):
        kind = _outside(each.numbers)
        if kind is not None:
            return Unsound(_TOO_LARGE, {"credential": place, "number": kind})
    challenge = presentation.challenge
    if not 0 <= challenge.number < _CHALLENGES:
        return Unsound(_TOO_LARGE, {"number": "c_hash"})
    if not _is_hashed(presentation):
        return Unsound(_NOT_HASHED, {"hashed": len(challenge.hashed)})
    return None


def _outside(numbers: SubProofNumbers) -> str | None:
    """Return the kind of a number that is outside its bounds."""
    for kind, found in numbers.responses.items():
        if not all(0 <= each < 2 ** BITS[kind] for each in found):
            return kind
    if not all(1 < each < _MODULUS for each in numbers.commitments):
        return "commitment"
    return None


def _is_hashed(presentation: Presentation) -> bool:
    """Whether the list that is hashed is of the commitments, of all of them and of nothing else."""
    said = iter(presentation.challenge.hashed)
    for each in presentation.sub_proofs:
        for point in each.numbers.points:
            if not _is_point(next(said, b""), point):
                return False
        for commitment in _written(each.numbers):
            if next(said, None) != commitment:
                return False
    return next(said, None) is None


def _written(numbers: SubProofNumbers) -> Iterator[bytes]:
    for each in numbers.commitments:
        yield each.to_bytes((each.bit_length() + 7) // 8)


def _is_point(written: bytes, point: tuple[int, ...]) -> bool:
    """Whether these bytes are the affine form of a point given by homogeneous coordinates."""
    if len(written) != _POINT_BYTES:
        return False
    if len(point) == 3:
        (x, y), rest = _coordinates(written.removeprefix(_UNCOMPRESSED), 2)
        if not written.startswith(_UNCOMPRESSED) or any(rest):
            return False
        return _is_affine((x, 0, y, 0), (point[0], 0, point[1], 0, point[2], 0))
    found, _ = _coordinates(written, 4)
    return _is_affine(found, point)


def _coordinates(written: bytes, count: int) -> tuple[tuple[int, ...], bytes]:
    end = count * _COORDINATE_BYTES
    places = range(0, end, _COORDINATE_BYTES)
    found = tuple(int.from_bytes(written[at : at + _COORDINATE_BYTES]) for at in places)
    return found, written[end:]


def _is_affine(affine: tuple[int, ...], point: tuple[int, ...]) -> bool:
    """Whether x * Z = X and y * Z = Y over the field and a root of -1, with Z not zero."""
    xa, xb, ya, yb = affine
    z = (point[4] % FIELD, point[5] % FIELD)
    return (
        any(z)
        and max(affine) < FIELD
        and _is_product((xa, xb), z, point[0:2])
        and _is_product((ya, yb), z, point[2:4])
    )


def _is_product(first: tuple[int, int], second: tuple[int, int], product: tuple[int, ...]) -> bool:
    real = first[0] * second[0] - first[1] * second[1]
    root = first[0] * second[1] + first[1] * second[0]
    return (real - product[0]) % FIELD == 0 and (root - product[1]) % FIELD == 0
