"""Overhearing: a door before a port that keeps every HTTP request as it came, headers and body."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from support.namespace import Streams, at_port, relay, serving, to_port

_MOST_HEAD = 64 * 1024


@dataclass(frozen=True, slots=True)
class Heard:
    """One request: its header fields are in the order and the letters in which they came."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@asynccontextmanager
async def overhearing(port: int, to: int, heard: list[Heard]) -> AsyncIterator[None]:
    """Stand at ``port`` before the port ``to`` of this machine; add what is asked to ``heard``."""

    async def meet(client: Streams) -> None:
        said = asyncio.StreamReader(limit=_MOST_HEAD)
        reading = asyncio.create_task(_read(said, heard))
        try:
            await relay(client, to_port(to), said.feed_data)
        finally:
            said.feed_eof()
            await reading

    async with serving(at_port(port), meet):
        yield


async def _read(said: asyncio.StreamReader, heard: list[Heard]) -> None:
    """Read one request after the other; the end comes in the place of one."""
    with suppress(asyncio.IncompleteReadError):
        while True:
            head = (await said.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
            method, path, _ = first.split(" ", 2)
            headers = tuple((name, value.strip()) for name, _, value in map(_parted, lines))
            heard.append(Heard(method, path, headers, await _read_body(said, headers)))


async def _read_body(said: asyncio.StreamReader, headers: tuple[tuple[str, str], ...]) -> bytes:
    fields = {name.lower(): value for name, value in headers}
    if fields.get("transfer-encoding", "").lower() != "chunked":
        return await said.readexactly(int(fields.get("content-length", "0")))
    body = b""
    while size := int((await said.readuntil(b"\r\n")).partition(b";")[0], 16):
        body += await said.readexactly(size)
        await said.readexactly(2)
    await said.readuntil(b"\r\n")
    return body


def _parted(line: str) -> tuple[str, str, str]:
    return line.partition(":")
