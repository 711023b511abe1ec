"""The consent page and the receipts: what is asked, what would be shown, what was given."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import httpx
import pytest

from acquis.acapy import present_proof
from acquis.credentials.choice import NameAsked
from acquis.credentials.disclosure import describe
from acquis.credentials.proof_request import UnverifiedProofRequest, parse_proof_request
from acquis.errors import NotFound
from acquis.text import Text
from holder_wallet import consenting, presenting
from holder_wallet.endings import BROKEN_OFF, BROKEN_OFF_LATE, CHOICE_REFUSED, REQUEST_CHANGED
from holder_wallet.store import exchanges, learners
from holder_wallet.store.tables import ExchangeRow, LearnerRow
from support.live_part import live_stream
from support.wallet_desk import (
    EXAMPLE,
    INSTITUTE,
    NAME,
    NOM,
    PURPOSE,
    PYTHON,
    SITE,
    SQL,
    Desk,
    text_of,
)

UNCHECKED = f"{SITE} · calls itself “Atelier Garonne”, which nobody checked"


def wallet_of(desk: Desk) -> Any:
    """The learner's wallet at the simulated agent."""
    return next(w for w in desk.world.agent("holder").wallets.values() if w.id != "base")


def picks_of(answer: httpx.Response) -> list[tuple[str, bool]]:
    """The credentials that can be picked, and whether each is."""
    found = re.findall(r'type="radio" name="pick_c1" value="([^"]+)"( checked)?', answer.text)
    return [(name, bool(checked)) for name, checked in found]


def request(**attributes: Any) -> dict[str, Any]:
    """A presentation request of somebody who is not one of ours."""
    return {
        "name": "Anything",
        "version": "1.0",
        "nonce": "99",
        "requested_attributes": attributes,
        "requested_predicates": {},
    }


async def test_consent_says_in_the_verifiers_words_what_is_given_and_what_is_not(
    desk: Desk,
) -> None:
    await desk.hold()
    asked = desk.proof_request(learner_name=NameAsked.REQUIRED)
    said = describe(parse_proof_request(UnverifiedProofRequest(asked)))
    page = await desk.open_request(asked)
    for language in ("en", "fr"):
        words = text_of(await desk.get(f"{page}?lang={language}"))
        for sentence in (*said.shown, *said.proved, *said.hidden):
            assert sentence.in_language(language) in words


async def test_consent_shows_the_values_that_will_be_shown_and_no_others(desk: Desk) -> None:
    await desk.hold(attributes=desk.attributes(grade="17/20"))
    page = await desk.open_request(learner_name=NameAsked.REQUIRED)
    english = text_of(await desk.get(page))
    for words in (
        f"Purpose: {PURPOSE}",
        "the learner's given name: Zoé",
        "the learner's family name: Müller-Étcheverry",
        f"which achievement it is (a public page): {NAME}",
        f"which kind of credential it is: {INSTITUTE} · {NAME}",
        "“Python” at level 3 or more, not the exact level: yes",
    ):
        assert words in english
    for hidden in ("17/20", "2001", "17 May", "optional: untick"):
        assert hidden not in english
    french = text_of(await desk.get(f"{page}?lang=fr"))
    assert "Zoé" in french
    assert NOM in french
    assert "« Python » au niveau 3 ou plus, pas le niveau exact" in french


async def test_a_requester_is_unknown_whatever_it_calls_itself(desk: Desk) -> None:
    await desk.hold()
    page = await desk.open_request()
    said = text_of(await desk.get(page))
    assert f"Unknown requester name not verified {UNCHECKED}" in said
    french = text_of(await desk.get(f"{page}?lang=fr"))
    assert f"{SITE} · se présente comme « Atelier Garonne », ce que personne n’a vérifié" in french


async def test_a_level_that_is_asked_is_shown(desk: Desk) -> None:
    await desk.hold()
    page = await desk.open_request(level=None)
    assert "the level of “Python”: 3" in text_of(await desk.get(page)).replace(" : ", ": ")
    assert "Python, with the level" in text_of(await desk.get("/"))


