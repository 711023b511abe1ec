"""The keys that sign the metadata: one online, the root keys in files the operator takes away."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import (  # type: ignore[attr-defined]  # its documented names
    CryptoSigner,
    Signer,
)

from acquis.errors import InvalidInput
from acquis.text import Text
from registry_host.files import write_whole

ONLINE: Final = "online.pem"


def create_key(path: Path) -> Signer:
    """Create an Ed25519 key in a new file (PKCS#8, mode 0600) and return what signs with it.

    Raises: InvalidInput when a file is there already.
    """
    if path.exists():
        raise InvalidInput(
            Text(
                f"A key stands at {path}; it is not written over.",
                f"Une clé existe à {path} ; elle n’est pas écrasée.",
            )
        )
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_whole(path, pem, mode=0o600)
    return CryptoSigner(key)


def load_key(path: Path) -> Signer:
    """Load a key that :func:`create_key` wrote. Raises: InvalidInput."""
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise _unreadable(path) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _unreadable(path)
    return CryptoSigner(key)


def _unreadable(path: Path) -> InvalidInput:
    return InvalidInput(
        Text(
            f"No Ed25519 key can be read at {path}.",
            f"Aucune clé Ed25519 n’est lisible à {path}.",
        )
    )
