"""Ed25519 keys as multikeys: what signs DID logs and attested resources.

Multikey (https://www.w3.org/TR/cid-1.0/#Multikey): ``z`` + base58btc(0xed 0x01 + 32 bytes).
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from acquis.registry.multibase import ED25519_PUBLIC, decode_multibase, encode_multibase
from acquis.registry.rules import Rule, broken


class SigningKey:
    """A private Ed25519 key; never printed, compared or hashed by its secret."""

    __slots__ = ("_key", "multikey")

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.multikey: str = encode_multikey(key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> SigningKey:
        """Return a new random key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> SigningKey:
        """Return the key of a 32-byte seed (RFC 8032). Raises: ValueError for another length."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def seed(self) -> bytes:
        """The 32 secret bytes, to be kept by the caller where secrets are kept."""
        return self._key.private_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of ``message``."""
        return self._key.sign(message)

    def __repr__(self) -> str:
        return f"SigningKey({self.multikey})"


def encode_multikey(public: bytes) -> str:
    """Return a 32-byte Ed25519 public key as a multikey."""
    return encode_multibase(ED25519_PUBLIC + public)


def decode_multikey(multikey: str) -> bytes:
    """Return the 32 bytes of an Ed25519 public key. Raises: RuleBroken (multibase)."""
    raw = decode_multibase(multikey)
    if len(raw) != 34 or raw[:2] != ED25519_PUBLIC:
        raise broken(
            Rule.MULTIBASE,
            "An Ed25519 multikey was expected.",
            "Une clé multikey Ed25519 était attendue.",
        )
    return raw[2:]


def is_signed_by(multikey: str, message: bytes, signature: bytes) -> bool:
    """Say whether ``signature`` over ``message`` was made by ``multikey``.

    Raises: RuleBroken (multibase) when the key is not an Ed25519 multikey.
    """
    public = decode_multikey(multikey)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def did_key_of(multikey: str) -> str:
    """Return the did:key of a multikey (did:key Method v0.9)."""
    return f"did:key:{multikey}"


def parse_did_key(did: str) -> str:
    """Return the multikey of an Ed25519 did:key. Raises: RuleBroken (multibase)."""
    multikey = did.removeprefix("did:key:")
    if did != did_key_of(multikey):
        raise broken(Rule.MULTIBASE, "A did:key was expected.", "Un did:key était attendu.")
    decode_multikey(multikey)
    return multikey
