"""Fetching a link that a stranger gave: small, soon or not at all, never from a private place."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from acquis.errors import AlreadyUsed, Expired, InvalidInput, NotFound, TooLarge, Unavailable
from acquis.text import Text

MOST_BYTES: Final = 256 * 1024
RETRY_HEADER: Final = "acquis-retry-key"
_MOST_LINK: Final = 2048
_SECONDS: Final = 10.0

_NOT_A_LINK = Text(
    "This is not a link that Acquis can follow: an https address is expected",
    "Ce n’est pas un lien qu’Acquis peut suivre : une adresse https est attendue",
)
_NO_ANSWER = Text(
    "The link’s site does not answer; nothing was changed, try again later",
    "Le site du lien ne répond pas ; rien n’a changé, réessayez plus tard",
)


class Fetcher:
    """Fetches documents from links; ``allow_loopback`` is for a demo on one machine."""

    def __init__(
        self, *, allow_loopback: bool = False, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._allow_loopback = allow_loopback
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=_SECONDS,
            follow_redirects=False,
            trust_env=False,
            headers={"accept": "application/json", "user-agent": "acquis-wallet"},
        )

    async def fetch(self, link: str, retry_key: str = "") -> bytes:
        """Return the document behind ``link``, which was asked for as JSON.

        ``retry_key`` is sent along so that a link that works once knows a second try by the same
        wallet; it is to be another one for each link.

        Raises ``InvalidInput`` (not a link, a private place, a redirect), ``TooLarge``
        (over 256 KiB), ``NotFound``, ``Expired``, ``AlreadyUsed`` as the site says, or
        ``Unavailable``.
        """
        await self._check_link(link)
        try:
            async with (
                asyncio.timeout(_SECONDS),
                self._client.stream(
                    "GET", link, headers={RETRY_HEADER: retry_key} if retry_key else None
                ) as response,
            ):
                _check_status(response.status_code)
                body = bytearray()
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > MOST_BYTES:
                        raise TooLarge(
                            Text(
                                "What the link leads to is too large to be an invitation",
                                "Ce à quoi mène le lien est trop volumineux pour une invitation",
                            )
                        )
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            raise Unavailable(_NO_ANSWER) from error
        return bytes(body)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _check_link(self, link: str) -> None:
        if len(link) > _MOST_LINK:
            raise InvalidInput(_NOT_A_LINK)
        try:
            parts = urlsplit(link.strip())
            port = parts.port
        except ValueError as error:
            raise InvalidInput(_NOT_A_LINK) from error
        host = parts.hostname or ""
        if parts.scheme not in {"https", "http"} or not host or parts.username:
            raise InvalidInput(_NOT_A_LINK)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port or 443, type=socket.SOCK_STREAM
            )
        except (OSError, UnicodeError) as error:
            raise Unavailable(_NO_ANSWER) from error
        addresses = {ipaddress.ip_address(item[4][0]) for item in found}
        on_loopback = all(address.is_loopback for address in addresses)
        if self._allow_loopback and on_loopback:
            return
        if parts.scheme != "https" or not all(address.is_global for address in addresses):
            raise InvalidInput(_NOT_A_LINK)


def parse_json(body: bytes) -> Any:
    """Parse JSON from a stranger; raises ``InvalidInput`` for anything that is not."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            Text(
                "This is not an Acquis link or invitation",
                "Ce n’est ni un lien ni une invitation Acquis",
            )
        ) from error


def _check_status(status: int) -> None:
    if status == 200:
        return
    if status == 404:
        raise NotFound(
            Text("This link is not known to its site", "Ce lien est inconnu de son site")
        )
    if status == 410:
        raise Expired(Text("This link has expired", "Ce lien a expiré"))
    if status == 409:
        raise AlreadyUsed(Text("This link has already been used", "Ce lien a déjà été utilisé"))
    if 300 <= status < 500:
        raise InvalidInput(_NOT_A_LINK)
    raise Unavailable(_NO_ANSWER)
