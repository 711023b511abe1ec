"""Handing a signed document to a registry host; it is signed already, so no account is needed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import httpx

from acquis.errors import Conflict, InvalidInput, Unavailable
from acquis.text import Text

_SECONDS: Final = 20.0
_READ_SECONDS: Final = 60.0
_MOST_BYTES: Final = 5 * 1024 * 1024
_NO_ANSWER = Text(
    "The registry does not answer; nothing was published, it will be tried again",
    "Le registre ne répond pas ; rien n’a été publié, un nouvel essai suivra",
)
_UNREADABLE = Text(
    "The registry does not say what it publishes; try again later",
    "Le registre ne dit pas ce qu’il publie ; réessayez plus tard",
)


@dataclass(frozen=True, slots=True)
class UnverifiedDocument:
    """What a registry shows at an address, and the tag that a replacement of it must name."""

    raw: bytes
    tag: str


class Publisher:
    """Writes documents under the base URL of one registry host."""

    def __init__(self, base_url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._client = httpx.AsyncClient(
            base_url=base_url, transport=transport, timeout=_SECONDS, trust_env=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def publish(
        self, path: str, document: bytes, media_type: str, *, tag: str | None = None
    ) -> None:
        """Put ``document`` at ``path``; putting the same again is success.

        ``tag`` is that of what it replaces, where it may replace anything.
        Raises ``Unavailable`` (no answer, a fault of the host), ``Conflict`` (something else
        stands there) or ``InvalidInput`` (the host refuses it by one of its rules).
        """
        headers = {"content-type": media_type} | ({"if-match": tag} if tag else {})
        try:
            response = await self._client.put(path, content=document, headers=headers)
        except httpx.HTTPError as error:
            raise Unavailable(_NO_ANSWER) from error
        if response.is_success:
            return
        if response.status_code >= 500 or response.status_code == 429:
            raise Unavailable(_NO_ANSWER)
        rule = _rule_of(response)
        says = Text(
            f"The registry refused the document: {rule}",
            f"Le registre a refusé le document : {rule}",
        )
        raise Conflict(says) if response.status_code in {409, 412} else InvalidInput(says)

    async def read(self, path: str) -> UnverifiedDocument | None:
        """Return what the registry shows at ``path`` (at most 5 MiB), None when nothing stands.

        Raises: Unavailable.
        """
        raw = bytearray()
        try:
            async with (
                asyncio.timeout(_READ_SECONDS),
                self._client.stream(
                    "GET", path, headers={"accept-encoding": "identity"}
                ) as response,
            ):
                if response.status_code == 404:
                    return None
                # What is packed is never unpacked: a few bytes could become endless.
                if response.status_code != 200 or "content-encoding" in response.headers:
                    raise Unavailable(_UNREADABLE)
                async for chunk in response.aiter_bytes():
                    raw += chunk
                    if len(raw) > _MOST_BYTES:
                        raise Unavailable(_UNREADABLE)
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unavailable(_UNREADABLE) from error
        return UnverifiedDocument(bytes(raw), response.headers.get("etag", ""))


def _rule_of(response: httpx.Response) -> str:
    try:
        return str(response.json().get("detail", ""))[:300]
    except (ValueError, AttributeError):
        return f"status {response.status_code}"
