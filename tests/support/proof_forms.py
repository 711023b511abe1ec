"""The numbers of a proof: made up where nobody calculates with them, listed as they are hashed, bent.

``listed`` writes the list of what is hashed from a presentation itself, by its own arithmetic: a
liar needs it too.
"""

from __future__ import annotations

from typing import Any

FIELD = 0x2523648240000001BA344D80000000086121000000000013A700000000000013
EXPONENTS = (
    *("rho", "r", "r_prime", "r_prime_prime", "r_prime_prime_prime", "o", "o_prime"),
    *("m", "m_prime", "t", "t_prime", "s", "c"),
)
SQUARES = ("0", "1", "2", "3")
COMMITTED = (*SQUARES, "DELTA")

type Json = dict[str, Any]


def made_up_equality(revealed: dict[str, str], hidden: dict[str, str]) -> Json:
    """Return the part about the signature."""
    return {
        "revealed_attrs": revealed,
        "a_prime": "987654321",
        "e": "1",
        "v": "1",
        "m": {"master_secret": "4242", **hidden},
        "m2": "1",
    }


def made_up_comparison(response: str, predicate: Json) -> Json:
    """Return one comparison."""
    return {
        "u": dict.fromkeys(SQUARES, "2"),
        "r": dict.fromkeys(COMMITTED, "3"),
        "mj": response,
        "alpha": "1",
        "t": {name: str(1_000 + at) for at, name in enumerate(COMMITTED)},
        "predicate": predicate,
    }


def made_up_status() -> Json:
    """Return a proof of non-revocation: points that need not lie on the curve."""
    points = {name: _point(number, 3) for number, name in enumerate("edag", 5)}
    points |= {name: _point(number, 6) for number, name in enumerate("wsu", 9)}
    return {"x_list": dict.fromkeys(EXPONENTS, f"{7:064X}"), "c_list": points}


def _point(number: int, count: int) -> str:
    return " ".join(f"4 {number + at:064X}" for at in range(count))


def listed(proof: Json) -> list[list[int]]:
    """Return what is to be hashed of a proof, besides what is computed."""
    found = []
    for each in proof["proofs"]:
        primary = each["primary_proof"]
        for name in "edagwsu" if each["non_revoc_proof"] else "":
            found.append(_affine(each["non_revoc_proof"]["c_list"][name]))
        found.append(_big_endian(int(primary["eq_proof"]["a_prime"])))
        for comparison in primary["ge_proofs"]:
            found += [_big_endian(int(comparison["t"][name])) for name in COMMITTED]
    return [list(each) for each in found]


def _big_endian(number: int) -> bytes:
    number = abs(number)  # as the library writes it
    return number.to_bytes((number.bit_length() + 7) // 8)


def _affine(written: str) -> bytes:
    numbers = [int(each, 16) for each in written.split(" ")[1::2]]
    if len(numbers) == 3:
        x, y, z = numbers
        inverse = pow(z, -1, FIELD)
        return b"\x04" + _fields(x * inverse, y * inverse) + bytes(63)
    xa, xb, ya, yb, za, zb = numbers
    # 1 / (a + b·i) = (a - b·i) / (a² + b²)
    norm = pow(za * za + zb * zb, -1, FIELD)
    a, b = za * norm, -zb * norm
    return _fields(xa * a - xb * b, xa * b + xb * a, ya * a - yb * b, ya * b + yb * a)


def _fields(*numbers: int) -> bytes:
    return b"".join((each % FIELD).to_bytes(32) for each in numbers)
