"""The employer's pages: signing in, asking, the list, a request and its QR code."""

from __future__ import annotations

import re
from typing import Any

import pytest

from support.live_part import live_stream
from support.verifier_desk import (
    BROWSER,
    GARBAGE,
    HOST,
    NOBODY,
    NOW,
    PURPOSE,
    PYTHON,
    Desk,
    chosen_in,
    level_in,
    text_of,
)

UNKNOWN = "esco_00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    "path", ["/", "/ask", "/ask?competency=x", f"/requests/{NOBODY}", "/?lang=fr"]
)
async def test_a_browser_that_is_not_signed_in_is_sent_to_sign_in_and_back(
    desk: Desk, path: str
) -> None:
    answer = await desk.stranger.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=%2F")
    form = await desk.stranger.get(answer.headers["location"])
    assert form.status_code == 200
    next_path = re.search(r'name="next" value="([^"]*)"', form.text)
    assert next_path is not None
    back = await desk.stranger.post(
        "/sign-in", data={"name": "Sam", "next": next_path.group(1).replace("&amp;", "&")}
    )
    assert back.headers["location"] == path


@pytest.mark.parametrize("path", ["/events", f"/requests/{NOBODY}/events"])
async def test_a_live_part_is_not_redirected(desk: Desk, path: str) -> None:
    answer = await desk.stranger.get(path, headers={"accept": "text/html, text/event-stream"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "path", ["/ask", f"/requests/{NOBODY}/cancel", f"/requests/{NOBODY}/again"]
)
async def test_nothing_is_done_for_who_is_not_signed_in(desk: Desk, path: str) -> None:
    answer = await desk.stranger.post(path, data={"ask": "1"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


async def test_the_first_page_says_what_to_do_first_in_both_languages(desk: Desk) -> None:
    assert "Nothing asked yet" in text_of(await desk.get("/?lang=en"))
    french = await desk.get("/?lang=fr")
    assert french.headers["content-language"] == "fr"
    assert "Rien demandé" in text_of(french) or "Aucune" in text_of(french)


async def test_a_request_shows_its_code_and_what_will_be_learned(desk: Desk) -> None:
    request_id = await desk.ask(awarded_since="2022-05-01")
    for language, words in {
        "en": (
            "Python, level 3 or more",
            "Let the candidate scan this",
            "“Python” at level 3 or more, not the exact level",
            "the learner's given name",
            "1 recognised institution awards this",
            "Awarded since 1 May 2022",
        ),
        "fr": (
            "Python, niveau 3 ou plus",
            "« Python » au niveau 3 ou plus, pas le niveau exact",
            "le prénom de l’apprenant",
            "1 établissement reconnu",
            "1er mai 2022",
        ),
    }.items():
        page = await desk.get(f"/requests/{request_id}?lang={language}")
        assert page.status_code == 200
        for each in words:
            assert each in text_of(page)
        assert f"{HOST}{await desk.link(request_id)}" in page.text
        link = (await desk.link(request_id)).removeprefix("/")
        assert f'href="didcomm://127.0.0.1:8020/{link}"' in page.text
        assert '<svg class="qr"' in page.text


async def test_any_level_shows_the_level_and_a_name_that_is_asked_is_shown(desk: Desk) -> None:
    request_id = await desk.ask(**{f"level_{PYTHON}": "", "learner_name": "required"})
    page = text_of(await desk.get(f"/requests/{request_id}?lang=en"))
    shown = page[page.index("Shown") : page.index("Only proved")]
    assert "the level of “Python”" in shown
    assert "the learner's family name" in shown
    assert "Python, any level" in page


async def test_the_list_shows_a_person_their_own_requests_only(desk: Desk) -> None:
    request_id = await desk.ask()
    assert f"/requests/{request_id}" in (await desk.get("/")).text
    assert PURPOSE in text_of(await desk.get("/"))
    await desk.stranger.post("/sign-in", data={"name": "Sam", "next": "/"})
    assert request_id not in (await desk.stranger.get("/")).text


async def test_the_request_of_another_person_does_not_exist(desk: Desk) -> None:
    request_id = await desk.ask()
    await desk.stranger.post("/sign-in", data={"name": "Sam", "next": "/"})
    for path in (f"/requests/{request_id}", f"/requests/{request_id}/events"):
        assert (await desk.stranger.get(path)).status_code == 404
    for path in ("cancel", "again"):
        answer = await desk.stranger.post(f"/requests/{request_id}/{path}")
        assert answer.status_code == 404
    assert (await desk.session(request_id)).open
    page = await desk.stranger.get(f"/requests/{NOBODY}?lang=fr")
    assert page.status_code == 404
    assert "Cette demande n’existe pas" in text_of(page)


@pytest.mark.parametrize("garbage", GARBAGE)
async def test_an_address_that_is_no_request_is_not_found(desk: Desk, garbage: str) -> None:
    for path in (f"/requests/{garbage}", f"/requests/{garbage}/events"):
        assert (await desk.get(path)).status_code == 404
    assert (await desk.browser.post(f"/requests/{garbage}/cancel")).status_code in {404, 405}


async def test_a_code_nobody_scanned_is_replaced_and_the_old_one_ends(desk: Desk) -> None:
    request_id = await desk.ask()
    first = await desk.link(request_id)
    assert first in (await desk.get(f"/requests/{request_id}")).text
    desk.clock.at = NOW + 120
    page = await desk.get(f"/requests/{request_id}")
    second = await desk.link(request_id)
    assert second != first
    assert second in page.text
    assert first not in page.text
    assert (await desk.stranger.get(first, headers={"accept": "*/*"})).status_code == 410
    assert (await desk.open(request_id)).status_code == 200


async def test_a_code_being_opened_in_its_last_second_is_not_replaced(desk: Desk) -> None:
    request_id = await desk.ask()
    first = await desk.link(request_id)
    desk.agent.away = True
    assert (await desk.open(request_id)).status_code == 503
    desk.agent.away = False
    desk.clock.at = NOW + 130
    assert "Scanned" in text_of(await desk.get(f"/requests/{request_id}?lang=en"))
    assert await desk.link(request_id) == first
    assert (await desk.open(request_id)).status_code == 200
    assert (await desk.session(request_id)).state == "request-sent"


async def test_a_code_that_was_opened_in_vain_is_replaced_in_the_end(desk: Desk) -> None:
    request_id = await desk.ask()
    first = await desk.link(request_id)
    desk.agent.away = True
    assert (await desk.open(request_id)).status_code == 503
    desk.clock.at = NOW + 180
    await desk.get(f"/requests/{request_id}")
    assert await desk.link(request_id) != first


async def test_the_live_part_changes_with_the_state_and_only_then(desk: Desk) -> None:
    request_id = await desk.ask()

    async def nothing() -> None:
        desk.clock.at += 60

    async def scan() -> None:
        assert (await desk.open(request_id)).status_code == 200

    path = f"/requests/{request_id}/events?lang=en"
    key = f"request:{request_id}"
    events = await live_stream(desk, path, key, nothing, nothing, scan, nothing)
    first, second, third = (text for text in events)
    assert "Waiting to be scanned" in first
    assert "Waiting to be scanned" in second  # the code was renewed
    assert re.search(r"/r/[\w-]{22}", first)
    assert re.findall(r"/r/[\w-]{22}", first)[0] != re.findall(r"/r/[\w-]{22}", second)[0]
    assert "Scanned" in third


async def test_what_the_page_shows_already_is_not_sent_again(desk: Desk) -> None:
    request_id = await desk.ask()
    page = (await desk.get(f"/requests/{request_id}")).text
    connect = re.search(r'hx-sse:connect="([^"]+)"', page)
    assert connect is not None
    path = connect.group(1).replace("&amp;", "&")
    assert await live_stream(desk, path, f"request:{request_id}") == []


async def test_the_list_is_sent_again_when_a_request_moves(desk: Desk) -> None:
    request_id = await desk.ask()

    async def scan() -> None:
        await desk.open(request_id)

    async def ask_another() -> None:
        await desk.ask()

    events = await live_stream(desk, "/events?lang=en", "requests", scan, ask_another)
    assert len(events) == 3
    assert "waiting to be scanned" in events[0]
    assert "scanned" in events[1]
    assert events[2].count("/requests/") == 2


async def test_stopping_a_request_ends_its_code(desk: Desk) -> None:
    request_id = await desk.ask()
    link = await desk.link(request_id)
    answer = await desk.post(f"/requests/{request_id}/cancel")
    assert answer.status_code == 303
    page = await desk.get(answer.headers["location"])
    assert "You stopped this request" in text_of(page)
    assert "hx-sse:connect" not in page.text
    assert "stopped" in text_of(await desk.get("/?lang=en"))
    opened = await desk.stranger.get(link, headers={"accept": "application/json"})
    assert opened.status_code in {409, 410}
    assert (await desk.post(f"/requests/{request_id}/cancel")).status_code == 303


@pytest.mark.parametrize("state", ["presentation-received", "done"])
async def test_an_answer_that_is_being_checked_cannot_be_stopped(desk: Desk, state: str) -> None:
    request_id = await desk.ask()
    await desk.keep(request_id, state=state)
    answer = await desk.post(f"/requests/{request_id}/cancel")
    assert answer.status_code == 303
    assert "checking the proof" in text_of(await desk.get(answer.headers["location"] + "?lang=en"))
    assert (await desk.session(request_id)).open


async def test_asking_the_same_again_makes_a_new_request(desk: Desk) -> None:
    request_id = await desk.ask(awarded_since="2022-05-01", learner_name="required")
    await desk.post(f"/requests/{request_id}/cancel")
    answer = await desk.post(f"/requests/{request_id}/again")
    assert answer.status_code == 303
    new_id = answer.headers["location"].removeprefix("/requests/")
    assert new_id != request_id
    assert (await desk.request(new_id)).request == (await desk.request(request_id)).request


async def test_asking_again_what_nobody_awards_any_more_leads_to_the_form(desk: Desk) -> None:
    request_id = await desk.ask(awarded_since="2022-05-01")
    desk.copy.recognise()
    answer = await desk.post(f"/requests/{request_id}/again")
    assert answer.status_code == 422
    assert "No recognised institution awards “Python”" in text_of(answer)
    assert chosen_in(answer) == [PYTHON]
    assert level_in(answer, PYTHON) == "3"
    assert 'value="2022-05-01"' in answer.text
    page = text_of(await desk.get(f"/requests/{request_id}?lang=en"))
    assert "No recognised institution awards this" in page


@pytest.mark.parametrize(
    ("changes", "english", "french"),
    [
        ({"state": "declined"}, "No proof was given", "Aucune preuve n’a été donnée"),
        ({"state": "expired"}, "No proof was given", "Aucune preuve n’a été donnée"),
        ({"state": "abandoned"}, "No proof was given", "Aucune preuve n’a été donnée"),
        ({"state": "request-sent"}, "Scanned", "Scanné"),
        ({"state": "presentation-received"}, "checking the proof", "vérification"),
        ({"state": "presentation-received", "action": "verify"}, "checking", "vérification"),
        ({"state": "done"}, "checking", "vérification"),
    ],
)
async def test_every_state_is_told_in_both_languages(
    desk: Desk, changes: dict[str, Any], english: str, french: str
) -> None:
    request_id = await desk.ask()
    await desk.keep(request_id, **changes)
    assert english in text_of(await desk.get(f"/requests/{request_id}?lang=en"))
    assert french in text_of(await desk.get(f"/requests/{request_id}?lang=fr"))
    assert (await desk.get("/")).status_code == 200


async def test_an_exchange_our_agent_lost_is_told_as_failed(desk: Desk) -> None:
    request_id = await desk.ask()
    await desk.open(request_id)
    desk.agent.records.clear()
    await desk.perform((await desk.session(request_id)).id)
    assert "no longer knows this exchange" in text_of(
        await desk.get(f"/requests/{request_id}?lang=en")
    )


async def test_pages_name_no_other_origin_and_are_kept_by_nobody(desk: Desk) -> None:
    request_id = await desk.ask()
    for path in ("/", "/ask", f"/requests/{request_id}"):
        answer = await desk.get(path, headers=BROWSER)
        assert answer.headers["cache-control"] == "no-store"
        loaded = re.findall(r'(?:src|href)="(https?://[^"]+)"', answer.text)
        assert loaded == []
