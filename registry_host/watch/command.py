"""``acquis registry watch``: the watcher at a terminal."""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from acquis.errors import AcquisError, InvalidInput
from acquis.registry.did import is_host
from acquis.registry.mirror.download import check_base_url
from acquis.text import Text
from registry_host.watch.alarms import Alarm, plain
from registry_host.watch.memory import MAIN
from registry_host.watch.record import Record, check_record, opened_record
from registry_host.watch.watcher import Round, Watcher

_JITTER = 0.2
_MOST_SAID = 50  # alarms of one round at a terminal; all are in alarms.jsonl
_WORDS = {
    "alarm": Text("ALARM", "ALARME"),
    "over": Text("over", "terminé"),
    "warning": Text("warning", "avertissement"),
    "recovered": Text("recovered", "rétabli"),
    "more": Text("more alarms, in alarms.jsonl", "autres alarmes, dans alarms.jsonl"),
    "before": Text("before", "avant"),
    "now": Text("now", "maintenant"),
    "changed": Text("files changed", "fichiers modifiés"),
    "standing": Text("alarms stand", "alarmes en cours"),
    "repaired": Text(
        "The journal ended in half a line after a crash; it was cut off.",
        "Le journal se terminait par une demi-ligne après un arrêt brutal ; elle a été retirée.",
    ),
    "disk": Text("The folder cannot be written or read", "Le dossier ne peut être écrit ou lu"),
    "ended": Text("Ended.", "Terminé."),
}


