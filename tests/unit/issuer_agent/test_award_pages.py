"""Awarding to one and to many, looking at awards, revoking."""

from __future__ import annotations

import asyncio

import pytest

from acquis.protocols.issue_credential import State
from issuer_agent import offering, revoking
from issuer_agent.store import awards as award_queries
from issuer_agent.store.tables import IssuedRow
from support.issuer_desk import NOW, PYTHON, Desk, text_of
from support.live_part import LIVE, events_of, live_stream


async def test_an_award_makes_a_claim_link(desk: Desk) -> None:
    achievement = await desk.publish_example()
    form = {
        "kind": "one",
        "given_name": " Ada ",
        "family_name": "Martin",
        "awarded_on": "2026-09-20",
    }
    made = await desk.post(
        f"/achievements/{achievement}/award",
        **form | {"birth_date": "2001-05-17", f"level_{PYTHON}": "5", "grade": "A"},
    )
    assert made.status_code == 303
    page = await desk.get(made.headers["location"])
    award = (await desk.standing(made.headers["location"].rsplit("/", 1)[-1])).award
    assert offering.claim_link(desk.around, award) in page.text
    assert "Ada Martin" in page.text
    assert award.attributes[PYTHON] == "5"
    assert award.attributes["birth_date"] == "20010517"
    assert "17 May 2001" in page.text
    assert "level 5, expert" in page.text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"given_name": "  "}, "given_name"),
        ({"family_name": "x" * 101}, "family_name"),
        ({"given_name": "A\x00da"}, "given_name"),
        ({"birth_date": "17/05/2001"}, "birth_date"),
        ({"birth_date": "2001-02-30"}, "birth_date"),
        ({"birth_date": "1820-01-01"}, "birth_date"),
        ({"awarded_on": ""}, "awarded_on"),
        ({"awarded_on": "2999-01-01"}, "awarded_on"),
        ({f"level_{PYTHON}": "6"}, f"level_{PYTHON}"),
        ({f"level_{PYTHON}": "²"}, f"level_{PYTHON}"),
        ({"grade": "A" * 51}, "grade"),
    ],
)
async def test_a_wrong_award_says_so_and_keeps_what_was_typed(
    desk: Desk, wrong: dict[str, str], field: str
) -> None:
    achievement = await desk.publish_example()
    typed = {"kind": "one", "given_name": "Ada", "family_name": "Ünsal", "awarded_on": "2026-09-20"}
    answer = await desk.post(f"/achievements/{achievement}/award", **typed | wrong)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert "Ünsal" in answer.text or field == "family_name"
    async with desk.around.database.read() as session:
        assert not await award_queries.newest(session, NOW)


async def test_a_list_is_awarded_whole(desk: Desk) -> None:
    achievement = await desk.publish_example()
    learners = "Ada;Martin;2001-05-17\r\n\r\nTom\tO’Brien\nInès, de la Rivière\n"
    made = await desk.post(
        f"/achievements/{achievement}/award",
        kind="list",
        learners=learners,
        awarded_on="2026-09-20",
    )
    assert made.headers["location"] == f"/awards?achievement={achievement}"
    page = await desk.get(made.headers["location"])
    assert "3 awards" in text_of(page)
    for name in ("Ada Martin", "Tom O’Brien", "Inès de la Rivière"):
        assert name in page.text


async def test_a_list_with_a_bad_line_awards_nobody_and_says_which(desk: Desk) -> None:
    achievement = await desk.publish_example()
    learners = "Ada;Martin\nAlone\n\nTom;Smith;yesterday\nAda;Martin\na;b;c;d"
    answer = await desk.post(
        f"/achievements/{achievement}/award",
        kind="list",
        learners=learners,
        awarded_on="2026-09-20",
    )
    assert answer.status_code == 422
    words = text_of(answer)
    assert "4 lines cannot be read" in words
    for line in (2, 4, 5, 6):
        assert f"Line {line}:" in words
    assert "the same learner as line 1" in words
    assert "Ada;Martin" in answer.text
    async with desk.around.database.read() as session:
        assert not await award_queries.newest(session, NOW)


@pytest.mark.parametrize("learners", ["", " \n ", "\n".join(f"A;B{n}" for n in range(1001))])
async def test_an_empty_or_endless_list_is_refused(desk: Desk, learners: str) -> None:
    achievement = await desk.publish_example()
    answer = await desk.post(
        f"/achievements/{achievement}/award",
        kind="list",
        learners=learners,
        awarded_on="2026-09-20",
    )
    assert answer.status_code == 422
    assert 'id="learners-error"' in answer.text


async def test_a_list_without_a_day_is_refused(desk: Desk) -> None:
    achievement = await desk.publish_example()
    path = f"/achievements/{achievement}/award"
    answer = await desk.post(path, kind="list", learners="Ada;Martin", awarded_on="soon")
    assert answer.status_code == 422
    assert "Give a day as year-month-day" in text_of(answer)


async def test_awards_are_counted_and_filtered_by_the_state_they_are_shown_in(desk: Desk) -> None:
    await desk.found()
    achievement = await desk.publish_example()
    for index, state in enumerate(("valid", "requested", "pending", "published")):
        await desk.issue(await desk.award(achievement, f"Issued{index}"), state, index)
    for exchange in State:
        award = await desk.award(achievement, f"Exchange{exchange.value}")
        await desk.exchange(award, exchange)
        expired = await desk.award(achievement, f"Old{exchange.value}")
        await desk.exchange(expired, exchange)
        async with desk.around.database.write() as session:
            (await award_queries.load(session, expired.id)).award.expires_at = NOW
    async with desk.around.database.read() as session:
        standings = await award_queries.newest(session, NOW)
        counted = await award_queries.count_by_state(session, NOW)
        expected: dict[str, int] = {}
        for each in standings:
            word = award_queries.state_of(each, NOW)
            expected[word] = expected.get(word, 0) + 1
        assert counted == expected
        for word, number in expected.items():
            found = await award_queries.newest(session, NOW, state=word)
            assert {award_queries.state_of(each, NOW) for each in found} == {word}
            assert len(found) == number
    for word, number in expected.items():
        page = await desk.get(f"/awards?state={word}")
        assert f"{number} award" in text_of(page)
    figures = text_of(await desk.get("/"))
    assert f"credential revoked {expected['revoked']}" in figures


async def test_a_new_link_replaces_the_old_one(desk: Desk) -> None:
    award = await desk.award(await desk.publish_example())
    await desk.exchange(award, State.DECLINED)
    page = f"/awards/{award.id}"
    assert "The learner declined" in text_of(await desk.get(page))
    renewed = await desk.post(f"{page}/link")
    assert renewed.headers["location"] == page
    shown = await desk.get(page)
    assert "Waiting for the learner" in text_of(shown)
    new = (await desk.standing(award.id)).award
    assert offering.claim_link(desk.around, new) in shown.text
    assert (await desk.get(f"/c/{award.token}")).status_code == 404
    assert "Waiting for your wallet" in text_of(await desk.get(f"/c/{new.token}"))
    await desk.issue(new)
    refused = await desk.post(f"{page}/link")
    assert refused.status_code == 409
    assert "already been claimed" in text_of(refused)


async def test_revoking_needs_a_reason_and_a_yes(desk: Desk) -> None:
    award = await desk.award(await desk.publish_example())
    page = f"/awards/{award.id}"
    early = await desk.post(f"{page}/revoke", reason="error", confirm="yes")
    assert early.status_code == 409
    await desk.issue(award)
    for form, field in (
        ({"confirm": "yes"}, "reason"),
        ({"reason": "because", "confirm": "yes"}, "reason"),
        ({"reason": "error"}, "confirm"),
    ):
        refused = await desk.post(f"{page}/revoke", **form)
        assert refused.status_code == 422
        assert f'id="{field}-error"' in refused.text
    assert (await desk.standing(award.id)).issued.state == "valid"  # type: ignore[union-attr]
    asked = await desk.post(f"{page}/revoke", reason="error", confirm="yes")
    assert asked.headers["location"] == page
    words = text_of(await desk.get(page))
    assert "Being revoked" in words
    assert dict(revoking.reasons())["error"].en in words
    assert await desk.rings(IssuedRow, award.id) == 1


async def test_who_awarded_and_who_revoked_is_kept_and_shown(desk: Desk) -> None:
    achievement = await desk.publish_example()
    form = {"kind": "one", "given_name": "Ada", "family_name": "Martin", "awarded_on": "2026-09-20"}
    typed = await desk.post(f"/achievements/{achievement}/award", **form)
    by_form = (await desk.standing(typed.headers["location"].rsplit("/", 1)[-1])).award
    sent = await desk.browser.post(
        f"/api/achievements/{achievement}/awards",
        json={"learners": [{"given_name": "Tom", "family_name": "O"}], "awarded_on": "2026-09-20"},
    )
    by_program = (await desk.standing(sent.json()["awards"][0]["id"])).award
    await desk.post("/sign-in", name="Dominique Zo", next="/")
    for index, award in enumerate((by_form, by_program)):
        await desk.issue(award, index=index)
        assert award.awarded_by == "camille"
    await desk.post(f"/awards/{by_form.id}/revoke", reason="error", confirm="yes")
    await desk.browser.post(f"/api/awards/{by_program.id}/revoke", json={"reason": "error"})
    await desk.post("/sign-in", name="Somebody else", next="/")
    for award in (by_form, by_program):
        await desk.browser.post(f"/api/awards/{award.id}/revoke", json={"reason": "fraud"})
        english = text_of(await desk.get(f"/awards/{award.id}?lang=en"))
        assert "Awarded by camille" in english
        assert "Revocation asked for by dominique zo" in english
        french = text_of(await desk.get(f"/awards/{award.id}?lang=fr"))
        assert "Attribuée par camille" in french
        assert "Révocation demandée par dominique zo" in french


async def test_what_was_done_before_anybody_was_kept_is_shown_without_a_name(desk: Desk) -> None:
    award = await desk.award(await desk.publish_example())
    await desk.issue(award, "published")
    async with desk.around.database.write() as session:
        (await award_queries.load(session, award.id)).award.awarded_by = None
    words = text_of(await desk.get(f"/awards/{award.id}"))
    assert "Revoked" in words
    assert "Awarded by" not in words
    assert "asked for by" not in words


async def test_an_award_is_shown_live_until_nothing_more_can_come(desk: Desk) -> None:
    award = await desk.award(await desk.publish_example())
    path = f"/awards/{award.id}/events"
    events = await live_stream(
        desk,
        path,
        f"award:{award.id}",
        lambda: desk.exchange(award, State.OFFER_SENT),
        lambda: asyncio.sleep(0),  # rung, but nothing changed
    )
    assert len(events) == 2
    assert "Waiting for the learner" in events[0]
    assert "A wallet has opened the link" in events[1]


async def test_a_revoked_award_ends_its_stream(desk: Desk) -> None:
    award = await desk.award(await desk.publish_example())
    await desk.issue(award, "published")
    events = events_of(await desk.get(f"/awards/{award.id}/events", headers=LIVE))
    assert len(events) == 2
    assert events[-1].startswith("event: end")
    page = await desk.get(f"/awards/{award.id}")
    assert "hx-sse:connect" not in page.text
    assert "belongs under a new version of the achievement" in text_of(page)


async def test_what_a_stranger_typed_is_never_markup(desk: Desk) -> None:
    achievement = await desk.publish_example()
    mark = "<script>alert(1)</script>"
    form = {"kind": "one", "given_name": mark, "family_name": '"><b>', "awarded_on": "2026-09-20"}
    made = await desk.post(f"/achievements/{achievement}/award", **form)
    for path in (made.headers["location"], "/awards", "/"):
        assert mark not in (await desk.get(path)).text
    wrong = await desk.post(f"/achievements/{achievement}/award", **form | {"awarded_on": "x"})
    assert mark not in wrong.text
