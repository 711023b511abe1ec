"""What an offer and a credential say, who is believed, and how the pages follow."""

from __future__ import annotations

import re
from datetime import date, timedelta

from acquis.registry.content import ResourceType
from acquis.registry.resource import build_resource
from acquis.registry.trust_list import Scope
from acquis.service.clock import today
from support.live_part import LIVE, events_of, live_stream
from support.registry import Issuer
from support.wallet_desk import ESCO, HOST, INSTITUTE, NAME, NOBODY, NOM, SITE, Desk, text_of

SINCE = date(2020, 1, 1)


async def test_an_offer_says_who_offers_what_and_what_it_says_of_the_learner(desk: Desk) -> None:
    page = await desk.open_offer(attributes=desk.attributes(grade="17/20"))
    english = text_of(await desk.get(page))
    for words in (
        f"{NAME} {INSTITUTE}",
        "name verified institute.example · recognised by Ministry of Examples",
        "Python · level 3, competent",
        "Given name Zoé Family name Müller-Étcheverry Date of birth 17 May 2001 Grade 17/20",
        "Awarded on 30 June 2024 Workload 3 ECTS, 75 hours Level EQF 6",
        "The learner brings a project of their own",
    ):
        assert words in english
    french = text_of(await desk.get(f"{page}?lang=fr"))
    for words in (
        f"{NOM} {INSTITUTE}",
        "nom vérifié institute.example",
        "Python · niveau 3, compétent",
        "Prénom Zoé Nom de famille Müller-Étcheverry Date de naissance 17 mai 2001 Note 17/20",
        "Attribué le 30 juin 2024 Charge de travail 3 ECTS, 75 heures Niveau CEC 6",
    ):
        assert words in french


async def test_an_issuer_that_the_anchor_does_not_know_has_no_verified_name(desk: Desk) -> None:
    page = await desk.open_offer()
    for days, scopes in ((30, ()), (-1, (ESCO,))):  # not on the list; a list that is overdue
        desk.library.recognise(*scopes, days=days)
        said = text_of(await desk.get(page))
        assert "name not verified" in said
        assert f"{SITE} · calls itself “Institut de l’Exemple”, which nobody checked" in said
        assert INSTITUTE not in said
    french = text_of(await desk.get(f"{page}?lang=fr"))
    assert "se présente comme « Institut de l’Exemple », ce que personne n’a vérifié" in french


async def test_recognised_for_something_else_is_not_recognised_for_this(desk: Desk) -> None:
    page = await desk.open_offer()
    for framework, level, until in (("rncp", 1, None), ("esco", 3, None), ("esco", 1, SINCE)):
        desk.library.recognise(Scope(framework, level, 5, SINCE, until, "order", "Ministry"))
        said = text_of(await desk.get(page))
        assert f"{INSTITUTE} name verified" in said
        assert "recognised by" not in said


async def test_an_achievement_of_another_issuer_is_not_believed(desk: Desk) -> None:
    famous = Issuer("demo/famous", name="famous")
    own, desk.library.institute = desk.library.institute, famous
    content = desk.published.achievement.content() | {"issuerId": famous.did}
    content["description"] = {"en": "The famous one"}
    words = famous.sign(build_resource(famous.did, ResourceType.ACHIEVEMENT, "x", content))
    desk.library.achievements = [words]
    desk.library.write()
    desk.library.institute = own
    borrowed = desk.attributes() | {"achievement_id": words["id"]}
    said = text_of(await desk.get(await desk.open_offer(attributes=borrowed)))
    assert "The famous one" not in said
    assert "public description is not in this wallet’s copy of the registry" in said
    assert "Python · level 3, competent" in said


async def test_pages_are_shown_while_the_mirror_has_nothing(desk: Desk) -> None:
    held = await desk.hold()
    page = await desk.open_offer()
    for path in desk.library.folder.rglob("*.json*"):
        path.unlink()
    said = text_of(await desk.get(page))
    assert "public description is not in this wallet’s copy" in said
    assert "Python · level 3, competent" in said
    home = text_of(await desk.get("/"))
    assert "Acquis Demonstration Institute (name not verified)" in home
    assert "status not checked yet" in home
    shown = text_of(await desk.get(f"/credentials/{held}?lang=fr"))
    assert "La description publique de l’établissement n’est pas dans la copie" in shown
    assert "état pas encore vérifié" in shown


async def test_declining_an_offer_stores_nothing(desk: Desk) -> None:
    page = await desk.open_offer()
    assert (await desk.post(f"{page}/decline")).headers["location"] == page
    assert "You declined" in text_of(await desk.get(page))
    await desk.until(page, "declined")
    assert "Nothing was stored" in text_of(await desk.get(page))
    refused = await desk.post(f"{page}/accept")
    assert refused.status_code == 409
    assert "You declined" in text_of(refused)
    assert f"{page}?lang=fr" in refused.text
    assert "Your wallet is empty" in text_of(await desk.get("/"))


async def test_an_accepted_offer_becomes_a_credential(desk: Desk) -> None:
    held = await desk.hold()
    page = f"/offers/{held}"
    assert (await desk.post(f"{page}/accept")).status_code == 303  # pressed twice
    said = await desk.get(page)
    assert "It is in your wallet" in text_of(said)
    assert f'href="/credentials/{held}"' in said.text
    home = text_of(await desk.get("/"))
    assert f"{NAME} {INSTITUTE} 30 June 2024 · 5 competencies valid" in home
    assert "Waiting" not in home
    french = text_of(await desk.get("/?lang=fr"))
    assert f"{NOM} {INSTITUTE} 30 juin 2024 · 5 compétences valide" in french


