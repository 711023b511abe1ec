"""The seven processes, run for the tests on free ports in a folder of their own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from demo.people import Visitor
from demo.story import LEARNER, PYTHON, RECRUITER, REGISTRAR, Story, Teller
from demo.supervisor import Supervisor
from demo.town import Ports, Town
from support.claims import hold_no_claim

type Hook = Callable[[str], Awaitable[None]]


async def no_hook(_moment: str) -> None:
    """Do nothing at any moment."""


@dataclass
class Running:
    """A town that runs, with an institution, a trust list and one published achievement."""

    town: Town
    story: Story
    learners: list[str] = field(default_factory=list)

    async def award(self, registrar: Visitor, learner_name: str, level: int = 4) -> str:
        """Award Python at ``level`` to a learner about whom more is known than the story says; return the award's id.

        Every value is one that stands nowhere else, so that it can be searched for
        (``support.claims``).
        """
        person = {
            "given_name": f"Žofie-Aurèle {learner_name}",
            "family_name": "Przybyszewska d'Aubigné",
            "birth_date": "1987-04-23",
            "grade": "17,25/20 félicitations",
            "levels": {PYTHON: level},
        }
        path = f"/api/achievements/{self.story.achievement_id}/awards"
        body = {"learners": [person], "awarded_on": "2021-09-17"}
        made = (await registrar.post(path, body))["awards"][0]
        self.story.award_id, self.story.claim_link = made["id"], made["link"]
        return self.story.award_id

    async def claim(
        self, learner_name: str, hook: Hook = no_hook, level: int = 4
    ) -> dict[str, Any]:
        """Award to a learner who claims it; ``hook`` is called at each moment on the way."""
        self.learners.append(learner_name)
        async with (
            Visitor(self.town.url("issuer"), REGISTRAR) as registrar,
            Visitor(self.town.url("wallet"), learner_name) as learner,
        ):
            award_id = await self.award(registrar, learner_name, level)
            await hook("awarded")
            opened = await learner.post("/api/links", {"link": self.story.claim_link})
            await hook("opened")
            path = f"/api/exchanges/{opened['id']}"
            await learner.until(
                path, lambda found: found["state"] == "offer-received", until="offer-received"
            )
            await hook("offered")
            await learner.post(f"{path}/accept")
            await hook("accepted")
            stored = await learner.until(path, lambda found: not found["open"], until="done")
            await hook("stored")
            awarded = await registrar.until(
                f"/api/awards/{award_id}", lambda found: found["state"] == "issued"
            )
            held = await learner.get("/api/credentials")
        return {
            "award_id": award_id,
            "wallet": stored["state"],
            "award": awarded["state"],
            "credentials": len(held["credentials"]),
        }

    async def present(self, learner_name: str, hook: Hook = no_hook) -> dict[str, Any]:
        """Ask the learner for Python, level 3 or more; ``hook`` is called at each moment."""
        async with (
            Visitor(self.town.url("wallet"), learner_name) as learner,
            Visitor(self.town.url("verifier"), RECRUITER) as recruiter,
        ):
            request_id, link = await self.story.ask(recruiter)
            await hook("asked")
            opened = await learner.post("/api/links", {"link": link})
            await hook("opened")
            path = f"/api/exchanges/{opened['id']}"
            await learner.until(
                path, lambda found: found["state"] == "request-received", until="request-received"
            )
            await hook("arrived")
            await learner.post(f"{path}/share")
            await hook("shared")
            result = await recruiter.until(
                f"/api/requests/{request_id}",
                lambda found: found["decision"] is not None,
                until="over",
            )
            wallet = await learner.until(
                path, lambda found: found["state"] in {"presentation-sent", "done", "abandoned"}
            )
        return {"wallet": wallet["state"], "request_id": request_id, **result}

    def log_ends(self) -> dict[Path, int]:
        """Return where the log of each of the seven processes ends now, in octets."""
        return {file: file.stat().st_size for file in self.town.folder.rglob("*.log")}

    def logs(self, since: Mapping[Path, int] = MappingProxyType({})) -> str:
        """Return everything the seven processes have logged, or all behind the ends of `log_ends`."""
        return "\n".join(
            file.read_bytes()[since.get(file, 0) :].decode(errors="replace")
            for file in sorted(self.town.folder.rglob("*.log"))
        )


@asynccontextmanager
async def running_town(folder: Path, **options: Any) -> AsyncIterator[Running]:
    """Start a town in ``folder`` and bring it to where credentials can be awarded.

    At its end, nothing that was awarded in it may be found in anything that was published.
    """
    async with Supervisor() as supervisor:
        town = Town(folder, supervisor, ports=Ports.free(), mirror_seconds=1.0, **options)
        yield await start_running(town)
        await asyncio.to_thread(hold_no_claim, town)


async def start_running(town: Town) -> Running:
    """Build and start a town, publish one achievement in it; its supervisor stops it."""
    story = Story(town, await town.build(), Teller(quiet=True))
    await town.start()
    async with Visitor(town.url("issuer"), REGISTRAR) as registrar:
        did = (await registrar.post("/api/institution"))["did"]
        await story.recognise(did)
        await story.publish_achievement(registrar)
    (town.folder / "institution.json").write_text(json.dumps({"did": did}))
    return Running(town, story)


@pytest.fixture(scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """One town for all tests that do not break it for others."""
    async with running_town(tmp_path_factory.mktemp("town")) as made:
        yield made


__all__ = ["LEARNER", "RECRUITER", "REGISTRAR", "Hook", "Running", "running", "running_town"]
