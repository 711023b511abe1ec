"""One request to the registry host: bounded in bytes and in time, never redirected, never unpacked.

What the host says is believed by nobody: the caller verifies a body and reads back what it wrote.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from acquis.errors import Unavailable
from acquis.registry.strict_json import MAX_BYTES
from acquis.text import Text

TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, the body as it came over the wire and the entity tag ("" when there is none)."""

    status: int
    body: bytes
    etag: str


class RegistryHost:
    """A registry host at ``base_url``; a whole exchange takes ``timeout`` seconds at most."""

    def __init__(self, base_url: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._timeout = timeout
        self._client = httpx.AsyncClient(
            base_url=base_url,
            timeout=timeout,
            trust_env=False,
            follow_redirects=False,
            headers={"accept-encoding": "identity"},
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def get(self, path: str) -> Answer:
        """Ask for a file. Raises: Unavailable."""
        return await self._exchange("GET", path)

    async def put(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Write a file. Raises: Unavailable."""
        return await self._exchange("PUT", path, body, headers)

    async def _exchange(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        body = bytearray()
        request = self._client.build_request(method, path, content=content, headers=headers)
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._client.send(request, stream=True)
                try:
                    async for chunk in response.aiter_raw():
                        body += chunk
                        if len(body) > MAX_BYTES:
                            raise _silent()
                finally:
                    await response.aclose()
        except (httpx.HTTPError, TimeoutError) as error:
            raise _silent() from error
        return Answer(response.status_code, bytes(body), response.headers.get("etag", ""))


def _silent() -> Unavailable:
    return Unavailable(
        Text("The registry does not answer.", "Le registre ne répond pas."),
    )
