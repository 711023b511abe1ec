"""A network namespace that nothing leaves: holding one open, entering it, looking out of it.

A program of its own, on the standard library alone (``python -I -S namespace.py <verb> …``):

``hold <doors>``
    Make the namespace, bring up its loopback, serve the doors (JSON: ``{"in": {port: socket file},
    "out": {port: socket file}}``), say ``ready`` or why it cannot be, and stay until standard input
    ends.
``enter <pid> <program> <argument>…``
    Become ``program`` inside the namespace that ``pid`` holds.
``look``
    Read ``[[host, port], …]`` from standard input; say what the network looks like from here.

The only ways through are sockets in the file system: those belong to no network namespace. A door
``in`` leads from its socket file to a port inside, a door ``out`` from a port inside to its file.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import functools
import json
import os
import socket
import struct
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

REFUSED = (
    "This machine lets nobody make a network namespace (neither as root nor by a user namespace), "
    "so that nothing can be shown to verify offline. Run the tests as root, or allow user namespaces."
)
_SIOCSIFFLAGS = 0x8914
_IFF_UP_AND_RUNNING = 0x41
_CHUNK = 64 * 1024
_SECONDS_TO_CONNECT = 2.0

type Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
type Connect = Callable[[], Awaitable[Streams]]
type Note = Callable[[bytes], None]
type Meet = Callable[[Streams], Coroutine[Any, Any, None]]
type Start = Callable[[Callable[..., None]], Awaitable[asyncio.Server]]


async def relay(client: Streams, connect: Connect, note: Note | None = None) -> None:
    """Join ``client`` to what ``connect`` reaches until both have ended; ``note`` sees what it sends."""
    try:
        server = await connect()
    except OSError:
        client[1].close()
        return
    try:
        await asyncio.gather(
            _pump(client[0], server[1], note), _pump(server[0], client[1]), return_exceptions=True
        )
    finally:
        for _, writer in (client, server):
            writer.close()


@contextlib.asynccontextmanager
async def serving(start: Start, meet: Meet) -> AsyncIterator[None]:
    """Have ``meet`` serve who connects inside the block; who is still there at its end is cut off."""
    met: set[asyncio.Task[None]] = set()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(meet((reader, writer)))
        met.add(task)
        task.add_done_callback(met.discard)

    server = await start(begin)
    try:
        yield
    finally:
        server.close()
        for task in met:
            task.cancel()
        await asyncio.gather(*met, return_exceptions=True)


@contextlib.asynccontextmanager
async def serving_apart(start: Start, meet: Meet) -> AsyncIterator[None]:
    """Serve as `serving`, on a thread and a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    served = serving(start, meet)

    async def there(step: Coroutine[Any, Any, object]) -> None:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(step, loop))

    try:
        await there(served.__aenter__())
        try:
            yield
        finally:
            await there(served.__aexit__(None, None, None))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, note: Note | None = None
) -> None:
    try:
        while chunk := await reader.read(_CHUNK):
            if note is not None:
                note(chunk)
            writer.write(chunk)
            await writer.drain()
    finally:
        with contextlib.suppress(OSError, RuntimeError):
            writer.write_eof()


def isolate() -> None:
    """Leave every network behind: a new namespace with an own loopback and nothing else."""
    user, group = os.getuid(), os.getgid()
    try:
        os.unshare(os.CLONE_NEWNET)
    except PermissionError:
        os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH22x", b"lo", _IFF_UP_AND_RUNNING)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, request)


def hold(doors: dict[str, dict[str, str]]) -> None:
    """Make the namespace, serve its doors, stay until standard input ends."""
    try:
        isolate()
    except OSError as error:
        print(f"{REFUSED} ({error})", flush=True)
        return
    asyncio.run(_serve(doors))


async def _serve(doors: dict[str, dict[str, str]]) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for port, file in doors["in"].items():
            meet = functools.partial(relay, connect=to_port(int(port)))
            await stack.enter_async_context(serving(at_file(file), meet))
        for port, file in doors["out"].items():
            meet = functools.partial(relay, connect=to_file(file))
            await stack.enter_async_context(serving(at_port(int(port)), meet))
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)


def at_port(port: int) -> Start:
    """Listen on a port of this machine."""
    return lambda begin: asyncio.start_server(begin, "127.0.0.1", port)


def at_file(file: str) -> Start:
    """Listen at a socket in the file system."""
    return lambda begin: asyncio.start_unix_server(begin, file)


def to_port(port: int) -> Connect:
    """Reach a port of this machine."""
    return lambda: asyncio.open_connection("127.0.0.1", port)


def to_file(file: str) -> Connect:
    """Reach a socket in the file system."""
    return lambda: asyncio.open_unix_connection(file)


def enter(pid: int) -> None:
    """Move this process into the network namespace of ``pid``."""
    own, other = (Path(f"/proc/{who}/ns/user").stat().st_ino for who in ("self", pid))
    kinds = os.CLONE_NEWNET if own == other else os.CLONE_NEWUSER | os.CLONE_NEWNET
    descriptor = os.pidfd_open(pid)
    try:
        os.setns(descriptor, kinds)
    finally:
        os.close(descriptor)


def look(places: list[tuple[str, int]]) -> dict[str, object]:
    """Say which interfaces, routes and places there are, and what was tried in vain so far.

    ``no_route`` counts the packets that had nowhere to go, ``refused`` the connections that failed,
    both over the whole life of the namespace.
    """
    ip, tcp = _counters("Ip"), _counters("Tcp")
    return {
        "interfaces": [name for _, name in socket.if_nameindex()],
        "routes": len(Path("/proc/net/route").read_text().splitlines()) - 1,
        "no_route": ip["OutNoRoutes"],
        "refused": tcp["AttemptFails"],
        "reached": [f"{host}:{port}" for host, port in places if _reaches(host, port)],
    }


def _counters(family: str) -> dict[str, int]:
    lines = Path("/proc/net/snmp").read_text().splitlines()
    names, values = (line.split()[1:] for line in lines if line.startswith(f"{family}:"))
    return dict(zip(names, map(int, values), strict=True))


def _reaches(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=_SECONDS_TO_CONNECT):
            return True
    except OSError:
        return False


def main(arguments: list[str]) -> None:
    """Do what the first argument says."""
    verb, *rest = arguments
    if verb == "hold":
        hold(json.loads(rest[0]))
    elif verb == "enter":
        enter(int(rest[0]))
        os.execv(rest[1], rest[1:])
    elif verb == "look":
        print(json.dumps(look(json.load(sys.stdin))))


if __name__ == "__main__":
    main(sys.argv[1:])
