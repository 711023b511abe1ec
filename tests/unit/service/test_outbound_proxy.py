"""Registries are reached through the environment's proxy, to read and to write; nothing else is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from acapy_webvh.registry_client import RegistryClient
from acquis.acapy.client import AgentClient
from acquis.errors import AcquisError
from acquis.registry.mirror.download import proxy_for
from acquis.service.fetch import Fetcher
from acquis.service.publication import Publisher

ELSEWHERE = "http://registry.invalid"
ANSWER = b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[str, list[str]]]:
    """Answer every request on a port of its own; yields its address and the lines that asked."""
    asked: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head.split(b"\r\n", 1)[0].decode())
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


async def publish(base_url: str) -> None:
    """Publish as a service does, and as the agent's plugin does."""
    async with Publisher(base_url) as publisher:
        await publisher.publish("/demo/a", b"{}", "application/json")
    host = RegistryClient(base_url)
    await host.put("/demo/b", b"{}", {})
    await host.close()


async def test_publication_goes_through_the_proxy_and_on_loopback_never(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with listening() as (proxy, through), listening() as (near, direct):
        monkeypatch.setenv("http_proxy", proxy)
        monkeypatch.delenv("no_proxy", raising=False)
        await publish(ELSEWHERE)
        await publish(near)
    assert through == [f"PUT {ELSEWHERE}/demo/{each} HTTP/1.1" for each in "ab"]
    assert direct == [f"PUT /demo/{each} HTTP/1.1" for each in "ab"]


async def test_neither_an_agent_nor_a_link_is_reached_through_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with listening() as (proxy, through):
        monkeypatch.setenv("http_proxy", proxy)
        agent, fetcher = AgentClient(ELSEWHERE, "key"), Fetcher()
        for asking in (agent.get("/status/ready"), fetcher.fetch(f"{ELSEWHERE}/claim")):
            with pytest.raises(AcquisError):
                await asking
        await agent.aclose()
        await fetcher.close()
    assert through == []


def test_the_environment_says_which_proxy_and_for_what(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "inside.example")
    assert proxy_for("https://registry.example") == "http://proxy.example:3128"
    assert proxy_for("https://registry.inside.example") is None
    assert proxy_for("http://registry.example") is None
    assert proxy_for("https://[::1]:8010") is None
