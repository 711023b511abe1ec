"""What was seen when: lines of JSON, only ever appended, each carrying the digest of the one before.

A line is ``{"at", "before", "kind", "number", …}``; ``before`` is the SHA-256 of the line before
it without its line feed (of nothing, for the first). Changing or removing a line breaks the chain
at the next one; that lines are missing at the end shows only to who noted the last digest
elsewhere. A line that a crash left half written is cut off and that is noted.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from acquis.errors import Untrusted
from acquis.service.files import write_whole
from acquis.text import Text

type Entry = dict[str, Any]


class Journal:
    """The journal in the file ``path``. Raises Untrusted when its chain is broken."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now
        self._pending: list[bytes] = []
        if not path.exists():
            write_whole(path, b"")
        half = _cut_half_line(path)
        self.entries, self.last = read_journal(path)
        self._number = len(self.entries)
        if half:
            self.entries.append(self.append("repaired", bytes=half))
            self.commit()

    def append(self, kind: str, **facts: Any) -> Entry:
        """Add a line, to be written by the next :meth:`commit`; returns it."""
        self._number += 1
        entry = {
            "number": self._number,
            "at": self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "kind": kind,
            **facts,
            "before": self.last,
        }
        line = json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()
        self.last = sha256(line).hexdigest()
        self._pending.append(line + b"\n")
        return entry

    def commit(self) -> None:
        """Write and sync what was appended."""
        if not self._pending:
            return
        with self._path.open("ab") as file:
            file.write(b"".join(self._pending))
            file.flush()
            os.fsync(file.fileno())
        self._pending.clear()


def read_journal(path: Path, *, growing: bool = False) -> tuple[list[Entry], str]:
    """Return the lines of a journal and the digest of the last one.

    What follows the last line feed is left out of one that is ``growing``: it is being written.
    Raises: Untrusted naming the line at which the chain is broken.
    """
    entries: list[Entry] = []
    last = sha256(b"").hexdigest()
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if growing and not line.endswith(b"\n"):
                break
            entry = _parse(line)
            if entry.get("before") != last or entry.get("number") != number:
                raise Untrusted(
                    Text(
                        f"The journal was changed: line {number} does not follow the one before.",
                        f"Le journal a été modifié : la ligne {number} ne suit pas la précédente.",
                    )
                )
            entries.append(entry)
            last = sha256(line.removesuffix(b"\n")).hexdigest()
    return entries, last


def _parse(line: bytes) -> Entry:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if line.endswith(b"\n") and isinstance(entry, dict) else {}


def _cut_half_line(path: Path) -> int:
    """Cut off what follows the last line feed and return how many bytes that were."""
    with path.open("r+b") as file:
        raw = file.read()
        whole = raw.rfind(b"\n") + 1
        if whole < len(raw):
            file.truncate(whole)
            os.fsync(file.fileno())
    return len(raw) - whole