async def test_another_credential_can_be_picked_and_nothing_is_sent(desk: Desk) -> None:
    first = await desk.hold(attributes=desk.attributes(**{PYTHON: 4}))
    second = await desk.hold(attributes=desk.attributes(**{PYTHON: 5}))
    weak = await desk.hold(attributes=desk.attributes(**{PYTHON: 2}))
    page = await desk.open_request()
    offered = dict(picks_of(await desk.get(page)))
    assert set(offered) == {first, second}
    assert weak not in offered
    assert f"{INSTITUTE} · level 4" in text_of(await desk.get(page))
    other = next(name for name, checked in offered.items() if not checked)
    again = await desk.post(f"{page}/share", pick_c1=other, preview="1")
    assert (again.status_code, again.headers["location"]) == (303, f"{page}?pick_c1={other}")
    shown = await desk.get(again.headers["location"])
    assert dict(picks_of(shown))[other]
    assert (await desk.row(page)).answer is None
    stream = re.search(r'hx-sse:connect="([^"]+)"', shown.text)
    assert stream
    key = f"exchange:{page.rpartition('/')[2]}"
    assert await live_stream(desk, stream[1].replace("&amp;", "&"), key) == []
    switched = re.search(r'href="([^"]+)" lang="fr"', shown.text)
    assert switched
    french = await desk.get(switched[1].replace("&amp;", "&"))
    assert dict(picks_of(french))[other]
    assert 'lang="fr"' in french.text
    assert (await desk.post(f"{page}/share", pick_c1=other)).status_code == 303
    assert set((await desk.row(page)).choice["attributes"].values()) == {other}  # type: ignore[index]


async def test_a_pick_that_does_not_answer_is_told_and_nothing_is_sent(desk: Desk) -> None:
    await desk.hold(attributes=desk.attributes(**{PYTHON: 4}))
    weak = await desk.hold(attributes=desk.attributes(**{PYTHON: 2}))
    page = await desk.open_request()
    for pick in (weak, "garbage", "", "'; DROP--"):
        answer = await desk.post(f"{page}/share", pick_c1=pick)
        assert answer.status_code == 422, pick
        assert "The credential chosen does not answer what is asked" in text_of(answer)
        assert f'href="{page}?lang=fr"' in answer.text
    assert (await desk.row(page)).answer is None
    ignored = await desk.get(f"{page}?pick_c1={weak}&pick_other=x")
    assert ignored.status_code == 200
    assert "Share this, once" in text_of(ignored)


async def test_what_nothing_answers_can_only_be_declined(desk: Desk) -> None:
    await desk.hold(attributes=desk.attributes(**{PYTHON: 2}))
    page = await desk.open_request()
    assert "None of your credentials answers this" in text_of(await desk.get(page))
    refused = await desk.post(f"{page}/share")
    assert refused.status_code == 422
    assert "None of your credentials answers this" in text_of(refused)
    assert (await desk.post(f"{page}/decline")).status_code == 303
    assert "nothing was given" in text_of(await desk.get(page))


async def test_sharing_gives_a_receipt_of_exactly_what_was_given(desk: Desk) -> None:
    held = await desk.hold()
    page = await desk.open_request(learner_name=NameAsked.REQUIRED)
    assert (await desk.post(f"{page}/share", pick_c1=held)).headers["location"] == page
    assert (await desk.post(f"{page}/share", pick_c1=held)).status_code == 303  # pressed twice
    await desk.until(page, "presentation-sent")
    said = await desk.get(page)
    assert "Your proof was given" in text_of(said)
    receipt = page.replace("requests", "receipts")
    assert f'href="{receipt}"' in said.text
    listed = text_of(await desk.get("/receipts"))
    assert f"Python, level 3 or more {SITE} (“Atelier Garonne”)" in listed
    english = text_of(await desk.get(receipt))
    for words in (
        UNCHECKED,
        f"Purpose: {PURPOSE}",
        "“Python” at level 3 or more, not the exact level",
        "the learner's given name Zoé",
        "the learner's family name Müller-Étcheverry",
        f"From {NAME}",
        "What stayed hidden the date of the award: the exact value",
        (await desk.row(page)).thread_id,
    ):
        assert words in english
    french = text_of(await desk.get(f"{receipt}?lang=fr"))
    assert "Python, niveau 3 ou plus" in french
    assert "le prénom de l’apprenant Zoé" in french
    assert "Python, niveau 3 ou plus" in text_of(await desk.get(f"/credentials/{held}"))


async def test_a_receipt_outlives_the_credential(desk: Desk) -> None:
    held = await desk.hold()
    page = await desk.open_request(learner_name=NameAsked.REQUIRED)
    await desk.post(f"{page}/share", pick_c1=held)
    wallet_of(desk).credentials.clear()
    said = text_of(await desk.get(page.replace("requests", "receipts")))
    assert "a credential that is no longer in this wallet" in said
    assert "the learner's given name (the value is not kept here)" in said
    assert "Müller" not in said.replace("Sign out , Zoé Müller", "")


