"""The supervisor with small real programs: readiness, ports, stopping, crashes, none left behind."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from acquis.errors import Conflict, NotFound
from demo.supervisor import NotStarted, PortInUse, Program, Supervisor, free_ports, is_port_free

SERVER = """
import http.server, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
"""


def server(folder: Path, *, name: str = "web", restarts: bool = False) -> Program:
    (port,) = free_ports(1)
    return Program(
        name=name,
        argv=(sys.executable, "-c", SERVER, str(port)),
        folder=folder,
        log_file=folder / f"{name}.log",
        ready_url=f"http://127.0.0.1:{port}/",
        ports={"web": port},
        ready_within=20,
        restarts=restarts,
    )


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


async def test_starts_when_ready_and_stops(tmp_path: Path) -> None:
    program = server(tmp_path)
    async with Supervisor() as supervisor:
        supervisor.add(program)
        await supervisor.start("web")
        pid = supervisor.pid("web")
        assert supervisor.is_running("web")
        assert not is_port_free(program.ports["web"])
        memory = supervisor.memory("web")
        assert 1 < memory.resident_mb <= memory.highest_mb
        with pytest.raises(Conflict):
            supervisor.add(program)
    assert not is_alive(pid)
    assert is_port_free(program.ports["web"])
    with pytest.raises(NotFound):
        supervisor.pid("web")


async def test_killed_and_started_again(tmp_path: Path) -> None:
    async with Supervisor() as supervisor:
        supervisor.add(server(tmp_path, restarts=True))
        await supervisor.start("web")
        first = supervisor.pid("web")
        await supervisor.kill("web")
        assert not is_alive(first)
        assert not supervisor.is_running("web")
        await supervisor.restart("web")
        assert supervisor.pid("web") != first


async def test_says_which_port_is_in_use_and_starts_nothing(tmp_path: Path) -> None:
    good, bad = server(tmp_path, name="good"), server(tmp_path, name="bad")
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", bad.ports["web"]))
        squatter.listen()
        async with Supervisor() as supervisor:
            supervisor.add(good)
            supervisor.add(bad)
            with pytest.raises(PortInUse) as refused:
                await supervisor.start("good", "bad")
            assert f"{bad.ports['web']} on 127.0.0.1 (bad, web)" in refused.value.says.en
            assert f"{bad.ports['web']} de 127.0.0.1 (bad, web)" in refused.value.says.fr
            assert not supervisor.is_running("good")


async def test_a_program_that_ends_at_once_is_an_error_with_its_log(tmp_path: Path) -> None:
    program = Program(
        name="brief",
        argv=(sys.executable, "-c", "raise SystemExit('no such thing')"),
        folder=tmp_path,
        log_file=tmp_path / "brief.log",
        ready_url="http://127.0.0.1:9/",
    )
    async with Supervisor() as supervisor:
        supervisor.add(program)
        with pytest.raises(NotStarted, match=r"ended with status 1.*brief\.log"):
            await supervisor.start("brief")
    assert "no such thing" in program.log_file.read_text()
    assert program.log_file.stat().st_mode & 0o777 == 0o600


async def test_comes_back_by_itself_after_a_crash(tmp_path: Path) -> None:
    async with Supervisor() as supervisor:
        supervisor.add(server(tmp_path, restarts=True))
        await supervisor.start("web")
        first = supervisor.pid("web")
        await supervisor.crash("web")
        while not supervisor.is_running("web"):
            await asyncio.sleep(0.05)
        await supervisor.wait_ready("web")
        second = supervisor.pid("web")
        assert second != first
        await supervisor.stop("web")
        await asyncio.sleep(0.8)
        assert not supervisor.is_running("web")
        assert not is_alive(second)


async def test_a_deaf_program_and_its_children_are_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("demo.supervisor.STOP_GRACE_SECONDS", 0.3)
    told = tmp_path / "child"
    deaf = textwrap.dedent(f"""
        import pathlib, signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        pathlib.Path({str(told)!r}).write_text(str(child.pid))
        time.sleep(60)
    """)
    async with Supervisor() as supervisor:
        supervisor.add(
            Program(
                name="deaf",
                argv=(sys.executable, "-c", deaf),
                folder=tmp_path,
                log_file=tmp_path / "deaf.log",
            )
        )
        await supervisor.start("deaf")
        while not (told.exists() and told.read_text()):
            await asyncio.sleep(0.05)
        pids = [supervisor.pid("deaf"), int(told.read_text())]
        assert all(is_alive(pid) for pid in pids)
    for pid in pids:
        while is_alive(pid):
            await asyncio.sleep(0.02)


async def test_children_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    script = textwrap.dedent(f"""
        import asyncio, pathlib, sys
        from demo.supervisor import Program, Supervisor
        async def main():
            supervisor = Supervisor()
            folder = pathlib.Path({str(tmp_path)!r})
            supervisor.add(Program("sleeper", (sys.executable, "-c", "import time; time.sleep(60)"),
                                   folder, folder / "log"))
            await supervisor.start("sleeper")
            pathlib.Path({str(told)!r}).write_text(str(supervisor.pid("sleeper")))
            await asyncio.sleep(60)
        asyncio.run(main())
    """)
    root = Path(__file__).parents[3]
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", script, cwd=root)
    while not (told.exists() and told.read_text()):
        assert parent.returncode is None
        await asyncio.sleep(0.05)
    child = int(told.read_text())
    assert is_alive(child)
    parent.send_signal(signal.SIGKILL)
    await parent.wait()
    while is_alive(child):
        await asyncio.sleep(0.02)


def test_free_ports_are_different() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20


def test_free_ports_are_lost_to_no_connection_and_to_no_other_process() -> None:
    ports = free_ports(20)
    lowest, _ = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    assert max(ports) < int(lowest)
    asks = "from demo.supervisor import reserve; import sys; print(any(map(reserve, map(int, sys.argv[1:]))))"
    other = [sys.executable, "-c", asks, *map(str, ports)]
    assert subprocess.run(other, capture_output=True, check=True).stdout == b"False\n"
    assert not {*ports} & {*free_ports(20)}
