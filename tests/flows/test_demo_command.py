"""The demo as a newcomer meets it: it ends well, twice; it names a port in use; Ctrl-C leaves nothing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from demo.supervisor import is_port_free, reserve
from demo.town import Ports

pytestmark = pytest.mark.agents
ROOT = Path(__file__).parents[2]


def first_of_free_ports() -> int:
    for first in range(18010, 19990, 50):
        ports = Ports.starting_at(first)
        free = all(is_port_free(getattr(ports, name)) for name in ports.__slots__)
        if free and reserve(first):
            return first
    raise AssertionError("no free ports")


def start(folder: Path, first: int, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "demo", *options),
            *("--folder", str(folder), "--first-port", str(first)),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def left_behind(folder: Path) -> list[str]:
    """Return the processes that run from the demo's folder."""
    found = []
    for process in psutil.process_iter(["pid", "cwd", "cmdline"]):
        if (process.info["cwd"] or "").startswith(str(folder)):
            found.append(" ".join(process.info["cmdline"] or []))
    return found


def test_it_ends_well_and_a_second_time_too(tmp_path: Path) -> None:
    first = first_of_free_ports()
    for _ in range(2):
        run = start(tmp_path / "demo", first, "--once")
        said, _nothing = run.communicate(timeout=240)
        assert run.returncode == 0, said
        assert "Accepted: everything that is required was checked and holds." in said
        assert "“Python” at level 3 or more, not the exact level" in said
        assert "hidden  the learner's family name" in said
        assert "refused  Not proved to stand by the revocation list in force" in said
        assert "The main job is done" in said
        assert left_behind(tmp_path) == []
    written = [path for path in tmp_path.iterdir() if path.name != "demo"]
    assert written == []


def test_a_port_in_use_is_said_by_name(tmp_path: Path) -> None:
    first = first_of_free_ports()
    ports = Ports.starting_at(first)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the last run's is just closed
        taken.bind(("127.0.0.1", ports.wallet_admin))
        taken.listen()
        run = start(tmp_path / "demo", first, "--once")
        said, _nothing = run.communicate(timeout=120)
    assert run.returncode == 1
    assert str(ports.wallet_admin) in said
    assert "holder-agent" in said
    assert "Traceback" not in said
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_stopping_it_leaves_no_process_behind(tmp_path: Path, how: signal.Signals) -> None:
    run = start(tmp_path / "demo", first_of_free_ports(), "--once")
    give_up = time.monotonic() + 60
    while len(left_behind(tmp_path)) < 5 and time.monotonic() < give_up:
        time.sleep(0.1)
    assert len(left_behind(tmp_path)) >= 5
    os.kill(run.pid, how)
    said, _nothing = run.communicate(timeout=60)
    give_up = time.monotonic() + 20
    while left_behind(tmp_path) and time.monotonic() < give_up:
        time.sleep(0.1)
    assert left_behind(tmp_path) == []
    if how is signal.SIGINT:
        assert "Everything is stopped." in said
        assert "Traceback" not in said
