"""Tails files put where the agent looks for them, before it looks.

Left to itself ACA-Py fetches a missing tails file from the address in the issuer's definition, by a
blocking call without a time-out, and writes it to a name it takes unchecked from there. So the file
is copied from the mirror first, under a name and with a content that were both checked; where that
fails the definition does not resolve, and ACA-Py never comes to fetch anything.
"""

from __future__ import annotations

import os
import secrets
from hashlib import sha256
from pathlib import Path

from acquis.errors import NotFound
from acquis.registry.content import check_tails_hash
from acquis.registry.mirror import Mirror
from acquis.registry.multibase import encode_base58
from acquis.registry.rules import Rule, broken

CHUNK_BYTES = 1 << 20


class TailsFolder:
    """The agent's own folder of tails files (``HOME/.indy_client/tails``). Blocking: use a thread."""

    def __init__(self, folder: Path, mirror: Mirror) -> None:
        self._folder = folder
        self._mirror = mirror
        self._checked: dict[str, tuple[int, int, int]] = {}

    def place(self, tails_hash: str) -> Path:
        """Make sure that the file is there and is the one its name says; return its path.

        Raises ``NotFound`` (not in the mirror), ``RuleBroken`` (name or content).
        """
        check_tails_hash(tails_hash)
        path = self._folder / tails_hash
        if self._is_good(path, tails_hash):
            return path
        source = self._mirror.tails_file(tails_hash)
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._folder / f".{tails_hash}.{secrets.token_hex(4)}"
        try:
            self._copy(source, draft, tails_hash)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        self._checked[tails_hash] = _identity(path)
        return path

    def _is_good(self, path: Path, tails_hash: str) -> bool:
        """A file that was checked is believed until it changes; one cut short by a crash is not."""
        try:
            identity = _identity(path)
            if self._checked.get(tails_hash) == identity:
                return True
            with path.open("rb") as stream:
                digest = sha256()
                while chunk := stream.read(CHUNK_BYTES):
                    digest.update(chunk)
        except OSError:
            return False
        if encode_base58(digest.digest()) != tails_hash:
            return False
        self._checked[tails_hash] = identity
        return True

    @staticmethod
    def _copy(source: Path, draft: Path, tails_hash: str) -> None:
        digest = sha256()
        try:
            with source.open("rb") as reading, draft.open("xb") as writing:
                while chunk := reading.read(CHUNK_BYTES):
                    digest.update(chunk)
                    writing.write(chunk)
                writing.flush()
                os.fsync(writing.fileno())
        except FileNotFoundError as error:
            raise NotFound from error
        if encode_base58(digest.digest()) != tails_hash:
            raise broken(
                Rule.TAILS,
                "A tails file of the mirror is not the one its name says.",
                "Un fichier tails du miroir n’est pas celui que dit son nom.",
            )


def _identity(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino
