"""A link that asks a question: one page, a choice, and a proof of exactly that or nothing."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from acquis.acapy import present_proof
from acquis.credentials.choice import NameAsked
from acquis.credentials.competency import CompetencyKey
from acquis.credentials.disclosure import competency_in_words, describe_choice
from acquis.credentials.request import CompetencyRequest
from acquis.errors import InvalidInput
from acquis.text import Text
from holder_wallet.choosing import parse_link_question
from holder_wallet.store.tables import ExchangeRow
from support.leaves import spoilt
from support.question_site import LOST, QuestionSite, any_two
from support.wallet_desk import PYTHON, SQL, Desk, text_of

BOTH: dict[str, Any] = {"choosing": "1", "prove": ["c1", "c2"], "read": "c1 c2"}
NAMED = BOTH | {"name": "1", "read": "c1 c2 name"}
MISSING = "No credential for it in this wallet"
CHANGED = "The employer’s request changed after you agreed; nothing was shared"


async def opened(desk: Desk, site: QuestionSite) -> str:
    answer = await desk.post("/open", link=site.open_link())
    assert answer.status_code == 303, text_of(answer)
    page: str = answer.headers["location"]
    return page


async def asked(desk: Desk, **changes: Any) -> tuple[QuestionSite, str]:
    site = QuestionSite(desk, any_two(**changes))
    return site, await opened(desk, site)


def ticks_of(answer: httpx.Response) -> dict[str, bool]:
    """What can be ticked on a page, and whether it is."""
    found = re.findall(r'<input type="checkbox" id="tick-(\w+)"([^>]*)>', answer.text)
    return {name: rest.endswith(" checked") for name, rest in found}


def records_of(desk: Desk) -> list[Any]:
    """What the learner's agent has of presentations."""
    wallets = desk.world.agent("holder").wallets.values()
    return [each for wallet in wallets for each in wallet.presenting.values()]


async def test_one_page_asks_and_suggests_the_least_that_will_do(desk: Desk) -> None:
    await desk.hold()
    site, page = await asked(desk)
    row = await desk.row(page)
    assert (row.state, row.invitation, row.thread_id) == ("request-received", None, "")
    shown = await desk.get(page)
    assert ticks_of(shown) == {"c1": True, "c2": True, "name": False}
    for language in ("en", "fr"):
        words = text_of(await desk.get(f"{page}?lang={language}"))
        for each in (
            *describe_choice(site.request),
            *map(competency_in_words, site.request.competencies),
        ):
            assert each.in_language(language) in words
    await desk.get(f"{page}?lang=en")
    english = text_of(shown)
    assert english.count(MISSING) == 1
    for there in (
        "Choose at least 2 of these 3",
        "“Python” at level 3 or more, not the exact level: yes",
    ):
        assert there in english
    assert "Zoé Müller-Étcheverry" not in english.replace("Zoé Müller ", "")
    assert "the learner's given name:" not in english
    assert site.told == []
    assert records_of(desk) == []
    header = site.read[0].headers
    assert header["accept"] == "application/vnd.acquis.question+json, application/json;q=0.9"
    assert header["acquis-retry-key"]


async def test_exactly_what_was_chosen_is_proved_and_nothing_is_asked_again(desk: Desk) -> None:
    held = await desk.hold()
    site, page = await asked(desk)
    assert (await desk.post(f"{page}/share", **BOTH)).headers["location"] == page
    await desk.until(page, "presentation-sent")
    assert [json.loads(each.content) for each in site.told] == [
        {"competencies": ["c1", "c2"], "learner_name": False}
    ]
    assert site.told[0].headers["acquis-retry-key"] == site.read[0].headers["acquis-retry-key"]
    presented = await site.presented()
    assert presented is not None
    shown = presented["requested_proof"]["revealed_attr_groups"]
    assert {group: list(each["values"]) for group, each in shown.items()} == {
        "c1": ["achievement_id"],
        "c2": ["achievement_id"],
    }
    assert "Your proof was given" in text_of(await desk.get(page))
    receipt = text_of(await desk.get(page.replace("requests", "receipts")))
    assert "“Python” at level 3 or more" in receipt
    assert "Zoé" not in receipt.replace("Zoé Müller ", "")
    assert (await desk.row(page)).thread_id in receipt
    assert "SQL" in text_of(await desk.get(f"/credentials/{held}"))
    again = await desk.post("/open", link=site.link)
    assert again.headers["location"] == page


