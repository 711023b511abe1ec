"""Links that strangers give: fetched from exactly the address that was checked, or not at all."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable, Sequence

import httpx
import pytest

from acquis.errors import InvalidInput, TooLarge, Unavailable
from acquis.service.fetch import MOST_BYTES, Fetcher

PUBLIC = "93.184.215.14"
PUBLIC_SIX = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"


class Names:
    """A resolver that gives each answer in turn, and the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Site(httpx.AsyncBaseTransport):
    """What is connected to: remembers what it was asked."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response] | None = None) -> None:
        self.answer = answer or (lambda _asked: httpx.Response(200, content=b"{}"))
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answer(request)


class Parts(httpx.AsyncByteStream):
    """A body in parts, without an end where ``parts`` has none."""

    def __init__(self, parts: AsyncIterator[bytes]) -> None:
        self.parts = parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self.parts:
            yield part


def build(names: Names, site: Site, *, loopback: bool = False, seconds: float = 10.0) -> Fetcher:
    return Fetcher(allow_loopback=loopback, transport=site, resolve=names, seconds=seconds)


async def test_the_connection_goes_to_the_checked_address_under_the_name_of_the_link() -> None:
    names, site = Names([PUBLIC], ["127.0.0.1"]), Site()
    assert await build(names, site).fetch("https://issuer.example:8443/c/x?y=1#z", "key") == b"{}"
    (asked,) = site.asked
    assert str(asked.url) == f"https://{PUBLIC}:8443/c/x?y=1"
    assert asked.headers["host"] == "issuer.example:8443"
    assert asked.extensions["sni_hostname"] == "issuer.example"
    assert asked.headers["accept-encoding"] == "identity"
    assert names.asked == [("issuer.example", 8443)]


async def test_a_name_that_answers_otherwise_later_is_refused_then() -> None:
    names, site = Names([PUBLIC], ["127.0.0.1"]), Site()
    fetcher = build(names, site)
    await fetcher.fetch("https://rebinding.example/")
    with pytest.raises(InvalidInput):
        await fetcher.fetch("https://rebinding.example/")
    assert len(site.asked) == 1


async def test_the_host_that_is_resolved_is_the_one_that_is_spoken_to() -> None:
    names, site = Names([PUBLIC]), Site()
    await build(names, site).fetch("https://straße.example/")
    assert names.asked == [("xn--strae-oqa.example", 443)]
    assert site.asked[0].headers["host"] == "xn--strae-oqa.example"
    assert site.asked[0].extensions["sni_hostname"] == "xn--strae-oqa.example"


async def test_an_address_of_version_six_is_connected_to() -> None:
    names, site = Names([PUBLIC_SIX]), Site()
    await build(names, site).fetch("https://six.example/")
    assert str(site.asked[0].url) == f"https://[{PUBLIC_SIX}]/"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.251",
        "239.1.2.3",
        "255.255.255.255",
        "::",
        "::1",
        "::10.0.0.1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::a00:1",
        "2001:0:a00:1::1",
        "2002:a00:1::1",
    ],
)
async def test_a_place_that_is_not_public_is_refused(address: str) -> None:
    for found in ([address], [PUBLIC, address]):
        site = Site()
        fetcher = build(Names(found), site)
        with pytest.raises(InvalidInput):
            await fetcher.fetch("https://inside.example/")
        with pytest.raises(InvalidInput):
            await fetcher.check_link("https://inside.example/")
        assert site.asked == []


async def test_a_mapped_public_address_is_the_public_address() -> None:
    site = Site()
    await build(Names([f"::ffff:{PUBLIC}"]), site).fetch("https://mapped.example/")
    assert site.asked[0].url.host == PUBLIC


@pytest.mark.parametrize(
    "link",
    [
        "",
        "http://plain.example/",
        "ftp://files.example/",
        "https://",
        "https://user:word@issuer.example/",
        "https://issuer.example:99999/",
        "https://issuer.example:0/",
        "https://issuer.example:port/",
        "https://[::1",
        "https://issuer.example/\x00",
        "https://issuer\n.example/",
        "https://issuer.example/\ud800",
        "https://xn--\u00e4.example/",
        "https://issuer.example/" + "a" * 2048,
    ],
)
async def test_what_is_not_a_link_is_refused(link: str) -> None:
    names, site = Names([PUBLIC]), Site()
    with pytest.raises(InvalidInput):
        await build(names, site).fetch(link)
    assert site.asked == []


async def test_this_machine_is_reached_only_where_that_is_allowed() -> None:
    site = Site()
    await build(Names(["127.0.0.1", "::1"]), site, loopback=True).fetch("http://localhost:8020/c/x")
    assert str(site.asked[0].url) == "http://127.0.0.1:8020/c/x"
    with pytest.raises(InvalidInput):
        await build(Names(["127.0.0.1", "10.0.0.1"]), site, loopback=True).fetch("http://a.example")


async def test_a_redirect_is_not_followed() -> None:
    site = Site(lambda _asked: httpx.Response(302, headers={"location": "https://127.0.0.1/"}))
    with pytest.raises(InvalidInput):
        await build(Names([PUBLIC]), site).fetch("https://issuer.example/")
    assert len(site.asked) == 1


async def test_a_body_without_end_is_left() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 65536
            yield b" " * 65536

    site = Site(lambda _asked: httpx.Response(200, stream=Parts(endless())))
    with pytest.raises(TooLarge):
        await build(Names([PUBLIC]), site).fetch("https://issuer.example/")
    assert sent <= MOST_BYTES + 65536


async def test_a_compressed_answer_is_refused_before_it_is_opened() -> None:
    async def bomb() -> AsyncIterator[bytes]:
        yield gzip.compress(b" " * 10_000_000)

    headers = {"content-encoding": "gzip"}
    site = Site(lambda _asked: httpx.Response(200, headers=headers, stream=Parts(bomb())))
    with pytest.raises(InvalidInput) as refused:
        await build(Names([PUBLIC]), site).fetch("https://issuer.example/")
    assert not isinstance(refused.value, TooLarge)


async def test_a_slow_site_and_a_slow_name_are_given_up() -> None:
    async def slow() -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0.01)
            yield b" "

    site = Site(lambda _asked: httpx.Response(200, stream=Parts(slow())))
    with pytest.raises(Unavailable):
        await build(Names([PUBLIC]), site, seconds=0.1).fetch("https://issuer.example/")

    async def never(_host: str, _port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return [PUBLIC]

    fetcher = Fetcher(resolve=never, seconds=0.1)
    with pytest.raises(Unavailable):
        await fetcher.fetch("https://issuer.example/")
    with pytest.raises(Unavailable):
        await fetcher.check_link("https://issuer.example/")


async def test_the_next_address_is_tried_where_nobody_answers_at_the_first() -> None:
    def answer(asked: httpx.Request) -> httpx.Response:
        if asked.url.host == PUBLIC_SIX:
            raise httpx.ConnectError("nobody there")
        return httpx.Response(200, content=b"{}")

    site = Site(answer)
    assert await build(Names([PUBLIC_SIX, PUBLIC]), site).fetch("https://a.example/") == b"{}"
    assert [asked.url.host for asked in site.asked] == [PUBLIC_SIX, PUBLIC]


async def test_a_host_without_an_address_does_not_answer() -> None:
    async def nobody(_host: str, _port: int) -> Sequence[str]:
        raise OSError

    with pytest.raises(Unavailable):
        await Fetcher(resolve=nobody).fetch("https://nobody.example/")


async def test_what_is_sent_is_sent_once_as_json_to_the_checked_address() -> None:
    names, site = Names([PUBLIC]), Site()
    fetcher = build(names, site)
    assert await fetcher.send("https://employer.example/r/x", {"a": [1]}, "key") == b"{}"
    (asked,) = site.asked
    assert (asked.method, str(asked.url)) == ("POST", f"https://{PUBLIC}/r/x")
    assert asked.content == b'{"a": [1]}'
    assert asked.headers["host"] == "employer.example"
    assert asked.headers["content-type"] == asked.headers["accept"] == "application/json"
    assert asked.headers["acquis-retry-key"] == "key"


async def test_nothing_is_sent_to_a_private_place_nor_after_a_redirect() -> None:
    site = Site(lambda _asked: httpx.Response(307, headers={"location": "https://127.0.0.1/"}))
    with pytest.raises(InvalidInput):
        await build(Names(["10.0.0.1"]), site).send("https://inside.example/", {})
    assert site.asked == []
    with pytest.raises(InvalidInput):
        await build(Names([PUBLIC]), site).send("https://employer.example/", {})
    assert len(site.asked) == 1


async def test_a_link_is_asked_for_one_of_several_kinds_and_says_which_it_gives() -> None:
    kind = {"content-type": "Application/VND.example+JSON; charset=utf-8"}
    site = Site(lambda _asked: httpx.Response(200, headers=kind, content=b"[]"))
    found = await build(Names([PUBLIC]), site).ask("https://employer.example/", "a/b, c/d;q=0.9")
    assert (found.media_type, found.body) == ("application/vnd.example+json", b"[]")
    assert site.asked[0].headers["accept"] == "a/b, c/d;q=0.9"
    assert site.asked[0].method == "GET"


async def test_no_cookie_is_ever_sent_back() -> None:
    cookie = {"set-cookie": "known=7; Path=/"}
    site = Site(lambda _asked: httpx.Response(200, headers=cookie, content=b"{}"))
    fetcher = build(Names([PUBLIC]), site)
    for _ in range(2):
        await fetcher.fetch("https://employer.example/r/x")
        await fetcher.send("https://employer.example/r/x", {})
    assert len(site.asked) == 4
    assert all("cookie" not in asked.headers for asked in site.asked)
