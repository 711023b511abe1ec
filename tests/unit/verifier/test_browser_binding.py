"""What was asked in one browser is shown there alone, and decides for no other."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from support.verifier_desk import BROWSER, HOST, NOW, Desk, text_of


@asynccontextmanager
async def other_browser(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """The same recruiter, signed in with another browser."""
    transport = httpx.ASGITransport(desk.app)
    async with httpx.AsyncClient(transport=transport, base_url=HOST, headers=BROWSER) as browser:
        await browser.post("/sign-in", data={"name": "Robin", "next": "/"})
        yield browser


def outcome_in(report: dict[str, Any] | None, check_id: str) -> str:
    assert report is not None
    return next(each["outcome"] for each in report["checks"] if each["id"] == check_id)


async def test_the_code_is_shown_in_the_browser_that_asked_and_in_no_other(desk: Desk) -> None:
    request_id = await desk.ask()
    link = await desk.link(request_id)
    assert link in (await desk.get(f"/requests/{request_id}")).text
    async with other_browser(desk) as other:
        page = await other.get(f"/requests/{request_id}?lang=en")
        assert link not in page.text
        assert "in the browser where you asked" in text_of(page)
        assert "Ask the same again" in text_of(page)
        json_of = {"accept": "application/json"}
        assert (await other.get(f"/api/requests/{request_id}", headers=json_of)).json()[
            "link"
        ] is None
        here = await desk.get(f"/api/requests/{request_id}", headers=json_of)
        assert here.json()["link"].endswith(link)


async def test_another_browser_never_renews_the_code(desk: Desk) -> None:
    request_id = await desk.ask()
    link = await desk.link(request_id)
    desk.clock.at = NOW + 10_000
    async with other_browser(desk) as other:
        await other.get(f"/requests/{request_id}")
        assert await desk.link(request_id) == link
        again = await other.post(f"/requests/{request_id}/again")
        made = again.headers["location"].removeprefix("/requests/")
        assert await desk.link(made) in (await other.get(f"/requests/{made}")).text
        assert await desk.link(made) not in (await desk.get(f"/requests/{made}")).text
    await desk.get(f"/requests/{request_id}")
    assert await desk.link(request_id) != link


async def test_a_result_is_seen_from_every_browser_of_the_one_who_asked(desk: Desk) -> None:
    request_id = await desk.ask()
    await desk.answer(request_id)
    async with other_browser(desk) as other:
        page = await other.get(f"/requests/{request_id}?lang=en")
        assert "Acquis Demonstration Institute" in text_of(page)


async def test_a_code_shown_in_another_browser_decides_nothing(desk: Desk) -> None:
    request_id = await desk.ask()
    await desk.keep(request_id, shown_in="0" * 64)
    await desk.answer(request_id)
    row = await desk.session(request_id)
    assert outcome_in(row.report, "same-exchange") == "invalid"
    assert row.decision is not None
    assert row.decision["conclusion"] == "refused"
    assert row.decision["because"] == ["same-exchange"]


async def test_what_was_asked_before_browsers_were_noted_cannot_be_told(desk: Desk) -> None:
    request_id = await desk.ask()
    await desk.keep(request_id, shown_in=None)
    await desk.answer(request_id)
    row = await desk.session(request_id)
    assert row.decision is not None
    assert row.decision["conclusion"] == "could-not-tell"
    assert row.decision["because"] == ["same-exchange"]


async def test_an_answer_on_another_thread_is_refused(desk: Desk) -> None:
    request_id = await desk.ask()
    await desk.open(request_id)
    row = await desk.session(request_id)
    exchange = row.exchange | {"facts": row.exchange["facts"] | {"thread_id": "another"}}
    await desk.keep(request_id, exchange=exchange)
    await desk.answer_opened(request_id)
    row = await desk.session(request_id)
    assert row.decision is not None
    assert row.decision["because"] == ["same-exchange"]
    assert row.decision["conclusion"] == "refused"


async def test_the_name_of_a_browser_is_in_its_cookie_only(desk: Desk) -> None:
    request_id = await desk.ask()
    await desk.answer(request_id)
    row, request = await desk.session(request_id), await desk.request(request_id)
    assert request.asked_in == row.shown_in
    assert request.asked_in is not None
    assert len(request.asked_in) == 64
    kept = json.dumps([row.basis, row.report, row.exchange, request.request])
    cookie = desk.browser.cookies["acquis_session_verifier"]
    assert cookie.partition(".")[0] not in kept