async def test_the_words_follow_what_is_ticked(desk: Desk) -> None:
    await desk.hold()
    site, page = await asked(desk)
    again = await desk.post(f"{page}/share", **NAMED | {"read": "c1 c2", "preview": "1"})
    assert again.headers["location"] == f"{page}?choosing=1&prove=c1&prove=c2&name=1"
    shown = await desk.get(again.headers["location"])
    assert ticks_of(shown) == {"c1": True, "c2": True, "name": True}
    assert "the learner's given name: Zoé" in text_of(shown)
    stream = re.search(r'hx-sse:connect="([^"]+)"', shown.text)
    assert stream
    assert "choosing=1&amp;prove=c1&amp;prove=c2&amp;name=1" in stream[1]
    assert (await desk.post(f"{page}/share", **NAMED)).status_code == 303
    await desk.until(page, "presentation-sent")
    presented = await site.presented()
    assert presented is not None
    assert "Müller-Étcheverry" in json.dumps(presented, ensure_ascii=False)
    receipt = text_of(await desk.get(page.replace("requests", "receipts")))
    assert "the learner's given name Zoé" in receipt


async def test_what_was_not_read_is_not_shared(desk: Desk) -> None:
    """Who ticks the name and shares at once, without scripts, first reads what that shows."""
    await desk.hold()
    site, page = await asked(desk)
    for read in ("c1 c2", "", "x"):
        answer = await desk.post(f"{page}/share", **NAMED | {"read": read})
        assert answer.status_code == 409
        assert "You changed what you give" in text_of(answer)
        assert "the learner's given name: Zoé" in text_of(answer)
        assert 'name="read" value="c1 c2 name"' in answer.text
    assert (await desk.row(page)).answer is None
    assert site.told == []


TOO_FEW = "At least 2 of the competencies asked for must be chosen"
CANNOT_BE_CHOSEN = [
    ([], TOO_FEW),
    (["c1"], TOO_FEW),
    (["c1", "c1"], TOO_FEW),
    (["c1", "c3"], "No credential in this wallet proves one of those you chose"),
    (["c1", "c2", "c9"], "A competency is chosen that was not asked for"),
    (["c1", "<b>", "c1-level"], TOO_FEW),
]


async def test_a_choice_that_cannot_be_made_is_told_at_the_field(desk: Desk) -> None:
    await desk.hold()
    site, page = await asked(desk)
    for proved, says in CANNOT_BE_CHOSEN:
        read = " ".join(dict.fromkeys(each for each in proved if re.fullmatch(r"c\d", each)))
        answer = await desk.post(f"{page}/share", **BOTH | {"prove": proved, "read": read})
        assert answer.status_code == 422, proved
        assert 'id="prove-error">' in answer.text
        assert says in text_of(answer)
        assert "What you give" not in text_of(answer)
        query = httpx.QueryParams([("choosing", "1"), *(("prove", each) for each in proved)])
        live = await desk.get(f"{page}?{query}")
        assert live.status_code == 200
        assert says in text_of(live)
    assert (await desk.row(page)).answer is None
    assert site.told == []


async def test_the_interface_chooses_nothing_for_anybody(desk: Desk) -> None:
    await desk.hold()
    site, page = await asked(desk)
    api = page.replace("/requests/", "/api/exchanges/")
    found = (await desk.get(f"{api}/question")).json()
    assert found["able"] == ["c1", "c2"]
    assert found["choice"] == {"competencies": ["c1", "c2"], "learner_name": False}
    assert set(found["groups"]) == {"c1", "c2"}
    for body in ({}, {"choice": {}}, {"choice": {"competencies": ["c1"], "learner_name": False}}):
        assert (await desk.browser.post(f"{api}/share", json=body)).status_code == 422
    assert site.told == []
    body = {"choice": found["choice"]}
    assert (await desk.browser.post(f"{api}/share", json=body)).status_code == 202
    await desk.until(page, "presentation-sent")


