"""Any two of three, the name if they want, on real agents: exactly what was chosen is proved.

And the same question to a wallet that knows nothing of choices, which proves the whole of it.
"""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from demo.people import PATIENCE_SECONDS, Visitor
from demo.story import PYTHON, RECRUITER
from support.town import Running

pytestmark = pytest.mark.agents

LEARNER = "Noor Haddad"
SQL = "esco_598de5b0-5b58-4ea7-8058-a4bc4d18c742"
STATISTICS = "esco_c3e36d05-8ae8-447f-bb2b-6f9409f85389"
QUESTION = {
    "competencies": [{"key": key, "minimum_level": 2} for key in (PYTHON, SQL, STATISTICS)],
    "at_least": 2,
    "learner_name": "optional",
    "purpose": "A position",
}
CHOICE = {"competencies": ["c1", "c3"], "learner_name": False}


async def ask(running: Running, recruiter: Visitor) -> tuple[str, str]:
    request_id = (await running.story._ask_when_mirrored(recruiter, QUESTION))["id"]
    return request_id, (await recruiter.get(f"/api/requests/{request_id}"))["link"]


async def present(learner: Visitor, given: str, body: object = None) -> str:
    """Open what was given and share; return the path of the exchange."""
    path = f"/api/exchanges/{(await learner.post('/api/links', {'link': given}))['id']}"
    await learner.until(
        path, lambda found: found["state"] == "request-received", until="request-received"
    )
    await learner.post(f"{path}/share", body)
    return path


async def decided(recruiter: Visitor, request_id: str) -> dict[str, Any]:
    found = await recruiter.until(
        f"/api/requests/{request_id}", lambda seen: seen["decision"] is not None, until="over"
    )
    assert found["decision"]["conclusion"] == "accepted", found["decision"]
    return found


def told(result: dict[str, Any]) -> str:
    """What the employer was shown and proved, in words."""
    learned = result["learned"]
    return json.dumps([learned["shown"], learned["proved"]], ensure_ascii=False)


async def test_two_of_three_are_proved_without_the_name_and_then_all_by_a_plain_wallet(
    running: Running,
) -> None:
    await running.claim(LEARNER)
    async with (
        Visitor(running.town.url("wallet"), LEARNER) as learner,
        Visitor(running.town.url("verifier"), RECRUITER) as recruiter,
    ):
        request_id, link = await ask(running, recruiter)
        path = await present(learner, link, {"choice": CHOICE})
        chosen = await decided(recruiter, request_id)
        seen = await learner.until(path, lambda found: found["state"] != "request-received")
        assert seen["state"] in {"presentation-sent", "done"}

        plain_id, link = await ask(running, recruiter)
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as plain:
            answer = await plain.get(link, headers={"accept": "application/json"})
        await present(learner, json.dumps(answer.json()))
        everything = await decided(recruiter, plain_id)

    assert "Python" in told(chosen)
    assert "SQL" not in told(chosen)
    levels = [each["en"] for each in chosen["learned"]["proved"] if "at level 2" in each["en"]]
    assert len(levels) == 2
    assert LEARNER not in json.dumps(chosen, ensure_ascii=False)
    assert {each["outcome"] for each in chosen["report"]["checks"]} == {"valid"}

    assert "SQL" in told(everything)
    levels = [each["en"] for each in everything["learned"]["proved"] if "at level 2" in each["en"]]
    assert len(levels) == 3
    assert LEARNER in told(everything)
