"""Witness files that came before the log they approve: anybody may put one, so they only wait.

Several wait for each folder, unpublished; what counts of each is taken when the log comes. So a
stranger's file takes none of the issuer's away: the oldest goes when there are too many, and the
issuer's log follows its proofs at once.
"""

from __future__ import annotations

import os
import threading
import time
from hashlib import sha256
from pathlib import Path
from typing import Final

from registry_host.files import remove_older, write_whole

MOST_BYTES: Final = 256 * 1024  # of one file
MOST_FILES: Final = 32  # for one folder
DAY: Final = 24 * 3600.0


class WaitingProofs:
    """The witness files in ``place``, each below the folder it waits for. Blocking; safe to share."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._lock = threading.Lock()

    def put(self, folder: str, raw: bytes) -> bool:
        """Keep a witness file for ``folder``, the youngest from now on; False: it was waiting."""
        path = self._place / folder / sha256(raw).hexdigest()
        with self._lock:
            known = path.exists()
            if not known:
                write_whole(path, raw)
            now = time.time_ns()
            os.utime(path, ns=(now, now))
            for oldest in self._waiting(folder)[:-MOST_FILES]:
                oldest.unlink()
        return not known

    def of(self, folder: str) -> list[bytes]:
        """Return what waits for ``folder``."""
        with self._lock:
            return [path.read_bytes() for path in self._waiting(folder)]

    def drop(self, folder: str) -> None:
        """Remove what waits for ``folder``."""
        with self._lock:
            for path in self._waiting(folder):
                path.unlink()

    def prune(self, keep_seconds: float = DAY) -> None:
        """Drop what has been waiting longer than ``keep_seconds``."""
        with self._lock:
            for path in self._place.glob("*/*/*"):
                remove_older(path, time.time() - keep_seconds)

    def _waiting(self, folder: str) -> list[Path]:
        """Return the files for ``folder``, the oldest first."""
        found = (self._place / folder).glob("[0-9a-f]*")
        return sorted(found, key=lambda path: path.stat().st_mtime_ns)