async def test_declining_is_as_easy_and_leaves_a_receipt(desk: Desk) -> None:
    await desk.hold()
    page = await desk.open_request()
    assert (await desk.post(f"{page}/decline")).headers["location"] == page
    assert "You declined: nothing was given" in text_of(await desk.get(page))
    await desk.until(page, "declined")
    receipt = await desk.get(page.replace("requests", "receipts"))
    assert receipt.status_code == 200
    assert "Nothing was given." in text_of(receipt)
    assert "Python, level 3 or more" in text_of(await desk.get("/receipts"))
    late = await desk.post(f"{page}/share")
    assert late.status_code == 409
    assert "You declined: nothing was given" in text_of(late)
    assert (await desk.row(page)).answer == "decline"


async def test_a_request_expires_and_then_gives_nothing(desk: Desk) -> None:
    await desk.hold()
    page = await desk.open_request()
    assert "You can answer until" in text_of(await desk.get(page))
    desk.clock.at += 31 * 60
    await desk.work(page)
    await desk.until(page, "expired")
    assert "This request has expired: nothing was given" in text_of(await desk.get(page))
    for form in ("share", "decline"):
        late = await desk.post(f"{page}/{form}")
        assert late.status_code == 410
        assert "nothing was given" in text_of(late)
    assert "Nothing was given." in text_of(await desk.get(page.replace("requests", "receipts")))


async def test_states_that_follow_an_answer_say_what_was_given(desk: Desk) -> None:
    await desk.hold()
    page = await desk.open_request()
    receipt = page.replace("requests", "receipts")
    await desk.post(f"{page}/share")
    row = await desk.until(page, "presentation-sent")
    await desk.around.works["exchanges"].stop()  # what follows is written by hand
    for state, verified, says, kept in (
        ("request-received", None, "Making the proof and sending it", "being shared"),
        ("expired", None, "Your proof was given", "shared"),
        ("done", True, "Shared", "shared"),
        ("done", False, "Shared, but not accepted", "refused"),
        ("abandoned", None, "They may have received it", "could not be checked"),
        ("failed", None, "They may have received it", "could not be checked"),
    ):
        facts = {**row.exchange["facts"], "verified": verified}
        kept_exchange = {**row.exchange, "facts": facts}
        await desk.change(
            page,
            state=state,
            open=state == "request-received",
            due_at=None,
            exchange=kept_exchange,
        )
        assert says in text_of(await desk.get(page)), state
        shown = text_of(await desk.get(receipt))
        assert kept in shown, state
        assert "Nothing was given" not in shown
        assert "accepted" not in shown.replace("not accepted", "")


async def test_an_exchange_broken_off_before_the_answer_gave_nothing(desk: Desk) -> None:
    page = await desk.open_request()
    await desk.change(page, state="abandoned", open=False)
    assert "was broken off before anything was sent" in text_of(await desk.get(page))
    assert "avant tout envoi" in text_of(await desk.get(f"{page}?lang=fr"))
    assert "Rien n’a été donné" in text_of(await desk.get(page.replace("requests", "receipts")))


async def test_strange_requests_are_described_for_what_they_are(desk: Desk) -> None:
    held = await desk.hold()
    strange = request(
        free={"name": "grade"},
        **{"<b>\u202eevil": {"name": "given_name", "restrictions": [{}]}},
    )
    page = await desk.open_request(strange, label="</strong><script>alert(1)</script>\u202e")
    shown = await desk.get(page)
    assert shown.status_code == 200
    assert "<script>alert" not in shown.text
    assert "the grade (from any credential at all, or typed in by hand)" in text_of(shown)
    assert "&lt;U+202E&gt;" in shown.text
    form = {f"pick_{name}": held for name in ("free", "<b>\u202eevil")}
    assert (await desk.browser.post(f"{page}/share", data=form)).status_code == 303
    assert set((await desk.row(page)).choice["attributes"].values()) == {held}  # type: ignore[index]


async def test_a_request_that_cannot_be_read_is_told_and_can_be_left(desk: Desk) -> None:
    page = await desk.open_request()
    for broken in ({}, {"requested_attributes": 1}, request(**{"\ud800": {"name": "grade"}})):
        await desk.change(page, asked=broken)
        for language, words in (("en", "cannot be read"), ("fr", "ne peut pas être lue")):
            shown = await desk.get(f"{page}?lang={language}")
            assert shown.status_code == 200
            assert words in text_of(shown)
        assert (await desk.get("/?lang=en")).status_code == 200
        assert (await desk.post(f"{page}/share")).status_code == 422
    assert (await desk.post(f"{page}/decline")).status_code == 303
    assert (await desk.get("/receipts")).status_code == 200


