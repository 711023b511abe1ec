"""``acquis registry watch …`` as somebody at a terminal, or a script, uses it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from registry_host.command import app
from support.hostile_registry import hostile_host, server_error
from support.registry import HOST, Issuer, publish_all, running_registry
from support.watched_registry import Thief

RUN = CliRunner()
NOBODY = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def thief(tmp_path_factory: pytest.TempPathFactory) -> Thief:
    base = tmp_path_factory.mktemp("registry")
    with running_registry(base) as server:
        publish_all(server, Issuer(), lists=1)
    return Thief(base)


@pytest.fixture
def url(thief: Thief) -> Iterator[str]:
    thief.remember("honest")
    with hostile_host(thief.public) as host:
        yield host.url
    thief.restore("honest")


def options(thief: Thief, folder: Path) -> list[str]:
    root = str(thief.tuf / "1.root.json")
    return ["--folder", str(folder), "--host", HOST, "--trusted-root", root]


def watch(*arguments: str) -> Result:
    return RUN.invoke(app, ["watch", *arguments])


def test_the_exit_status_of_one_round_tells_nothing_alarm_or_could_not_look(
    thief: Thief, url: str, tmp_path: Path
) -> None:
    given = [*options(thief, tmp_path), "--once"]
    quiet = watch(url, *given)
    assert (quiet.exit_code, quiet.output.count("\n")) == (0, 1)
    assert "main: 7 files changed, 0 alarms stand" in quiet.output
    down = watch(NOBODY, *given)
    assert down.exit_code == 2
    assert "warning main tuf/1.root.json: no answer" in down.output
    thief.publish({"univ/demo/did.jsonl": None})
    alarmed = watch(url, "--once", "--folder", str(tmp_path))  # the rest is known by now
    assert alarmed.exit_code == 1
    assert "ALARM file-gone main univ/demo/did.jsonl: A published file" in alarmed.output
    assert "recovered main tuf/1.root.json" in alarmed.output
    again = watch(url, "--once", "--folder", str(tmp_path))
    assert (again.exit_code, "ALARM" in again.output) == (1, False)
    checked = watch("--check", "--folder", str(tmp_path))
    assert checked.exit_code == 0
    assert "Nothing was changed" in checked.output


def test_the_address_of_the_last_time_is_taken_where_none_is_said(
    thief: Thief, url: str, tmp_path: Path
) -> None:
    there = ("--once", "--folder", str(tmp_path))
    unknown = watch(*there)
    assert (unknown.exit_code, "Say where the registry is read" in unknown.output) == (2, True)
    assert watch(url, *options(thief, tmp_path), "--once").exit_code == 0
    again = watch(*there)
    assert (again.exit_code, f"Reading the registry at {url}, as" in again.output) == (0, True)
    with hostile_host(thief.public) as other:
        assert watch(other.url, *there).exit_code == 0
        moved = watch(*there, "--json")
        said = json.loads(moved.output.splitlines()[0])
        assert (said["event"], said["address"]) == ("address", other.url)
        assert moved.exit_code == 0
    journal = (tmp_path / "journal.jsonl").read_text()
    assert journal.count('"kind":"moved"') == 1


def test_lines_of_json_carry_both_languages_and_the_evidence(
    thief: Thief, url: str, tmp_path: Path
) -> None:
    assert watch(url, *options(thief, tmp_path), "--once").exit_code == 0
    thief.publish({"univ/demo/did.jsonl": None})
    done = watch(url, *options(thief, tmp_path), "--once", "--json")
    raised, looked = map(json.loads, done.output.splitlines())
    assert (raised["event"], raised["name"], raised["view"]) == ("raised", "file-gone", "main")
    assert set(raised["says"]) == {"en", "fr"}
    assert len(raised["expected"]) == len(raised["seen_in"]) == 64
    assert (looked["event"], looked["whole"], looked["standing"]) == ("looked", True, 1)


def test_it_speaks_french_and_obeys_nothing_in_a_name(
    thief: Thief, url: str, tmp_path: Path
) -> None:
    thief.publish({"univ/demo/\x1b[2J": b"x"})
    done = watch(url, *options(thief, tmp_path), "--once", "--language", "fr")
    assert done.exit_code == 1
    assert "ALARME file-unverified" in done.output
    assert "n’est pas vérifiable" in done.output
    assert "\x1b" not in done.output


def test_another_address_is_watched_beside(thief: Thief, url: str, tmp_path: Path) -> None:
    with hostile_host(thief.public) as other:
        given = [*options(thief, tmp_path), "--once", "--also", other.url]
        both = watch(url, *given)
        assert both.exit_code == 0
        assert f"{other.url}: 7 files changed" in both.output
        other.attack, other.applies_to = server_error, "timestamp"
        assert watch(url, *given).exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["ftp://registry.example"],
        [NOBODY],
        [NOBODY, "--host", "localhost"],
        [NOBODY, "--host", HOST],
        [NOBODY, "--host", HOST, "--trusted-root", "missing.json"],
        ["--check"],
    ],
)
def test_what_cannot_be_watched_is_said_in_a_sentence(tmp_path: Path, arguments: list[str]) -> None:
    done = watch("--once", "--folder", str(tmp_path / "new"), *arguments)
    assert (done.exit_code, isinstance(done.exception, SystemExit)) == (2, True)
    assert done.output.strip()


def test_a_changed_journal_is_refused(thief: Thief, url: str, tmp_path: Path) -> None:
    assert watch(url, *options(thief, tmp_path), "--once").exit_code == 0
    journal = tmp_path / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"did.jsonl", b"did.jsonx", 1))
    for arguments in (["--check"], [url, "--once"]):
        done = watch(*arguments, "--folder", str(tmp_path))
        assert done.exit_code == 2
        assert "The journal was changed" in done.output


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_when_it_is_told_to(
    thief: Thief, url: str, tmp_path: Path, sent: signal.Signals
) -> None:
    command = [sys.executable, "-m", "registry_host", "watch", url, *options(thief, tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert "7 files changed" in run.stdout.readline()
        run.send_signal(sent)
        try:
            out, err = run.communicate(timeout=60)
        finally:
            run.kill()
    assert (run.returncode, out.endswith("Ended.\n"), err) == (0, True, "")
    assert watch("--check", "--folder", str(tmp_path)).exit_code == 0
