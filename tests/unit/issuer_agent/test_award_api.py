"""What a program may say of an award: the bounds of the form, told field by field."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from acquis.service.clock import today
from issuer_agent.award_fields import MOST_GRADE, MOST_LEARNERS, MOST_NAME
from issuer_agent.store import awards as award_queries
from support.issuer_desk import NOW, PYTHON, Desk

ADA = {"given_name": "Ada", "family_name": "Ünsal"}


async def send(desk: Desk, achievement: str, body: Any) -> Any:
    return await desk.browser.post(
        f"/api/achievements/{achievement}/awards",
        content=json.dumps(body),  # spells a lone surrogate, which the client's own would not
        headers={"content-type": "application/json"},
    )


async def nobody_is_awarded(desk: Desk) -> bool:
    async with desk.around.database.read() as session:
        return not await award_queries.newest(session, NOW)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"given_name": " \n "}, "learners.1.given_name"),
        ({"given_name": "A\x00da"}, "learners.1.given_name"),
        ({"given_name": "\ud800"}, "learners.1.given_name"),
        ({"family_name": "x" * (MOST_NAME + 1)}, "learners.1.family_name"),
        ({"family_name": 7}, "learners.1.family_name"),
        ({"birth_date": "2999-01-01"}, "learners.1.birth_date"),
        ({"birth_date": "1899-12-31"}, "learners.1.birth_date"),
        ({"birth_date": "2001-02-30"}, "learners.1.birth_date"),
        ({"birth_date": "2001-05-17T00:00:00"}, "learners.1.birth_date"),
        ({"levels": {PYTHON: 6}}, f"learners.1.levels.{PYTHON}"),
        ({"levels": {PYTHON: 10**400}}, f"learners.1.levels.{PYTHON}"),
        ({"levels": {"esco_nonsense": 3}}, "learners.1.levels"),
        ({"grade": "A\x00"}, "learners.1.grade"),
        ({"grade": "A" * (MOST_GRADE + 1)}, "learners.1.grade"),
    ],
)
async def test_a_wrong_learner_is_named_by_field_and_nobody_is_awarded(
    desk: Desk, wrong: dict[str, Any], field: str
) -> None:
    achievement = await desk.publish_example()
    body = {"learners": [ADA, ADA | wrong], "awarded_on": "2026-09-20"}
    refused = await send(desk, achievement, body)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert field in refused.json()["detail"]
    assert await nobody_is_awarded(desk)


@pytest.mark.parametrize("day", ["2999-01-01", "1899-12-31", "20260920", 1_790_000_000, None, ""])
async def test_a_wrong_day_of_the_award_is_told_once(desk: Desk, day: Any) -> None:
    achievement = await desk.publish_example()
    refused = await send(desk, achievement, {"learners": [ADA, ADA], "awarded_on": day})
    assert refused.status_code == 422
    assert refused.json()["detail"].count("awarded_on") == 1
    assert await nobody_is_awarded(desk)


async def test_everything_that_is_wrong_is_told_in_the_language_asked_for(desk: Desk) -> None:
    achievement = await desk.publish_example()
    learners = [ADA | {"given_name": "", "grade": "\x00"}, ADA, ADA | {"birth_date": "soon"}]
    refused = await desk.browser.post(
        f"/api/achievements/{achievement}/awards?lang=fr",
        json={"learners": learners, "awarded_on": "2999-01-01"},
    )
    detail = refused.json()["detail"]
    named = ("learners.0.given_name", "learners.0.grade", "awarded_on", "learners.2.birth_date")
    assert all(f"{name} : " in detail for name in named)
    assert "Ce jour n’est pas encore venu" in detail


async def test_as_many_learners_as_in_the_form_and_no_more(desk: Desk) -> None:
    achievement = await desk.publish_example()
    for count in (0, MOST_LEARNERS + 1):
        body = {"learners": [ADA] * count, "awarded_on": "2026-09-20"}
        refused = await send(desk, achievement, body)
        assert refused.status_code == 422
        assert "learners" in refused.json()["detail"]
    assert await nobody_is_awarded(desk)


async def test_what_is_just_within_the_bounds_is_awarded_on_one_line(desk: Desk) -> None:
    achievement = await desk.publish_example()
    tomorrow: date = today(desk.around.clock) + timedelta(days=1)
    learner = {
        "given_name": " Ada\r\nLou ",
        "family_name": "x" * MOST_NAME,
        "birth_date": "1900-01-01",
        "levels": {PYTHON: 5},
        "grade": "A" * MOST_GRADE,
    }
    made = await send(
        desk, achievement, {"learners": [learner], "awarded_on": tomorrow.isoformat()}
    )
    assert made.status_code == 201
    says = (await desk.standing(made.json()["awards"][0]["id"])).award.attributes
    assert says["given_name"] == "Ada Lou"
    assert says["family_name"] == "x" * MOST_NAME
    assert says["birth_date"] == "19000101"
    assert says["grade"] == "A" * MOST_GRADE
    assert says[PYTHON] == "5"
