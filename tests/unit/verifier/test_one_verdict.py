"""A verdict, the presentation it is of and the decision: kept at once, of one record, once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from acquis.acapy import present_proof as agent_proof
from acquis.acapy.client import AgentClient
from acquis.credentials.basis import PIPELINE, digest_of
from acquis.credentials.verify import CHECK_IDS
from acquis.errors import AlreadyUsed, Unavailable
from acquis.protocols.present_proof import State
from acquis.service.database import Database
from support.verifier_desk import NOW, WALLET, Desk, text_of
from verifier import requesting, verifying
from verifier.concluding import conclude
from verifier.explaining import explain
from verifier.requesting import environment_of
from verifier.store import sessions
from verifier.store.tables import RequestRow, SessionRow

type Between = Callable[[httpx.Request], Awaitable[httpx.Response | None]]


class Agent:
    """The desk's agent with a hook before each call; it really deletes."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.asked = desk, list[str]()
        self.between: Between = self.nothing
        transport = httpx.MockTransport(self)
        desk.around.agent = AgentClient("http://agent.test", "k", transport=transport)

    async def nothing(self, _request: httpx.Request) -> httpx.Response | None:
        return None

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.path}")
        answer = await self.between(request)
        if answer is not None:
            return answer
        known = request.url.path.rpartition("/")[2]
        if request.method == "DELETE" and not self.desk.agent.away:
            gone = self.desk.agent.records.pop(known, None)
            return httpx.Response(404 if gone is None else 200, json={})
        return self.desk.agent(request)


@pytest.fixture
def agent(desk: Desk) -> Agent:
    return Agent(desk)


