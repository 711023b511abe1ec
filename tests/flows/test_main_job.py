"""The main job on real agents: issue, prove one competency, verify with the issuer switched off."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from demo.people import Visitor
from demo.story import RECRUITER, Story, Teller
from demo.supervisor import Supervisor
from demo.town import Ports, Town
from support.claims import awarded_values, hold_no_claim
from support.town import Running

pytestmark = pytest.mark.agents

CLAIMS = ("Alex", "Martin")


@pytest.fixture(scope="module")
async def told(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("story")
    async with Supervisor() as supervisor:
        town = Town(folder, supervisor, ports=Ports.free())
        story = Story(town, await town.build(), Teller(quiet=True))
        await town.start()
        await story.tell()  # raises unless accepted without the issuer and refused once revoked
        yield Running(town, story)


async def test_the_story_is_told_to_its_end(told: Running) -> None:
    said = told.story.teller.seconds
    assert len(said) == 11
    assert list(said)[-1] == "The same is asked and presented again"


async def test_the_employer_learned_one_competency_and_nothing_else(told: Running) -> None:
    results = told.story.results
    assert [result["decision"]["conclusion"] for result in results] == ["accepted", "refused"]
    accepted = results[0]
    assert accepted["report"]["verdicts"] == {
        "authentic": "valid",
        "assurance": "valid",
        "fit": "valid",
    }
    shown = {
        one["label"]["en"].split(" (")[0]: one["value"] for one in accepted["learned"]["shown"]
    }
    assert (
        len(shown) == 2
    )  # which achievement, and whose credential definition, as the consent page says
    assert all("/resources/" in value for value in shown.values())
    assert any(
        "Python" in text["en"] and "3 or more" in text["en"]
        for text in accepted["learned"]["proved"]
    )
    everything = str(accepted)
    assert not any(claim in everything for claim in CLAIMS)


async def test_the_refusal_names_its_reason(told: Running) -> None:
    refused = told.story.results[1]
    failed = {
        check["id"]: check["outcome"]
        for check in refused["report"]["checks"]
        if check["outcome"] != "valid"
    }
    assert failed["agent-verdict"] == "invalid"
    assert failed["not-revoked"] == "invalid"
    assert any("revoked" in reason["en"] for reason in refused["decision"]["reasons"])
    assert any("révoquée" in reason["fr"] for reason in refused["decision"]["reasons"])


async def test_nothing_published_holds_a_claim(told: Running) -> None:
    public = told.town.folder / "registry" / "public"
    assert len([file for file in public.rglob("*") if file.is_file()]) > 20
    assert set(CLAIMS) < awarded_values(told.town)
    hold_no_claim(told.town)


async def test_no_log_line_holds_a_claim_a_token_or_a_key(told: Running) -> None:
    logs = told.logs()
    assert "request" in logs
    secrets = [*CLAIMS, told.story.claim_link.rsplit("/", 1)[-1]]
    for file in told.town.folder.rglob("secrets.json"):
        secrets += json.loads(file.read_text()).values()
    for secret in secrets:
        assert secret not in logs


async def test_health_and_readiness_of_every_process_of_ours(told: Running) -> None:
    for service in ("registry", "issuer", "wallet", "verifier"):
        async with Visitor(told.town.url(service), RECRUITER).http as http:
            assert (await http.get("/health")).status_code == 200
            ready = await http.get("/ready")
            assert ready.status_code == 200, ready.text
    await told.town.supervisor.stop("issuer-agent")
    async with Visitor(told.town.url("issuer"), RECRUITER).http as http:
        assert (await http.get("/health")).status_code == 200
        ready = await http.get("/ready")
    assert ready.status_code == 503
    assert ready.json()["checks"]["agent"] != "ok"
