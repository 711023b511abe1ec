"""Any of the seven processes is killed at some moment and started again: the end is the same."""

from __future__ import annotations

import asyncio

import pytest

from demo.people import Visitor
from demo.story import EXAMPLE, REGISTRAR
from schemas import load_example
from support.town import Hook, Running

pytestmark = pytest.mark.agents

ISSUING = [
    ("awarded", "issuer"),
    ("awarded", "registry"),
    ("opened", "issuer-agent"),
    ("opened", "wallet"),
    ("opened", "holder-agent"),
    ("offered", "issuer"),
    ("accepted", "wallet"),
    ("accepted", "issuer"),
    ("accepted", "holder-agent"),
    ("accepted", "issuer-agent"),
]
PRESENTING = [
    ("asked", "verifier"),
    ("opened", "verifier-agent"),
    ("opened", "holder-agent"),
    ("arrived", "wallet"),
    ("shared", "verifier"),
    ("shared", "wallet"),
    ("shared", "holder-agent"),
    ("shared", "verifier-agent"),
]


def killing(running: Running, moment: str, name: str, after: float = 0.0) -> Hook:
    """Kill ``name`` (SIGKILL) at ``moment``, ``after`` seconds later, and start it again."""

    async def hook(at: str) -> None:
        if at == moment:
            await asyncio.sleep(after)
            await running.town.supervisor.kill(name)
            await running.town.supervisor.start(name)

    return hook


@pytest.mark.parametrize(("moment", "name"), ISSUING)
async def test_a_credential_is_issued_once_all_the_same(
    running: Running, moment: str, name: str
) -> None:
    learner = f"Issued {moment} {name}"
    claimed = await running.claim(learner, killing(running, moment, name))
    assert claimed["wallet"] == "done"
    assert claimed["award"] == "issued"
    assert claimed["credentials"] == 1


@pytest.mark.parametrize("after", [0.05, 0.15, 0.3])
@pytest.mark.parametrize("name", ["holder-agent", "issuer-agent"])
async def test_an_agent_is_killed_while_messages_are_on_their_way(
    running: Running, name: str, after: float
) -> None:
    learner = f"Under way {name} {after}"
    claimed = await running.claim(learner, killing(running, "accepted", name, after))
    assert claimed["wallet"] == "done"
    assert claimed["award"] == "issued"
    assert claimed["credentials"] == 1


@pytest.fixture(scope="module")
async def holder(running: Running) -> str:
    name = "Present Often"
    await running.claim(name)
    return name


@pytest.mark.parametrize(("moment", "name"), PRESENTING)
async def test_a_presentation_is_decided_once_all_the_same(
    running: Running, holder: str, moment: str, name: str
) -> None:
    presented = await running.present(holder, killing(running, moment, name))
    assert presented["decision"]["conclusion"] == "accepted", presented["decision"]["reasons"]
    assert presented["open"] is False


@pytest.mark.parametrize("name", ["issuer", "issuer-agent", "registry"])
async def test_an_achievement_is_published_all_the_same(running: Running, name: str) -> None:
    content = {**load_example(EXAMPLE), "slug": f"killed-{name}", "version": "1.0"}
    async with Visitor(running.town.url("issuer"), REGISTRAR) as registrar:
        made = await registrar.post("/api/achievements", content)
        path = f"/api/achievements/{made['id']}"
        await registrar.post(f"{path}/publish")
        await asyncio.sleep(0.7)
        await running.town.supervisor.kill(name)
        await running.town.supervisor.start(name)
        published = await registrar.until(path, lambda found: found["state"] == "published")
    assert [item["step"] for item in published["progress"]] == [
        "document",
        "schema",
        "definition",
        "registries",
    ]
    assert all(item["ended"] is not None for item in published["progress"])
    # Not only said: a credential of it can be issued.
    before = running.story.achievement_id
    running.story.achievement_id = made["id"]
    try:
        claimed = await running.claim(f"After killed {name}")
    finally:
        running.story.achievement_id = before
    assert claimed["credentials"] == 1


@pytest.mark.parametrize("name", ["issuer", "issuer-agent", "registry"])
async def test_a_revocation_is_published_all_the_same(running: Running, name: str) -> None:
    learner = f"Revoked {name}"
    claimed = await running.claim(learner)
    async with Visitor(running.town.url("issuer"), REGISTRAR) as registrar:
        path = f"/api/awards/{claimed['award_id']}"
        await registrar.post(f"{path}/revoke", {"reason": "error"})
        await running.town.supervisor.kill(name)
        await running.town.supervisor.start(name)
        await registrar.until(path, lambda found: found["state"] == "revoked")
    await running.story.until_mirrored()
    refused = await running.present(learner)
    assert refused["decision"]["conclusion"] == "refused"
