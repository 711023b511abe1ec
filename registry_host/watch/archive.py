"""Every version of every file that was signed for and seen, each under its SHA-256; nothing is ever removed."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from acquis.errors import Untrusted
from acquis.service.files import write_whole
from acquis.text import Text


class Archive:
    """A folder of files named by their SHA-256 (hex). What is kept has been synced to the disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path_of(self, digest: str) -> Path:
        """Return where the file with this SHA-256 lies, if it is kept."""
        return self._folder / digest[:2] / digest

    def holds(self, digest: str) -> bool:
        """Tell whether a file with this SHA-256 is kept."""
        return self.path_of(digest).exists()

    def keep(self, raw: bytes) -> str:
        """Keep ``raw`` and return its SHA-256; whole or not at all after a power cut."""
        digest = sha256(raw).hexdigest()
        path = self.path_of(digest)
        if not path.exists():
            write_whole(path, raw)
        return digest

    def read(self, digest: str) -> bytes:
        """Return a kept file. Raises: Untrusted when it is not what was kept."""
        try:
            raw = self.path_of(digest).read_bytes()
        except FileNotFoundError as error:
            raise _damaged(digest) from error
        if sha256(raw).hexdigest() != digest:
            raise _damaged(digest)
        return raw


def _damaged(digest: str) -> Untrusted:
    return Untrusted(
        Text(
            f"The archive does not hold {digest} as it was kept.",
            f"L’archive ne contient pas {digest} tel qu’il a été conservé.",
        )
    )
