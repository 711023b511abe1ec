"""Tails files that no revocation registry names yet: anybody may upload them, so they only wait.

An agent uploads its tails file a moment before it registers the definition that names it, and makes
both anew when that fails. Until then the file lies outside the published tree, unsigned: no mirror
ever fetches it. When there are too many the oldest goes, so a file that has just come is not pushed
out before as many bytes as may wait at all have come after it.
"""

from __future__ import annotations

import os
import threading
import time
from hashlib import file_digest
from pathlib import Path
from typing import Final

from acquis.registry.multibase import encode_base58
from registry_host.files import move_into_place

MOST_BYTES: Final = 2 * 1024**3
MOST_FILES: Final = 10_000
DAY: Final = 24 * 3600.0


class WaitingTails:
    """The tails files in ``folder``, each under its hash. Blocking; safe to share."""

    def __init__(
        self, folder: Path, most_bytes: int = MOST_BYTES, most_files: int = MOST_FILES
    ) -> None:
        self._folder = folder
        self._most_bytes, self._most_files = most_bytes, most_files
        self._lock = threading.Lock()
        self._sizes: dict[str, int] = {}  # the oldest first
        folder.mkdir(parents=True, exist_ok=True)
        found = ((path.stat(), path.name) for path in folder.iterdir())
        for stat, name in sorted(found, key=lambda each: each[0].st_mtime_ns):
            self._sizes[name] = stat.st_size
        self._bytes = sum(self._sizes.values())

    def put(self, tails_hash: str, fresh: Path) -> bool:
        """Keep ``fresh`` (same file system; it is moved), whose hash was checked.

        It is the youngest from now on; False when it was waiting already.
        """
        size = fresh.stat().st_size
        with self._lock:
            known = tails_hash in self._sizes
            self._forget(tails_hash)
            os.utime(fresh)
            move_into_place(fresh, self._folder / tails_hash)
            self._sizes[tails_hash] = size
            self._bytes += size
            while len(self._sizes) > 1 and (
                self._bytes > self._most_bytes or len(self._sizes) > self._most_files
            ):
                self._drop(next(iter(self._sizes)))
            return not known

    def size(self, tails_hash: str, place: Path) -> int:
        """Return how long the file is, that waits or lies at ``place`` by now; 0: neither."""
        with self._lock:
            waiting = self._sizes.get(tails_hash)
        if waiting is None and place.exists():
            return place.stat().st_size
        return waiting or 0

    def claim(self, tails_hash: str, place: Path) -> bool:
        """Move the file to ``place``; False when it does not wait, or is damaged."""
        with self._lock:
            if tails_hash not in self._sizes:
                return False
            path = self._folder / tails_hash
            try:
                with path.open("rb") as file:
                    found = encode_base58(file_digest(file, "sha256").digest())
            except FileNotFoundError:
                found = ""
            if found != tails_hash:
                self._drop(tails_hash)
                return False
            move_into_place(path, place)
            self._forget(tails_hash)
            return True

    def prune(self, keep_seconds: float = DAY) -> None:
        """Drop what has been waiting longer than ``keep_seconds``."""
        with self._lock:
            for name in list(self._sizes):
                path = self._folder / name
                if not path.exists() or path.stat().st_mtime < time.time() - keep_seconds:
                    self._drop(name)

    def _drop(self, tails_hash: str) -> None:
        (self._folder / tails_hash).unlink(missing_ok=True)
        self._forget(tails_hash)

    def _forget(self, tails_hash: str) -> None:
        self._bytes -= self._sizes.pop(tails_hash, 0)