def watch(  # noqa: PLR0917 - typer gives them by name
    url: Annotated[
        str | None, typer.Argument(help="Where the registry is read (default: as the last time).")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where everything seen is kept.")] = Path("watched"),
    host: Annotated[str | None, typer.Option(help="Host name in the DIDs.")] = None,
    trusted_root: Annotated[
        Path | None, typer.Option(help="root.json as its operator gave it out (the first time).")
    ] = None,
    also: Annotated[
        list[str] | None, typer.Option(help="Another address of the same registry; repeatable.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, help="Between two rounds, roughly.")] = 60.0,
    once: Annotated[
        bool, typer.Option("--once", help="One round: 0 nothing, 1 alarm, 2 could not look.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Lines of JSON.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only check that nobody changed the folder.")
    ] = False,
    language: Annotated[str, typer.Option(help="en or fr.")] = "en",
) -> None:
    """Watch a registry: keep every version of every file, cry out when it takes something back."""
    said = _Said(language, as_json=as_json)
    with said.errors():
        if check:
            said.checked(*check_record(folder))
            return
        given = None if url is None else check_base_url(url)
        further = {check_base_url(each): check_base_url(each) for each in also or []}
        with opened_record(folder, _now) as record:
            if record.repaired:
                said.line("repaired")
            addresses = {MAIN: given or _known_address(record, said), **further}
            record.pin(_host(host, record), trusted_root, addresses[MAIN])
            watcher = Watcher(record, addresses, _now)
            if once:
                raise typer.Exit(_once(watcher, said))
            _watch_on(watcher, said, seconds)


def _once(watcher: Watcher, said: _Said) -> int:
    rounds = watcher.rounds()
    for each in rounds:
        said.round(each)
    if rounds[-1].standing:
        return 1
    return 0 if all(each.is_whole for each in rounds) else 2


def _watch_on(watcher: Watcher, said: _Said, seconds: float) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while True:
            for each in watcher.rounds():
                said.round(each, only_news=True)
            time.sleep(seconds * random.uniform(1 - _JITTER, 1 + _JITTER))  # noqa: S311 - no secret
    except KeyboardInterrupt:
        said.line("ended")


def _known_address(record: Record, said: _Said) -> str:
    """Return the address that was watched the last time, and say it."""
    known = record.memory.address
    if known is None:
        raise InvalidInput(
            Text("Say where the registry is read: URL.", "Indiquez où lire le registre : URL.")
        )
    said.address(known)
    return check_base_url(known)


def _host(given: str | None, record: Record) -> str:
    host = given or record.memory.host
    if host is None or not is_host(host):
        raise InvalidInput(
            Text(
                "Say the host name in the registry’s DIDs: --host.",
                "Indiquez le nom d’hôte des DID du registre : --host.",
            )
        )
    return host


def _now() -> datetime:
    return datetime.now(UTC)


class _Said:
    """What is said at the terminal, for people or as JSON."""

    def __init__(self, language: str, *, as_json: bool) -> None:
        self._language, self._as_json = language, as_json

    @contextmanager
    def errors(self) -> Iterator[None]:
        """End with status 2 and a sentence where it is not possible to look."""
        try:
            yield
        except AcquisError as error:
            typer.echo(error.says.in_language(self._language), err=True)
            raise typer.Exit(2) from error
        except OSError as error:
            typer.echo(f"{self._word('disk')} ({error.strerror}).", err=True)
            raise typer.Exit(2) from error

    def line(self, word: str) -> None:
        """Say one of our own sentences."""
        self._echo({"event": word}, self._word(word))

    def address(self, known: str) -> None:
        """Say where the registry is read when nobody said it."""
        text = Text(
            f"Reading the registry at {plain(known)}, as the last time.",
            f"Lecture du registre à {plain(known)}, comme la dernière fois.",
        )
        self._echo({"event": "address", "address": known}, text.in_language(self._language))

    def checked(self, lines: int, files: int, last: str) -> None:
        """Say that the record is as it was written."""
        text = Text(
            f"Nothing was changed: {lines} lines, {files} files. Last line: {last}",
            f"Rien n’a été modifié : {lines} lignes, {files} fichiers. Dernière ligne : {last}",
        )
        facts = {"event": "checked", "lines": lines, "files": files, "last": last}
        self._echo(facts, text.in_language(self._language))

    def round(self, round_: Round, *, only_news: bool = False) -> None:
        """Say what a round found, one line each."""
        for alarm in round_.raised[:_MOST_SAID]:
            self._alarm("alarm", "raised", alarm)
        if len(round_.raised) > _MOST_SAID:
            more = len(round_.raised) - _MOST_SAID
            self._echo({"event": "more", "alarms": more}, f"{more} {self._word('more')}")
        for alarm in round_.cleared[:_MOST_SAID]:
            self._alarm("over", "cleared", alarm)
        for word, pairs in (("warning", round_.warned), ("recovered", round_.recovered)):
            for subject, reason in pairs[:_MOST_SAID]:
                text = f"{self._word(word)} {round_.view} {plain(subject)}: {plain(reason)}"
                facts = {"event": word, "view": round_.view, "subject": subject, "reason": reason}
                self._echo(facts, text)
        if round_.changed or not only_news:
            text = (
                f"{round_.view}: {round_.changed} {self._word('changed')},"
                f" {round_.standing} {self._word('standing')}"
            )
            looked = {"view": round_.view, "changed": round_.changed, "whole": round_.is_whole}
            self._echo({"event": "looked", **looked, "standing": round_.standing}, text)

    def _alarm(self, word: str, event: str, alarm: Alarm) -> None:
        says = alarm.says
        shown = [alarm.detail] if alarm.detail else []
        for name, digest in (("before", alarm.expected), ("now", alarm.found)):
            if digest is not None:
                shown.append(f"{self._word(name)} {digest[:16]}")
        text = (
            f"{self._word(word)} {alarm.name} {alarm.view} {plain(alarm.subject)}:"
            f" {says.in_language(self._language)} ({plain(', '.join(shown))})"
        )
        facts = {"event": event, **alarm.facts(), "says": {"en": says.en, "fr": says.fr}}
        self._echo(facts, text)

    def _word(self, name: str) -> str:
        return _WORDS[name].in_language(self._language)

    def _echo(self, facts: Mapping[str, object], text: str) -> None:
        at = _now().strftime("%Y-%m-%dT%H:%M:%SZ")
        typer.echo(json.dumps({"at": at, **facts}) if self._as_json else f"{at} {text}")
