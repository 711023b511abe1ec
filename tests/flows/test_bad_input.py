"""Bad input to the running services: a clear problem document, never a 500, and nothing is lost."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from demo.people import PATIENCE_SECONDS, Visitor
from demo.story import LEARNER, PYTHON, RECRUITER, REGISTRAR
from support.town import Running

pytestmark = pytest.mark.agents

NOWHERE = str(uuid4())
DEEP = json.loads("[" * 60 + "]" * 60)


def hold_to_the_form(answer: httpx.Response, *statuses: int) -> dict[str, Any]:
    """RFC 9457: one shape for every error, in the reader's language, without what was sent."""
    assert answer.status_code in statuses, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= set(problem)
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"urn:acquis:problem:{problem['code']}"
    assert problem["detail"]
    return problem


def stranger(running: Running, service: str) -> httpx.AsyncClient:
    """Somebody who is signed in nowhere."""
    return httpx.AsyncClient(
        base_url=running.town.url(service), trust_env=False, timeout=PATIENCE_SECONDS
    )


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        ({"link": ""}, (422,)),
        ({"link": "nonsense"}, (422,)),
        ({"link": "ftp://127.0.0.1/c/x"}, (422,)),
        ({"link": "https://user:secret@127.0.0.1/c/x"}, (422,)),
        ({"link": "http://[::1"}, (422,)),
        ({"link": "http://127.0.0.1/\u0001"}, (422,)),
        ({"link": "http://10.0.0.1/c/x"}, (422,)),
        ({"link": "http://169.254.169.254/latest/meta-data"}, (422,)),
        ({"link": "http://127.0.0.1:9/c/x"}, (503,)),
        ({"link": "x" * 3000}, (422,)),
        ({"link": "{" + "x" * 300}, (422,)),
        ({"link": json.dumps({"@type": "https://didcomm.org/out-of-band/1.1/invitation"})}, (422,)),
        ({"link": "https://wallet.example/?oob=%%%"}, (422,)),
        ({"link": "https://wallet.example/?oob=" + "A" * 999}, (422,)),
        ({"link": 7}, (422,)),
        ({"nothing": "else"}, (422,)),
        ([], (422,)),
        (DEEP, (422,)),
        ({"link": "{" + "x" * (2 * 1024 * 1024)}, (413,)),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_wallet_is_given_a_bad_link(
    running: Running, body: Any, statuses: tuple[int, ...]
) -> None:
    async with Visitor(running.town.url("wallet"), LEARNER) as learner:
        answer = await learner.http.post("/api/links", json=body)
        problem = hold_to_the_form(answer, *statuses)
        assert "secret" not in json.dumps(problem)
        french = await learner.http.post("/api/links", json=body, headers={"accept-language": "fr"})
        assert hold_to_the_form(french, *statuses)["title"] != problem["title"]


@pytest.mark.parametrize("token", ["unknown", "%00", "..%2f..", "x" * 500, "é", "%ff"])
@pytest.mark.parametrize(("service", "path"), [("issuer", "/c/"), ("verifier", "/r/")])
async def test_an_unknown_or_malformed_link(
    running: Running, service: str, path: str, token: str
) -> None:
    async with stranger(running, service) as http:
        hold_to_the_form(await http.get(path + token), 404, 422)
        page = await http.get(path + token, headers={"accept": "text/html"})
        assert page.status_code in {404, 422}
        assert page.headers["content-type"].startswith("text/html")


async def test_a_claim_link_is_used_once(running: Running) -> None:
    await running.claim("Used Once")
    link = running.story.claim_link
    async with Visitor(running.town.url("wallet"), "Used Twice") as second:
        answer = await second.http.post("/api/links", json={"link": link})
        assert hold_to_the_form(answer, 409)["code"] == "already-used"
        assert (await second.get("/api/credentials"))["credentials"] == []


async def test_a_request_link_is_for_one_wallet(running: Running) -> None:
    async with (
        Visitor(running.town.url("verifier"), RECRUITER) as recruiter,
        Visitor(running.town.url("wallet"), "First Wallet") as first,
        Visitor(running.town.url("wallet"), "Second Wallet") as second,
    ):
        request_id, link = await running.story.ask(recruiter)
        opened = await first.post("/api/links", {"link": link})
        again = await first.post("/api/links", {"link": link})
        assert again == opened
        answer = await second.http.post("/api/links", json={"link": link})
        assert hold_to_the_form(answer, 409)["code"] == "already-used"
        odd = await second.http.get(link, headers={"acquis-retry-key": "é".encode()})
        hold_to_the_form(odd, 409)
        # Whose it is not cannot look at it, nor answer it, nor learn that it is there.
        path = f"/api/exchanges/{opened['id']}"
        for method, what in (("GET", ""), ("POST", "/share"), ("POST", "/decline")):
            body = {} if method == "POST" else None
            refused = await second.http.request(method, path + what, json=body)
            hold_to_the_form(refused, 404)
        async with Visitor(running.town.url("verifier"), "Another Recruiter") as other:
            hold_to_the_form(await other.http.get(f"/api/requests/{request_id}"), 404)
        await recruiter.post(f"/api/requests/{request_id}/cancel")
        answer = await second.http.post("/api/links", json={"link": link})
        hold_to_the_form(answer, 409, 410)


