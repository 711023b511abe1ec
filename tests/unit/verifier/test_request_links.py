"""The link in the QR code: an invitation for one wallet, a page for a person, never the result."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from acquis.protocols.present_proof import State
from support.live_part import LIVE, live_stream
from support.verifier_desk import BROWSER, GARBAGE, NOW, PURPOSE, WALLET, Desk, open_desk, text_of


async def test_a_wallet_gets_the_invitation_once(desk: Desk) -> None:
    request_id = await desk.ask()
    opened = await desk.open(request_id, "one")
    assert opened.status_code == 200
    assert opened.headers["content-type"] == "application/json"
    invitation = opened.json()
    assert invitation["@type"] == "https://didcomm.org/out-of-band/1.1/invitation"
    assert invitation["label"] == "Atelier Garonne"
    assert invitation["goal"] == PURPOSE

    again = await desk.open(request_id, "one")
    assert again.json() == invitation
    assert len(desk.agent.records) == 1

    second = await desk.open(request_id, "two")
    assert second.status_code == 409
    assert second.headers["content-type"] == "application/problem+json"
    assert second.json()["code"] == "already-used"
    without_key = await desk.stranger.get(await desk.link(request_id), headers=WALLET)
    assert without_key.status_code == 409


async def test_looking_at_the_page_does_not_use_the_link_up(desk: Desk) -> None:
    request_id = await desk.ask()
    link = await desk.link(request_id)
    for language in ("en", "fr"):
        page = await desk.stranger.get(f"{link}?lang={language}")
        assert page.status_code == 200
        assert "Atelier Garonne" in text_of(page)
        assert "127.0.0.1:8020" in text_of(page)
        assert PURPOSE in text_of(page)
        assert (
            f"http://wallet.test/open?link=http%3A%2F%2F127.0.0.1%3A8020%2Fr%2F{link[3:]}"
            in page.text
        )
        assert f'href="didcomm://127.0.0.1:8020{link}"' in page.text
    assert "Atelier Garonne asks you to prove something" in text_of(
        await desk.stranger.get(f"{link}?lang=en")
    )
    assert "demande une preuve" in text_of(await desk.stranger.get(f"{link}?lang=fr"))
    assert desk.agent.records == {}
    assert (await desk.session(request_id)).opened_by is None
    assert (await desk.open(request_id)).status_code == 200


async def test_the_page_says_what_would_be_shown_proved_and_hidden(desk: Desk) -> None:
    link = await desk.link(await desk.ask())
    page = text_of(await desk.stranger.get(f"{link}?lang=en"))
    assert "“Python” at level 3 or more, not the exact level" in page
    assert "the learner's family name" in page
    assert "which institution issued the credential" in page


@pytest.mark.parametrize("garbage", [*GARBAGE, "AAAAAAAAAAAAAAAAAAAAAA"])
async def test_an_unknown_link_is_a_page_to_people_and_a_problem_to_wallets(
    desk: Desk, garbage: str
) -> None:
    page = await desk.stranger.get(f"/r/{garbage}")
    assert page.status_code == 404
    problem = await desk.stranger.get(f"/r/{garbage}", headers=WALLET)
    assert problem.status_code == 404
    assert problem.headers["content-type"] == "application/problem+json"
    stream = await desk.stranger.get(f"/r/{garbage}/events", headers=LIVE)
    assert stream.status_code == 404


async def test_an_unknown_link_says_who_to_ask_for_another(desk: Desk) -> None:
    assert "This link leads nowhere" in text_of(await desk.stranger.get("/r/AAAA?lang=en"))
    french = text_of(await desk.stranger.get("/r/AAAA?lang=fr"))
    assert "Atelier Garonne" in french
    assert "2 minutes" in french


async def test_an_unknown_link_says_how_long_a_code_lives_as_it_is_set(tmp_path: Path) -> None:
    async with open_desk(tmp_path, link_seconds=45) as desk:
        english = text_of(await desk.stranger.get("/r/AAAA?lang=en"))
        french = text_of(await desk.stranger.get("/r/AAAA?lang=fr"))
    assert "Codes live 45 seconds on screen" in english
    assert "Les codes restent 45 secondes à l’écran" in french


async def test_an_expired_link_is_told_as_expired(desk: Desk) -> None:
    request_id = await desk.ask()
    link = await desk.link(request_id)
    desk.clock.at = NOW + 121
    assert "no longer valid" in text_of(await desk.stranger.get(f"{link}?lang=en"))
    assert "n’est plus valable" in text_of(await desk.stranger.get(f"{link}?lang=fr"))
    assert (await desk.stranger.get(link, headers=WALLET)).status_code == 410
    await desk.get(f"/requests/{request_id}")  # the employer's screen has a new one by now
    assert "no longer valid" in text_of(await desk.stranger.get(f"{link}?lang=en"))
    assert (await desk.stranger.get(link, headers=WALLET)).json()["code"] == "expired"


async def test_who_comes_after_the_link_was_used_is_told_so(desk: Desk) -> None:
    request_id = await desk.ask()
    link = await desk.link(request_id)
    await desk.open(request_id)
    english = await desk.stranger.get(f"{link}?lang=en")
    assert english.status_code == 200
    assert "Another wallet already answers this code" in text_of(english)
    assert "hx-sse:connect" not in english.text
    assert '<svg class="qr"' not in english.text
    french = text_of(await desk.stranger.get(f"{link}?lang=fr"))
    assert "Un autre portefeuille" in french


async def test_who_saw_the_link_before_it_was_used_sees_how_it_goes_on(desk: Desk) -> None:
    request_id = await desk.ask()
    link = await desk.link(request_id)
    await desk.stranger.get(link)
    await desk.open(request_id)
    page = text_of(await desk.stranger.get(f"{link}?lang=en"))
    assert "Opened: answer in your wallet" in page
    other = await desk.get(f"{link}?lang=en")  # another browser, that comes too late
    assert "Another wallet already answers" in text_of(other)


async def test_the_browser_remembers_it_for_this_page_alone(desk: Desk) -> None:
    link = await desk.link(await desk.ask())
    cookie = (await desk.stranger.get(link)).headers["set-cookie"]
    assert f"Path={link}" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "expires" not in cookie.lower()
    assert "max-age" not in cookie.lower()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"state": "declined", "opened_by": "x", "open": False}, "no longer valid"),
        ({"state": "presentation-received", "opened_by": "x"}, "Answered"),
        ({"state": "done", "opened_by": "x"}, "Answered"),
        ({"state": "abandoned", "opened_by": "x", "open": False}, "no longer valid"),
        ({"state": "expired", "opened_by": "x", "open": False}, "no longer valid"),
        ({"state": "failed", "open": False}, "no longer valid"),
    ],
)
async def test_each_ending_is_told_to_who_was_watching(
    desk: Desk, changes: dict[str, Any], says: str
) -> None:
    request_id = await desk.ask()
    link = await desk.link(request_id)
    await desk.stranger.get(link)
    await desk.keep(request_id, **changes)
    assert says in text_of(await desk.stranger.get(f"{link}?lang=en"))
    assert (await desk.stranger.get(f"{link}?lang=fr")).status_code == 200


async def test_the_live_part_follows_the_exchange_and_never_tells_the_result(desk: Desk) -> None:
    request_id = await desk.ask()
    link = await desk.link(request_id)
    await desk.stranger.get(link)

    async def scan() -> None:
        await desk.open(request_id)

    async def answer() -> None:
        await desk.answer_opened(request_id)

    events = await live_stream(
        desk, f"{link}/events?lang=en", f"request:{request_id}", scan, answer, browser=desk.stranger
    )
    shown = [each for each in events if each.startswith("id:")]
    assert [each.splitlines()[0] for each in shown] == [
        "id: created",
        "id: scanned",
        "id: answered",
    ]
    assert events[-1].startswith("event: end")
    assert (await desk.session(request_id)).decision is not None
    page = await desk.stranger.get(f"{link}?lang=en")
    for each in (*events, page.text):
        assert "ccepted" not in each
        assert "erdict" not in each


async def test_the_agent_being_away_is_told_and_the_same_wallet_can_try_again(desk: Desk) -> None:
    request_id = await desk.ask()
    desk.agent.away = True
    away = await desk.open(request_id, "one")
    assert away.status_code == 503
    assert away.headers["content-type"] == "application/problem+json"
    desk.agent.away = False
    assert (await desk.open(request_id, "two")).status_code == 409
    assert (await desk.open(request_id, "one")).status_code == 200


async def test_a_wallet_is_not_sent_to_sign_in(desk: Desk) -> None:
    link = await desk.link(await desk.ask())
    assert (await desk.stranger.get(link, headers=BROWSER)).status_code == 200
    assert (await desk.stranger.get(link, headers={"accept": "*/*"})).status_code == 200


async def test_without_a_wallet_of_ours_only_the_others_are_offered(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await desk.link(await desk.ask())
    settings = desk.around.settings.model_copy(update={"wallet_url": ""})
    monkeypatch.setattr(desk.around, "settings", settings)
    page = await desk.stranger.get(f"{link}?lang=en")
    assert "Open in my Acquis wallet" not in text_of(page)
    assert re.search(r'href="didcomm://', page.text)


async def test_the_link_is_short_enough_for_a_small_code(desk: Desk) -> None:
    link = await desk.link(await desk.ask())
    assert len(f"https://verify.employer.example{link}") <= 60


async def test_a_link_whose_request_ended_does_not_open(desk: Desk) -> None:
    request_id = await desk.ask()
    link = await desk.link(request_id)
    await desk.post(f"/requests/{request_id}/cancel")
    assert (await desk.stranger.get(link, headers=WALLET)).status_code in {409, 410}
    assert "no longer valid" in text_of(await desk.stranger.get(f"{link}?lang=en"))
    assert (await desk.session(request_id)).state == State.FAILED.value
