"""Handing a signed document to a registry host; it is signed already, so no account is needed."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import httpx

from acquis.errors import Conflict, InvalidInput, Unavailable
from acquis.registry.mirror.download import proxy_for
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
            base_url=base_url,
            transport=transport,
            proxy=None if transport else proxy_for(base_url),
            timeout=_SECONDS,
            trust_env=False,
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
        headers = {"content-type": media_type, "accept-encoding": "identity"}
        if tag:
            headers["if-match"] = tag
        try:
            async with (
                asyncio.timeout(_READ_SECONDS),
                self._client.stream("PUT", path, content=document, headers=headers) as response,
            ):
                said = await _read_whole(response, Unavailable(_NO_ANSWER))
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unavailable(_NO_ANSWER) from error
        if response.is_success:
            return
        if response.status_code >= 500 or response.status_code == 429:
            raise Unavailable(_NO_ANSWER)
        rule = _rule_of(response.status_code, said)
        says = Text(
            f"The registry refused the document: {rule}",
            f"Le registre a refusé le document : {rule}",
        )
        raise Conflict(says) if response.status_code in {409, 412} else InvalidInput(says)

    async def read(self, path: str) -> UnverifiedDocument | None:
        """Return what the registry shows at ``path`` (at most 5 MiB), None when nothing stands.

        Raises: Unavailable.
        """
        try:
            async with (
                asyncio.timeout(_READ_SECONDS),
                self._client.stream(
                    "GET", path, headers={"accept-encoding": "identity"}
                ) as response,
            ):
                if response.status_code == 404:
                    return None
                if response.status_code != 200:
                    raise Unavailable(_UNREADABLE)
                raw = await _read_whole(response, Unavailable(_UNREADABLE))
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unavailable(_UNREADABLE) from error
        return UnverifiedDocument(raw, response.headers.get("etag", ""))


async def _read_whole(response: httpx.Response, refusal: Unavailable) -> bytes:
    """Return the body as it was sent, or raise ``refusal``: it is too long, or packed.

    What is packed is never unpacked: a few bytes could become endless.
    """
    if "content-encoding" in response.headers:
        raise refusal
    raw = bytearray()
    async for chunk in response.aiter_bytes():
        raw += chunk
        if len(raw) > _MOST_BYTES:
            raise refusal
    return bytes(raw)


def _rule_of(status: int, said: bytes) -> str:
    try:
        return str(json.loads(said).get("detail", ""))[:300]
    except (ValueError, AttributeError, RecursionError):
        return f"status {status}"
