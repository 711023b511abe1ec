"""A wallet that can choose: the question, the invitation for exactly the choice, and silence."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acquis.credentials.choice import Choice, NameAsked, parse_choice
from acquis.credentials.narrowing import narrow_proof_request
from acquis.credentials.request import parse_presentation_request
from support.verifier_desk import NOW, PURPOSE, PYTHON, QUALITY, SQL, WALLET, Desk, text_of
from verifier import requesting
from verifier.choosing import QUESTION, accepts_question
from verifier.store import sessions
from verifier.store.tables import RequestRow

ASKING = {"accept": f"{QUESTION}, application/json;q=0.9"}
BOTH: dict[str, Any] = {
    "competency": [PYTHON, SQL],
    f"level_{SQL}": "2",
    "at_least": "1",
    "learner_name": "optional",
}
CHOICE = {"competencies": ["c2"], "learner_name": False}


async def read(desk: Desk, request_id: str, key: str = "one") -> httpx.Response:
    headers = ASKING | {"acquis-retry-key": key}
    return await desk.stranger.get(await desk.link(request_id), headers=headers)


async def choose(desk: Desk, request_id: str, choice: Any, key: str = "one") -> httpx.Response:
    return await desk.stranger.post(
        await desk.link(request_id),
        content=choice if isinstance(choice, bytes) else json.dumps(choice).encode(),
        headers=WALLET | {"acquis-retry-key": key},
    )


def sent(desk: Desk) -> list[dict[str, Any]]:
    return [
        record["by_format"]["pres_request"]["anoncreds"] for record in desk.agent.records.values()
    ]


async def test_the_question_makes_no_record_and_the_choice_makes_exactly_its_request(
    desk: Desk,
) -> None:
    request_id = await desk.ask(**BOTH)
    answer = await read(desk, request_id)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == QUESTION
    assert answer.headers["vary"] == "accept"
    question = answer.json()
    assert set(question) == {"request", "proof_request", "label", "expires_at"}
    assert question["label"] == "Atelier Garonne"
    assert question["expires_at"] == NOW + desk.around.settings.answer_minutes * 60
    assert (await read(desk, request_id)).json() == question
    assert desk.agent.records == {}

    invitation = await choose(desk, request_id, CHOICE)
    assert invitation.status_code == 200, invitation.text
    assert invitation.json()["goal"] == PURPOSE
    asked = parse_presentation_request(question["request"])
    narrowed = narrow_proof_request(question["proof_request"], asked, Choice(("c2",)))
    assert sent(desk) == [narrowed]
    row = await desk.session(request_id)
    assert row.choice == CHOICE
    assert row.proof_request == narrowed

    assert (await choose(desk, request_id, CHOICE)).json() == invitation.json()
    assert (await read(desk, request_id)).json() == invitation.json()
    other = await choose(desk, request_id, {"competencies": ["c1"], "learner_name": False})
    assert (other.status_code, other.json()["code"]) == (409, "already-used")
    assert len(desk.agent.records) == 1


async def test_a_wallet_that_knows_nothing_of_it_receives_everything(desk: Desk) -> None:
    request_id = await desk.ask(**BOTH)
    assert (await desk.open(request_id)).status_code == 200
    (full,) = sent(desk)
    assert set(full["requested_attributes"]) == {"c1", "c2"}
    assert "family_name" in full["requested_attributes"]["c1"]["names"]
    assert (await desk.session(request_id)).choice is None
    late = await choose(desk, request_id, CHOICE, "wallet")
    assert late.json()["code"] == "already-used"


async def test_one_that_read_the_question_may_still_take_the_whole_of_it(desk: Desk) -> None:
    request_id = await desk.ask(**BOTH)
    question = (await read(desk, request_id, "wallet")).json()
    assert (await desk.open(request_id)).status_code == 200
    assert sent(desk) == [question["proof_request"]]


async def test_where_nothing_is_left_to_choose_there_is_only_the_invitation(desk: Desk) -> None:
    answer = await read(desk, await desk.ask())
    assert answer.headers["content-type"] == "application/json"
    assert "@type" in answer.json()
    request_id = await desk.ask(**BOTH)
    nobody = await desk.stranger.get(await desk.link(request_id), headers=ASKING)
    assert "@type" in nobody.json()  # without a key it could not be known again when it chooses


async def test_only_the_wallet_that_read_the_question_may_choose(desk: Desk) -> None:
    request_id = await desk.ask(**BOTH)
    unread = await choose(desk, request_id, CHOICE)
    assert (unread.status_code, unread.json()["code"]) == (409, "conflict")
    await read(desk, request_id)
    for key in ("two", ""):
        other = await choose(desk, request_id, CHOICE, key)
        assert (other.status_code, other.json()["code"]) == (409, "already-used")
    assert (await read(desk, request_id, "two")).status_code == 409
    assert (await desk.open(request_id, "two")).status_code == 409
    assert (await choose(desk, request_id, CHOICE)).status_code == 200


async def test_of_two_choices_at_once_at_two_processes_one_stands(desk: Desk) -> None:
    request_id = await desk.ask(**BOTH)
    full = (await read(desk, request_id)).json()["proof_request"]
    row, request = await desk.session(request_id), await desk.request(request_id)
    asked = parse_presentation_request(request.request)

    async def invite(choice: Choice) -> dict[str, Any]:
        narrowed = narrow_proof_request(full, asked, choice)
        return await requesting.invite(desk.around, row, asked, narrowed, choice)

    both = await asyncio.gather(
        invite(Choice(("c1",))), invite(Choice(("c2",))), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in both) == ["AlreadyUsed", "dict"]
    kept = await desk.session(request_id)
    assert kept.choice is not None
    assert kept.proof_request == narrow_proof_request(full, asked, parse_choice(kept.choice))


async def test_a_choice_that_failed_at_our_agent_can_be_made_again(desk: Desk) -> None:
    request_id = await desk.ask(**BOTH)
    await read(desk, request_id)
    desk.agent.away = True
    away = await choose(desk, request_id, CHOICE)
    assert (away.status_code, away.headers["content-type"]) == (503, "application/problem+json")
    desk.agent.away = False
    assert (await choose(desk, request_id, CHOICE)).status_code == 200


async def test_an_answer_to_the_choice_is_verified(desk: Desk) -> None:
    request_id = await desk.ask(**BOTH)
    await read(desk, request_id)
    await choose(desk, request_id, {"competencies": ["c1"], "learner_name": True})
    await desk.answer_opened(request_id)
    row = await desk.session(request_id)
    assert row.decision is not None
    assert row.learned is not None
    assert "SQL" not in json.dumps(row.learned["shown"])


async def test_a_question_nobody_answers_ends_as_silence(desk: Desk) -> None:
    """Declined, nothing that fits, too low a level: the wallet does the same, nothing at all."""
    request_id = await desk.ask(**BOTH)
    await read(desk, request_id)
    row = await desk.session(request_id)
    assert row.due_at is not None
    desk.clock.at = row.expires_at - 1
    await desk.perform(row.id)
    assert "Scanned" in text_of(await desk.get(f"/requests/{request_id}?lang=en"))
    desk.clock.at = row.expires_at
    late = await choose(desk, request_id, CHOICE)
    assert (late.status_code, late.json()["code"]) == (410, "expired")
    await desk.perform(row.id)
    ended = await desk.session(request_id)
    assert (ended.id, ended.state, ended.open, ended.choice) == (row.id, "expired", False, None)
    assert (await desk.request(request_id)).closed_at is not None
    assert "No proof was given" in text_of(await desk.get(f"/requests/{request_id}?lang=en"))
    assert (await read(desk, request_id)).status_code == 410
    assert (await choose(desk, request_id, CHOICE)).status_code == 410
    assert desk.agent.records == {}


async def test_a_request_that_was_stopped_takes_no_choice(desk: Desk) -> None:
    request_id = await desk.ask(**BOTH)
    await read(desk, request_id)
    await desk.post(f"/requests/{request_id}/cancel")
    assert (await choose(desk, request_id, CHOICE)).status_code == 409
    assert desk.agent.records == {}


@pytest.mark.parametrize(
    "words", ["declined", "no matching credential", "the level is too low", "abandoned"]
)
async def test_whatever_words_a_wallet_ends_with_are_silence_and_not_kept(
    desk: Desk, words: str
) -> None:
    request_id = await desk.ask()
    await desk.open(request_id)
    row = await desk.session(request_id)
    record = desk.agent.records[str(row.record_id)]
    record |= {"state": "abandoned", "error_msg": f"abandoned: {words}"}
    await desk.perform(row.id)
    ended = await desk.session(request_id)
    assert (ended.state, ended.open) == ("expired", False)
    assert words not in json.dumps(ended.exchange)
    assert "No proof was given" in text_of(await desk.get(f"/requests/{request_id}?lang=en"))
    told = (await desk.get(f"/api/requests/{request_id}")).json()
    assert (told["state"], told["verdict"], told["report"]) == ("expired", None, None)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"competencies": ["c3"], "learner_name": False}, 422),
        ({"competencies": [], "learner_name": False}, 422),
        ({"competencies": ["c1", "c1"], "learner_name": False}, 422),
        ({"competencies": ["c1-level"], "learner_name": False}, 422),
        ({"competencies": "c1", "learner_name": False}, 422),
        ({"competencies": ["c1"], "learner_name": 1}, 422),
        ({"competencies": ["c1"]}, 422),
        ({"competencies": ["c1"], "learner_name": False, "x": 1}, 422),
        ({"competencies": ["c1"] * 500, "learner_name": False}, 422),
        (b'{"competencies": ["c1"], "competencies": ["c2"], "learner_name": false}', 422),
        (b'{"competencies": ["c1"], "learner_name": 0.0}', 422),
        (b"\xff\xfe", 422),
        (b"", 422),
        (b"[" * 5_000 + b"]" * 4_000, 422),
        (b"[" * 500 + b"]" * 500, 422),
        (b" " * 20_000, 413),
        (b"[" + b"0," * 2_500_000 + b"0]", 413),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_bad_choice_is_a_clear_problem_and_uses_up_nothing(
    desk: Desk, body: Any, status: int
) -> None:
    request_id = await desk.ask(**BOTH)
    await read(desk, request_id)
    answer = await choose(desk, request_id, body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert (await choose(desk, request_id, CHOICE)).status_code == 200


async def asked(desk: Desk) -> list[RequestRow]:
    async with desk.around.database.read() as session:
        return [row for row, _ in await sessions.newest(session, "robin")]


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
ANYTHING = st.recursive(
    LEAVES | st.sampled_from(["c1", "c2"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["competencies", "learner_name", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=ANYTHING)
async def test_whatever_is_posted_is_answered_clearly(desk: Desk, body: Any) -> None:
    rows = [] if body is None else await asked(desk)
    request_id = rows[0].id if rows else await desk.ask(**BOTH)
    answer = await choose(desk, request_id, body)
    assert answer.status_code in {409, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_media_type_is_read_as_one_of_a_list() -> None:
    assert accepts_question(ASKING["accept"])
    assert accepts_question("Application/VND.acquis.question+json; q=0.5")
    for accept in ("", "*/*", "application/json", f"x{QUESTION}"):
        assert not accepts_question(accept)


async def test_asking_with_a_choice_by_the_form_and_again(desk: Desk) -> None:
    request_id = await desk.ask(
        **BOTH | {"optional": QUALITY, "competency": [PYTHON, SQL, QUALITY]}
    )
    kept = parse_presentation_request((await desk.request(request_id)).request)
    assert [each.optional for each in kept.competencies] == [False, False, True]
    assert (kept.at_least, kept.learner_name) == (1, NameAsked.OPTIONAL)
    for language, says in (
        ("en", "any 1 of these 2, or more: “Python” at level 3 or more; “SQL” at level 2 or more"),
        ("en", "optional: the learner's name"),
        ("fr", "1 de ces 2 au choix, ou plus : « Python » au niveau 3 ou plus"),
        ("fr", "facultatif : le nom de l’apprenant"),
    ):
        assert says in text_of(await desk.get(f"/requests/{request_id}?lang={language}"))
        link = await desk.link(request_id)
        assert says in text_of(await desk.stranger.get(f"{link}?lang={language}"))
    await desk.post(f"/requests/{request_id}/cancel")
    again = await desk.post(f"/requests/{request_id}/again")
    new_id = again.headers["location"].removeprefix("/requests/")
    assert (await desk.request(new_id)).request == (await desk.request(request_id)).request


async def test_asking_with_a_choice_by_the_interface(desk: Desk) -> None:
    body = {
        "competencies": [{"key": PYTHON, "minimum_level": 3}, {"key": SQL, "optional": True}],
        "purpose": PURPOSE,
        "learner_name": "optional",
    }
    answer = await desk.browser.post("/api/requests", json=body)
    assert answer.status_code == 201, answer.text
    kept = parse_presentation_request((await desk.request(answer.json()["id"])).request)
    assert kept.competencies[1].optional
    assert kept.learner_name is NameAsked.OPTIONAL
    for change in (
        {"at_least": 2},
        {"at_least": 0},
        {"learner_name": "maybe"},
        {"competencies": [{"key": PYTHON, "optional": True}]},
    ):
        refused = await desk.browser.post("/api/requests", json=body | change)
        assert refused.status_code == 422, change
        assert refused.headers["content-type"] == "application/problem+json"
    as_before = await desk.browser.post("/api/requests", json=body | {"learner_name": True})
    kept = parse_presentation_request((await desk.request(as_before.json()["id"])).request)
    assert kept.learner_name is NameAsked.REQUIRED
