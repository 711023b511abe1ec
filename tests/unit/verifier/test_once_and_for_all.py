"""The first end of a session stands: many at once, late, replayed, unreadable, or not to be deleted."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from acquis.acapy.client import AgentClient
from acquis.errors import AlreadyUsed
from acquis.protocols.present_proof import State
from support.verifier_desk import NOW, Desk
from verifier import requesting, verifying
from verifier.explaining import explain, load_decided
from verifier.store.tables import SessionRow

type Hook = Callable[[httpx.Request], Awaitable[httpx.Response | None]]

MANY = 50


class Agent:
    """The desk's agent, told before each call; what is deleted is gone, unless it refuses to."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.before, self.refuses = desk, self.nothing, False
        self.asked: list[str] = []
        desk.around.agent = AgentClient(
            "http://agent.test", "k", transport=httpx.MockTransport(self)
        )

    async def nothing(self, _request: httpx.Request) -> httpx.Response | None:
        return None

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.path}")
        answer = await self.before(request)
        if answer is not None:
            return answer
        if request.method == "DELETE":
            if self.refuses:
                return httpx.Response(400)
            gone = self.desk.agent.records.pop(request.url.path.rpartition("/")[2], None)
            return httpx.Response(404 if gone is None else 200, json={})
        return self.desk.agent(request)


@pytest.fixture
def agent(desk: Desk) -> Agent:
    return Agent(desk)


async def answered(desk: Desk) -> tuple[str, dict[str, Any]]:
    """A request that was answered and not looked at yet, with the agent's record of it."""
    request_id = await desk.ask()
    await desk.open(request_id)
    await desk.answer_opened(request_id, look=False)
    return request_id, desk.agent.records[str((await desk.session(request_id)).record_id)]


def kept(row: SessionRow) -> tuple[Any, ...]:
    told = (row.state, row.open, row.exchange, row.presentation, row.verdict)
    return (*told, row.report, row.decision, row.digests)


async def test_one_of_fifty_wallets_at_once_gets_the_request(desk: Desk, agent: Agent) -> None:
    request_id = await desk.ask()
    token = (await desk.session(request_id)).token
    found = await asyncio.gather(
        *(requesting.open_link(desk.around, token, f"wallet {n}") for n in range(MANY)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, dict) for each in found) == 1
    assert sum(isinstance(each, AlreadyUsed) for each in found) == MANY - 1
    assert len(desk.agent.records) == 1


async def test_fifty_presentations_at_once_give_one_verdict_of_one_of_them(
    desk: Desk, agent: Agent
) -> None:
    """Fifty processes look while another presentation takes the place of the last at each call."""
    request_id, record = await answered(desk)
    honest = copy.deepcopy(record["by_format"]["pres"]["anoncreds"])
    count = 0

    async def another(request: httpx.Request) -> httpx.Response | None:
        nonlocal count
        if request.method != "DELETE":
            count += 1
            changed = copy.deepcopy(honest)
            changed["identifiers"][0]["timestamp"] -= count % 7
            record["by_format"]["pres"] = {"anoncreds": changed}
            desk.agent.verified = count % 3 > 0
            await asyncio.sleep(0)
        return None

    agent.before = another
    row = await desk.session(request_id)
    await asyncio.gather(*(desk.perform(row.id) for _ in range(MANY)), return_exceptions=True)
    while (row := await desk.session(request_id)).open:
        await desk.keep(request_id, action_at=0.0)
        await asyncio.gather(desk.perform(row.id), return_exceptions=True)
    first = kept(row)
    assert row.decision is not None
    assert explain(*await load_decided(desk.around.database, row.id)).status == 0
    await asyncio.gather(*(desk.perform(row.id) for _ in range(MANY)), return_exceptions=True)
    assert kept(await desk.session(request_id)) == first
    assert (await desk.request(request_id)).closed_at == NOW


