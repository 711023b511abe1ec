"""What issuing does with what an agent says: forward only, once, and never against a person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from acquis.acapy.client import AgentClient
from acquis.protocols.issue_credential import State
from acquis.service.work import Again
from issuer_agent import issuing, offering
from issuer_agent.store.tables import AwardRow, ExchangeRow, IssuedRow
from support.issuer_desk import NOW, Desk


class Agent:
    """Says what it is told to say of every record, and notes what it is asked for."""

    def __init__(self, *states: str) -> None:
        self.states = list(states)
        self.asked: list[str] = []
        self.lost: dict[str, str] | None = None
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.path.rsplit('/', 1)[-1][:5]}")
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        if request.method == "DELETE":
            return httpx.Response(200, json={})
        if request.url.path.endswith("/issue"):
            self.states = ["credential-issued"]
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return httpx.Response(200, json=record(request, state, self.lost))


def record(request: httpx.Request, state: str, lost: dict[str, str] | None) -> dict[str, Any]:
    issued = state in {"credential-issued", "done"}
    return {
        "cred_ex_record": {
            "cred_ex_id": request.url.path.split("/")[3],
            "role": "issuer",
            "state": state,
            "thread_id": "t",
        },
        "anoncreds": {"rev_reg_id": "r", "cred_rev_id": "7"} if issued else lost,
    }


@pytest.fixture
async def award(desk: Desk) -> AwardRow:
    await desk.found()
    return await desk.award(await desk.publish_example())


async def kept(desk: Desk, row: ExchangeRow) -> ExchangeRow:
    async with desk.around.database.read() as session:
        return await session.get_one(ExchangeRow, row.id)


async def perform(desk: Desk, agent: Agent, row: ExchangeRow) -> Again | None:
    desk.around.agent = AgentClient("http://agent", "k", transport=httpx.MockTransport(agent))
    return await issuing.perform(desk.around, row.id)


async def test_a_request_is_answered_once(desk: Desk, award: AwardRow) -> None:
    row = await desk.exchange(award, State.OFFER_SENT)
    agent = Agent("request-received")
    await perform(desk, agent, row)
    assert (await kept(desk, row)).state == "credential-issued"
    async with desk.around.database.read() as session:
        issued = await session.get_one(IssuedRow, award.id)
    assert (issued.rev_reg_id, issued.rev_index, issued.state) == ("r", 7, "valid")
    # What is older comes late, and what is known comes again: nothing is issued a second time.
    late = Agent("request-received", "offer-sent", "credential-issued", "request-received", "done")
    for _ in range(5):
        await perform(desk, late, row)
    assert [asked for asked in agent.asked + late.asked if asked == "POST issue"] == ["POST issue"]
    assert (await kept(desk, row)).state == "done"


async def test_a_try_under_way_is_not_repeated(desk: Desk, award: AwardRow) -> None:
    row = await desk.exchange(award, State.REQUEST_RECEIVED)
    agent = Agent("request-received")

    async def again() -> None:
        other = Agent("request-received")
        await perform(desk, other, row)
        assert "POST issue" not in other.asked
        desk.around.agent = AgentClient("http://agent", "k", transport=httpx.MockTransport(agent))

    async def when_issuing() -> None:
        agent.meanwhile = again

    agent.meanwhile = when_issuing
    await perform(desk, agent, row)
    assert agent.asked.count("POST issue") == 1


async def test_a_person_who_renewed_the_link_meanwhile_has_the_last_word(
    desk: Desk, award: AwardRow
) -> None:
    row = await desk.exchange(award, State.OFFER_SENT)
    agent = Agent("request-received")

    async def renew() -> None:
        await offering.renew_link(desk.around, award.id)

    agent.meanwhile = renew
    await perform(desk, agent, row)
    assert (await kept(desk, row)).state == "expired"
    assert not (await kept(desk, row)).open
    assert "POST issue" not in agent.asked


async def test_the_agent_forgets_an_exchange_an_hour_after_its_end(
    desk: Desk, award: AwardRow
) -> None:
    row = await desk.exchange(award, State.ABANDONED)
    agent = Agent("abandoned")
    desk.around.clock.at = NOW + 600  # type: ignore[attr-defined]
    assert await perform(desk, agent, row) == Again(3000.0)
    assert agent.asked == []
    desk.around.clock.at = NOW + 3600  # type: ignore[attr-defined]
    assert await perform(desk, agent, row) is None
    assert [asked.split()[0] for asked in agent.asked] == ["DELETE"]
    assert (await kept(desk, row)).record_id is None
    assert await perform(desk, agent, row) is None
    assert len(agent.asked) == 1


async def test_what_was_lost_at_the_first_try_is_forgotten_before_the_second(
    desk: Desk, award: AwardRow
) -> None:
    """An agent that signed and was killed refuses to issue while it remembers."""
    row = await desk.exchange(award, State.REQUEST_RECEIVED)
    async with desk.around.database.write() as session:
        kept_row = await session.get_one(ExchangeRow, row.id)
        kept_row.action, kept_row.action_at = "issue", 0.0
    agent = Agent("request-received")
    agent.lost = {"rev_reg_id": "r", "cred_rev_id": "6"}
    await perform(desk, agent, row)
    assert agent.asked[-2:] == ["DELETE lost", "POST issue"]
    assert (await kept(desk, row)).state == "credential-issued"
    async with desk.around.database.read() as session:  # not the index of the one that was lost
        assert (await session.get_one(IssuedRow, award.id)).rev_index == 7


async def test_a_first_try_forgets_nothing(desk: Desk, award: AwardRow) -> None:
    row = await desk.exchange(award, State.REQUEST_RECEIVED)
    agent = Agent("request-received")
    await perform(desk, agent, row)
    assert "DELETE lost" not in agent.asked
    assert agent.asked[-1] == "POST issue"


async def test_a_credential_is_not_sent_again_for_ever(desk: Desk, award: AwardRow) -> None:
    row = await desk.exchange(award, State.CREDENTIAL_ISSUED)
    agent = Agent("credential-issued")
    desk.around.clock.at = NOW + 7200  # type: ignore[attr-defined]
    assert await perform(desk, agent, row) == Again(1.0)
    assert agent.asked[-1].startswith("POST")
    async with desk.around.database.write() as session:
        (await session.get_one(ExchangeRow, row.id)).repeats = 730
    assert await perform(desk, agent, row) is None
    assert agent.asked[-1].startswith("GET")
    await perform(desk, Agent("done"), row)  # its thanks may still come
    assert (await kept(desk, row)).state == "done"
