"""The client of a registry host: each exchange is bounded, never redirected, never unpacked.

What the host says is believed by nobody: the caller verifies a body and reads back what it wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar

from acquis.errors import Unavailable
from acquis.registry.mirror.download import proxy_for
from acquis.registry.strict_json import MAX_BYTES
from acquis.text import Text

TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, the body as it came over the wire and the entity tag ("" when there is none)."""

    status: int
    body: bytes
    etag: str


class RegistryClient:
    """Asks the registry host at ``base_url``; a whole exchange takes ``timeout`` seconds at most."""

    def __init__(self, base_url: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._base_url = base_url.rstrip("/")
        self._timeout = ClientTimeout(total=timeout)
        self._session: ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

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
        if self._session is None:  # a session belongs to the loop it was made in
            self._session = ClientSession(
                auto_decompress=False,
                cookie_jar=DummyCookieJar(),
                headers={"accept-encoding": "identity"},
                proxy=proxy_for(self._base_url),
                timeout=self._timeout,
            )
        asking = self._session.request(
            method, self._base_url + path, data=content, headers=headers, allow_redirects=False
        )
        body = bytearray()
        try:
            async with asking as response:
                while chunk := await response.content.readany():
                    body += chunk
                    if len(body) > MAX_BYTES:
                        response.close()
                        raise _silent()
        except (ClientError, TimeoutError) as error:
            raise _silent() from error
        return Answer(response.status, bytes(body), response.headers.get("etag", ""))


def _silent() -> Unavailable:
    return Unavailable(
        Text("The registry does not answer.", "Le registre ne répond pas."),
    )
