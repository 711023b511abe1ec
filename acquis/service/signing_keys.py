"""Private Ed25519 keys in files: one a file (PKCS#8), readable by their owner only, never printed.

Several processes may ask for the same key at once: the first file that is whole is the key of all.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from acquis.errors import NotFound, Untrusted
from acquis.registry.keys import SigningKey
from acquis.service.files import FRESH, place_first, write_whole
from acquis.text import Text


def load_or_create_key(path: Path) -> SigningKey:
    """Return the key kept at ``path``; make it (mode 0600, its folder 0700) the first time.

    Raises: Untrusted when what stands there is no key.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        pem = Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        _write_first(path, pem)
    return load_key(path)


def load_key(path: Path) -> SigningKey:
    """Return the key kept at ``path``. Raises: NotFound, Untrusted."""
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise NotFound(
            Text(
                f"The key {path} is needed and cannot be read; bring it back for this step.",
                f"La clé {path} est nécessaire et illisible ; rapportez-la pour cette étape.",
            )
        ) from error
    except (ValueError, TypeError) as error:
        raise _no_key(path) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _no_key(path)
    return SigningKey(key)


def _write_first(path: Path, pem: bytes) -> None:
    """Put a key in place whole, unless another process has just put its own there."""
    own = path.with_name(f"{FRESH}{secrets.token_hex(8)}-{path.name}")
    write_whole(own, pem, mode=0o600)
    place_first(own, path)


def _no_key(path: Path) -> Untrusted:
    return Untrusted(
        Text(f"{path} holds no Ed25519 key.", f"{path} ne contient pas de clé Ed25519.")
    )
