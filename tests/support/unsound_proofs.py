"""Proofs that the AnonCreds library calls true and that prove nothing: made by arithmetic alone.

Nothing here needs a key of an issuer. Each is refused for one condition of ``soundness`` (or of
reading), and made of what any learner has: an award, or an answer that somebody gave.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import prod
from typing import Any

from acquis.credentials.attributes import encoded_value
from acquis.credentials.presentation import canonical_name

START = 2**596
"""Where the exponents of signatures begin."""

SECRET = "master_secret"

type Json = dict[str, Any]


@dataclass(frozen=True)
class PublicKey:
    """The part of a credential definition that everybody can calculate with."""

    n: int
    s: int
    z: int
    rctxt: int
    r: Mapping[str, int]

    @classmethod
    def of(cls, definition: Mapping[str, Any]) -> PublicKey:
        primary = definition["value"]["primary"]
        bases = {name: int(each) for name, each in primary["r"].items()}
        n, s, z, rctxt = (int(primary[name]) for name in ("n", "s", "z", "rctxt"))
        return cls(n, s, z, rctxt, bases)

    def product(self, *powers: tuple[int, int]) -> int:
        return prod(pow(base, exponent, self.n) for base, exponent in powers) % self.n


def invented(credential: Json, key: PublicKey, secret: str, values: Mapping[str, str]) -> Json:
    """Return a credential that says ``values``, by a signature with the exponent 1; it keeps its status."""
    made = copy.deepcopy(credential)
    for name, raw in values.items():
        made["values"][name] = {"raw": raw, "encoded": encoded_value(raw)}
    signature = made["signature"]["p_credential"]
    signed = {canonical_name(at): int(each["encoded"]) for at, each in made["values"].items()}
    signed[SECRET] = int(secret)
    v = int.from_bytes(sha256(b"any number").digest())
    powers = [(key.r[name], -number) for name, number in signed.items()]
    a = key.product((key.z, 1), (key.s, -v), (key.rctxt, -int(signature["m_2"])), *powers)
    signature.update(a=str(a), e="1", v=str(v))
    return made


def pooled(parts: Sequence[tuple[Json, PublicKey, str]]) -> tuple[list[Json], str]:
    """Return the credentials of several people, all bound to one link secret, and that.

    A signature of a value is one of the value plus its exponent; two exponents have no divisor in
    common, so that there is a number which is either secret, up to these.
    """
    exponents = [int(each["signature"]["p_credential"]["e"]) for each, _, _ in parts]
    all_of_them = prod(exponents)
    secret = 0
    for (_, _, own), e in zip(parts, exponents, strict=True):
        others = all_of_them // e
        secret += int(own) * others * pow(others, -1, e)
    secret %= all_of_them
    made = []
    for (credential, key, own), e in zip(parts, exponents, strict=True):
        made.append(copy.deepcopy(credential))
        signature = made[-1]["signature"]["p_credential"]
        shift = (secret - int(own)) // e
        signature["a"] = str(key.product((int(signature["a"]), 1), (key.r[SECRET], -shift)))
    return made, str(secret)


def lent_status(credential: Json, standing: Json, key: PublicKey) -> Json:
    """Return a credential with the status of another of its definition: no check can tell it.

    The number that ties them is made the other's, modulo the order of the curve, by multiples of e.
    """
    made = copy.deepcopy(credential)
    signature, lent = made["signature"]["p_credential"], standing["signature"]
    e, own, wanted = (
        int(each) for each in (signature["e"], signature["m_2"], lent["p_credential"]["m_2"])
    )
    shift = (own - wanted) * pow(e, -1, ORDER) % ORDER - ORDER
    signature["a"] = str(key.product((int(signature["a"]), 1), (key.rctxt, shift)))
    signature["m_2"] = str(own - shift * e)
    made["signature"]["r_credential"], made["witness"] = lent["r_credential"], standing["witness"]
    return made


ORDER = 0x2523648240000001BA344D8000000007FF9F800000000010A10000000000000D
"""Of the curve on which a status is proved."""


def computed_backwards(
    presentation: Json, key: PublicKey, shown: Mapping[str, str], raised: Mapping[str, int]
) -> None:
    """Let an honest answer show other values and prove higher bounds: what was hashed stays as it is.

    The blinded signature is what remains of the equation when all else is chosen, since it is not
    compared with what was hashed, and its exponent is made 1.
    """
    proof = presentation["proof"]["proofs"][0]["primary_proof"]
    equality, challenge = (
        proof["eq_proof"],
        int(presentation["proof"]["aggregated_proof"]["c_hash"]),
    )

    def rest() -> int:
        powers = [
            (key.r[at], challenge * int(each)) for at, each in equality["revealed_attrs"].items()
        ]
        powers += [(key.r[at], int(each)) for at, each in equality["m"].items()]
        own = (key.s, int(equality["v"])), (key.rctxt, int(equality["m2"])), (key.z, -challenge)
        return key.product(*own, *powers)

    exponent = int(equality["e"]) + challenge * START
    hashed = key.product((int(equality["a_prime"]), exponent), (rest(), 1))
    for name, raw in shown.items():
        written = {"raw": raw, "encoded": encoded_value(raw)}
        presentation["requested_proof"]["revealed_attr_groups"]["c1"]["values"][name] = written
        equality["revealed_attrs"][canonical_name(name)] = written["encoded"]
    for each in proof["ge_proofs"]:
        by = raised.get(each["predicate"]["attr_name"], 0)
        each["predicate"]["value"] += by
        each["mj"] = str(int(each["mj"]) + challenge * by)
        equality["m"][each["predicate"]["attr_name"]] = each["mj"]
    equality["e"] = str(1 - challenge * START)
    equality["a_prime"] = str(key.product((hashed, 1), (rest(), -1)))


def lengthened(nonce: str) -> str:
    """Return the nonce of a verifier that will pass the answer on to whoever asked with ``nonce``."""
    return str(int.from_bytes(b"!" + _bytes(nonce)))


def _bytes(nonce: str) -> bytes:
    return int(nonce).to_bytes((int(nonce).bit_length() + 7) // 8)


def passed_on(presentation: Json) -> None:
    """Make the answer to a lengthened nonce one to the nonce at its end."""
    presentation["proof"]["aggregated_proof"]["c_list"].append([*b"!"])


def under_an_older_name(presentation: Json) -> None:
    """Answer for the link secret under the name it once had, which counts, and anything under its own."""
    equality = presentation["proof"]["proofs"][0]["primary_proof"]["eq_proof"]
    equality["m1"], equality["m"][SECRET] = equality["m"][SECRET], "4242"
