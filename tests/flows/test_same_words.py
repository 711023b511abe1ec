"""Employer and learner read the same words, also for competencies that no framework of ours has."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx
import pytest

from acquis.credentials.competency import Competency, key_of
from acquis.credentials.disclosure import Disclosure, describe
from acquis.credentials.proof_request import UnverifiedProofRequest, parse_proof_request
from acquis.credentials.request import parse_presentation_request
from acquis.credentials.words import Words
from acquis.registry.trust_list import Scope
from holder_wallet.choosing import QUESTION
from support import verifier_desk, wallet_desk
from support.wallet_library import Published

BEES = Words("Beekeeping", "Apiculture")
HONEY = Words("Bottling honey", "Mise en pot du miel")
URI = "https://institute.example/competencies/bees"
OWN, RNCP = str(key_of("own", URI)), str(key_of("rncp", "99999-BC99-C1"))
COMPETENCIES = (
    Competency(BEES, "own", "bees", URI, "dreyfus", 3),
    Competency(HONEY, "rncp", "99999-BC99-C1", f"{URI}/honey", "dreyfus", 3),
)


@dataclass
class Both:
    """An employer and a learner whose services read copies of one registry."""

    employer: verifier_desk.Desk
    learner: wallet_desk.Desk
    published: Published

    async def ask(self, **body: Any) -> str:
        """Ask for one of the two at a level, for the other with its level."""
        asked = [{"key": OWN, "minimum_level": 2}, {"key": RNCP}]
        body = {"competencies": asked, "purpose": "Work", **body}
        answer = await self.employer.browser.post("/api/requests", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def words(self, request_id: str) -> Disclosure:
        """What the employer's pages and receipt say of what was sent."""
        row = await self.employer.session(request_id)
        asked = parse_proof_request(UnverifiedProofRequest(row.proof_request))
        request = await self.employer.request(request_id)
        return describe(asked, parse_presentation_request(request.request).labels())

    async def same_on_both(self, request_id: str, page: str) -> dict[str, str]:
        """Check that both show what the employer's words are; return the learner's page."""
        said = await self.words(request_id)
        shown = {}
        for language in ("en", "fr"):
            theirs = await self.employer.get(f"/requests/{request_id}?lang={language}")
            shown[language] = wallet_desk.text_of(await self.learner.get(f"{page}?lang={language}"))
            for each in (*said.shown, *said.proved, *said.hidden):
                assert each.in_language(language) in verifier_desk.text_of(theirs)
                assert each.in_language(language) in shown[language]
        return shown


@pytest.fixture(scope="module")
async def both(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Both]:
    tmp_path = tmp_path_factory.mktemp("both")
    async with wallet_desk.open_desk(tmp_path / "wallet") as learner:
        library = learner.library
        published = await library.publish(
            learner.issuer, wallet_desk.EXAMPLE, slug="bees", competencies=COMPETENCIES
        )
        library.write()
        library.recognise(
            *(Scope(each, 1, 5, date(2020, 1, 1), None, "o", "M") for each in ("own", "rncp"))
        )
        await learner.hold(published)
        anchors = (library.anchor.did,)
        async with verifier_desk.open_desk(tmp_path / "verifier", anchors=anchors) as employer:
            employer.around.mirror = learner.around.mirror
            employer.clock.at = learner.clock.now()
            yield Both(employer, learner, published)


async def test_both_call_a_competency_as_its_institution_publishes_it(both: Both) -> None:
    request_id = await both.ask()
    assert (await both.employer.open(request_id)).status_code == 200
    sent = (await both.employer.session(request_id)).proof_request
    page = await both.learner.open_request(sent)
    shown = await both.same_on_both(request_id, page)
    assert "“Beekeeping” at level 2 or more" in shown["en"]
    assert "le niveau de « Mise en pot du miel »" in shown["fr"]
    assert "Beekeeping" in wallet_desk.text_of(await both.learner.get("/?lang=en"))
    for each in (OWN, RNCP):
        assert each not in shown["en"]
    await both.learner.post(f"{page}/share")
    receipt = page.replace("requests", "receipts")
    given = wallet_desk.text_of(await both.learner.get(f"{receipt}?lang=en"))
    assert "the level of “Bottling honey” 3" in given


@pytest.mark.parametrize("forged", [False, True], ids=["as asked", "under another label"])
async def test_a_link_with_a_choice_is_worded_alike_and_its_own_label_is_not_believed(
    both: Both, forged: bool
) -> None:
    request_id = await both.ask(at_least=1)
    link = await both.employer.link(request_id)
    headers = {"accept": QUESTION, "acquis-retry-key": "wallet"}
    question = (await both.employer.stranger.get(link, headers=headers)).json()
    assert question["request"]["competencies"][0]["label"] == BEES.content()
    if forged:
        question["request"]["competencies"][0]["label"] = {"en": "Cooking", "fr": "Cuisine"}
    answer = httpx.Response(200, json=question, headers={"content-type": QUESTION})
    opened = await both.learner.post("/open", link=both.learner.give(answer))
    page = opened.headers["location"]
    home = wallet_desk.text_of(await both.learner.get("/?lang=en"))
    shown = wallet_desk.text_of(await both.learner.get(f"{page}?lang=en"))
    for each in (home, shown):
        assert "any 1 of these 2, or more: “Beekeeping” at level 2 or more" in each
        assert "Cooking" not in each
        assert OWN not in each
    theirs = verifier_desk.text_of(await both.employer.get(f"/requests/{request_id}?lang=en"))
    assert "any 1 of these 2, or more: “Beekeeping” at level 2 or more" in theirs


async def test_both_call_it_by_its_key_where_two_institutions_differ(both: Both) -> None:
    """Whichever name were shown, a credential of the other could answer (changes the registry)."""
    other = Competency(Words("Cooking", "Cuisine"), "own", "bees", URI, "dreyfus", 3)
    library = both.learner.library
    await library.publish(
        both.learner.issuer, wallet_desk.EXAMPLE, slug="cooking", competencies=(other,)
    )
    library.write()
    request_id = await both.ask(competencies=[{"key": OWN, "minimum_level": 2}])
    assert (await both.employer.open(request_id)).status_code == 200
    sent = (await both.employer.session(request_id)).proof_request
    shown = await both.same_on_both(request_id, await both.learner.open_request(sent))
    assert f"“{OWN}” at level 2 or more" in shown["en"]
