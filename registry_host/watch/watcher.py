"""Rounds over the addresses of one registry: what is new, what stands, what is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from registry_host.watch.alarms import Alarm
from registry_host.watch.look import Look, Looked
from registry_host.watch.memory import View
from registry_host.watch.record import Record
from registry_host.watch.served import MOST_BYTES, Served

ROUND_SECONDS = 600.0  # the longest that one look at one address may take


@dataclass(frozen=True, slots=True)
class Round:
    """What one round said of one address.

    ``raised`` alarms are new, ``cleared`` ones are over, ``standing`` counts those that stand at
    all addresses; ``warned`` and ``recovered`` are (subject, reason) of what could not be had;
    ``is_whole`` tells whether everything could be looked at.
    """

    view: str
    raised: tuple[Alarm, ...]
    cleared: tuple[Alarm, ...]
    standing: int
    warned: tuple[tuple[str, str], ...]
    recovered: tuple[tuple[str, str], ...]
    changed: int
    is_whole: bool


class Watcher:
    """Watches a registry at ``addresses`` (name of the view → base URL)."""

    def __init__(
        self,
        record: Record,
        addresses: Mapping[str, str],
        now: Callable[[], datetime],
        *,
        seconds: float = ROUND_SECONDS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._record, self._addresses, self._now = record, addresses, now
        self._seconds, self._most_bytes = seconds, most_bytes

    def rounds(self) -> list[Round]:
        """Look once at each address and note what was found."""
        return [self._round(name, url) for name, url in self._addresses.items()]

    def _round(self, name: str, url: str) -> Round:
        memory = self._record.memory
        view = memory.view(name)
        others = [memory.view(other) for other in self._addresses if other != name]
        now = self._now()
        served = Served(url, self._seconds, self._most_bytes)
        try:
            turn = int(now.timestamp()) // 60
            looked = Look(view, others, self._record, served, now=now, turn=turn).look()
        finally:
            served.close()
        raised, cleared = self._note_alarms(name, looked)
        warned, recovered = self._note_troubles(view, looked.troubles)
        self._record.commit()
        return Round(
            view=name,
            raised=raised,
            cleared=cleared,
            standing=len(memory.standing),
            warned=warned,
            recovered=recovered,
            changed=looked.changed,
            is_whole=not looked.troubles,
        )

    def _note_alarms(
        self, view: str, looked: Looked
    ) -> tuple[tuple[Alarm, ...], tuple[Alarm, ...]]:
        standing = self._record.memory.standing
        found = {alarm.key: alarm for alarm in looked.found}
        raised = tuple(alarm for key, alarm in found.items() if key not in standing)
        cleared = tuple(
            alarm
            for key, alarm in standing.items()
            if alarm.view == view and alarm.subject in looked.examined and key not in found
        )
        for alarm in raised:
            self._record.note("alarm", alarm=alarm.facts())
        for alarm in cleared:
            self._record.note("cleared", alarm=alarm.facts())
        return raised, cleared

    def _note_troubles(
        self, view: View, troubles: dict[str, str]
    ) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
        before = dict(view.troubles)
        warned = tuple(pair for pair in troubles.items() if before.get(pair[0]) != pair[1])
        recovered = tuple(pair for pair in before.items() if pair[0] not in troubles)
        for subject, reason in warned:
            self._record.note("warning", view=view.name, subject=subject, reason=reason)
        for subject, reason in recovered:
            self._record.note("recovered", view=view.name, subject=subject, reason=reason)
        return warned, recovered
