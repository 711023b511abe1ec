"""The institution's overview, its achievements, and who may see them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from acquis.registry.did_log import build_next_entry, key_commitment
from acquis.registry.rotation import with_attest_key, with_compromised_key
from issuer_agent.key_views import build_keys
from issuer_agent.store import awards as award_queries
from issuer_agent.store.tables import AchievementRow, InstitutionRow
from schemas import load_example
from support.issuer_desk import (
    BROWSER,
    DID,
    EXAMPLE,
    GARBAGE,
    HOST,
    ISSUER,
    NOBODY,
    NOW,
    Desk,
    text_of,
)
from support.live_part import LIVE, events_of, listen
from support.registry import seeded_key

FOUNDED = datetime(2026, 1, 1, tzinfo=UTC)

PAGES = ["/", "/achievements", "/awards", "/awards?state=issued&achievement=nonsense"]


async def test_the_pages_are_there_in_both_languages(desk: Desk) -> None:
    await desk.found()
    achievement = await desk.publish_example()
    award = await desk.award(achievement)
    own = [
        f"/achievements/{achievement}",
        f"/achievements/{achievement}/award",
        f"/awards/{award.id}",
    ]
    for path in [*PAGES, *own, f"/c/{award.token}", "/c/unknown"]:
        for language in ("en", "fr"):
            page = await desk.get(path, headers={"accept-language": language} | BROWSER)
            assert page.status_code == (404 if path == "/c/unknown" else 200), path
            assert f'<html lang="{language}">' in page.text
            assert page.headers["content-language"] == language


async def test_the_words_are_those_of_the_achievement(desk: Desk) -> None:
    achievement = await desk.publish_example()
    await desk.award(achievement)
    english = text_of(await desk.get(f"/achievements/{achievement}?lang=en"))
    french = text_of(await desk.get(f"/achievements/{achievement}?lang=fr"))
    name = load_example(EXAMPLE)["name"]
    assert isinstance(name, dict)
    assert name["en"] in english
    assert name["fr"] in french
    assert "level 3, competent" in english
    assert "niveau 3, compétent" in french
    assert f"{DID}/resources/zAchievement" in english


async def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(desk: Desk) -> None:
    await desk.post("/sign-out")
    for path in [*PAGES, f"/achievements/{NOBODY}", f"/awards/{NOBODY}"]:
        page = await desk.get(path)
        assert page.status_code == 303
        assert page.headers["location"] == f"/sign-in?next={quote(path, safe='')}"
    form = await desk.browser.post(
        "/achievements",
        data={"sample": EXAMPLE},
        headers={"referer": f"{HOST}/achievements?lang=fr"},
    )
    assert form.headers["location"] == f"/sign-in?next={quote('/achievements?lang=fr', safe='')}"
    for referer in ("http://evil.test/x", "http://[", f"{HOST}//evil.test"):
        elsewhere = await desk.browser.post("/institution", headers={"referer": referer})
        assert elsewhere.headers["location"] == f"/sign-in?next={quote('/', safe='')}"
    back = await desk.browser.post(
        "/sign-in", data={"name": "Camille", "next": "/awards?state=issued"}
    )
    assert back.headers["location"] == "/awards?state=issued"


async def test_a_live_part_and_a_program_get_401_instead(desk: Desk) -> None:
    await desk.post("/sign-out")
    for path in ("/events", "/awards/events", f"/awards/{NOBODY}/events"):
        assert (await desk.get(path, headers=LIVE)).status_code == 401
    program = await desk.get("/achievements", headers={"accept": "application/json"})
    assert program.status_code == 401
    assert program.json()["code"] == "not-signed-in"


async def test_before_it_is_founded_the_overview_offers_to(desk: Desk) -> None:
    page = await desk.get("/")
    assert 'action="/institution"' in page.text
    desk.agent.away = True
    failed = await desk.post("/institution")
    assert failed.status_code == 503
    assert "What was done before is kept" in text_of(failed)
    assert 'href="/?lang=fr"' in failed.text
    await desk.found()
    ready = await desk.get("/")
    assert 'action="/institution"' not in ready.text
    assert DID in ready.text


async def test_an_example_is_added_once_and_offered_no_more(desk: Desk) -> None:
    assert f'value="{EXAMPLE}"' in (await desk.get("/achievements")).text
    added = await desk.post("/achievements", sample=EXAMPLE)
    assert added.status_code == 303
    page = await desk.get(added.headers["location"])
    assert page.status_code == 200
    assert f'value="{EXAMPLE}"' not in (await desk.get("/achievements")).text
    again = await desk.post("/achievements", sample=EXAMPLE)
    assert again.headers["location"] == added.headers["location"]
    unknown = await desk.post("/achievements", sample="../../secrets")
    assert unknown.status_code == 422


def document(content: object, name: str = "a.json") -> dict[str, Any]:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return {"document": (name, body, "application/json")}


async def test_an_achievement_is_added_from_a_file(desk: Desk) -> None:
    content = load_example(EXAMPLE) | {"slug": "my-own", "version": "2.0.0"}
    added = await desk.browser.post("/achievements", files=document(content))
    assert added.status_code == 303
    assert (await desk.get(added.headers["location"])).status_code == 200


DEEP = b"[" * 100_000
DOCUMENTS = [
    b"",
    b"\x00\xff",
    b"[]",
    b"1",
    b"{",
    DEEP,
    b"null",
    b'{"slug": 1}',
    b'{"slug":"a","version":"1","name":{"en":"\\ud800"}}',
    b'{"slug":"a","version":"1","competencies":[{"name":{}}]}',
    b'{"slug":"a\\u0000","version":"1"}',
    b'{"slug":"a","version":"1","price":{"hundredths":1e999,"currency":"EUR"}}',
    b'{"x":' + b"9" * 5000 + b"}",
    b" " * (publishing_limit := 512 * 1024 + 1),
]


@pytest.mark.parametrize("body", DOCUMENTS, ids=range(len(DOCUMENTS)))
async def test_a_file_that_is_no_achievement_is_refused_with_a_sentence(
    desk: Desk, body: bytes
) -> None:
    refused = await desk.browser.post("/achievements", files=document(body))
    assert refused.status_code == (413 if len(body) == publishing_limit else 422)
    assert 'id="document-error"' in refused.text
    async with desk.around.database.read() as session:
        assert not (await award_queries.newest(session, NOW))


@pytest.mark.parametrize("path", ["/achievements", f"/awards/{NOBODY}/revoke"])
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
        ("multipart/form-data", b"no boundary"),
        ("application/x-www-form-urlencoded", b"\xff=%ff&%00=%zz&&&=="),
        ("application/json", b'{"sample": "x"}'),
        ("text/plain", b"hello"),
    ],
)
async def test_a_form_that_is_none_never_breaks_the_service(
    desk: Desk, path: str, kind: str, body: bytes
) -> None:
    answer = await desk.browser.post(path, content=body, headers={"content-type": kind})
    assert 400 <= answer.status_code < 500


async def test_a_body_that_is_too_large_is_refused(desk: Desk) -> None:
    content = b"learners=" + b"a" * 2_000_000
    answer = await desk.browser.post("/achievements", content=content)
    assert answer.status_code == 413


async def test_publishing_waits_for_the_institution_then_begins(desk: Desk) -> None:
    added = await desk.post("/achievements", sample=EXAMPLE)
    page = added.headers["location"]
    too_early = await desk.post(f"{page}/publish")
    assert too_early.status_code == 409
    assert "has no published DID yet" in text_of(too_early)
    await desk.found()
    begun = await desk.post(f"{page}/publish")
    assert (begun.status_code, begun.headers["location"]) == (303, page)
    assert "Being published" in text_of(await desk.get(page))
    assert await desk.rings(AchievementRow, page.rsplit("/", 1)[-1]) == 1


async def test_a_draft_with_gaps_names_them_and_is_not_published(desk: Desk) -> None:
    await desk.found()
    added = await desk.browser.post(
        "/achievements", files=document({"slug": "a", "version": "1.0"})
    )
    page = added.headers["location"]
    shown = await desk.get(page)
    assert shown.text.count("missing") >= 11
    assert f'action="{page}/publish"' not in shown.text
    refused = await desk.post(f"{page}/publish")
    assert refused.status_code == 422
    assert (await desk.get(f"{page}/award")).status_code == 303


@pytest.mark.parametrize(
    ("what", "tails"), [("achievements", ("publish", "award")), ("awards", ("revoke", "link"))]
)
async def test_unknown_things_are_not_found(desk: Desk, what: str, tails: tuple[str, str]) -> None:
    form = {"reason": "error", "confirm": "yes"}
    for name in [*GARBAGE, NOBODY]:
        path = f"/{what}/{quote(name, safe='%')}"
        assert (await desk.get(path)).status_code == 404
        assert (await desk.get(f"{path}/events", headers=LIVE)).status_code == 404
        for tail in tails:
            assert (await desk.post(f"{path}/{tail}", **form)).status_code == 404


@pytest.mark.parametrize("name", ["achievement", "state", "lang", "seen"])
async def test_a_senseless_filter_shows_everything(desk: Desk, name: str) -> None:
    await desk.award(await desk.publish_example())
    for value in GARBAGE:
        page = await desk.get(f"/awards?{name}={quote(value, safe='%')}")
        assert page.status_code == 200
        assert "1 award" in text_of(page)


async def test_what_the_page_shows_already_is_not_sent_again(desk: Desk) -> None:
    await desk.found()
    achievement = await desk.publish_example()
    award = await desk.award(achievement)
    paths = ["/", f"/achievements/{achievement}", "/awards", f"/awards/{award.id}"]
    for path in [*paths, f"/c/{award.token}"]:
        page = await desk.get(path)
        connect = re.search(r'hx-sse:connect="([^"]+)"', page.text)
        assert connect is not None, path
        listening = await listen(desk, connect[1].replace("&amp;", "&"))
        desk.around.live.close()
        assert events_of(await listening) == [], path
        desk.around.live._closed.clear()


async def test_the_overview_shows_the_keys_of_the_identity(desk: Desk) -> None:
    await desk.found()
    english = text_of(await desk.get("/?lang=en"))
    assert "in use since" in english
    assert ISSUER.attest.multikey in english
    assert key_commitment(ISSUER.next.multikey) in english
    assert "acquis issuer rotate-keys" in english
    assert "en usage depuis" in text_of(await desk.get("/?lang=fr"))


async def test_a_rotation_cut_short_is_said(desk: Desk) -> None:
    await desk.found()
    async with desk.around.database.write() as session:
        (await session.get_one(InstitutionRow, "institution")).rotation = {"since": None}
    assert "A renewal is not finished" in text_of(await desk.get("/?lang=en"))
    assert "Un renouvellement n’est pas terminé" in text_of(await desk.get("/?lang=fr"))


def test_the_view_tells_keys_in_use_replaced_and_compromised() -> None:
    names = [seeded_key(f"page {number}").multikey for number in range(3)]
    document = with_compromised_key(
        with_attest_key(ISSUER.document.document, names[0]), ISSUER.method, FOUNDED
    )
    log, keys = ISSUER.log, [ISSUER.next, *(seeded_key(f"update {n}") for n in range(3))]
    for number, multikey in enumerate(names):
        document = with_attest_key(document, multikey)
        log = build_next_entry(
            log.encode(),
            keys[number],
            keys[number + 1],
            document,
            created=FOUNDED + timedelta(days=number + 1),
        )
    view = build_keys(log, unfinished=False)
    assert [(line.multikey, line.tone, (line.since - FOUNDED).days) for line in view.lines] == [
        (names[2], "good", 3),
        (names[1], "quiet", 3),
        (names[0], "quiet", 2),
        (ISSUER.attest.multikey, "bad", 0),
    ]
    assert [fact.value for fact in view.facts] == [
        "4",
        keys[2].multikey,
        key_commitment(keys[3].multikey),
    ]
    assert view.unfinished is None