def with_name(request: dict[str, Any]) -> dict[str, Any]:
    group = request["requested_attributes"]["c1"]
    names = [*group["names"], "family_name"]
    return request | {"requested_attributes": {"c1": group | {"names": names}}}


def without_revocation(request: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in request.items() if name != "non_revoked"}


def with_level(request: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(request).replace('"p_value": 3', '"p_value": 2'))  # type: ignore[no-any-return]


def with_nonce(request: dict[str, Any]) -> dict[str, Any]:
    return request | {"nonce": "4321"}


async def test_a_request_that_changed_after_the_yes_is_not_answered(desk: Desk) -> None:
    await desk.hold()
    for changing in (with_name, without_revocation, with_level, with_nonce):
        site = QuestionSite(desk, any_two(), changing=changing)
        page = await opened(desk, site)
        await desk.post(f"{page}/share", **BOTH)
        row = await desk.until(page, "failed")
        assert not row.open
        assert await site.presented() is None
        assert CHANGED in text_of(await desk.get(page)), changing
        record = await present_proof.load(desk.employer, site.records[0])
        assert record.state == "request-sent"
    receipt = text_of(await desk.get(page.replace("requests", "receipts")))
    assert "Nothing was given" in receipt
    french = text_of(await desk.get(f"{page}?lang=fr"))
    assert "La demande de l’employeur a changé après votre accord ; rien n’a été partagé" in french


async def test_an_invitation_that_changes_between_two_looks_is_not_answered(desk: Desk) -> None:
    """For a request without a choice too: what the agent would answer is what was agreed to."""
    await desk.hold()
    page = await desk.open_request()
    row = await desk.row(page)
    assert row.asked is not None
    await desk.change(page, asked=row.asked | {"name": "Something else"})
    assert (await desk.post(f"{page}/share")).status_code == 303
    await desk.until(page, "failed")
    assert CHANGED in text_of(await desk.get(page))


async def test_answers_that_are_lost_come_once_more(desk: Desk) -> None:
    await desk.hold()
    site = QuestionSite(desk, any_two(), answers=[httpx.Response(503), LOST, LOST])
    page = await opened(desk, site)
    await desk.post(f"{page}/share", **BOTH)
    assert "Making the proof and sending it" in text_of(await desk.get(page))
    waiting = await desk.post("/open", link=site.link)  # the link is answered by the invitation
    assert waiting.headers["location"] == page
    await desk.until(page, "presentation-sent")
    assert len(site.records) == 1
    assert len({each.content for each in site.told}) == 1
    assert await site.presented() is not None


NOT_TAKEN = "did not take your choice; nothing was shared"
NO_INVITATIONS = [
    (httpx.Response(410), "expired", "This request has expired: nothing was given"),
    (httpx.Response(409), "failed", "This code was already used by another wallet"),
    (httpx.Response(422), "failed", NOT_TAKEN),
    (httpx.Response(404), "failed", NOT_TAKEN),
    (httpx.Response(302), "failed", NOT_TAKEN),
    (httpx.Response(200, content=b"{"), "failed", NOT_TAKEN),
    (httpx.Response(200, json={"@type": "x"}), "failed", NOT_TAKEN),
    (httpx.Response(200, content=b"[" * 300_000), "failed", NOT_TAKEN),
]


async def test_a_choice_that_is_not_taken_gives_nothing(desk: Desk) -> None:
    await desk.hold()
    for answer, state, says in NO_INVITATIONS:
        site = QuestionSite(desk, any_two(), answers=[answer])
        page = await opened(desk, site)
        await desk.post(f"{page}/share", **BOTH)
        await desk.until(page, state)
        assert says in text_of(await desk.get(page)), answer
        assert "Nothing was given" in text_of(await desk.get(page.replace("requests", "receipts")))
    assert records_of(desk) == []


