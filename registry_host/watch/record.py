"""The watcher's folder: archive, journal and alarms, used by one watcher at a time.

::

    kept/<2>/<SHA-256>  every version of every file that was seen and signed for
    journal.jsonl       what was seen when; the only truth, everything remembered is read from it;
                        of what nobody signed for, how some of it began
    alarms.jsonl        the alarms raised and cleared, with their sentences; made from the journal
"""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root  # type: ignore[attr-defined]  # its documented names

from acquis.errors import InvalidInput, NotFound, Untrusted
from acquis.service.file_lock import is_held, only_one
from acquis.service.files import write_whole
from acquis.text import Text
from registry_host.watch.alarms import parse_alarm
from registry_host.watch.archive import Archive
from registry_host.watch.journal import Entry, Journal, read_journal
from registry_host.watch.memory import Memory, View

_JOURNAL = "journal.jsonl"
_ALARMS = "alarms.jsonl"
_LOCK = ".lock"
MOST_UNVERIFIED = 8
_BEGINNING = 1024  # bytes
_DIGESTS = ("sha256", "found", "seen_in", "expected", "root")


class Record:
    """What was seen, kept and remembered. Raises: Untrusted when the journal was changed."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self.archive = Archive(folder / "kept")
        self.memory = Memory()
        self._alarms = folder / _ALARMS
        self._events: list[bytes] = []
        self._now = now
        self._journal = Journal(folder / _JOURNAL, now)
        for entry in self._journal.entries:
            self.memory.apply(entry)
        self.repaired = any(entry["kind"] == "repaired" for entry in self._journal.entries[-1:])
        self._restore_alarms(self._journal.entries)
        self._journal.entries.clear()

    def note(self, kind: str, **facts: Any) -> None:
        """Append a line to the journal and remember it; lasting after :meth:`commit`."""
        entry = self._journal.append(kind, **facts)
        self.memory.apply(entry)
        if kind in {"alarm", "cleared"}:
            self._events.append(_event(entry))

    def note_unverified(self, view: View, role: str, path: str, raw: bytes) -> str:
        """Note how something begins that nobody who may sign has signed; return its SHA-256.

        Whoever stands in the way can serve such things without end, so only ``MOST_UNVERIFIED`` of a
        role and day are noted, and none is kept whole.
        """
        digest = sha256(raw).hexdigest()
        day, digests = view.unverified.get(role, ("", ()))
        today = self._now().astimezone(UTC).strftime("%Y-%m-%d")
        if digest not in digests and (day != today or len(digests) < MOST_UNVERIFIED):
            begins = b64encode(raw[:_BEGINNING]).decode()
            facts = {"sha256": digest, "bytes": len(raw), "begins": begins}
            self.note("unverified", view=view.name, role=role, path=path, **facts)
        return digest

    def commit(self) -> None:
        """Write what was noted; the files that it names are there before."""
        self._journal.commit()
        if self._events:
            with self._alarms.open("ab") as file:
                file.write(b"".join(self._events))
                file.flush()
                os.fsync(file.fileno())
            self._events.clear()

    def pin(self, host: str, trusted_root: Path | None, address: str) -> None:
        """Note host and root of trust the first time; later, check that they belong to it.

        Any root that was verified since is as good as the first. Another ``address`` of the same
        registry than the last time is noted.

        Raises: InvalidInput.
        """
        given = _root_bytes(trusted_root) if trusted_root is not None else None
        if self.memory.host is None:
            if given is None:
                raise _no_root()
            self.note("opened", host=host, root=self.archive.keep(given), address=address)
        elif self.memory.host != host or (
            given is not None and sha256(given).hexdigest() not in self.memory.roots
        ):
            raise InvalidInput(
                Text(
                    "This folder watches another registry, or from another root of trust.",
                    "Ce dossier surveille un autre registre, ou depuis une autre racine de"
                    " confiance.",
                )
            )
        if self.memory.address != address:
            self.note("moved", address=address)
        self.commit()

    def root(self) -> Metadata[Root]:
        """Return the newest root of trust that was verified."""
        return Metadata[Root].from_bytes(self.archive.read(self.memory.root or ""))

    def _restore_alarms(self, entries: list[Entry]) -> None:
        """Write alarms.jsonl again when a crash kept the last of them out of it."""
        events = [_event(entry) for entry in entries if entry["kind"] in {"alarm", "cleared"}]
        standing = self._alarms.read_bytes() if self._alarms.exists() else b""
        if standing != b"".join(events):
            write_whole(self._alarms, b"".join(events))


@contextmanager
def opened_record(folder: Path, now: Callable[[], datetime]) -> Iterator[Record]:
    """The record in ``folder``, locked for this process. Raises: Conflict, Untrusted."""
    refusal = Text("Another watcher uses this folder.", "Un autre surveillant utilise ce dossier.")
    with only_one(folder / _LOCK, refusal):
        yield Record(folder, now)


def check_record(folder: Path) -> tuple[int, int, str]:
    """Return (lines, files, digest of the last line) of a record that nobody changed.

    A watcher may be writing it meanwhile.
    Raises: NotFound; Untrusted naming the line or the file that was changed.
    """
    if not (folder / _JOURNAL).exists():
        raise NotFound(Text("No journal is kept here.", "Aucun journal n’est tenu ici."))
    try:
        entries, last = read_journal(folder / _JOURNAL)
    except Untrusted:  # perhaps a line that a watcher was writing
        entries, last = read_journal(folder / _JOURNAL, growing=is_held(folder / _LOCK))
    archive = Archive(folder / "kept")
    digests = {digest for entry in entries for digest in _digests(entry)}
    for digest in digests:
        archive.read(digest)
    return len(entries), len(digests), last


def _digests(entry: Entry) -> Iterator[str]:
    if entry["kind"] in {"opened", "root", "metadata", "file"} and entry.get("kept", True):
        yield from (entry[name] for name in _DIGESTS if isinstance(entry.get(name), str))


def _event(entry: Entry) -> bytes:
    alarm = parse_alarm(entry["alarm"])
    event = {
        "at": entry["at"],
        "event": "raised" if entry["kind"] == "alarm" else "cleared",
        **alarm.facts(),
        "says": {"en": alarm.says.en, "fr": alarm.says.fr},
        "line": entry["number"],
    }
    return json.dumps(event, ensure_ascii=False).encode() + b"\n"


def _root_bytes(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
        root = Metadata[Root].from_bytes(raw)
        root.signed.verify_delegate(Root.type, root.signed_bytes, root.signatures)
    except (OSError, RepositoryError, ValueError) as error:
        raise _no_root() from error
    return raw


def _no_root() -> InvalidInput:
    return InvalidInput(
        Text(
            "The registry’s root of trust (--trusted-root root.json) is missing or cannot be read;"
            " its operator gives it out.",
            "La racine de confiance du registre (--trusted-root root.json) manque ou n’est pas"
            " lisible ; son exploitant la remet.",
        )
    )
