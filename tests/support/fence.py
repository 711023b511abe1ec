"""A fence around a service and its agent: nothing but the wallet's agent can be reached from inside.

Both run in a network namespace of their own (``support.namespace``) that has a loopback and no
other interface, no route and no name server. There are three doors, each a socket in the file
system: in to the service, in to its agent's inbound port, and out to the wallet's agent.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from demo.supervisor import Supervisor
from support import namespace
from support.namespace import at_file, at_port, relay, serving, to_file, to_port

_PROGRAM = (sys.executable, "-I", "-S", str(Path(namespace.__file__)))


@dataclass(frozen=True, slots=True)
class Fence:
    """A namespace that is held open by the process ``pid``."""

    pid: int

    def wrap(self, argv: Iterable[str]) -> tuple[str, ...]:
        """Return the command that runs ``argv`` inside."""
        return (*_PROGRAM, "enter", str(self.pid), *argv)

    async def look(self, places: Iterable[tuple[str, int]] = ()) -> dict[str, Any]:
        """Say what the network looks like from inside (``namespace.look``)."""
        process = await asyncio.create_subprocess_exec(
            *self.wrap((*_PROGRAM, "look")),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await process.communicate(json.dumps(list(places)).encode())
        assert process.returncode == 0
        found: dict[str, Any] = json.loads(said)
        return found


@asynccontextmanager
async def fence(inward: Iterable[int], outward: Iterable[int]) -> AsyncIterator[Fence]:
    """Hold a fence: ``inward`` ports lead in, at the same number outside; ``outward`` ports lead out.

    Fails with a sentence that says so where the machine allows no network namespace.
    """
    # A socket's path has at most 107 letters: not below the test's own long folder.
    sockets = Path(tempfile.mkdtemp(prefix="fence-"))
    doors = {
        "in": {str(port): str(sockets / f"in-{port}") for port in inward},
        "out": {str(port): str(sockets / f"out-{port}") for port in outward},
    }
    async with AsyncExitStack() as stack:
        stack.callback(shutil.rmtree, sockets)
        for port, file in doors["out"].items():
            meet = partial(relay, connect=to_port(int(port)))
            await stack.enter_async_context(serving(at_file(file), meet))
        process = await asyncio.create_subprocess_exec(
            *(*_PROGRAM, "hold", json.dumps(doors)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        stack.push_async_callback(_let_go, process)
        assert process.stdout is not None
        said = (await process.stdout.readline()).decode().strip()
        assert said == "ready", said
        for port, file in doors["in"].items():
            meet = partial(relay, connect=to_file(file))
            await stack.enter_async_context(serving(at_port(int(port)), meet))
        yield Fence(process.pid)


@asynccontextmanager
async def fenced(
    supervisor: Supervisor, fence: Fence, agent: str, service: str
) -> AsyncIterator[None]:
    """Run a service and its agent inside the fence; they were stopped before, and are afterwards."""
    programs = [supervisor._program(name) for name in (agent, service)]
    for program in programs:
        # Their ports are taken outside, by the doors; the agent has no door for who asks if it is
        # ready: its service says that.
        ready = program.ready_url if program.name == service else None
        supervisor.add(replace(program, argv=fence.wrap(program.argv), ports={}, ready_url=ready))
    await supervisor.start(agent, service)
    try:
        yield
    finally:
        await asyncio.gather(supervisor.stop(agent), supervisor.stop(service))
        for program in programs:
            supervisor.add(program)


async def _let_go(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    await process.wait()