async def test_what_comes_late_changes_nothing(desk: Desk, agent: Agent) -> None:
    request_id, record = await answered(desk)
    record["state"] = "request-sent"  # not come yet
    agent.refuses = True  # the agent keeps the record, so that something can still come in
    row = await desk.session(request_id)
    desk.clock.at = row.expires_at
    await desk.perform(row.id)
    row = await desk.session(request_id)
    assert (row.state, row.open, row.decision) == (State.EXPIRED, False, None)
    record |= {"state": "done", "verified": "true"}
    await desk.perform(row.id)
    assert kept(await desk.session(request_id)) == kept(row)


async def test_a_second_presentation_after_the_decision_changes_nothing(
    desk: Desk, agent: Agent
) -> None:
    request_id, record = await answered(desk)
    agent.refuses = True
    row = await desk.session(request_id)
    desk.agent.verified = False
    await desk.perform(row.id)
    row = await desk.session(request_id)
    assert row.decision is not None
    assert row.decision["conclusion"] == "refused"
    record |= {"state": "presentation-received", "verified": None}
    desk.agent.verified = True
    await desk.perform(row.id)
    assert kept(await desk.session(request_id)) == kept(row)


@pytest.mark.parametrize("with_request", [True, False])
async def test_an_answer_to_another_session_decides_nothing_here(
    desk: Desk, agent: Agent, with_request: bool
) -> None:
    """Replayed with its own request, or on its own thread: another session, another verifier."""
    _, theirs = await answered(desk)
    request_id, ours = await answered(desk)
    ours["by_format"]["pres"] = theirs["by_format"]["pres"]
    wanted = ["same-request"]
    if with_request:
        ours["by_format"]["pres_request"] = theirs["by_format"]["pres_request"]
    else:
        ours["pres"], wanted = theirs["pres"], ["same-exchange"]
    row = await desk.session(request_id)
    await desk.perform(row.id)
    row = await desk.session(request_id)
    assert row.decision is not None
    assert (row.decision["conclusion"], row.decision["because"]) == ("refused", wanted)


async def test_what_cannot_be_read_is_refused_and_no_agent_is_asked(
    desk: Desk, agent: Agent
) -> None:
    for wrong in ([], "x", {}, {"a": 1.5}, {"a": "x" * 6_000_000}, {"identifiers": [[]]}):
        request_id, record = await answered(desk)
        record["by_format"]["pres"] = {"anoncreds": wrong}
        row = await desk.session(request_id)
        await desk.perform(row.id)
        row = await desk.session(request_id)
        assert not row.open
        assert row.decision is not None
        assert row.decision["conclusion"] == "refused"
        assert row.decision["because"][0] == "readable"
        assert explain(*await load_decided(desk.around.database, row.id)).status == 0
        assert (await desk.get(f"/requests/{request_id}")).status_code == 200
    assert not any(each.endswith("/verify-presentation") for each in agent.asked)


async def test_a_deletion_the_agent_refuses_is_tried_again_until_it_is_done(
    desk: Desk, agent: Agent
) -> None:
    request_id, _ = await answered(desk)
    agent.refuses = True
    row = await desk.session(request_id)
    pauses = []
    for waited in (0, 5, 60, 10**6):
        desk.clock.at = NOW + waited
        pauses.append(await _pause(desk, row.id))
        assert (await desk.session(request_id)).record_id is not None
    assert pauses == [5.0, 5.0, 60.0, 3600.0]
    agent.refuses = False
    assert await _pause(desk, row.id) is None
    assert desk.agent.records == {}
    assert (await desk.session(request_id)).record_id is None


async def test_a_deletion_that_is_refused_because_it_is_done_is_done(
    desk: Desk, agent: Agent
) -> None:
    request_id, _ = await answered(desk)

    async def gone(request: httpx.Request) -> httpx.Response | None:
        if request.method == "DELETE":
            desk.agent.records.clear()
            return httpx.Response(400)
        return None

    agent.before = gone
    row = await desk.session(request_id)
    assert await _pause(desk, row.id) is None
    assert (await desk.session(request_id)).record_id is None


async def _pause(desk: Desk, session_id: str) -> float | None:
    again = await verifying.perform(desk.around, session_id)
    return None if again is None else again.seconds