def unavailable(path_end: str) -> Between:
    """Make every call of that kind fail."""

    async def fail(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(503) if request.url.path.endswith(path_end) else None

    return fail


async def answered_unchecked(desk: Desk, agent: Agent) -> str:
    """Ask, and receive an answer that the agent cannot check."""
    request_id = await desk.ask()
    agent.between = unavailable("/verify-presentation")
    with pytest.raises(Unavailable):
        await desk.answer(request_id)
    assert (await desk.session(request_id)).state == State.PRESENTATION_RECEIVED
    return request_id


def of_record(desk: Desk, record_id: str | None) -> dict[str, Any]:
    return desk.agent.records[str(record_id)]


async def try_again(desk: Desk, request_id: str) -> None:
    """Look once more, the pause between two tries being over."""
    await desk.keep(request_id, action_at=0.0)
    await desk.perform((await desk.session(request_id)).id)


async def test_a_second_presentation_is_not_judged_by_the_verdict_on_the_first(
    desk: Desk, agent: Agent
) -> None:
    request_id = await answered_unchecked(desk, agent)
    row = await desk.session(request_id)
    # The agent checked the first one, then a second took its place: state back, verdict kept.
    of_record(desk, row.record_id)["verified"] = "true"
    with pytest.raises(Unavailable):
        await try_again(desk, request_id)
    row = await desk.session(request_id)
    assert row.exchange["facts"].get("verified") is None
    assert row.open
    agent.between = agent.nothing
    desk.agent.verified = False
    await try_again(desk, request_id)
    row = await desk.session(request_id)
    assert row.verdict == {"verified": False, "warnings": []}
    assert row.decision is not None
    assert row.decision["conclusion"] == "refused"


async def test_a_crash_before_the_decision_leaves_no_verdict_behind(
    desk: Desk, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_args: object) -> None:
        raise RuntimeError("killed")

    request_id = await desk.ask()
    with monkeypatch.context() as patch:
        patch.setattr(verifying, "conclude", crash)
        with pytest.raises(RuntimeError):
            await desk.answer(request_id)
    row = await desk.session(request_id)
    assert (row.state, row.open) == (State.PRESENTATION_RECEIVED, True)
    assert (row.presentation, row.verdict, row.decision) == (None, None, None)
    assert "verified" not in row.exchange["facts"]

    record = of_record(desk, row.record_id)
    first = record["by_format"]["pres"]["anoncreds"]
    second = first | {"identifiers": [each | {"timestamp": 1} for each in first["identifiers"]]}
    record["by_format"]["pres"] = {"anoncreds": second}
    record["state"] = "presentation-received"
    desk.agent.verified = False
    await try_again(desk, request_id)
    row = await desk.session(request_id)
    assert (row.state, row.open) == (State.DONE, False)
    assert row.presentation == second
    assert row.verdict == {"verified": False, "warnings": []}


async def test_done_is_written_with_the_decision_or_not_at_all(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_args: object) -> None:
        raise RuntimeError("killed")

    request_id = await desk.ask()
    with monkeypatch.context() as patch:
        patch.setattr(sessions, "close", crash)
        with pytest.raises(RuntimeError):
            await desk.answer(request_id)
    row = await desk.session(request_id)
    assert (row.state, row.presentation, row.decision) == ("presentation-received", None, None)
    await try_again(desk, request_id)
    row = await desk.session(request_id)
    assert row.state == State.DONE
    assert row.presentation is not None
    assert row.decision is not None
    assert row.decision["conclusion"] == "accepted"
    assert (await desk.request(request_id)).closed_at == NOW


async def test_a_session_done_without_what_was_presented_cannot_be_told(
    desk: Desk, agent: Agent
) -> None:
    request_id = await answered_unchecked(desk, agent)
    row = await desk.session(request_id)
    record = of_record(desk, row.record_id)
    record |= {"state": "done", "verified": "true"}
    facts = row.exchange["facts"] | {"verified": True}
    exchange = row.exchange | {"state": "done", "facts": facts}
    await desk.keep(request_id, state="done", exchange=exchange)
    await desk.perform(row.id)
    row = await desk.session(request_id)
    assert not row.open
    assert row.verdict == {"verified": None, "warnings": []}
    assert row.decision is not None
    assert row.decision["conclusion"] == "could-not-tell"
    assert "Could not tell" in text_of(await desk.get(f"/requests/{request_id}?lang=en"))


async def given_up(desk: Desk, agent: Agent) -> tuple[RequestRow, SessionRow]:
    """Return what is kept of an answer on which the agent fails for as long as it is asked."""
    request_id = await answered_unchecked(desk, agent)
    desk.clock.at = NOW + verifying.CHECK_SECONDS - 1
    with pytest.raises(Unavailable):
        await try_again(desk, request_id)
    assert (await desk.session(request_id)).open
    desk.clock.at = NOW + verifying.CHECK_SECONDS
    await try_again(desk, request_id)
    row, request = await desk.session(request_id), await desk.request(request_id)
    assert (row.state, row.open) == (State.FAILED, False)
    assert row.verdict == {"verified": None, "warnings": []}
    assert request.closed_at == desk.clock.at
    assert desk.agent.records == {}
    return request, row


async def test_an_answer_that_cannot_be_checked_is_concluded_after_a_while(
    desk: Desk, agent: Agent
) -> None:
    """With all that it rests on, and every check that needs no agent."""
    request, row = await given_up(desk, agent)
    assert row.decision is not None
    assert row.decision["conclusion"] == "could-not-tell"
    assert set(row.decision["because"]) == {"agent-verdict", "not-revoked"}
    assert row.presentation is not None
    assert row.report is not None
    assert {each["id"] for each in row.report["checks"]} == set(CHECK_IDS)
    again = explain(request, row)
    assert (again.status, again.pipeline) == (0, PIPELINE)
    assert again.digests["presentation"] == digest_of(row.presentation)
    row.presentation = row.presentation | {"proof": {}}
    assert explain(request, row).status == 1


async def test_an_answer_that_is_out_of_reach_is_concluded_from_nothing(
    desk: Desk, agent: Agent
) -> None:
    request_id = await answered_unchecked(desk, agent)
    agent.between = unavailable("")
    desk.clock.at = NOW + verifying.CHECK_SECONDS
    with pytest.raises(Unavailable):  # the agent's record is still to be deleted
        await try_again(desk, request_id)
    row = await desk.session(request_id)
    assert (row.state, row.open, row.presentation) == (State.FAILED, False, None)
    assert row.decision is not None
    assert row.decision["conclusion"] == "could-not-tell"
    assert set(row.decision["because"]) == set(CHECK_IDS) - {"quality-assured"}
    for language, says in (("en", "Could not tell"), ("fr", "n’a pas été vérifiée")):
        page = await desk.get(f"/requests/{request_id}?lang={language}")
        assert page.status_code == 200
        assert says in text_of(page)
    agent.between = agent.nothing
    await desk.perform(row.id)
    assert desk.agent.records == {}


async def test_an_answer_refused_whatever_the_agent_says_does_not_wait_for_it(
    desk: Desk, agent: Agent
) -> None:
    """A time to come makes an agent stumble each time it is asked; its holder holds nobody up."""

    def of_a_time_to_come(answered: dict[str, Any]) -> None:
        answered["identifiers"][0]["timestamp"] = NOW + 100

    request_id = await desk.ask()
    agent.between = unavailable("/verify-presentation")
    await desk.open(request_id)
    with pytest.raises(Unavailable):
        await desk.answer_opened(request_id, of_a_time_to_come)
    desk.clock.at = NOW + verifying.REFUSE_SECONDS - 1
    with pytest.raises(Unavailable):
        await try_again(desk, request_id)
    assert (await desk.session(request_id)).open
    desk.clock.at = NOW + verifying.REFUSE_SECONDS
    await try_again(desk, request_id)
    row, request = await desk.session(request_id), await desk.request(request_id)
    assert (row.state, row.open, desk.agent.records) == (State.FAILED, False, {})
    assert row.verdict == {"verified": None, "warnings": []}
    assert row.decision is not None
    assert row.decision["conclusion"] == "refused"
    assert row.decision["because"][0] == "not-revoked"
    assert explain(request, row).status == 0
    page = text_of(await desk.get(f"/requests/{request_id}?lang=en"))
    assert "later than the request" in page


async def test_an_answer_that_only_lacks_a_verdict_is_not_refused_for_that(
    desk: Desk, agent: Agent
) -> None:
    request_id = await answered_unchecked(desk, agent)
    desk.clock.at = NOW + verifying.REFUSE_SECONDS
    with pytest.raises(Unavailable):
        await try_again(desk, request_id)
    assert (await desk.session(request_id)).open


async def test_a_verdict_beside_a_presentation_not_checked_is_none(
    desk: Desk, agent: Agent
) -> None:
    request_id = await answered_unchecked(desk, agent)
    row, request = await desk.session(request_id), await desk.request(request_id)
    of_record(desk, row.record_id)["verified"] = "true"
    record = await agent_proof.load(desk.around.agent, str(row.record_id))
    assert record.verified is True
    kept = conclude(request, row, record, environment_of(desk.around))
    assert kept["verdict"] == {"verified": None, "warnings": []}
    assert kept["decision"]["conclusion"] == "could-not-tell"


async def test_an_answer_that_can_be_checked_late_is_checked(desk: Desk, agent: Agent) -> None:
    request_id = await answered_unchecked(desk, agent)
    agent.between = agent.nothing
    desk.clock.at = NOW + verifying.CHECK_SECONDS + 60
    await try_again(desk, request_id)
    row = await desk.session(request_id)
    assert row.decision is not None
    assert row.verdict == {"verified": True, "warnings": []}


@pytest.mark.parametrize("refused", [True, False])
async def test_what_the_agent_turned_away_is_told_once_the_session_ended(
    desk: Desk, agent: Agent, refused: bool
) -> None:
    """It is the thread beside the invitation that tells; to the sender nothing is told."""
    request_id = await desk.ask()
    await desk.open(request_id)
    row = await desk.session(request_id)
    asked_for = []

    async def note(request: httpx.Request) -> httpx.Response | None:
        if request.url.path != "/out-of-band/records":
            return None
        asked_for.append(request.url.params["invi_msg_id"])
        thread = {"attach_thread_id": row.exchange["facts"]["thread_id"]} if refused else {}
        return httpx.Response(200, json={"results": [thread]})

    agent.between = note
    await desk.perform(row.id)
    assert (await desk.session(request_id)).open
    desk.clock.at = row.expires_at
    await desk.perform(row.id)
    assert row.invitation is not None
    assert asked_for == [row.invitation["@id"]]
    seen = (await desk.get(f"/api/requests/{request_id}")).json()
    assert (seen["state"], seen["turned_away"], seen["decision"]) == ("expired", refused, None)
    for language, says in (("en", "could not take in"), ("fr", "n’a pas pu recevoir")):
        page = text_of(await desk.get(f"/requests/{request_id}?lang={language}"))
        assert (says in page) is refused
    link = await desk.stranger.get(f"/r/{row.token}?lang=en")
    assert "could not take in" not in text_of(link)


async def test_what_was_cancelled_during_a_look_stays_cancelled(desk: Desk, agent: Agent) -> None:
    request_id = await desk.ask()
    await desk.open(request_id)

    async def cancel(request: httpx.Request) -> httpx.Response | None:
        if request.method == "GET" and (await desk.session(request_id)).open:
            assert (await desk.post(f"/requests/{request_id}/cancel")).status_code == 303
            desk.clock.at = NOW + 5
        return None

    agent.between = cancel
    await desk.answer_opened(request_id)
    row = await desk.session(request_id)
    assert (row.state, row.open) == (State.FAILED, False)
    assert row.exchange["state"] == "failed"
    assert row.exchange["ignored"] == 0
    assert (await desk.request(request_id)).closed_at == NOW
    assert (row.presentation, row.decision) == (None, None)
    assert not any(each.endswith("/verify-presentation") for each in agent.asked)


async def test_what_was_decided_during_a_check_stays_decided(desk: Desk, agent: Agent) -> None:
    request_id = await desk.ask()
    decision = {"conclusion": "refused", "policy": "p", "reasons": [], "because": []}

    async def decide(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/verify-presentation"):
            await desk.keep(request_id, open=False, decision=decision)
        return None

    agent.between = decide
    await desk.answer(request_id)
    row = await desk.session(request_id)
    assert (row.decision, row.presentation) == (decision, None)


async def test_what_was_shown_does_not_stay_in_the_agent(desk: Desk, agent: Agent) -> None:
    request_id = await desk.ask()
    await desk.answer(request_id)
    row = await desk.session(request_id)
    assert row.decision is not None
    assert row.presentation is not None
    assert row.record_id is None
    assert desk.agent.records == {}
    asked = len(agent.asked)
    await desk.perform(row.id)
    assert len(agent.asked) == asked  # nothing is left to do


async def test_a_failed_deletion_costs_no_verdict_and_is_tried_again(
    desk: Desk, agent: Agent
) -> None:
    request_id = await desk.ask()

    async def fail(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(503) if request.method == "DELETE" else None

    agent.between = fail
    with pytest.raises(Unavailable):
        await desk.answer(request_id)
    row = await desk.session(request_id)
    kept = row.decision
    assert kept is not None
    assert len(desk.agent.records) == 1
    agent.between = agent.nothing
    await desk.perform(row.id)
    assert desk.agent.records == {}
    assert (await desk.session(request_id)).decision == kept


async def test_a_cancelled_session_is_due_to_be_deleted_in_the_agent(
    desk: Desk, agent: Agent
) -> None:
    request_id = await desk.ask()
    await desk.open(request_id)
    assert len(desk.agent.records) == 1
    await desk.post(f"/requests/{request_id}/cancel")
    row = await desk.session(request_id)
    assert row.due_at is not None
    await desk.perform(row.id)
    assert desk.agent.records == {}
    assert (await desk.session(request_id)).record_id is None


@pytest.mark.parametrize("key", ["é", "ÿþ", "k" * 5_000])
async def test_any_retry_key_is_the_key_of_one_wallet(desk: Desk, key: str) -> None:
    request_id = await desk.ask()
    link = await desk.link(request_id)

    async def follow(retry_key: str) -> httpx.Response:
        headers = [(b"accept", b"application/json")]
        headers.append((b"acquis-retry-key", retry_key.encode("latin-1")))
        return await desk.stranger.get(link, headers=headers)

    opened = await follow(key)
    assert opened.status_code == 200
    assert (await follow(key)).json() == opened.json()
    assert (await follow(f"{key}é")).status_code == 409
    assert (await desk.stranger.get(link, headers=WALLET)).status_code == 409
    row = await desk.session(request_id)
    assert row.opened_by is not None
    assert len(row.opened_by) == 64
    assert key not in row.opened_by


async def test_the_database_lets_one_of_two_processes_open_a_link(desk: Desk, agent: Agent) -> None:
    """Two wallets at once, at two processes that both read the session before it was opened."""
    request_id = await desk.ask()
    row, request = await desk.session(request_id), await desk.request(request_id)
    both = await asyncio.gather(
        requesting._request(desk.around, row, request, "one"),
        requesting._request(desk.around, row, request, "two"),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in both) == ["AlreadyUsed", "dict"]
    assert len(desk.agent.records) == 1


async def test_the_same_wallet_twice_at_once_gets_one_invitation(desk: Desk, agent: Agent) -> None:
    request_id = await desk.ask()
    row, request = await desk.session(request_id), await desk.request(request_id)
    one, two = await asyncio.gather(
        requesting._request(desk.around, row, request, "one"),
        requesting._request(desk.around, row, request, "one"),
    )
    assert one == two
    assert list(desk.agent.records) == [(await desk.session(request_id)).record_id]


async def test_a_claim_is_one_statement(desk: Desk) -> None:
    row = await desk.session(await desk.ask())
    other = Database(desk.around.database.url)
    try:
        async with other.write() as session:
            assert await sessions.claim(session, row.id, "a" * 64)
        async with desk.around.database.write() as session:
            assert not await sessions.claim(session, row.id, "b" * 64)
            assert await sessions.claim(session, row.id, "a" * 64)
    finally:
        await other.close()
    with pytest.raises(AlreadyUsed):
        await requesting.open_link(desk.around, row.token, "b")
