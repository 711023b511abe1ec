"""The wallet's pages: who may see them, and what a link may be."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import httpx
from starlette.responses import Response

from acquis.service.auth import Person, Sessions
from support.live_part import LIVE
from support.wallet_desk import BROWSER, NOBODY, Desk, text_of

PAGES = ["/", f"/credentials/{NOBODY}", "/open", f"/offers/{NOBODY}", f"/requests/{NOBODY}"]
PAGES += ["/receipts", f"/receipts/{NOBODY}"]
FORMS = ["/open", f"/offers/{NOBODY}/accept", f"/offers/{NOBODY}/decline"]
FORMS += [f"/requests/{NOBODY}/share", f"/requests/{NOBODY}/decline"]
STREAMS = ["/events", f"/offers/{NOBODY}/events", f"/requests/{NOBODY}/events"]
GARBAGE = ["x", "%00", "..%2f..%2fetc%2fpasswd", "a" * 3000, "%ff%fe", "'; DROP--", "{{7*7}}", "😀"]
NO_LINKS = ["x", "javascript:alert(1)", "https://", "//evil.example/", "file:///etc/passwd", "a b"]
NO_LINKS += ["https://[::1", "https://a:b:c/", "<script>alert(1)</script>", "\x00"]


def invitation(**changes: Any) -> dict[str, Any]:
    """An invitation with an offer that no agent ever made."""
    made = {
        "@type": "https://didcomm.org/out-of-band/1.1/invitation",
        "@id": "an invitation",
        "label": "Somebody",
        "goal": "Something",
        "services": ["did:peer:4abc"],
        "requests~attach": [
            {
                "@id": "request-0",
                "data": {
                    "json": {
                        "@id": "a thread",
                        "@type": "https://didcomm.org/issue-credential/2.0/offer-credential",
                    }
                },
            }
        ],
    }
    return made | changes


DEAD_ENDS = [
    (httpx.Response(404), 404, "not known to its site", "inconnu de son site"),
    (httpx.Response(410), 410, "has expired", "a expiré"),
    (httpx.Response(409), 409, "already been used", "déjà été utilisé"),
    (httpx.Response(500), 503, "does not answer", "ne répond pas"),
    (httpx.Response(302, headers={"location": "/x"}), 422, "not a link", "pas un lien"),
    (httpx.Response(200, content=b"a" * 2_000_000), 413, "too large", "trop volumineux"),
    (httpx.Response(200, content=b"<html>"), 422, "", ""),
    (httpx.Response(200, content=b"\xff\xfe"), 422, "", ""),
    (httpx.Response(200, content=b"[" * 200_000), 422, "", ""),
    (httpx.Response(200, json=[]), 422, "", ""),
    (httpx.Response(200, json={}), 422, "", ""),
    (httpx.Response(200, json=invitation(label=[1])), 422, "", ""),
    (httpx.Response(200, json=invitation(goal={})), 422, "", ""),
    (httpx.Response(200, content=b'{"@id": "\\ud800", "@type": 1}'), 422, "", ""),
    (httpx.Response(200, json=invitation(**{"requests~attach": []})), 422, "", ""),
    (httpx.Response(200, json=invitation(**{"requests~attach": "x"})), 422, "", ""),
]


async def test_a_browser_that_is_not_signed_in_is_sent_to_sign_in_and_back(desk: Desk) -> None:
    desk.browser.cookies.clear()
    for path in PAGES:
        answer = await desk.get(f"{path}?link=https%3A%2F%2Fa.example")
        assert answer.status_code == 303, path
        query = httpx.URL(answer.headers["location"]).params
        assert query["next"] == f"{path}?link=https%3A%2F%2Fa.example"


async def test_forms_and_live_parts_of_nobody_do_nothing(desk: Desk) -> None:
    desk.browser.cookies.clear()
    for path in FORMS:
        answer = await desk.post(path, link="https://a.example/c/x")
        assert answer.headers["location"].startswith("/sign-in"), path
    for path in STREAMS:
        assert (await desk.get(path, headers=LIVE)).status_code == 401, path


async def test_another_learner_sees_nothing_of_an_offer(desk: Desk) -> None:
    page = await desk.open_offer()
    held = await desk.hold()
    await desk.post("/sign-in", name="Somebody Else", next="/")
    assert "Your wallet is empty" in text_of(await desk.get("/"))
    for path in (page, f"{page}/events", f"/credentials/{held}"):
        assert (await desk.get(path)).status_code == 404
    for answer in ("accept", "decline"):
        assert (await desk.post(f"{page}/{answer}")).status_code == 404
    assert (await desk.row(page)).answer is None


async def test_who_has_a_cookie_but_no_wallet_signs_in_again(desk: Desk) -> None:
    forged = Response()
    Sessions(desk.around.settings, "wallet").sign_in(forged, Person(NOBODY, "Nobody"))
    desk.browser.cookies.clear()
    headers = BROWSER | {"cookie": forged.headers["set-cookie"].split(";")[0]}
    answer = await desk.get("/", headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2F")


async def test_garbage_in_an_address_is_a_page_that_says_so(desk: Desk) -> None:
    for garbage in GARBAGE:
        for base in ("/credentials", "/offers", "/requests", "/receipts"):
            answer = await desk.get(f"{base}/{garbage}")
            assert answer.status_code in {404, 422}, (base, garbage)
            assert answer.headers["content-type"].startswith("text/html")
        for form in (f"/offers/{garbage}/accept", f"/requests/{garbage}/share"):
            assert (await desk.post(form)).status_code in {404, 422}, form


async def test_an_empty_wallet_says_what_to_do_first_in_both_languages(desk: Desk) -> None:
    assert "Your wallet is empty" in text_of(await desk.get("/"))
    french = await desk.get("/?lang=fr")
    assert french.headers["content-language"] == "fr"
    assert "Votre portefeuille est vide" in text_of(french)


async def test_what_is_no_link_is_kept_and_said(desk: Desk) -> None:
    for link in NO_LINKS:
        for answer in (
            await desk.get("/open", params={"link": link}),
            await desk.post("/open", link=link),
        ):
            assert answer.status_code == 422, link
            assert 'aria-invalid="true"' in answer.text
            assert "<script>alert" not in answer.text
            assert "<" in link or not link.isprintable() or f'value="{link}"' in answer.text


async def test_a_link_is_confirmed_by_the_host_that_will_be_asked(desk: Desk) -> None:
    for link, host in (
        ("https://jobs.example/r/abc?x=1", "jobs.example"),
        ("https://jobs.example:8443/r/abc", "jobs.example:8443"),
        ("https://bank.example@evil.example/r/abc", "evil.example"),
        ("https://аpple.example/r/abc", "xn--pple-43d.example"),
        ("didcomm://jobs.example/r/abc", "jobs.example"),
        ("https://university.example/?oob=eyJhIjoxfQ", "No site: the link holds the invitation"),
    ):
        answer = await desk.get("/open", params={"link": link})
        assert answer.status_code == 200
        assert re.search(rf"<strong>{re.escape(host)}", answer.text), host
        assert f'name="link" value="{link.replace("&", "&amp;")}"' in answer.text


async def test_only_the_page_that_reads_codes_may_use_the_camera(desk: Desk) -> None:
    for answer in (await desk.get("/open"), await desk.post("/open", link="x")):
        policy = answer.headers["content-security-policy"]
        nonce = re.search(r'nonce="([^"]+)"', answer.text)
        assert nonce
        assert f"script-src 'self' 'nonce-{nonce[1]}' 'wasm-unsafe-eval';" in policy
        assert "style-src 'self';" in policy
        assert answer.headers["permissions-policy"] == "camera=(self)"
    assert (await desk.get("/")).headers.get("permissions-policy") != "camera=(self)"


async def test_a_link_that_leads_nowhere_is_told_and_kept(desk: Desk) -> None:
    for answered, status, says, dit in DEAD_ENDS:
        link = desk.give(answered)
        for language, words in (("en", says), ("fr", dit)):
            answer = await desk.browser.post(f"/open?lang={language}", data={"link": link})
            assert answer.status_code == status, answered
            assert words in text_of(answer)
            assert f'value="{link}"' in answer.text
            assert f'lang="{language}"' in answer.text
    assert "Your wallet is empty" in text_of(await desk.get("/?lang=en"))


async def test_a_form_of_two_megabytes_is_refused_before_it_is_read(desk: Desk) -> None:
    answer = await desk.post("/open", link="a" * 2_000_000)
    assert answer.status_code == 413
    under_the_limit = await desk.post("/open", link="{" + "a" * 900_000)
    assert under_the_limit.status_code == 413
    assert "aaaaaaaa" not in under_the_limit.text


async def test_hostile_words_in_an_invitation_are_spelt_out(desk: Desk) -> None:
    hostile = invitation(label="Bank\u202e\x00<b>", goal="a\x00" + "é" * 600)
    link = desk.give(httpx.Response(200, json=hostile))
    assert (await desk.post("/open", link=link)).status_code == 303
    home = await desk.get("/")
    assert home.status_code == 200
    assert "Bank&lt;U+202E&gt;&lt;b&gt;" in home.text
    assert "\u202e" not in home.text


async def test_an_invitation_inside_a_link_says_nothing_of_its_site(desk: Desk) -> None:
    inside = base64.urlsafe_b64encode(json.dumps(invitation()).encode()).decode()
    answer = await desk.post("/open", link=f"https://university.example/?oob={inside}")
    page = answer.headers["location"]
    assert (await desk.row(page)).link_host == ""
    home = text_of(await desk.get("/"))
    assert "A credential offered by “Somebody”" in home
    assert "university.example" not in home


async def test_the_same_link_twice_leads_to_the_same_page(desk: Desk) -> None:
    _, made = await desk.offer()
    link = desk.give(httpx.Response(200, json=dict(made.content)))
    first, second = [await desk.post("/open", link=link) for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    didcomm = await desk.post("/open", link=link.replace("http:", "didcomm:"))
    assert didcomm.headers["location"] == first.headers["location"]
    pasted = await desk.post("/open", link=json.dumps(dict(made.content)))
    assert pasted.headers["location"] == first.headers["location"]
