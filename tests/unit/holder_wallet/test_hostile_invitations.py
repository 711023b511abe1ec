"""Invitations that would lead our agent or our database somewhere they must not go."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from acquis.service.fetch import Fetcher
from support.wallet_desk import Desk

PRIVATE = "10.0.0.1"
HALF = "\ud800"


async def resolve(host: str, _port: int) -> list[str]:
    return {"inside.example": [PRIVATE], "outside.example": ["93.184.215.14"]}.get(host, [host])


async def content_of(desk: Desk) -> dict[str, Any]:
    _record, invitation = await desk.offer()
    return dict(invitation.content)


def endpoint(address: object) -> dict[str, Any]:
    service = {"id": "#inline", "type": "did-communication", "serviceEndpoint": address}
    return {"services": [service]}


async def open_inside(desk: Desk, content: dict[str, Any]) -> int:
    inside = base64.urlsafe_b64encode(json.dumps(content).encode()).decode()
    answer = await desk.post("/open", link=f"https://university.example/?oob={inside}")
    return answer.status_code


@pytest.mark.parametrize(
    "address",
    [
        "https://inside.example/",
        "HTTPS://inside.example/",
        " https://inside.example/",
        "wss://inside.example/",
        f"https://{PRIVATE}:8001/",
        "https://127.0.0.1/",
        "http://outside.example/",
        "https://[::1",
        "file:///etc/passwd",
        {"uri": "https://inside.example/"},
        [{"uri": "https://inside.example/"}],
    ],
)
async def test_an_endpoint_in_a_private_place_is_refused(desk: Desk, address: object) -> None:
    desk.around.fetcher = Fetcher(resolve=resolve)
    content = await content_of(desk)
    assert await open_inside(desk, content | endpoint(address)) == 422
    attached = content["requests~attach"][0]
    message = attached["data"]["json"] | {"~service": {"serviceEndpoint": address}}
    hidden = [attached | {"data": {"json": message}}]
    assert await open_inside(desk, content | {"requests~attach": hidden}) == 422


async def test_an_endpoint_behind_a_link_is_refused_too(desk: Desk) -> None:
    content = await content_of(desk) | endpoint("https://169.254.169.254/latest/")
    link = desk.give(httpx.Response(200, json=content))
    assert (await desk.post("/open", link=link)).status_code == 422


@pytest.mark.parametrize(
    "address", ["https://outside.example/didcomm", "did:peer:2.x", "didcomm:transport/queue"]
)
async def test_an_endpoint_in_public_or_none_is_taken(desk: Desk, address: str) -> None:
    desk.around.fetcher = Fetcher(resolve=resolve)
    assert await open_inside(desk, await content_of(desk) | endpoint(address)) == 303


async def test_an_invitation_with_many_endpoints_makes_no_many_questions(desk: Desk) -> None:
    services = [{"serviceEndpoint": f"https://outside.example/{each}"} for each in range(9)]
    desk.around.fetcher = Fetcher(resolve=resolve)
    assert await open_inside(desk, await content_of(desk) | {"services": services}) == 422


@pytest.mark.parametrize("name", ["a\x00b", "a\nb", f"a{HALF}"])
async def test_an_id_that_cannot_be_kept_is_refused(desk: Desk, name: str) -> None:
    content = await content_of(desk)
    assert await open_inside(desk, content | {"@id": name}) == 422
    attached = content["requests~attach"][0]
    message = attached["data"]["json"] | {"@id": name, "~thread": {"thid": name}}
    strange = [attached | {"data": {"json": message}}]
    assert await open_inside(desk, content | {"requests~attach": strange}) == 422


@pytest.mark.parametrize(
    "page", ["/credentials/%00", "/credentials/a%0Ab", "/offers/%00", "/requests/x", "/receipts/1"]
)
async def test_an_address_that_can_name_nothing_is_not_found(desk: Desk, page: str) -> None:
    assert (await desk.get(page)).status_code == 404
