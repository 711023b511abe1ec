"""What a registry answers to a publisher: said, bounded, never followed elsewhere."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from acquis.errors import AcquisError, Conflict, InvalidInput, Unavailable
from acquis.service.publication import Publisher, UnverifiedDocument


def publisher(answer: Callable[[httpx.Request], httpx.Response]) -> Publisher:
    return Publisher("https://registry.example", httpx.MockTransport(answer))


def silent(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no")


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b"x" * 65536


async def test_what_stands_is_read_with_its_tag_and_nothing_is_none() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["accept-encoding"] == "identity"
        if request.url.path == "/there":
            return httpx.Response(200, content=b"{}", headers={"etag": '"1"'})
        return httpx.Response(404)

    async with publisher(answer) as registry:
        assert await registry.read("/there") == UnverifiedDocument(b"{}", '"1"')
        assert await registry.read("/elsewhere") is None


@pytest.mark.parametrize(
    "answer",
    [
        silent,
        lambda _: httpx.Response(500),
        lambda _: httpx.Response(302, headers={"location": "https://other.example/"}),
        lambda _: httpx.Response(200, content=endless()),
        lambda _: httpx.Response(
            200, content=gzip.compress(b"{}"), headers={"content-encoding": "gzip"}
        ),
    ],
)
async def test_what_cannot_be_read_is_no_answer(
    answer: Callable[[httpx.Request], httpx.Response],
) -> None:
    async with publisher(answer) as registry:
        with pytest.raises(Unavailable):
            await registry.read("/there")


@pytest.mark.parametrize("status", [201, 400])
@pytest.mark.parametrize(
    "body",
    [
        {"content": endless},
        {"content": gzip.compress(b"{}"), "headers": {"content-encoding": "gzip"}},
    ],
)
async def test_an_answer_to_a_publication_is_bounded_too(status: int, body: dict[str, Any]) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        content = body["content"]
        content = content() if callable(content) else content
        return httpx.Response(status, **{**body, "content": content})

    async with publisher(answer) as registry:
        with pytest.raises(Unavailable):
            await registry.publish("/there", b"{}", "application/json")


@pytest.mark.parametrize("said", [b"", b"[]", b"[" * 100_000, b"\xff"])
async def test_a_refusal_without_words_is_named_by_its_status(said: bytes) -> None:
    async with publisher(lambda _: httpx.Response(400, content=said)) as registry:
        with pytest.raises(InvalidInput) as raised:
            await registry.publish("/there", b"{}", "application/json")
    assert "status 400" in raised.value.says.en


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (400, InvalidInput),
        (403, InvalidInput),
        (409, Conflict),
        (412, Conflict),
        (429, Unavailable),
    ],
)
async def test_a_refusal_says_what_the_registry_says(
    status: int, refusal: type[AcquisError]
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["if-match"] == '"1"'
        return httpx.Response(status, json={"detail": "rule so-and-so"})

    async with publisher(answer) as registry:
        with pytest.raises(refusal) as raised:
            await registry.publish("/there", b"{}", "application/json", tag='"1"')
    assert raised.type is Unavailable or "rule so-and-so" in raised.value.says.en
