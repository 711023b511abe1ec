"""The connection to an agent: addresses, keys, errors by meaning, and nothing repeated."""

from __future__ import annotations

import json

import httpx
import pytest

from acquis.acapy import multitenancy, server, wallet
from acquis.acapy.client import AgentClient
from acquis.errors import (
    AcquisError,
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    TooLarge,
    Unavailable,
)

SECRET = "given_name=Ada; 4 of 5"


class Agent:
    """Answers every call alike and keeps what it was asked."""

    def __init__(self, status: int = 200, body: object = None, *, raw: bytes | None = None) -> None:
        self.status, self.content = status, raw or json.dumps(body).encode()
        self.asked: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return httpx.Response(self.status, content=self.content)

    def client(self, token: str | None = None) -> AgentClient:
        transport = httpx.MockTransport(self)
        return AgentClient("http://agent.test", "the-key", token=token, transport=transport)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvalidInput),
        (401, NotAllowed),
        (403, Conflict),
        (404, NotFound),
        (409, Conflict),
        (413, TooLarge),
        (422, InvalidInput),
        (429, Unavailable),
        (500, Unavailable),
        (503, Unavailable),
        (302, Unavailable),
    ],
)
async def test_refusals_are_told_by_meaning_and_never_repeated(
    status: int, error: type[AcquisError]
) -> None:
    async with Agent(status, {"message": SECRET}).client() as client:
        with pytest.raises(error) as raised:
            await client.get("/records/{}", "some-id")
    assert type(raised.value) is error
    for language in ("en", "fr"):
        said = raised.value.says.in_language(language)
        assert "GET /records/{}" in said
        assert str(status) in said
        assert SECRET not in said


@pytest.mark.parametrize(
    "failure", [httpx.ConnectError("x"), httpx.ReadTimeout("x"), httpx.RemoteProtocolError("x")]
)
async def test_an_agent_that_does_not_answer_is_unavailable(failure: httpx.HTTPError) -> None:
    async def fail(request: httpx.Request) -> httpx.Response:
        raise failure

    transport = httpx.MockTransport(fail)
    async with AgentClient("http://agent.test", "the-key", transport=transport) as client:
        with pytest.raises(Unavailable, match=type(failure).__name__):
            await client.post("/x", body={"claim": SECRET})
        assert await server.is_ready(client) is False


@pytest.mark.parametrize("raw", [b"<html>", b"[]", b'"text"', b"\xff", b"12"])
async def test_an_answer_of_another_form_is_unavailable(raw: bytes) -> None:
    async with Agent(raw=raw).client() as client:
        with pytest.raises(Unavailable):
            await client.get("/x")


@pytest.mark.parametrize(
    "body", [{}, {"version": 3}, {"version": ""}, {"version": "1", "label": ["a"]}]
)
async def test_a_field_of_another_type_is_unavailable(body: object) -> None:
    async with Agent(body=body).client() as client:
        with pytest.raises(Unavailable):
            await server.load_status(client)


async def test_ids_are_quoted_into_one_segment() -> None:
    agent = Agent(body={})
    async with agent.client() as client:
        await client.get("/a/{}/b/{}", "did:webvh:x/../y?z#1", "é")
    assert agent.asked[0].url.raw_path == b"/a/did%3Awebvh%3Ax%2F..%2Fy%3Fz%231/b/%C3%A9"


async def test_keys_and_tokens_travel_in_headers_and_wallets_share_the_connections() -> None:
    agent = Agent(body={})
    async with agent.client() as client:
        learner = client.for_wallet("a-token")
        await learner.get("/x")
        await client.get("/x")
    first, second = agent.asked
    assert (first.headers["x-api-key"], first.headers["authorization"]) == (
        "the-key",
        "Bearer a-token",
    )
    assert "authorization" not in second.headers


async def test_deleting_what_is_gone_is_success() -> None:
    async with Agent(404).client() as client:
        await client.delete("/x/{}", "gone")


async def test_a_document_is_signed_with_one_proof_and_whole_seconds() -> None:
    from datetime import UTC, datetime, timedelta, timezone

    secured = {"securedDocument": {"a": 1, "proof": [{"proofValue": "z1"}]}}
    agent = Agent(201, secured)
    at = datetime(2026, 11, 22, 12, 0, 0, 999, tzinfo=timezone(timedelta(hours=1)))
    async with agent.client() as client:
        signed = await wallet.add_proof(client, {"a": 1, "proof": "old"}, "did:x#k", at)
    assert signed == {"a": 1, "proof": {"proofValue": "z1"}}
    asked = json.loads(agent.asked[0].content)
    assert asked["document"] == {"a": 1}
    assert asked["options"]["created"] == at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize("proofs", [[], [{"a": "1"}, {"a": "2"}]])
async def test_a_document_without_exactly_one_proof_is_not_taken(proofs: object) -> None:
    async with Agent(201, {"securedDocument": {"proof": proofs}}).client() as client:
        from datetime import UTC, datetime

        with pytest.raises(Unavailable):
            await wallet.add_proof(client, {"a": 1}, "did:x#k", datetime.now(UTC))


def test_what_holds_secrets_or_claims_shows_neither() -> None:
    made = multitenancy.NewWallet(multitenancy.Wallet("w", "n"), "a-token")
    assert "a-token" not in repr(made)
    assert "the-key" not in repr(Agent(body={}).client())
