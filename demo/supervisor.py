"""The supervisor starts, watches, stops and kills named programs, and leaves none behind.

Rules:

1. Before a program starts, its ports are tried: one in use is reported by name, nothing is started.
2. A program is started when its ready address answers 200, not before; one that ends or is too slow
   is an error that names its log file.
3. Each program is the leader of its own process group, so Ctrl-C in the terminal reaches the
   supervisor alone, which then stops them in its own time: SIGTERM to all, SIGKILL after a grace.
4. Each program dies with the supervisor, even when that one is killed outright (``demo.tether``).
5. A program that ends without being asked is started again after a growing pause, if it says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from acquis.errors import Conflict, NotFound, Unavailable
from acquis.text import Text

TETHER = Path(__file__).with_name("tether.py")
POLL_SECONDS = 0.1
STOP_GRACE_SECONDS = 10.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0
_TO_FIND = range(20_000, 32_000)
"""Ports that Linux gives to no connection unless it is told to (``ip_local_port_range``)."""
STEADY_SECONDS = 30.0
"""A program that ran this long starts again with the first, shortest pause."""


class PortInUse(Conflict):
    """A port that a program needs is taken by another process."""

    code = "port-in-use"
    title = Text("A port is in use", "Un port est occupé")


class NotStarted(Unavailable):
    """A program ended, or stayed silent, before it was ready."""

    code = "not-started"
    title = Text("A program did not start", "Un programme n’a pas démarré")


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, where it logs and how one knows that it is ready.

    ``ports`` names each port the program will bind on 127.0.0.1 ("admin": 8021). ``environment`` is
    the whole environment, nothing is inherited. Secrets belong in files, never in ``argv``.
    """

    name: str
    argv: tuple[str, ...]
    folder: Path
    log_file: Path
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    ready_url: str | None = None
    ports: Mapping[str, int] = field(default_factory=dict)
    ready_within: float = 180.0
    restarts: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory of a program and its children in megabytes: now, and at its highest."""

    resident_mb: float
    highest_mb: float


class Supervisor:
    """Runs programs by name. Use as ``async with Supervisor() as supervisor``: leaving stops all."""

    def __init__(self) -> None:
        self._programs: dict[str, Program] = {}
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._watchers: dict[str, asyncio.Task[None]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop_all()

    def add(self, program: Program) -> None:
        """Make ``program`` known by its name; replaces one of that name that is not running."""
        if self.is_running(program.name):
            raise Conflict(
                Text(
                    f"{program.name} is already running.",
                    f"{program.name} est déjà en marche.",
                )
            )
        self._programs[program.name] = program

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the programs that are known, in the order they were added."""
        return tuple(self._programs)

    def is_running(self, name: str) -> bool:
        """Say whether the program's process exists at this moment."""
        process = self._processes.get(name)
        return process is not None and process.returncode is None

    def pid(self, name: str) -> int:
        """The process id of a running program; raises ``NotFound``."""
        process = self._processes.get(name)
        if process is None or process.returncode is not None:
            raise NotFound(Text(f"{name} is not running.", f"{name} n’est pas en marche."))
        return process.pid

    def ports(self, name: str) -> Mapping[str, int]:
        """The ports of a program by what each is for; raises ``NotFound``."""
        return self._program(name).ports

    async def start(self, *names: str) -> None:
        """Start the named programs together and wait until each is ready.

        Raises ``PortInUse`` before anything is started, ``NotStarted`` when one ends or is too slow
        (the others of the call are left running), ``NotFound`` for an unknown name.
        """
        waiting = [name for name in names if not self.is_running(name)]
        for name in waiting:
            self._check_ports(self._program(name))
        for name in waiting:
            await self._launch(name)
        results = await asyncio.gather(
            *(self.wait_ready(name) for name in names), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result
        for name in waiting:
            if self._programs[name].restarts:
                self._watchers[name] = asyncio.create_task(self._watch(name), name=f"watch {name}")

    async def wait_ready(self, name: str) -> None:
        """Wait until the running program answers on its ready address; raises ``NotStarted``."""
        program, process = self._program(name), self._processes[name]
        give_up = time.monotonic() + program.ready_within
        async with httpx.AsyncClient(timeout=2.0, trust_env=False) as client:
            while process.returncode is None:
                if program.ready_url is None or await _answers(client, program.ready_url):
                    return
                if time.monotonic() > give_up:
                    raise _not_started(program, f"not ready after {program.ready_within:.0f} s")
                await asyncio.sleep(POLL_SECONDS)
        raise _not_started(program, f"ended with status {process.returncode}")

    async def stop(self, name: str) -> None:
        """Ask the program to end, insist after a grace, and wait until it is gone."""
        await self._end(name, signal.SIGTERM)

    async def kill(self, name: str) -> None:
        """Kill the program outright (SIGKILL) and wait until it is gone; it is not restarted."""
        await self._end(name, signal.SIGKILL)

    async def crash(self, name: str) -> None:
        """Kill the process as an accident would: a program that restarts comes back by itself."""
        process = self._processes[name]
        _signal_group(process, signal.SIGKILL)
        await process.wait()

    async def restart(self, name: str) -> None:
        """Stop the program if it runs, start it again and wait until it is ready."""
        await self.stop(name)
        await self.start(name)

    async def stop_all(self) -> None:
        """Stop every program, all at once."""
        await asyncio.gather(*(self.stop(name) for name in reversed(self.names)))

    def memory(self, name: str) -> Memory:
        """Read the memory of the program and its children from ``/proc``; raises ``NotFound``."""
        leader = self.pid(name)
        resident = highest = 0
        for pid in _session_members(leader):
            fields = _status_fields(pid)
            resident += fields.get("VmRSS", 0)
            highest += fields.get("VmHWM", 0)
        return Memory(resident / 1024, highest / 1024)

    def _program(self, name: str) -> Program:
        try:
            return self._programs[name]
        except KeyError:
            raise NotFound(
                Text(f"No program is called {name}.", f"Aucun programme ne s’appelle {name}.")
            ) from None

    def _check_ports(self, program: Program) -> None:
        for purpose, port in program.ports.items():
            if not is_port_free(port):
                raise PortInUse(
                    Text(
                        f"Port {port} on 127.0.0.1 ({program.name}, {purpose}) is in use "
                        "by another program. Stop that program or choose another port.",
                        f"Le port {port} de 127.0.0.1 ({program.name}, {purpose}) est occupé "
                        "par un autre programme. Arrêtez-le ou choisissez un autre port.",
                    )
                )

    async def _launch(self, name: str) -> None:
        program = self._program(name)
        program.folder.mkdir(parents=True, exist_ok=True)
        program.log_file.parent.mkdir(parents=True, exist_ok=True)
        log = os.open(program.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._processes[name] = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(TETHER), str(os.getpid())),
                *program.argv,
                cwd=program.folder,
                env=dict(program.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        finally:
            os.close(log)

    async def _end(self, name: str, first: signal.Signals) -> None:
        watcher = self._watchers.pop(name, None)
        if watcher is not None:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)
        process = self._processes.get(name)
        if process is None or process.returncode is not None:
            return
        _signal_group(process, first)
        try:
            await asyncio.wait_for(process.wait(), STOP_GRACE_SECONDS)
        except TimeoutError:
            _signal_group(process, signal.SIGKILL)
            await process.wait()
        finally:
            _signal_group(process, signal.SIGKILL)  # whatever else is left in its group

    async def _watch(self, name: str) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            started = time.monotonic()
            await self._processes[name].wait()
            if time.monotonic() - started > STEADY_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            await self._launch(name)


def is_port_free(port: int) -> bool:
    """Say whether a program could bind this TCP port of 127.0.0.1 now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Find ``count`` different TCP ports of 127.0.0.1 that nobody uses at this moment.

    None is one that the system gives to a connection, or that this finds in another process while
    this one lives: a port that nothing listens at yet would be lost to either.
    """
    ports = random.SystemRandom().sample(_TO_FIND, len(_TO_FIND))
    return list(islice((port for port in ports if is_port_free(port) and reserve(port)), count))


def reserve(port: int) -> bool:
    """Reserve a TCP port among those who ask here, by UDP's of that number; false: it is already.

    It is reserved as long as this process lives.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reservation:
        try:
            reservation.bind(("127.0.0.1", port))
        except OSError:
            return False
        reservation.detach()
    return True


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        response = await client.get(url)
    except httpx.HTTPError:
        return False
    return response.status_code == httpx.codes.OK


def _signal_group(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _not_started(program: Program, why: str) -> NotStarted:
    return NotStarted(
        Text(
            f"{program.name} did not start ({why}); its log is {program.log_file}.",
            f"{program.name} n’a pas démarré ({why}) ; son journal est {program.log_file}.",
        )
    )


def _session_members(leader: int) -> list[int]:
    members = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # After the command in parentheses: state, parent, group, session.
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == leader:
                    members.append(int(entry.name))
    return members


def _status_fields(pid: int) -> dict[str, int]:
    """The ``Vm…`` lines of ``/proc/<pid>/status``, in kibibytes; empty when the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.split() for line in lines if line.startswith("Vm"))
    return {name.rstrip(":"): int(value) for name, value, _ in pairs}
