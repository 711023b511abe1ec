"""Doorbells that come too often, too early, late, for nothing and out of order change nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sqlite3
from collections.abc import AsyncIterator

import httpx
import pytest

from demo.agents import AgentSecrets
from demo.people import PATIENCE_SECONDS
from support.town import Running

pytestmark = pytest.mark.agents

TOPICS = {
    "issuer": ("issue_credential_v2_0", "cred_ex_id", "exchanges"),
    "wallet": ("issue_credential_v2_0", "cred_ex_id", "exchanges"),
    "verifier": ("present_proof_v2_0", "pres_ex_id", "sessions"),
}


def known_records(running: Running, unit: str, table: str) -> list[str]:
    file = running.town.folder / unit / "service.sqlite3"
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        query = f"SELECT record_id FROM {table} WHERE record_id IS NOT NULL"
        return [row[0] for row in database.execute(query)]


@contextlib.asynccontextmanager
async def ringing(running: Running) -> AsyncIterator[list[int]]:
    """Ring every bell of the three services all the while, for records known and unknown."""
    chance, answers = random.Random(1), []
    wallets = _wallet_ids(running) or ["nobody"]

    async def ring(unit: str, http: httpx.AsyncClient) -> None:
        topic, name, table = TOPICS[unit]
        secrets = AgentSecrets.load_or_create(running.town.folder / unit / "agent")
        while True:
            records = [*known_records(running, unit, table), "unknown"]
            for _ in range(4):
                topic = chance.choice([topic, "present_proof_v2_0", "issue_credential_v2_0"])
                key = "pres_ex_id" if topic.startswith("present") else "cred_ex_id"
                body = {key: chance.choice(records), name: chance.choice(records), "state": "done"}
                answer = await http.post(
                    f"{running.town.url(unit)}/webhooks/topic/{topic}/",
                    content=json.dumps(body),
                    headers={
                        "x-api-key": secrets.webhook_key,
                        "x-wallet-id": chance.choice(wallets),
                    },
                )
                answers.append(answer.status_code)
            await asyncio.sleep(0.02)

    async with (
        httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as http,
        asyncio.TaskGroup() as group,
    ):
        bells = [group.create_task(ring(unit, http)) for unit in TOPICS]
        try:
            yield answers
        finally:
            for bell in bells:
                bell.cancel()


def _wallet_ids(running: Running) -> list[str]:
    file = running.town.folder / "wallet" / "service.sqlite3"
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        return [row[0] for row in database.execute("SELECT wallet_id FROM learners")]


async def test_bells_that_never_stop_change_nothing(running: Running) -> None:
    begun = running.log_ends()
    await running.claim("Rung Before")
    async with ringing(running) as answers:
        claimed = await running.claim("Rung Often")
        presented = await running.present("Rung Often")
    assert len(answers) > 50
    assert set(answers) == {200}
    assert (claimed["wallet"], claimed["award"], claimed["credentials"]) == ("done", "issued", 1)
    assert presented["decision"]["conclusion"] == "accepted"
    # Rung once more when all is over, the end is still the same.
    async with ringing(running):
        await asyncio.sleep(1.0)
    again = await running.present("Rung Often")
    assert again["decision"]["conclusion"] == "accepted"
    assert "illegal transition" not in running.logs(begun)
