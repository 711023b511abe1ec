"""Fetching a link that a stranger gave: small, soon or not at all, never from a private place."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final

import httpx

from acquis.errors import AlreadyUsed, Expired, InvalidInput, NotFound, TooLarge, Unavailable
from acquis.text import Text

MOST_BYTES: Final = 256 * 1024
RETRY_HEADER: Final = "acquis-retry-key"
_JSON: Final = "application/json"
_MOST_LINK: Final = 2048
_SECONDS: Final = 10.0
_CONNECT_SECONDS: Final = 3.0
_MOST_ADDRESSES: Final = 4

_NOT_A_LINK = Text(
    "This is not a link that Acquis can follow: an https address is expected",
    "Ce n’est pas un lien qu’Acquis peut suivre : une adresse https est attendue",
)
_NO_ANSWER = Text(
    "The link’s site does not answer; nothing was changed, try again later",
    "Le site du lien ne répond pas ; rien n’a changé, réessayez plus tard",
)

_IN_DISGUISE: Final = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "::/96",  # IPv4-compatible, out of use
        "64:ff9b::/96",  # NAT64: an IPv4 address behind a translator
        "64:ff9b:1::/48",  # NAT64 of a local network
        "2001::/32",  # Teredo
        "2002::/16",  # 6to4
        "fec0::/10",  # site-local, out of use
    )
)

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address
type Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses of a host, as text; raises ``OSError`` when it has none."""


@dataclass(frozen=True, slots=True)
class _Target:
    """A link that was checked, and the only addresses it may be fetched from."""

    url: httpx.URL
    addresses: tuple[Address, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Fetched:
    """What a link gave; ``media_type`` is what its site calls it, in lower case, without parameters."""

    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True, repr=False)
class _Asking:
    """One request of ours: ``body`` is JSON, for a link that is sent something."""

    retry_key: str = ""
    accept: str = _JSON
    body: bytes | None = None

    @property
    def method(self) -> str:
        return "GET" if self.body is None else "POST"

    def headers(self, url: httpx.URL) -> dict[str, str]:
        """Return the headers beside those of every request."""
        made = {"host": url.netloc.decode("ascii"), "accept": self.accept}
        if self.retry_key:
            made[RETRY_HEADER] = self.retry_key
        if self.body is not None:
            made["content-type"] = _JSON
        return made


class Fetcher:
    """Fetches documents from links; ``allow_loopback`` is for a demo on one machine.

    A host is resolved once, and the connection goes to exactly the addresses that were checked: a
    name that answers otherwise a moment later (DNS rebinding) gains nothing. No connection is kept:
    it would be of an address, and the next link may name another host at that address. No cookie is
    kept either: a site would know by it what one learner and the next one opened.
    """

    def __init__(
        self,
        *,
        allow_loopback: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
        resolve: Resolve | None = None,
        seconds: float = _SECONDS,
    ) -> None:
        self._allow_loopback = allow_loopback
        self._resolve = resolve or _resolve
        self._seconds = seconds
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(seconds, connect=_CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=0),
            follow_redirects=False,
            trust_env=False,
            headers={"accept-encoding": "identity", "user-agent": "acquis-wallet"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )

    async def fetch(self, link: str, retry_key: str = "") -> bytes:
        """Return the document behind ``link``, which was asked for as JSON.

        ``retry_key`` is sent along so that a link that works once knows a second try by the same
        wallet; it is to be another one for each link.

        Raises ``InvalidInput`` (not a link, a private place, a redirect, a compressed answer),
        ``TooLarge`` (over 256 KiB), ``NotFound``, ``Expired``, ``AlreadyUsed`` as the site says, or
        ``Unavailable``.
        """
        return (await self._follow(link, _Asking(retry_key))).body

    async def ask(self, link: str, accept: str, retry_key: str = "") -> Fetched:
        """Return what is behind ``link`` in one of the media types of ``accept``; as `fetch`."""
        return await self._follow(link, _Asking(retry_key, accept))

    async def send(self, link: str, content: Mapping[str, object], retry_key: str = "") -> bytes:
        """Post ``content`` as JSON to ``link`` and return the document it is answered with.

        Only for what a site may be sent twice: an answer can be lost. Raises as `fetch`.
        """
        return (
            await self._follow(link, _Asking(retry_key, body=json.dumps(content).encode()))
        ).body

    async def _follow(self, link: str, asking: _Asking) -> Fetched:
        try:
            async with asyncio.timeout(self._seconds):
                target = await self._check(link)
                last = len(target.addresses) - 1
                for number, address in enumerate(target.addresses):
                    try:
                        return await self._follow_to(target.url, address, asking)
                    except (httpx.ConnectError, httpx.ConnectTimeout):
                        if number == last:
                            raise
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            raise Unavailable(_NO_ANSWER) from error
        raise Unavailable(_NO_ANSWER)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def check_link(self, link: str) -> None:
        """Raise unless ``link`` leads to a public place (or, where allowed, to this machine).

        Raises ``InvalidInput`` for a link that would not be followed, ``Unavailable`` when its host
        has no address now.
        """
        try:
            async with asyncio.timeout(self._seconds):
                await self._check(link)
        except TimeoutError as error:
            raise Unavailable(_NO_ANSWER) from error

    async def _follow_to(self, url: httpx.URL, address: Address, asking: _Asking) -> Fetched:
        async with self._client.stream(
            asking.method,
            url.copy_with(host=str(address), fragment=None),
            content=asking.body,
            headers=asking.headers(url),
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        ) as response:
            _check_status(response.status_code)
            if response.headers.get("content-encoding", "identity").lower() != "identity":
                raise InvalidInput(_NOT_A_LINK)  # so what is counted is what was sent
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
            media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        return Fetched(media_type, bytes(body))

    async def _check(self, link: str) -> _Target:
        url = _parse_link(link)
        host = url.raw_host.decode("ascii")
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            found = await self._resolve(host, port)
            addresses = tuple(dict.fromkeys(_parse_address(each) for each in found))
        except (OSError, ValueError, OverflowError) as error:
            raise Unavailable(_NO_ANSWER) from error
        if not addresses:
            raise Unavailable(_NO_ANSWER)
        on_loopback = self._allow_loopback and all(each.is_loopback for each in addresses)
        in_public = url.scheme == "https" and all(_is_public(each) for each in addresses)
        if not (on_loopback or in_public):
            raise InvalidInput(_NOT_A_LINK)
        return _Target(url, addresses[:_MOST_ADDRESSES])


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


async def _resolve(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(item[4][0]) for item in found]


def _parse_link(link: str) -> httpx.URL:
    """Parse a link as the client that follows it will, so that both mean the same host."""
    link = link.strip()
    if len(link) > _MOST_LINK or not link.isprintable():
        raise InvalidInput(_NOT_A_LINK)
    try:
        url = httpx.URL(link)
    except (httpx.InvalidURL, ValueError) as error:
        raise InvalidInput(_NOT_A_LINK) from error
    port_fits = url.port is None or 0 < url.port < 65536
    if url.scheme not in {"https", "http"} or not url.raw_host or url.userinfo or not port_fits:
        raise InvalidInput(_NOT_A_LINK)
    return url


def _parse_address(found: str) -> Address:
    address = ipaddress.ip_address(found)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and any(
        address in network for network in _IN_DISGUISE
    ):
        return False
    return address.is_global and not address.is_multicast


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