@pytest.mark.parametrize(
    "body",
    [
        {"competencies": [], "purpose": "x"},
        {"competencies": [{"key": PYTHON, "minimum_level": 0}], "purpose": "x"},
        {"competencies": [{"key": PYTHON, "minimum_level": "three"}], "purpose": "x"},
        {"competencies": [{"key": PYTHON, "minimum_level": 100}], "purpose": "x"},
        {"competencies": [{"key": "esco:nonsense"}], "purpose": "x"},
        {"competencies": [{"key": PYTHON}, {"key": PYTHON}], "purpose": "x"},
        {"competencies": [{"key": PYTHON}], "purpose": ""},
        {"competencies": [{"key": PYTHON}], "purpose": "x" * 5000},
        {"competencies": [{"key": PYTHON}], "purpose": "nul\u0000"},
        {"competencies": [{"key": PYTHON}], "purpose": "x", "awarded_since": "yesterday"},
        {"competencies": [{"key": PYTHON}], "purpose": "x", "unasked": True},
    ],
    ids=str,
)
async def test_a_bad_question(running: Running, body: Any) -> None:
    async with Visitor(running.town.url("verifier"), RECRUITER) as recruiter:
        hold_to_the_form(await recruiter.http.post("/api/requests", json=body), 422)


async def test_a_question_nobody_can_answer(running: Running) -> None:
    key = "esco_00000000-0000-4000-8000-000000000000"
    async with Visitor(running.town.url("verifier"), RECRUITER) as recruiter:
        answer = await recruiter.http.post(
            "/api/requests", json={"competencies": [{"key": key}], "purpose": "x"}
        )
        assert "recognised" in hold_to_the_form(answer, 404)["detail"]


async def test_bad_awards_and_achievements(running: Running) -> None:
    async with Visitor(running.town.url("issuer"), REGISTRAR) as registrar:
        post = registrar.http.post
        learner = {"given_name": "A", "family_name": "B"}
        path = f"/api/achievements/{running.story.achievement_id}/awards"
        for learners in (
            [],
            [{}],
            [{**learner, "levels": {PYTHON: 9}}],
            [learner, {"given_name": ""}],
        ):
            body = {"learners": learners, "awarded_on": "2026-01-01"}
            hold_to_the_form(await post(path, json=body), 422)
        unknown_level = [{**learner, "levels": {"esco_nonsense": 3}}]
        hold_to_the_form(
            await post(path, json={"learners": unknown_level, "awarded_on": "2026-01-01"}), 422
        )
        hold_to_the_form(await post("/api/achievements", json={"slug": "x"}), 422)
        hold_to_the_form(
            await post(
                "/api/achievements", content=b"{", headers={"content-type": "application/json"}
            ),
            422,
        )
        hold_to_the_form(await post(f"/api/achievements/{NOWHERE}/publish", json={}), 404)
        hold_to_the_form(await post("/api/achievements/nonsense/publish", json={}), 404)
        hold_to_the_form(await post(f"/api/awards/{NOWHERE}/revoke", json={"reason": "error"}), 404)
        await running.story.award(registrar)
        path = f"/api/awards/{running.story.award_id}/revoke"
        hold_to_the_form(await post(path, json={"reason": "because"}), 422)
        hold_to_the_form(await post(path, json={"reason": "error"}), 409)


@pytest.mark.parametrize("service", ["issuer", "wallet", "verifier"])
async def test_nobody_who_is_not_signed_in_does_anything(running: Running, service: str) -> None:
    async with stranger(running, service) as http:
        for path in ("/api/institution", f"/api/exchanges/{NOWHERE}", f"/api/requests/{NOWHERE}"):
            answer = await http.get(path)
            assert answer.status_code in {401, 404}
        cookie = {"cookie": f"acquis_session_{service}=e30.forged.signature"}
        forged = await http.get("/api/institution", headers=cookie)
        assert forged.status_code in {401, 404}
        cross = await http.post(
            "/sign-in", data={"name": "X"}, headers={"sec-fetch-site": "cross-site"}
        )
        hold_to_the_form(cross, 403)


@pytest.mark.parametrize("service", ["issuer", "wallet", "verifier"])
async def test_a_webhook_without_the_key_rings_nothing(running: Running, service: str) -> None:
    async with stranger(running, service) as http:
        path = "/webhooks/topic/issue_credential_v2_0/"
        for headers in ({}, {"x-api-key": ""}, {"x-api-key": "wrong"}, {"x-api-key": "é".encode()}):
            answer = await http.post(path, json={"cred_ex_id": NOWHERE}, headers=headers)
            hold_to_the_form(answer, 403)
