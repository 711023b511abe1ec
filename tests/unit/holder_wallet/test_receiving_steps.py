"""What a wallet does when its agent was killed while a credential was asked for."""

from __future__ import annotations

from acquis.acapy import credentials, issue_credential
from holder_wallet.holding import open_wallet
from support.wallet_desk import Desk


async def half_of_a_request(desk: Desk) -> tuple[str, str]:
    """An accepted offer whose agent noted half of the request; the issuer's record and the page."""
    record_id, invitation = await desk.offer()
    page = await desk.open(invitation)
    row = await desk.until(page, "offer-received")
    [wallet] = [
        each
        for each in desk.world.agent("holder").wallets.values()
        if row.record_id in each.issuing
    ]
    assert row.record_id
    wallet.details[row.record_id] = {"cred_request_metadata": {}}
    await desk.change(page, action="send-request", action_at=0.0)
    return record_id, page


async def test_half_of_a_request_is_forgotten_with_its_offer(desk: Desk) -> None:
    record_id, page = await half_of_a_request(desk)
    before = await desk.row(page)
    assert (await desk.post(f"{page}/accept")).status_code == 303
    await desk.until(page, "request-sent")
    await desk._until(lambda: desk._is_requested(record_id), "the request")
    await issue_credential.issue(desk.issuer, record_id)
    done = await desk.until(page, "done")
    assert done.record_id != before.record_id
    wallet = await open_wallet(desk.around, done.learner_id)
    assert len(await credentials.list_credentials(wallet)) == 1


async def test_without_that_the_agent_refuses_for_good(desk: Desk) -> None:
    """The simulated agent does as the real one: it abandons what it has half of."""
    _, page = await half_of_a_request(desk)
    await desk.change(page, action=None, action_at=None)
    await desk.post(f"{page}/accept")
    await desk.until(page, "abandoned")


async def test_a_request_that_may_be_under_way_is_waited_for(desk: Desk) -> None:
    _, page = await half_of_a_request(desk)
    await desk.around.works["exchanges"].stop()
    await desk.change(page, action_at=9e9)
    await desk.post(f"{page}/accept")
    before = await desk.row(page)
    await desk.around.works["exchanges"]._perform(page.rpartition("/")[2])
    after = await desk.row(page)
    assert (after.state, after.record_id) == (before.state, before.record_id)
    assert after.action == "send-request"
