"""What the watcher remembers, as the journal tells it: a fold over its lines and nothing more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from registry_host.watch.alarms import Alarm, parse_alarm
from registry_host.watch.journal import Entry

MAIN = "main"


@dataclass(frozen=True, slots=True)
class SeenMetadata:
    """Authentic metadata: the digest of what is signed, and of the whole file."""

    signed: str
    sha256: str


@dataclass(slots=True)
class View:
    """What one address of the registry has shown.

    ``metadata`` is (epoch, role, version) → the first content seen there; an epoch lasts as long
    as the online keys, ``highest`` is the highest version in it. ``listed`` is the list of a hash
    bin whose files were all looked at. By path: ``current`` is what is shown now, ``accepted``
    the last version that held, ``refused`` what is shown and does not hold. ``unsettled`` is, for
    the DID logs accepted since the last whole round, what was accepted before. ``unverified`` is, by
    role, the last day on which evidence was noted of what nobody signed, and the digests of that day.
    """

    name: str
    metadata: dict[tuple[str, str, int], SeenMetadata] = field(default_factory=dict)
    highest: dict[tuple[str, str], int] = field(default_factory=dict)
    listed: dict[str, str] = field(default_factory=dict)
    current: dict[str, str] = field(default_factory=dict)
    accepted: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    unsettled: dict[str, str | None] = field(default_factory=dict)
    troubles: dict[str, str] = field(default_factory=dict)
    unverified: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)


class Memory:
    """All views, address and newest root of trust of the registry, and the alarms that stand."""

    def __init__(self) -> None:
        self.host: str | None = None
        self.address: str | None = None
        self.roots: set[str] = set()
        self.root: str | None = None
        self.views: dict[str, View] = {}
        self.standing: dict[tuple[str, str, str, str | None], Alarm] = {}
        self._apply: dict[str, Callable[[Entry], None]] = {
            "opened": self._opened,
            "moved": self._moved,
            "root": self._root,
            "metadata": self._metadata,
            "listed": self._listed,
            "file": self._file,
            "gone": self._gone,
            "unverified": self._unverified,
            "settled": self._settled,
            "alarm": self._alarm,
            "cleared": self._cleared,
            "warning": self._warning,
            "recovered": self._recovered,
        }

    def view(self, name: str) -> View:
        """Return the view of this name, a fresh one when it is new."""
        return self.views.setdefault(name, View(name))

    def apply(self, entry: Entry) -> None:
        """Take in one line of the journal; lines of other kinds change nothing."""
        apply = self._apply.get(entry["kind"])
        if apply is not None:
            apply(entry)

    def _opened(self, entry: Entry) -> None:
        self.host, self.root = entry["host"], entry["root"]
        self.address = entry["address"]
        self.roots.add(entry["root"])

    def _moved(self, entry: Entry) -> None:
        self.address = entry["address"]

    def _root(self, entry: Entry) -> None:
        self.root = entry["sha256"]
        self.roots.add(entry["sha256"])

    def _metadata(self, entry: Entry) -> None:
        view = self.view(entry["view"])
        line = (entry["epoch"], entry["role"])
        seen = SeenMetadata(entry["signed"], entry["sha256"])
        view.metadata.setdefault((*line, entry["version"]), seen)
        view.highest[line] = max(view.highest.get(line, 0), entry["version"])

    def _listed(self, entry: Entry) -> None:
        self.view(entry["view"]).listed[entry["role"]] = entry["sha256"]

    def _file(self, entry: Entry) -> None:
        view, path = self.view(entry["view"]), entry["path"]
        view.current[path] = entry["sha256"]
        if not entry["accepted"]:
            view.refused.add(path)
            return
        view.refused.discard(path)
        view.unsettled.setdefault(path, view.accepted.get(path))
        view.accepted[path] = entry["sha256"]

    def _gone(self, entry: Entry) -> None:
        view = self.view(entry["view"])
        view.current.pop(entry["path"], None)
        view.refused.discard(entry["path"])

    def _unverified(self, entry: Entry) -> None:
        noted = self.view(entry["view"]).unverified
        day, digests = noted.get(entry["role"], ("", ()))
        today = entry["at"][:10]
        noted[entry["role"]] = today, (*(digests if day == today else ()), entry["sha256"])

    def _settled(self, entry: Entry) -> None:
        self.view(entry["view"]).unsettled.clear()

    def _alarm(self, entry: Entry) -> None:
        alarm = parse_alarm(entry["alarm"])
        self.standing[alarm.key] = alarm

    def _cleared(self, entry: Entry) -> None:
        self.standing.pop(parse_alarm(entry["alarm"]).key, None)

    def _warning(self, entry: Entry) -> None:
        self.view(entry["view"]).troubles[entry["subject"]] = entry["reason"]

    def _recovered(self, entry: Entry) -> None:
        self.view(entry["view"]).troubles.pop(entry["subject"], None)