async def test_an_invitation_that_is_had_already_is_not_taken_for_another(desk: Desk) -> None:
    await desk.hold()
    _, other = await desk.ask()
    first = await desk.open(other)
    again = httpx.Response(200, json=dict(other.content))
    offered = httpx.Response(200, json=dict((await desk.offer())[1].content))
    for answer in (again, offered):
        site = QuestionSite(desk, any_two(), answers=[answer])
        page = await opened(desk, site)
        await desk.post(f"{page}/share", **BOTH)
        await desk.until(page, "failed")
    await desk.until(first, "request-received")


async def test_a_site_that_stays_away_ends_as_silence(desk: Desk) -> None:
    await desk.hold()
    site = QuestionSite(desk, any_two(), answers=[httpx.Response(503)] * 50)
    page = await opened(desk, site)
    await desk.around.works["exchanges"].stop()
    await desk.post(f"{page}/share", **BOTH)
    desk.clock.at += site.seconds + 601
    await perform(desk, page)
    assert (await desk.row(page)).state == "expired"
    assert "This request has expired: nothing was given" in text_of(await desk.get(page))


async def perform(desk: Desk, page: str) -> ExchangeRow:
    """Do one step by hand."""
    await desk.around.works["exchanges"]._perform(page.rpartition("/")[2])
    return await desk.row(page)


async def test_killed_after_any_step_it_goes_on_from_there(desk: Desk) -> None:
    """Each step is done twice, as after a kill that came before it was noted."""
    await desk.hold()
    site, page = await asked(desk)
    await desk.around.works["exchanges"].stop()
    await desk.post(f"{page}/share", **BOTH)
    before = await desk.row(page)
    row = await perform(desk, page)
    assert row.invitation is not None
    await desk.change(
        page,
        invitation=None,
        invitation_id=before.invitation_id,
        thread_id="",
        action=None,
        action_at=None,
    )
    for _ in range(8):
        await perform(desk, page)
        await desk.world.settle()
        await desk.change(page, action_at=0.0)
    assert (await desk.row(page)).state == "presentation-sent"
    assert len(site.records) == 1
    assert len(records_of(desk)) == 1


async def test_what_waits_is_named_with_what_is_left_to_choose(desk: Desk) -> None:
    await desk.hold()
    await asked(desk)
    english = text_of(await desk.get("/?lang=en"))
    assert "any 2 of these 3, or more: “Python” at level 3 or more; " in english
    assert "optional: the learner's name" in english
    french = text_of(await desk.get("/?lang=fr"))
    assert re.search(r"2 de ces 3 au choix, ou plus.: ..Python.. au niveau 3 ou plus.; ", french)


async def test_of_a_no_nobody_hears_anything(desk: Desk) -> None:
    await desk.hold()
    site, page = await asked(desk)
    assert (await desk.post(f"{page}/decline")).headers["location"] == page
    row = await desk.until(page, "declined")
    assert not row.open
    assert site.told == []
    assert "You declined: nothing was given" in text_of(await desk.get(page))
    receipt = text_of(await desk.get(page.replace("requests", "receipts")))
    assert "Nothing was given" in receipt
    assert (await desk.post(f"{page}/share", **BOTH)).status_code == 409
    assert (await desk.post("/open", link=site.link)).headers["location"] == page
    assert records_of(desk) == []


@pytest.mark.parametrize("levels", [None, {PYTHON: 2, SQL: 2}])
async def test_who_has_too_little_can_only_say_no_and_nobody_hears_it(
    desk: Desk, levels: dict[str, int] | None
) -> None:
    """Not having it and having it at too low a level are the same, and the same as declining."""
    if levels is not None:
        await desk.hold(attributes=desk.attributes(**levels))
    site, page = await asked(desk)
    shown = text_of(await desk.get(page))
    assert "None of your credentials answers this" in shown
    assert "they are not told why" in shown
    refused = await desk.post(f"{page}/share", **BOTH)
    assert refused.status_code == 422
    assert (await desk.post(f"{page}/decline")).status_code == 303
    await desk.until(page, "declined")
    assert site.told == []
    assert len(site.read) == 1