async def test_answering_before_the_request_has_come_is_told(desk: Desk) -> None:
    await desk.hold()
    desk.world.agent("holder").doorbells.dropped = 1.0
    page = await desk.open_request()
    await desk.change(page, asked=None, state="created")
    shown = await desk.get(page)
    assert "Asking what is wanted of you" in text_of(shown)
    early = await desk.post(f"{page}/share")
    assert early.status_code == 409
    assert (await desk.row(page)).answer is None


async def test_a_competency_of_another_framework_has_the_name_its_issuer_gives(
    desk: Desk,
) -> None:
    competencies = [
        replace(each, framework="own", uri="https://institute.example/skills/1", code="1")
        if str(each.key) == SQL
        else each
        for each in desk.published.achievement.competencies
    ]
    made = await desk.library.publish(
        desk.issuer, EXAMPLE, competencies=tuple(competencies), version="2.0.0"
    )
    desk.library.write()
    own = str(competencies[1].key)
    await desk.hold(made)
    asked = desk.proof_request(made)
    asked["requested_predicates"]["c1-level"]["name"] = own
    page = await desk.open_request(asked)
    said = text_of(await desk.get(page))
    assert "“SQL” at level 3 or more, not the exact level" in said
    assert own not in said
    assert (await desk.post(f"{page}/share")).status_code == 303
    assert "SQL, level 3 or more" in text_of(await desk.get("/receipts"))


async def test_the_live_part_follows_the_request_to_its_end(desk: Desk) -> None:
    held = await desk.hold()
    page = await desk.open_request()
    key = f"exchange:{page.rpartition('/')[2]}"
    url = re.search(r'hx-sse:connect="([^"]+)"', (await desk.get(f"{page}?lang=fr")).text)
    assert url

    async def share() -> None:
        await desk.post(f"{page}/share", pick_c1=held)
        await desk.until(page, "presentation-sent")

    async def thanked() -> None:
        await desk.change(page, state="done", open=False)

    events = await live_stream(desk, url[1].replace("&amp;", "&"), key, share, thanked)
    assert "Votre preuve" in events[-2] or "Partagé" in events[-2]
    assert events[-1].startswith("event: end")


def test_texts_of_receipts_are_in_both_languages() -> None:
    for trouble in (BROKEN_OFF, BROKEN_OFF_LATE, CHOICE_REFUSED, REQUEST_CHANGED):
        for text in (trouble.says, trouble.kept, trouble.next):
            assert isinstance(text, Text)
            assert text.en != text.fr


async def test_the_agent_forgets_what_was_presented_an_hour_after_the_end(desk: Desk) -> None:
    await desk.hold()
    page = await desk.open_request()
    await desk.post(f"{page}/share")
    row = await desk.until(page, "presentation-sent", "done")
    wallet = desk.around.wallet_of(await _learner_of(desk, row))
    assert row.record_id is not None
    assert (await present_proof.load(wallet, row.record_id)).presentation is not None
    await desk.around.works["exchanges"].stop()
    await desk.change(page, state="done", open=False, exchange={**row.exchange, "state": "done"})
    desk.clock.at += 3000
    left = await presenting.perform(desk.around, await desk.row(page), wallet)
    assert left is not None
    assert left.seconds <= 600
    desk.clock.at += 700
    assert await presenting.perform(desk.around, await desk.row(page), wallet) is None
    assert (await desk.row(page)).record_id is None
    with pytest.raises(NotFound):
        await present_proof.load(wallet, row.record_id)
    assert "Python" in text_of(await desk.get(page.replace("requests", "receipts")))


async def _learner_of(desk: Desk, row: ExchangeRow) -> LearnerRow:
    async with desk.around.database.read() as session:
        return await learners.load(session, row.learner_id)


async def test_a_revoked_credential_is_picked_last_and_says_so(desk: Desk) -> None:
    await desk.hold()
    await desk.hold()
    page = await desk.open_request()
    await desk.revoke(1)
    async with desk.around.database.read() as session:
        row = await exchanges.load(session, page.rpartition("/")[2])
    question = await consenting.load_question(desk.around, row)
    assert question is not None
    assert len(question.revoked) == 1
    for match in question.matches:
        assert len(match.credentials) == 2
        assert match.credentials[0] not in question.revoked
        assert match.credentials[1] in question.revoked
    assert "revoked" in text_of(await desk.get(page))
