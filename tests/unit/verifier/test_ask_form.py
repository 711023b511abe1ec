"""The form that asks: searching, adding and removing keep everything; what is wrong is said."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from acquis.registry.trust_list import Scope, TrustEntry
from support.verifier_desk import (
    INSTITUTE,
    PURPOSE,
    PYTHON,
    QUALITY,
    SQL,
    Desk,
    chosen_in,
    level_in,
    text_of,
)
from verifier import requesting
from verifier.store.tables import RequestRow

UNKNOWN = "esco_00000000-0000-4000-8000-000000000000"


async def asked(desk: Desk) -> list[RequestRow]:
    async with desk.around.database.read() as session:
        rows = await requesting.sessions.newest(session, "robin")
    return [row for row, _ in rows]


async def test_searching_adding_and_removing_keep_everything_typed(desk: Desk) -> None:
    form: dict[str, Any] = {
        "competency": [PYTHON],
        f"level_{PYTHON}": "3",
        "purpose": "A <b>job</b> & more",
        "awarded_since": "2024-01-31",
        "learner_name": "optional",
        "q": "évaluation",
    }
    searched = await desk.post("/ask", **form, search="1")
    assert searched.status_code == 200
    assert chosen_in(searched) == [PYTHON]
    assert f'name="add" value="{QUALITY}"' in searched.text
    assert f'name="add" value="{PYTHON}"' not in searched.text

    added = await desk.post("/ask", **form, add=SQL)
    assert added.status_code == 200
    assert chosen_in(added) == [PYTHON, SQL]

    form["competency"] = [PYTHON, SQL]
    removed = await desk.post("/ask", **form, remove=PYTHON)
    assert chosen_in(removed) == [SQL]

    for answer in (searched, added):
        assert level_in(answer, PYTHON) == "3"
    for answer in (searched, added, removed):
        assert 'value="A &lt;b&gt;job&lt;/b&gt; &amp; more"' in answer.text
        assert 'value="2024-01-31"' in answer.text
        assert re.search(r'name="learner_name" value="optional" checked', answer.text)
        assert 'aria-invalid="true"' not in answer.text
    assert await asked(desk) == []


async def test_a_link_can_choose_a_competency_before_the_form_is_seen(desk: Desk) -> None:
    answer = await desk.get(f"/ask?competency={PYTHON}&level_{PYTHON}=4&purpose=Job")
    assert chosen_in(answer) == [PYTHON]
    assert level_in(answer, PYTHON) == "4"
    assert 'value="Job"' in answer.text


async def test_enter_in_the_search_field_asks_nothing(desk: Desk) -> None:
    answer = await desk.post("/ask", competency=PYTHON, purpose=PURPOSE, q="sql", search="1")
    assert answer.status_code == 200
    assert await asked(desk) == []
    assert (await desk.post("/ask", competency=PYTHON, purpose=PURPOSE)).status_code == 200
    assert await asked(desk) == []


@pytest.mark.parametrize(
    ("changes", "says", "says_in_french"),
    [
        ({"competency": []}, "Choose at least one competency", "au moins une compétence"),
        ({"competency": UNKNOWN}, "not known here", "inconnue ici"),
        ({"competency": "'; DROP TABLE"}, "not known here", "inconnue ici"),
        ({f"level_{PYTHON}": "6"}, "Choose one of the levels", "Choisissez un des niveaux"),
        ({f"level_{PYTHON}": "-1"}, "Choose one of the levels", "Choisissez un des niveaux"),
        ({f"level_{PYTHON}": "٣"}, "Choose one of the levels", "Choisissez un des niveaux"),
        ({"purpose": "  "}, "Say what it is for", "Dites à quoi cela sert"),
        ({"purpose": "x" * 201}, "at most 200 characters", "200 caractères au plus"),
        ({"purpose": "a\x07b"}, "Say what it is for", "Dites à quoi cela sert"),
        ({"awarded_since": "2024-02-30"}, "Give a day as", "Indiquez un jour"),
        ({"awarded_since": "31/01/2024"}, "Give a day as", "Indiquez un jour"),
        ({"awarded_since": "0001-01-01"}, "Give a day as", "Indiquez un jour"),
        ({"awarded_since": "2027-01-01"}, "has not come yet", "pas encore venu"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_created(
    desk: Desk, changes: dict[str, Any], says: str, says_in_french: str
) -> None:
    form = {"competency": PYTHON, f"level_{PYTHON}": "3", "purpose": PURPOSE, "ask": "1"} | changes
    english = await desk.browser.post("/ask?lang=en", data=form)
    assert english.status_code == 422
    assert says in text_of(english)
    assert 'role="alert"' in english.text
    french = await desk.browser.post("/ask?lang=fr", data=form)
    assert french.status_code == 422
    assert says_in_french in text_of(french)
    assert await asked(desk) == []


async def test_an_unknown_competency_is_left_out_and_the_others_stay(desk: Desk) -> None:
    answer = await desk.post("/ask", competency=[PYTHON, UNKNOWN], add=SQL)
    assert answer.status_code == 422
    assert chosen_in(answer) == [PYTHON, SQL]
    answer = await desk.get(f"/ask?competency={UNKNOWN}&competency={PYTHON}")
    assert answer.status_code == 422
    assert chosen_in(answer) == [PYTHON]


async def test_more_than_ten_competencies_are_refused_in_words(desk: Desk) -> None:
    from verifier.competencies import search

    keys = [str(each.key) for each in search("")[:11]]
    answer = await desk.post("/ask", competency=keys[:10], add=keys[10], purpose=PURPOSE)
    assert answer.status_code == 422
    assert "At most 10 competencies" in text_of(answer)
    assert chosen_in(answer) == keys[:10]


async def test_no_recognised_institution_is_said_on_the_form(desk: Desk) -> None:
    from verifier.competencies import search

    other = next(each for each in search("Java") if each.label.en == "Java")
    form = {"competency": [PYTHON, str(other.key)], "purpose": PURPOSE, "ask": "1"}
    english = await desk.browser.post("/ask?lang=en", data=form)
    assert english.status_code == 422
    assert "No recognised institution awards “Java”" in text_of(english)
    assert chosen_in(english) == [PYTHON, str(other.key)]
    french = await desk.browser.post("/ask?lang=fr", data=form)
    assert "Aucun établissement reconnu ne délivre « Java »" in text_of(french)
    assert await asked(desk) == []


async def test_a_level_nobody_is_recognised_for_is_said_on_the_form(desk: Desk) -> None:
    scope = Scope("esco", 1, 2, date(2020, 1, 1), None, "order", "Ministry")
    desk.copy.recognise(
        TrustEntry(desk.copy.institute.did, INSTITUTE, "FR", "https://a.example/", (scope,))
    )
    form = {"competency": PYTHON, f"level_{PYTHON}": "3", "purpose": PURPOSE, "ask": "1"}
    answer = await desk.post("/ask", **form)
    assert answer.status_code == 422
    assert "No recognised institution awards “Python”" in text_of(answer)


async def test_a_missing_trust_list_is_said_on_the_form_and_on_the_request(desk: Desk) -> None:
    request_id = await desk.ask()
    for file in desk.copy.files.glob("trust/anchor/resources/*"):
        file.unlink()
    answer = await desk.post("/ask", competency=PYTHON, purpose=PURPOSE, ask="1")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    page = await desk.get(f"/requests/{request_id}")
    assert page.status_code == 200
    assert "No recognised institution awards this" not in text_of(page)
    assert "Which institutions can answer could not be found out" in text_of(page)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"a=%ff&ask=1", b"ask=1&ask=1&level_=3&competency="])
async def test_a_form_that_is_no_form_is_told_not_failed_on(desk: Desk, body: bytes) -> None:
    answer = await desk.browser.post(
        "/ask", content=body, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code in {200, 422}
    answer = await desk.browser.post(
        "/ask", content=body, headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert answer.status_code in {200, 400, 422}