async def test_a_stored_offer_is_still_told_once_the_agent_forgot_it(desk: Desk) -> None:
    held = await desk.hold()
    wallet = next(w for w in desk.world.agent("holder").wallets.values() if w.issuing)
    wallet.issuing.clear()
    assert f"{NAME} {INSTITUTE}" in text_of(await desk.get(f"/offers/{held}"))
    wallet.credentials.clear()
    assert (await desk.get(f"/offers/{held}")).status_code == 200
    assert (await desk.get(f"/credentials/{held}")).status_code == 404


async def test_an_offer_that_is_over_says_why_and_what_is_next(desk: Desk) -> None:
    page = await desk.open_offer()
    for state, says, dit in (
        ("expired", "This offer has expired", "Cette proposition a expiré"),
        ("failed", "was broken off before the credential arrived", "a été interrompue avant"),
        ("abandoned", "your award is kept by the institution", "l’établissement conserve votre"),
    ):
        await desk.change(page, state=state, open=False)
        assert says in text_of(await desk.get(page))
        assert dit in text_of(await desk.get(f"{page}?lang=fr"))
        assert (await desk.post(f"{page}/accept")).status_code == 409
        await desk.get("/?lang=en")


async def test_an_offer_expires_after_its_time(desk: Desk) -> None:
    page = await desk.open_offer()
    desk.clock.at += 31 * 86_400
    await desk.work(page)
    await desk.until(page, "expired")
    assert "This offer has expired" in text_of(await desk.get(page))


async def test_a_credential_of_another_kind_is_shown_as_it_is(desk: Desk) -> None:
    claims = desk.attributes() | {"awarded_on": "yesterday", "grade": "<i>17\u202e"}
    page = await desk.open_offer(attributes=claims)
    said = await desk.get(page)
    assert "A credential of another kind" in text_of(said)
    assert "All that it says is listed in the details" in text_of(said)
    assert "&lt;i&gt;17&lt;U+202E&gt;" in said.text


async def test_a_credential_of_another_kind_is_held_like_the_others(desk: Desk) -> None:
    held = await desk.hold(attributes=desk.attributes() | {"awarded_on": "yesterday"})
    assert f"A credential of another kind {INSTITUTE} valid" in text_of(await desk.get("/"))
    page = text_of(await desk.get(f"/credentials/{held}?lang=fr"))
    assert "Une attestation d’un autre type" in page
    assert "yesterday" in page


async def test_a_revoked_and_an_expired_credential_say_so(desk: Desk) -> None:
    past = today(desk.clock) - timedelta(days=1)
    claims = desk.attributes() | {"valid_until": past.strftime("%Y%m%d")}
    revoked, expired = await desk.hold(), await desk.hold(attributes=claims)
    await desk.revoke(1)
    page = text_of(await desk.get(f"/credentials/{revoked}"))
    assert "revoked as of" in page
    assert "proofs made with it are refused" in page
    french = text_of(await desk.get(f"/credentials/{expired}?lang=fr"))
    assert "expirée" in french
    assert "valable jusqu’au" in french
    home = text_of(await desk.get("/?lang=en"))
    assert "competencies revoked" in home
    assert "competencies expired" in home


async def test_pages_tell_that_the_agent_is_away_and_lose_nothing(desk: Desk) -> None:
    page = await desk.open_offer()
    desk.world.agent("holder").kill()
    for path in ("/", page, f"/credentials/{NOBODY}"):
        answer = await desk.get(path)
        assert answer.status_code == 503
        assert "What was done before is kept" in text_of(answer)
    assert (await desk.post(f"{page}/accept")).status_code == 303
    desk.world.agent("holder").restart()
    assert "your credential is on its way" in text_of(await desk.get(page))


async def test_the_live_part_of_an_offer_is_sent_when_it_changes_and_only_then(desk: Desk) -> None:
    page = await desk.open_offer()
    shown = re.search(r'hx-sse:connect="([^"]+)"', (await desk.get(page)).text)
    assert shown
    url = shown[1].replace("&amp;", "&")
    key = f"exchange:{page.rpartition('/')[2]}"

    async def nothing() -> None:
        desk.library.write()  # the mirror was refreshed, with the same in it

    async def away() -> None:
        desk.world.agent("holder").kill()
        desk.library.recognise()

    async def decline() -> None:
        desk.world.agent("holder").restart()
        await desk.change(page, state="declined", open=False)

    events = await live_stream(desk, url, key, nothing, away, decline)
    assert len(events) == 2
    assert "You declined" in events[0]
    assert events[1].startswith("event: end")


async def test_the_live_part_of_the_start_page_tells_a_new_offer(desk: Desk) -> None:
    shown = re.search(r'hx-sse:connect="([^"]+)"', (await desk.get("/?lang=fr")).text)
    assert shown
    row = (await desk.row(await desk.open_offer())).learner_id

    async def offered() -> None:
        await desk.open_offer()

    events = await live_stream(desk, shown[1].replace("&amp;", "&"), f"learner:{row}", offered)
    assert "En attente de votre réponse" in events[0]
    assert events[-1].count('href="/offers/') == 2


async def test_the_live_part_of_what_is_not_there_is_not_found(desk: Desk) -> None:
    for kind in ("offers", "requests"):
        answer = await desk.get(f"/{kind}/{NOBODY}/events", headers=LIVE)
        assert answer.status_code == 404
        assert events_of(answer)
    assert (await desk.browser.get(f"{HOST}/requests/{NOBODY}")).status_code == 404
