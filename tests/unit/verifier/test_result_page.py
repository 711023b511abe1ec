"""The result: three verdicts apart, the decision with its cause, what was learned and what not."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import httpx
import pytest

from acquis.credentials.report import Aspect, Outcome
from acquis.credentials.verify import CHECK_IDS
from acquis.service.catalogue import load_catalogue
from acquis.text import LANGUAGES, Text
from support.live_part import live_stream
from support.scenario import FIRST_AID
from support.verifier_desk import INSTITUTE, NOW, PYTHON, SQL, Desk, text_of
from verifier.evidence_views import build_evidence
from verifier.judgement_words import write_aspect, write_outcome


def verdicts(page: httpx.Response) -> dict[str, str]:
    found = re.findall(
        r'<section class="verdict" data-tone="(\w+)" aria-labelledby="verdict-(\w+)"', page.text
    )
    return {name: tone for tone, name in found}


def decision(page: httpx.Response) -> str:
    found = re.search(r'<div class="decision"[^>]* data-tone="(\w+)"', page.text)
    assert found is not None
    return found.group(1)


def part(page: httpx.Response, heading: str) -> str:
    """The words of the card with this id of its heading."""
    start = page.text.index(f'aria-labelledby="{heading}"')
    words = re.sub(r"<[^>]+>", " ", page.text[start:].split("</section>")[0])
    return re.sub(r"\s+", " ", unescape(words))


def french_of(sentence: str) -> str:
    """What the pages say for an English sentence of a template."""
    message = load_catalogue("fr").get(sentence)
    assert message is not None
    return str(message.string)


async def result(desk: Desk, request_id: str, language: str = "en") -> httpx.Response:
    page = await desk.get(f"/requests/{request_id}?lang={language}")
    assert page.status_code == 200
    return page


async def test_an_honest_answer_is_accepted_with_every_check_on_the_page(desk: Desk) -> None:
    request_id = await desk.ask()
    await desk.answer(request_id)
    page = await result(desk, request_id)
    assert decision(page) == "good"
    assert verdicts(page) == {"authentic": "good", "assurance": "good", "fit": "good"}
    assert list(verdicts(page)) == [each.value for each in Aspect]
    for check_id in CHECK_IDS:
        assert re.search(rf'id="check-\w+-{check_id}"', page.text), check_id
    assert "hx-sse:connect" not in page.text
    assert "accepted" in text_of(await desk.get("/?lang=en"))


async def test_page_and_command_call_things_by_the_same_names(desk: Desk) -> None:
    request_id = await desk.ask()
    await desk.answer(request_id)
    for language in LANGUAGES:
        page = await result(desk, request_id, language)
        titles = re.findall(r'<h3 id="verdict-\w+">([^<]+)</h3>', page.text)
        assert titles == [write_aspect(each, language) for each in Aspect]
    assert write_outcome(Outcome.INDETERMINATE, "fr").endswith(french_of("could not tell"))
    (assurance,) = build_evidence({"assurance": "audited-assessment"}, {})
    assert assurance.label == Text("Quality assurance", french_of("Quality assurance"))


async def test_each_check_opens_to_its_evidence_and_its_date(desk: Desk) -> None:
    request_id = await desk.ask()
    await desk.answer(request_id)
    english = text_of(await result(desk, request_id))
    for words in (
        "Revocation list of 22 Nov 2026, 11:00 UTC",
        "As of 22 Nov 2026, 11:00 UTC",
        f"Institution {INSTITUTE}",
        "Recognition recognised",
        "Awarded at the earliest on 1 January 2020",
        "Level asked at least 3",
        "Competency Python",
        "Assessment Project, Oral examination",
        "Oldest copy that is relied on 24 hours",
    ):
        assert words in english
    french = text_of(await result(desk, request_id, "fr"))
    for words in (
        "Liste de révocation du 22 nov. 2026, 11:00 UTC",
        "Reconnaissance reconnu",
        "Niveau minimal demandé 3",
        "Évaluation Projet, Examen oral",
    ):
        assert words in french


async def test_what_was_learned_and_what_stayed_hidden(desk: Desk) -> None:
    request_id = await desk.ask()
    await desk.answer(request_id)
    page = await result(desk, request_id)
    learned = part(page, "learned")
    assert "Data analysis with Python and SQL" in learned
    assert INSTITUTE in learned
    assert "“Python” at level 3 or more, not the exact level" in learned
    hidden = part(page, "hidden-part")
    assert "the learner's family name" in hidden
    assert "the level of “Python”: the exact value" in hidden
    for name in ("Zoé", "Müller"):
        assert name not in page.text
    assert "le nom de famille" in part(await result(desk, request_id, "fr"), "hidden-part")


async def test_what_was_asked_to_be_shown_is_shown(desk: Desk) -> None:
    request_id = await desk.ask(**{f"level_{PYTHON}": "", "learner_name": "required"})
    await desk.answer(request_id)
    learned = part(await result(desk, request_id), "learned")
    assert "the level of “Python” : 3" in learned or "the level of “Python”: 3" in learned
    assert "Zoé" in learned
    assert "Müller" in learned


async def test_the_achievement_is_told_in_its_own_words_in_the_readers_language(
    desk: Desk,
) -> None:
    request_id = await desk.ask()
    await desk.answer(request_id)
    english = text_of(await result(desk, request_id))
    for words in (
        "Writes, tests and documents programs",
        "defended for thirty minutes before a jury of two",
        "external audit of the assessments every three years",
        "Workload 3 ECTS, 75 hours",
        "European Qualifications Framework, level 6",
        "Supervised on site, identity verified",
        desk.published[0].achievement_id,
    ):
        assert words in english
    assert len(re.findall(r"· proved", english)) == 1
    french = text_of(await result(desk, request_id, "fr"))
    for words in (
        "Analyse de données avec Python et SQL",
        "soutenu trente minutes devant un jury",
        "3 ECTS, 75 heures",
        "Surveillée sur place, identité vérifiée",
    ):
        assert words in french


async def test_the_page_stands_when_the_mirror_has_lost_everything(desk: Desk) -> None:
    request_id = await desk.ask()
    await desk.answer(request_id)
    for file in desk.copy.files.rglob("*.jsonl"):
        file.unlink()
    for file in desk.copy.files.glob("*/*/resources/*"):
        file.unlink()
    page = await result(desk, request_id)
    assert decision(page) == "good"
    assert "Writes, tests and documents programs" not in text_of(page)
    assert desk.published[0].achievement_id in page.text  # the evidence that was kept


async def test_a_proof_that_does_not_hold_is_refused_and_nothing_of_it_is_believed(
    desk: Desk,
) -> None:
    request_id = await desk.ask(learner_name="required")
    desk.agent.verified = False
    await desk.answer(request_id)
    page = await result(desk, request_id)
    assert decision(page) == "bad"
    assert verdicts(page)["authentic"] == "bad"
    assert verdicts(page)["fit"] == "good"  # never merged
    assert "Nothing that can be relied on" in part(page, "learned")
    assert "Müller" not in page.text
    assert "Writes, tests and documents programs" not in text_of(page)
    assert "What to do" not in text_of(page)
    assert "not accepted" in text_of(await desk.get("/?lang=en"))
    assert "Non acceptée" in text_of(await result(desk, request_id, "fr"))


async def test_the_most_telling_reason_is_told_first(desk: Desk) -> None:
    request_id = await desk.ask()
    desk.agent.verified = False
    await desk.answer(request_id)
    text = text_of(await result(desk, request_id))
    start = text.index("Not accepted")
    told = text[start : text.index("Three verdicts")]
    assert "revoked" in told
    assert told.index("revoked") < told.index("The agent")


def old_mirror(desk: Desk) -> None:
    desk.copy.confirm(NOW - 30 * 3600)


def unknown_institution(desk: Desk) -> None:
    desk.copy.recognise()


@pytest.mark.parametrize(
    ("spoil", "verdict", "cause", "todo"),
    [
        (
            old_mirror,  # the anchor publishes in the same registry
            {"authentic", "assurance"},
            "The mirror of the institution's registry is too old to tell",
            ("Have our copy of the registry refreshed", "Faites rafraîchir notre copie"),
        ),
        (
            unknown_institution,
            {"assurance"},
            "not on the trust list you chose",
            ("Find out about the institution yourself", "Renseignez-vous sur l’établissement"),
        ),
    ],
)
async def test_what_could_not_be_told_is_amber_with_cause_and_what_to_do(
    desk: Desk,
    spoil: Callable[[Desk], None],
    verdict: set[str],
    cause: str,
    todo: tuple[str, str],
) -> None:
    request_id = await desk.ask()
    await desk.open(request_id)
    spoil(desk)
    await desk.answer_opened(request_id)
    page = await result(desk, request_id)
    assert decision(page) == "warn"
    assert {name for name, tone in verdicts(page).items() if tone == "warn"} == verdict
    assert set(verdicts(page).values()) == {"warn", "good"}
    text = text_of(page)
    head = text[text.index("Could not tell") : text.index("Three verdicts")]
    assert cause in head
    assert f"What to do: {todo[0]}" in head
    assert todo[1] in text_of(await result(desk, request_id, "fr"))
    assert "could not tell" in text_of(await desk.get("/?lang=en"))


async def test_an_institution_nobody_vouches_for_is_named_by_its_own_account(desk: Desk) -> None:
    request_id = await desk.ask()
    await desk.open(request_id)
    unknown_institution(desk)
    await desk.answer_opened(request_id)
    text = text_of(await result(desk, request_id))
    assert "Acquis Demonstration Institute (by its own account)" in text
    assert INSTITUTE not in text
    assert desk.copy.institute.did in part(await result(desk, request_id), "learned")


async def test_an_answer_that_cannot_be_read_is_refused_with_three_verdicts(desk: Desk) -> None:
    def spoil(presentation: dict[str, Any]) -> None:
        del presentation["proof"]

    request_id = await desk.ask()
    await desk.answer(request_id, spoil)
    page = await result(desk, request_id)
    assert decision(page) == "bad"
    assert verdicts(page) == {"authentic": "warn", "assurance": "warn", "fit": "bad"}
    assert text_of(page).count("Nothing could be checked.") == 2
    assert "Nothing that can be relied on" in part(page, "learned")
    assert (await result(desk, request_id, "fr")).status_code == 200


async def test_several_competencies_are_told_apart_and_no_id_is_on_the_page_twice(
    desk: Desk,
) -> None:
    request_id = await desk.ask(competency=[PYTHON, SQL], **{f"level_{SQL}": "2"})
    await desk.answer(request_id)
    page = await result(desk, request_id)
    assert decision(page) == "good"
    ids = re.findall(r' id="([^"]+)"', page.text)
    assert len(set(ids)) == len(ids)
    text = text_of(page)
    assert "Python: The competency asked for is proved at the level asked." in text
    assert "SQL: The competency asked for is proved at the level asked." in text
    assert len(re.findall(r"· proved", text)) == 2
    french = text_of(await result(desk, request_id, "fr"))
    assert "SQL : La compétence demandée est prouvée au niveau demandé." in french


async def test_each_achievement_a_result_rests_on_is_told(desk: Desk) -> None:
    request_id = await desk.ask(competency=[PYTHON, str(FIRST_AID)])
    await desk.answer(request_id)
    page = await result(desk, request_id)
    assert decision(page) == "good"
    text = text_of(page)
    for published in desk.published:
        assert published.achievement_id in text
    assert len(re.findall(r'id="achievement-\d"', page.text)) == 2
    assert len(re.findall(r"· proved", text)) == 2
    ids = re.findall(r' id="([^"]+)"', page.text)
    assert len(set(ids)) == len(ids)


async def test_an_invented_remark_of_the_agent_leaves_it_open(desk: Desk) -> None:
    request_id = await desk.ask()
    desk.agent.warnings = ["SOMETHING_NEW::c1", "UNHEARD_OF::<script>"]
    await desk.answer(request_id)
    page = await result(desk, request_id)
    assert decision(page) == "warn"
    ids = re.findall(r' id="([^"]+)"', page.text)
    assert len(set(ids)) == len(ids)
    assert "<script>" not in page.text.replace("<script src", "").replace("<script nonce", "")


async def test_the_result_arrives_by_itself_and_ends_the_stream(desk: Desk) -> None:
    request_id = await desk.ask()
    await desk.open(request_id)

    async def answer() -> None:
        await desk.answer_opened(request_id)

    events = await live_stream(
        desk, f"/requests/{request_id}/events?lang=en", f"request:{request_id}", answer
    )
    assert "Scanned" in events[0]
    assert "Three verdicts" in events[-2]
    assert events[-1].startswith("event: end")


async def test_the_result_of_another_person_does_not_exist(desk: Desk) -> None:
    request_id = await desk.ask()
    await desk.answer(request_id)
    await desk.stranger.post("/sign-in", data={"name": "Sam", "next": "/"})
    assert (await desk.stranger.get(f"/requests/{request_id}")).status_code == 404
