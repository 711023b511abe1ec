"""Access logs: doors in front of what is read, one for each reader, that note every request.

A service of ours logs no request, so that nothing could be read from its logs about anybody. The
tests put a door before it: whoever comes through is known by the door. A closed door stands where
nobody should knock; it notes each connection and answers nothing.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from demo.supervisor import free_ports
from support.namespace import Streams, at_port, relay, serving, serving_apart, to_port


@dataclass(frozen=True, slots=True)
class Noted:
    """A request: through which door, what for, when (seconds of a clock that only goes forward)."""

    door: str
    method: str
    path: str
    at: float


@dataclass
class AccessLog:
    """What was asked for, in order; each line is written to ``file`` as it comes."""

    file: Path
    requests: list[Noted] = field(default_factory=list)

    def note(self, door: str, method: str, path: str) -> None:
        """Add a request."""
        self.requests.append(Noted(door, method, path, time.monotonic()))
        with self.file.open("a", encoding="utf-8") as file:
            file.write(f"{door} {method} {path}\n")

    def through(self, *doors: str) -> list[Noted]:
        """Return what came through these doors."""
        return [each for each in self.requests if each.door in doors]

    @asynccontextmanager
    async def door(self, name: str, to: int, port: int | None = None) -> AsyncIterator[str]:
        """Stand before the port ``to`` of this machine; give the address of the door.

        It is on a thread of its own: whatever the tests are busy with, what comes is noted then.
        """

        async def meet(client: Streams) -> None:
            lines = RequestLines()

            def note(sent: bytes) -> None:
                for method, path in lines.feed(sent):
                    self.note(name, method, path)

            await relay(client, to_port(to), note)

        chosen = port or free_ports(1)[0]
        async with serving_apart(at_port(chosen), meet):
            yield f"http://127.0.0.1:{chosen}"

    @asynccontextmanager
    async def closed_door(self, name: str, port: int) -> AsyncIterator[None]:
        """Stand at ``port`` of this machine and note whoever knocks."""

        async def meet(client: Streams) -> None:
            self.note(name, "CONNECT", f":{port}")
            client[1].close()

        async with serving(at_port(port), meet):
            yield


class RequestLines:
    """Reads method and path of each request from what a client of HTTP/1.1 sends."""

    def __init__(self) -> None:
        self._buffer = b""
        self._skip = 0
        self._chunked = False

    def feed(self, sent: bytes) -> list[tuple[str, str]]:
        """Take in the next bytes; return the requests that begin in them."""
        self._buffer += sent
        found: list[tuple[str, str]] = []
        while self._step(found):
            pass
        return found

    def _step(self, found: list[tuple[str, str]]) -> bool:
        if self._skip:
            skipped = min(self._skip, len(self._buffer))
            self._buffer = self._buffer[skipped:]
            self._skip -= skipped
            return not self._skip
        end = b"\r\n" if self._chunked else b"\r\n\r\n"
        head, ended, rest = self._buffer.partition(end)
        if not ended:
            return False
        self._buffer = rest
        if self._chunked:
            size = int(head.partition(b";")[0], 16)
            self._skip, self._chunked = size + 2, size > 0
            return True
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ", 2)
        found.append((method, path))
        fields = {name.lower(): value.strip() for name, _, value in map(_parted, lines)}
        self._chunked = fields.get("transfer-encoding", "").lower() == "chunked"
        self._skip = int(fields.get("content-length", "0"))
        return True


def _parted(line: str) -> tuple[str, str, str]:
    return line.partition(":")
