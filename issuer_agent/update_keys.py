"""The update keys of the institution's DID, in a file of their own.

The file (mode 0600) holds 32-byte seeds in hexadecimal: ``update``, which signed the last entry of
the DID log; ``next``, which that entry commits to; and, while the keys are being rotated,
``following``, which the entry after it will commit to. What the log says decides which of them is
which, so that a rotation killed at any moment is taken up by reading the two together.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acquis.errors import Conflict
from acquis.registry.did_log import key_commitment
from acquis.registry.keys import SigningKey
from acquis.service import file_lock
from acquis.service.files import write_whole
from acquis.text import Text


@dataclass(frozen=True, slots=True)
class UpdateKeys:
    """The update keys: the one in use, the one committed to and, in a rotation, the one after."""

    update: SigningKey
    next: SigningKey
    following: SigningKey | None = None


def load_or_create(file: Path) -> UpdateKeys:
    """Return the keys in ``file``, made the first time."""
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(file, UpdateKeys(SigningKey.generate(), SigningKey.generate()))
    return _read(file)


def load(file: Path, log: str) -> UpdateKeys:
    """Return the keys in ``file`` as ``log`` has them, a rotation that was cut short included.

    ``following`` is the key after the next one where it is on disk and the log does not commit to
    it yet. Raises ``Conflict`` when the key that the log commits to is not in the file: without it
    the log cannot be extended.
    """
    if not file.exists():
        raise _lost()
    keys, committed = _read(file), last_parameters(log)["nextKeyHashes"]
    if keys.following is not None and key_commitment(keys.following.multikey) in committed:
        keys = UpdateKeys(keys.next, keys.following)
    if key_commitment(keys.next.multikey) not in committed:
        raise _lost()
    return keys


def prepare(file: Path, keys: UpdateKeys) -> tuple[SigningKey, SigningKey]:
    """Return the key to sign the next entry with, and the one it commits to, which is on disk."""
    following = keys.following
    if following is None:
        following = SigningKey.generate()
        _write(file, UpdateKeys(keys.update, keys.next, following))
    return keys.next, following


def settle(file: Path, log: str) -> None:
    """Forget the key that ``log`` has replaced; harmless when there is none."""
    keys = load(file, log)
    if keys != _read(file):
        _write(file, keys)


def last_parameters(log: str) -> dict[str, Any]:
    """Return the parameters of the last entry; our own entries always say all of them."""
    parameters: dict[str, Any] = json.loads(log.splitlines()[-1])["parameters"]
    return parameters


def only_one(file: Path) -> AbstractContextManager[None]:
    """Keep every other process from rotating the keys in ``file``; a killed one lets go.

    Raises ``Conflict`` at once when another holds them.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return file_lock.only_one(
        file.with_suffix(".lock"),
        Text(
            "These keys are being rotated by another process",
            "Un autre processus est en train de renouveler ces clés",
        ),
    )


def _read(file: Path) -> UpdateKeys:
    kept = json.loads(file.read_text())
    found = {name: SigningKey.from_seed(bytes.fromhex(kept[name])) for name in kept}
    return UpdateKeys(found["update"], found["next"], found.get("following"))


def _write(file: Path, keys: UpdateKeys) -> None:
    """Replace the file as a whole; when this returns it outlives a power cut."""
    seeds = {"update": keys.update.seed.hex(), "next": keys.next.seed.hex()}
    if keys.following is not None:
        seeds["following"] = keys.following.seed.hex()
    write_whole(file, json.dumps(seeds).encode(), mode=0o600)


def _lost() -> Conflict:
    return Conflict(
        Text(
            "The key that the DID log commits to is not in keys/update.json: put the newest copy of"
            " that file back",
            "La clé sur laquelle s’engage le journal du DID n’est pas dans keys/update.json :"
            " restaurez la copie la plus récente de ce fichier",
        )
    )
