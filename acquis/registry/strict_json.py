"""JSON read without leeway: what two readers could understand differently is refused.

I-JSON (RFC 7493) and less: no duplicate key, no fraction or exponent, integers within ±(2^53-1),
no lone surrogate, at most 32 levels, at most 5 MiB, at most 300,000 values (a parser holds every
other thread up while it makes them). Canonical form: RFC 8785.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import rfc8785

from acquis.registry.rules import Rule, RuleBroken, broken

MAX_BYTES = 5 * 1024 * 1024
MAX_DEPTH = 32
MAX_VALUES = 300_000
_MAX_INTEGER = 2**53 - 1
_BEYOND_BASIC_PLANE = re.compile("[\U00010000-\U0010ffff]")


def parse_json(raw: bytes, max_bytes: int = MAX_BYTES) -> Any:
    """Return the value of a JSON text in UTF-8.

    Raises: RuleBroken: ``size`` over ``max_bytes`` or ``MAX_VALUES``; ``json`` for everything else.
    """
    if len(raw) > max_bytes:
        raise broken(
            Rule.SIZE,
            f"The JSON text has {len(raw)} bytes; the limit is {max_bytes}.",
            f"Le texte JSON compte {len(raw)} octets ; la limite est {max_bytes}.",
        )
    if most_values(raw) > MAX_VALUES:
        raise broken(
            Rule.SIZE,
            f"The JSON text holds more than {MAX_VALUES} values.",
            f"Le texte JSON contient plus de {MAX_VALUES} valeurs.",
        )
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_refuse_float,
            parse_int=_integer,
            parse_constant=_refuse_float,
        )
    except UnicodeDecodeError as error:
        raise _refusal("is not UTF-8", "n’est pas en UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise _refusal("cannot be parsed", "ne peut pas être analysé") from error
    _check_depth(value)
    return value


def most_values(raw: bytes) -> int:
    """Return how many values a JSON text holds at most, without parsing it.

    Each value but the first follows a comma or opens its list or object; commas and brackets in
    texts are counted too.
    """
    return raw.count(b",") + raw.count(b"[") + raw.count(b"{") + 1


def parse_object(raw: bytes, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """Return the object of a JSON text. Raises: as :func:`parse_json`, ``json`` if no object."""
    value = parse_json(raw, max_bytes)
    if not isinstance(value, dict):
        raise _refusal("is not an object", "n’est pas un objet")
    return value


def canonical(value: object) -> bytes:
    """Return the RFC 8785 form of a JSON value.

    Raises: RuleBroken (json) for what has none: a float, a big integer, a lone surrogate.
    """
    try:
        _check_depth(value)
        return rfc8785.dumps(value)  # type: ignore[no-any-return, arg-type, unused-ignore]
    except RuleBroken:
        raise
    except (ValueError, TypeError, UnicodeError, RecursionError) as error:
        raise _refusal("has no canonical form", "n’a pas de forme canonique") from error


def canonical_of_parsed(value: object) -> bytes:
    """Return the RFC 8785 form of what :func:`parse_json` returned; as :func:`canonical`, quicker.

    What was parsed strictly holds no float and no big integer, so ``json`` writes the same bytes,
    but for keys beyond the basic plane, which RFC 8785 sorts by UTF-16 code units.
    Raises: RuleBroken (json) for a lone surrogate.
    """
    text = json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    if not text.isascii() and _BEYOND_BASIC_PLANE.search(text):
        return canonical(value)
    try:
        return text.encode("utf-8")
    except UnicodeError as error:
        raise _refusal("has no canonical form", "n’a pas de forme canonique") from error


def _refusal(en: str, fr: str) -> RuleBroken:
    return broken(Rule.JSON, f"The JSON text {en}.", f"Le texte JSON {fr}.")


def _refuse_float(_text: str) -> NoReturn:
    raise _refusal("holds a number that is no integer", "contient un nombre non entier")


def _integer(text: str) -> int:
    if len(text) <= 17 and text != "-0":
        number = int(text)
        if abs(number) <= _MAX_INTEGER:
            return number
    raise _refusal("holds an integer beyond 2^53-1", "contient un entier au-delà de 2^53-1")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _refusal("holds the same key twice", "contient deux fois la même clé")
    return value


def _check_depth(value: object) -> None:
    """Refuse what is nested too deep, and a float wherever it stands."""
    level: list[object] = [value]
    for _ in range(MAX_DEPTH + 1):
        deeper: list[object] = []
        for item in level:
            if isinstance(item, dict):
                deeper.extend(item.values())
            elif isinstance(item, list):
                deeper.extend(item)
            elif isinstance(item, float):
                _refuse_float("")
        if not deeper:
            return
        level = deeper
    raise _refusal(
        f"is nested deeper than {MAX_DEPTH} levels", f"dépasse {MAX_DEPTH} niveaux d’imbrication"
    )
