"""The webhooks of a simulated agent, as unreliable as one likes."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from random import Random
from typing import Any

import httpx


@dataclass(frozen=True)
class Rung:
    """A webhook that was sent, whether or not anybody heard it."""

    topic: str
    body: bytes
    headers: dict[str, str]


class Doorbells:
    """Rings at a service: ``dropped`` and ``repeated`` are shares of 1, ``disordered`` shuffles.

    ``url`` is the service's address for webhooks; the topic is appended as ACA-Py does.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._client: httpx.AsyncClient | None = None
        self.rung: list[Rung] = []
        self.dropped = 0.0
        self.repeated = 0.0
        self.disordered = False

    def connect(self, url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Ring at ``url`` from now on."""
        self._client = httpx.AsyncClient(base_url=url, transport=transport, trust_env=False)

    async def ring(self, topic: str, payload: dict[str, Any], headers: dict[str, str]) -> None:
        """Send one webhook, or none, or two, now or a little later."""
        rung = Rung(topic, json.dumps(payload).encode(), headers)
        self.rung.append(rung)
        if self._random.random() < self.dropped:
            return
        for _ in range(2 if self._random.random() < self.repeated else 1):
            if self.disordered:
                await asyncio.sleep(self._random.random() * 0.03)
            await self._send(rung)

    async def _send(self, rung: Rung) -> None:
        if self._client is None:
            return
        for _ in range(2):
            try:
                response = await self._client.post(
                    f"topic/{rung.topic}/",
                    content=rung.body,
                    headers=rung.headers | {"content-type": "application/json"},
                )
            except httpx.HTTPError:
                await asyncio.sleep(0.02)
                continue
            if response.is_success:
                return

    async def close(self) -> None:
        """Close the connection to the service."""
        if self._client:
            await self._client.aclose()
