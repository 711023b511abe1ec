"""DIDComm v1 envelopes (Aries RFC 0019), made by hand as a wallet that is no agent makes them."""

from __future__ import annotations

import base64
import json

from aries_askar import Key, KeyAlg, crypto_box

from acquis.registry.multibase import decode_base58, encode_base58

MEDIA_TYPE = "application/didcomm-envelope-enc"
_ED25519 = b"\xed\x01"


def seal(message: bytes, to: str, sender: Key | None = None) -> bytes:
    """Return ``message`` for the holder of the key ``to`` (``did:key`` or base58), Ed25519 both.

    Without a ``sender`` nobody can tell who sealed it (anoncrypt).
    """
    verkey = verkey_of(to)
    target = Key.from_public_bytes(KeyAlg.ED25519, decode_base58(verkey)).convert_key(KeyAlg.X25519)
    content_key = Key.generate(KeyAlg.C20P)
    header: dict[str, str] = {"kid": verkey}
    if sender is None:
        encrypted = crypto_box.crypto_box_seal(target, content_key.get_secret_bytes())
    else:
        nonce = crypto_box.random_nonce()
        own = encode_base58(sender.get_public_bytes()).encode()
        header |= {
            "sender": _encode(crypto_box.crypto_box_seal(target, own)),
            "iv": _encode(nonce),
        }
        encrypted = crypto_box.crypto_box(
            target, sender.convert_key(KeyAlg.X25519), content_key.get_secret_bytes(), nonce
        )
    protected = _encode(
        json.dumps(
            {
                "enc": "xchacha20poly1305_ietf",
                "typ": "JWM/1.0",
                "alg": "Anoncrypt" if sender is None else "Authcrypt",
                "recipients": [{"encrypted_key": _encode(encrypted), "header": header}],
            }
        ).encode()
    )
    sealed = content_key.aead_encrypt(message, aad=protected.encode())
    parts = {"iv": sealed.nonce, "ciphertext": sealed.ciphertext, "tag": sealed.tag}
    envelope = {"protected": protected, **{name: _encode(part) for name, part in parts.items()}}
    return json.dumps(envelope).encode()


def verkey_of(key: str) -> str:
    """Return the base58 of an Ed25519 key that is given so or as a ``did:key``."""
    if not key.startswith("did:key:z"):
        return key
    raw = decode_base58(key.removeprefix("did:key:z").partition("#")[0])
    assert raw.startswith(_ED25519)
    return encode_base58(raw.removeprefix(_ED25519))


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
