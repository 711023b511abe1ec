"""What a claim link answers to a person and to a wallet."""

from __future__ import annotations

from urllib.parse import quote

from acquis.protocols.issue_credential import State
from acquis.service.clock import SetClock
from support.issuer_desk import GARBAGE, HOST, Desk, text_of
from support.live_part import LIVE, events_of, listen


async def test_looking_at_the_claim_page_offers_nothing_and_a_wallet_gets_the_invitation(
    desk: Desk,
) -> None:
    achievement = await desk.publish_example()
    award = await desk.award(achievement)
    await desk.post("/sign-out")
    page = await desk.get(f"/c/{award.token}")
    assert desk.agent.offers == 0
    assert f"didcomm://127.0.0.1:8010/c/{award.token}" in page.text
    link = quote(f"{HOST}/c/{award.token}", safe="")
    assert f"http://wallet.test/open?link={link}" in page.text
    assert 'class="qr"' in page.text
    first = await desk.get(f"/c/{award.token}", headers={"accept": "application/json"})
    again = await desk.get(f"/c/{award.token}", headers={"accept": "*/*"})
    assert first.json() == again.json()
    assert first.json()["goal_code"] == "issue-vc"
    assert desk.agent.offers == 1
    assert "accept it in your wallet" in text_of(await desk.get(f"/c/{award.token}"))


async def test_an_unknown_claim_link_is_told_kindly(desk: Desk) -> None:
    for token in GARBAGE:
        path = f"/c/{quote(token, safe='%')}"
        page = await desk.get(path)
        assert page.status_code == 404
        wallet = await desk.get(path, headers={"accept": "application/json"})
        assert wallet.status_code == 404
        assert (await desk.get(f"{path}/events", headers=LIVE)).status_code == 404
    told = text_of(await desk.get("/c/unknown?lang=fr"))
    assert "Université de l’Exemple" in told


async def test_an_agent_that_is_away_is_a_problem_and_the_link_stays(desk: Desk) -> None:
    award = await desk.award(await desk.publish_example())
    desk.agent.away = True
    answer = await desk.get(f"/c/{award.token}", headers={"accept": "application/json"})
    assert answer.status_code == 503
    assert answer.json()["code"] == "unavailable"
    desk.agent.away = False
    answer = await desk.get(f"/c/{award.token}", headers={"accept": "application/json"})
    assert answer.status_code == 200


async def test_a_claim_link_tells_that_it_expired_was_used_or_revoked(desk: Desk) -> None:
    achievement = await desk.publish_example()
    states = {
        "This link was already used": (409, desk.issue),
        "This credential was revoked": (410, lambda award: desk.issue(award, "published", 2)),
        "your credential is on its way": (
            409,
            lambda award: desk.exchange(award, State.REQUEST_RECEIVED),
        ),
    }
    for number, (words, (status, prepare)) in enumerate(states.items()):
        award = await desk.award(achievement, f"N{number}")
        await prepare(award)
        page = await desk.get(f"/c/{award.token}")
        assert page.status_code == 200
        assert words in text_of(page)
        wallet = await desk.get(f"/c/{award.token}", headers={"accept": "application/json"})
        assert wallet.status_code == status
    award = await desk.award(achievement, "Late")
    assert isinstance(desk.around.clock, SetClock)
    desk.around.clock.at = award.expires_at
    assert "This link has expired" in text_of(await desk.get(f"/c/{award.token}"))
    wallet = await desk.get(f"/c/{award.token}", headers={"accept": "application/json"})
    assert (wallet.status_code, wallet.json()["code"]) == (410, "expired")


async def test_the_claim_page_follows_the_claim_to_its_end(desk: Desk) -> None:
    award = await desk.award(await desk.publish_example())
    listening = await listen(desk, f"/c/{award.token}/events")
    await desk.issue(award)
    desk.around.live.changed(f"award:{award.id}")
    events = events_of(await listening)
    assert "Waiting for your wallet" in events[0]
    assert "It is in your wallet" in events[-2]
    assert events[-1].startswith("event: end")


async def test_the_claim_page_is_told_when_its_link_is_replaced(desk: Desk) -> None:
    award = await desk.award(await desk.publish_example())
    listening = await listen(desk, f"/c/{award.token}/events")
    await desk.post(f"/awards/{award.id}/link")
    events = events_of(await listening)
    assert "This link has expired" in events[-2]
    assert events[-1].startswith("event: end")