@pytest.mark.parametrize("levels", [{PYTHON: 4}, {PYTHON: 2}, None])
async def test_every_no_to_an_ordinary_request_is_the_same_message(
    desk: Desk, levels: dict[str, int] | None
) -> None:
    if levels is not None:
        await desk.hold(attributes=desk.attributes(**levels))
    record_id, invitation = await desk.ask()
    page = await desk.open(invitation)
    await desk.until(page, "request-received")
    assert f'action="{page}/decline"' in (await desk.get(page)).text
    await desk.post(f"{page}/decline")
    await desk.until(page, "declined")
    await desk.world.settle()
    record = await present_proof.load(desk.employer, record_id)
    assert (record.state, record.error) == ("abandoned", f"abandoned: {present_proof.DECLINED}")


async def test_a_question_is_over_when_its_site_says_so(desk: Desk) -> None:
    await desk.hold()
    _, page = await asked(desk)
    desk.clock.at += 901
    await desk.work(page)
    await desk.until(page, "expired")
    assert "This request has expired" in text_of(await desk.get(page))
    late = QuestionSite(desk, any_two(), seconds=0)
    answer = await desk.post("/open", link=late.open_link())
    assert answer.status_code == 410


async def test_what_has_to_be_proved_cannot_be_unticked(desk: Desk) -> None:
    await desk.hold()
    site, page = await asked(
        desk,
        at_least=None,
        learner_name=NameAsked.REQUIRED,
        competencies=(
            CompetencyRequest(CompetencyKey.parse(PYTHON), Text("P", "P"), 3),
            CompetencyRequest(CompetencyKey.parse(SQL), Text("S", "S"), None, optional=True),
        ),
    )
    shown = await desk.get(page)
    assert ticks_of(shown) == {"c2": False}
    assert '<input type="hidden" name="prove" value="c1">' in shown.text
    form = {"choosing": "1", "prove": ["c1", "c2"], "name": "1", "read": "c1 c2 name"}
    assert (await desk.post(f"{page}/share", **form)).status_code == 303
    await desk.until(page, "presentation-sent")
    assert await site.presented() is not None


def forged(**changes: Any) -> Any:
    def forge(question: dict[str, Any]) -> dict[str, Any]:
        return question | changes

    return forge


def changed(old: str, new: str) -> Any:
    def change(question: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps(question["proof_request"])
        assert old in text
        return question | {"proof_request": json.loads(text.replace(old, new, 1))}

    return change


FORGED = [
    changed('"achievement_id"', '"achievement_id", "birth_date"'),
    changed('"p_value": 3', '"p_value": 4'),
    changed('"p_type": ">="', '"p_type": "<="'),
    changed('"name": "valid_until"', '"name": "birth_date"'),
    changed('"cred_def_id"', '"schema_id"'),
    changed('"restrictions": [{', '"restrictions": [{}, {'),
    changed('"given_name", ', ""),
    changed('"c3": {', '"c4": {'),
    changed(PYTHON, SQL),
    changed('"name": "', '"x": "\\ud800", "name": "'),
    forged(label="\x00"),
    forged(expires_at=1.5),
    forged(extra=1),
]


async def test_a_question_that_asks_otherwise_than_it_says_is_refused(desk: Desk) -> None:
    for forging in FORGED:
        site = QuestionSite(desk, any_two(), forging=forging)
        answer = await desk.post("/open", link=site.open_link())
        assert answer.status_code == 422
        assert site.told == []
    assert "/requests/" not in (await desk.get("/")).text


async def test_nothing_wrong_at_any_leaf_is_more_than_a_refusal(desk: Desk) -> None:
    """A question with another value at any place is refused, or is still one that can be kept."""
    site = QuestionSite(desk, any_two())
    site.open_link()
    taken = 0
    for where, document in spoilt(site._question):
        raw = json.dumps(document).encode()
        try:
            question = parse_link_question(raw)
        except InvalidInput:
            continue
        taken += 1
        assert parse_link_question(json.dumps(question.content()).encode()) == question, where
        assert question.id_at("x")
        question.narrow(question.widest(learner_name=False))
    assert 0 < taken < 400
    for raw in (b"", b"{}", b"[]", b"\xff", b"[" * 9_000, b'{"request": {}, "request": {}}'):
        with pytest.raises(InvalidInput):
            parse_link_question(raw)
