"""The keys that sign the metadata: one online, the root keys in files the operator takes away."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import (  # type: ignore[attr-defined]  # its documented names
    CryptoSigner,
    Signer,
)

from acquis.errors import Conflict, InvalidInput
from acquis.registry.keys import SigningKey
from acquis.service import signing_keys
from acquis.text import Text
from registry_host.files import move_into_place

ONLINE: Final = "online.pem"
NEXT_ONLINE: Final = "online-next.pem"  # while a rotation is under way


def load_key(path: Path) -> Signer:
    """Load the key kept at ``path``. Raises: NotFound, Untrusted (it is no key)."""
    return _signer(signing_keys.load_key(path))


def load_or_create_key(path: Path) -> Signer:
    """Load the key at ``path``, a new one when none stands there. Raises: Untrusted."""
    return _signer(signing_keys.load_or_create_key(path))


def load_keys(folder: Path) -> list[Signer]:
    """Load every key (``*.pem``) in a folder that the operator brought.

    Raises: InvalidInput (there is none), Untrusted (a file is no key).
    """
    found = [load_key(path) for path in sorted(folder.glob("*.pem"))]
    if not found:
        raise InvalidInput(
            Text(f"There is no key in {folder}.", f"Il n’y a pas de clé dans {folder}.")
        )
    return found


def load_online_key(folder: Path, authorised: frozenset[str]) -> Signer:
    """Load the online key, which must be one the metadata names (ids in ``authorised``).

    When a rotation was broken off after its tree was out, the new key is put in place first; the
    caller holds the registry. Raises: NotFound (no key), Untrusted, Conflict (the metadata
    names another).
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


def _signer(key: SigningKey) -> Signer:
    return CryptoSigner(Ed25519PrivateKey.from_private_bytes(key.seed))
