"""Base58btc, multibase ``z…`` and the sha2-256 multihash, decoded strictly: one text per value.

A value has exactly one accepted spelling, so two different texts never name the same bytes.
Alphabet and leading-zero rule: draft-msporny-base58; prefixes: the multiformats table
(0x12 0x20 = sha2-256 of 32 bytes, 0xed 0x01 = Ed25519 public key).
"""

from __future__ import annotations

from hashlib import sha256

from acquis.registry.rules import Rule, broken

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS = {character: value for value, character in enumerate(ALPHABET)}
_LONGEST = 256  # characters; everything the registry encodes is far shorter

SHA2_256 = b"\x12\x20"
ED25519_PUBLIC = b"\xed\x01"


def encode_base58(raw: bytes) -> str:
    """Return ``raw`` in base58btc, without a multibase prefix."""
    number = int.from_bytes(raw)
    text = ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    zeros = len(raw) - len(raw.lstrip(b"\0"))
    return "1" * zeros + text


def decode_base58(text: str) -> bytes:
    """Return the bytes of a base58btc text of at most 256 characters.

    Raises: RuleBroken (multibase) for any other character or a longer text.
    """
    if not isinstance(text, str) or not 0 < len(text) <= _LONGEST:
        raise broken(
            Rule.MULTIBASE,
            f"A base58 text of 1 to {_LONGEST} characters was expected.",
            f"Un texte base58 de 1 à {_LONGEST} caractères était attendu.",
        )
    number = 0
    for character in text:
        digit = _DIGITS.get(character)
        if digit is None:
            raise broken(
                Rule.MULTIBASE,
                "A base58 text holds a character outside its alphabet.",
                "Un texte base58 contient un caractère hors de son alphabet.",
            )
        number = number * 58 + digit
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)


def encode_multibase(raw: bytes) -> str:
    """Return ``raw`` as multibase base58btc (``z…``)."""
    return "z" + encode_base58(raw)


def decode_multibase(text: str) -> bytes:
    """Return the bytes of a multibase base58btc text.

    Raises: RuleBroken (multibase) when it is not ``z`` and base58.
    """
    if not isinstance(text, str) or text[:1] != "z":
        raise broken(
            Rule.MULTIBASE,
            "A multibase text starting with z (base58btc) was expected.",
            "Un texte multibase commençant par z (base58btc) était attendu.",
        )
    return decode_base58(text[1:])


def digest_multibase(raw: bytes) -> str:
    """Return the sha2-256 multihash of ``raw`` as multibase base58btc: the name of a resource."""
    return encode_multibase(SHA2_256 + sha256(raw).digest())


def decode_digest(text: str) -> bytes:
    """Return the 32 bytes of a sha2-256 multihash in multibase.

    Raises: RuleBroken (multibase) when it is anything else.
    """
    raw = decode_multibase(text)
    if len(raw) != 34 or raw[:2] != SHA2_256:
        raise broken(
            Rule.MULTIBASE,
            "A sha2-256 multihash was expected.",
            "Une empreinte multihash sha2-256 était attendue.",
        )
    return raw[2:]
