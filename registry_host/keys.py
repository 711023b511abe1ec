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

from acquis.errors import Conflict, InvalidInput
from acquis.text import Text
from registry_host.files import move_into_place, write_whole

ONLINE: Final = "online.pem"
NEXT_ONLINE: Final = "online-next.pem"  # while a rotation is under way


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


def load_keys(folder: Path) -> list[Signer]:
    """Load every key (``*.pem``) in a folder that the operator brought. Raises: InvalidInput."""
    found = [load_key(path) for path in sorted(folder.glob("*.pem"))]
    if not found:
        raise InvalidInput(
            Text(f"There is no key in {folder}.", f"Il n’y a pas de clé dans {folder}.")
        )
    return found


def load_or_create_key(path: Path) -> Signer:
    """Load the key at ``path``, a new one when none stands there. Raises: InvalidInput."""
    return load_key(path) if path.exists() else create_key(path)


def load_online_key(folder: Path, authorised: frozenset[str]) -> Signer:
    """Load the online key, which must be one the metadata names (ids in ``authorised``).

    When a rotation was broken off after its tree was out, the new key is put in place first; the
    caller holds the registry. Raises: InvalidInput (no key), Conflict (the metadata names another).
    """
    path, following = folder / ONLINE, folder / NEXT_ONLINE
    if following.exists() and load_key(following).public_key.keyid in authorised:
        move_into_place(following, path)
    signer = load_key(path)
    if signer.public_key.keyid not in authorised:
        raise Conflict(
            Text(
                "The metadata names another online key: a rotation was broken off."
                " Run again: acquis registry rotate",
                "Les métadonnées nomment une autre clé en ligne : une rotation a été interrompue."
                " Relancez : acquis registry rotate",
            )
        )
    return signer


def _unreadable(path: Path) -> InvalidInput:
    return InvalidInput(
        Text(
            f"No Ed25519 key can be read at {path}.",
            f"Aucune clé Ed25519 n’est lisible à {path}.",
        )
    )
