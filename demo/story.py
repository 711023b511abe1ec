"""The story: the main job step by step, each with its duration, on a town that is running."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import typer

from acquis.errors import Unavailable
from acquis.registry.mirror import Mirror
from acquis.service.qr import qr_terminal
from demo.anchor import recognise
from demo.people import PATIENCE_SECONDS, Refused, Visitor
from demo.scan import scan_page, scan_terminal
from demo.town import HOST, INSTITUTION, Town
from schemas import load_example
from trust_anchor.anchor import Anchor

EXAMPLE: Final = "data-analysis-with-python-and-sql"
PYTHON: Final = "esco_ccd0a1d9-afda-43d9-b901-96344886e14d"
REGISTRAR: Final = "Camille Registrar"
LEARNER: Final = "Alex Martin"
RECRUITER: Final = "Robin Recruiter"
_ACCEPTED: Final = "accepted"
_REFUSED: Final = "refused"


class Failed(Exception):
    """The story did not end as it should."""


@dataclass
class Teller:
    """Prints a line for each step with how long it took."""

    quiet: bool = False
    seconds: dict[str, float] = field(default_factory=dict)

    @asynccontextmanager
    async def step(self, says: str) -> AsyncIterator[None]:
        """Time what is done inside the block and say it."""
        started = time.monotonic()
        yield
        taken = time.monotonic() - started
        self.seconds[says] = taken
        if not self.quiet:
            typer.echo(f"{typer.style('✓', fg='green')} {says:<68} {taken:6.2f} s")

    def say(self, line: str = "") -> None:
        """Print a line of its own."""
        if not self.quiet:
            typer.echo(line)


@dataclass
class Story:
    """One run of the main job; what later steps need of earlier ones is kept here."""

    town: Town
    anchor: Anchor
    teller: Teller
    achievement_id: str = ""
    award_id: str = ""
    claim_link: str = ""
    results: list[dict[str, Any]] = field(default_factory=list)

    async def tell(self) -> None:
        """Issue, prove one competency with the issuer switched off, revoke, be refused."""
        town, step = self.town, self.teller.step
        async with Visitor(town.url("issuer"), REGISTRAR) as registrar:
            async with step("The institution’s DID is created and published"):
                did = (await registrar.post("/api/institution"))["did"]
            async with step("The trust anchor publishes whom it recognises"):
                await self.recognise(did)
            async with step("The achievement, its schema, keys and registries are published"):
                await self.publish_achievement(registrar)
            async with step("The achievement is awarded to a learner"):
                await self.award(registrar)
        async with (
            Visitor(town.url("wallet"), LEARNER) as learner,
            Visitor(town.url("verifier"), RECRUITER) as recruiter,
        ):
            async with step(
                "The learner’s wallet follows the claim link and stores the credential"
            ):
                await self.claim(learner)
            async with step("The issuer’s service and its agent are stopped"):
                await asyncio.gather(
                    town.supervisor.stop("issuer"), town.supervisor.stop("issuer-agent")
                )
            async with step(
                "The employer asks for Python, level 3 or more; the QR code is scanned"
            ):
                request_id, link = await self.ask(recruiter)
            self._print_code(link)
            async with step("The wallet presents; the verifier decides, the issuer being off"):
                result = await self.present(learner, recruiter, request_id, link)
            self._expect(result, _ACCEPTED)
            self._print_learned(result)
            async with step("The issuer is started again"):
                await town.supervisor.start("issuer-agent", "issuer")
            async with step("The credential is revoked, and the registry shows it"):
                await self.revoke()
            async with step("The same is asked and presented again"):
                request_id, link = await self.ask(recruiter)
                result = await self.present(learner, recruiter, request_id, link)
            self._expect(result, _REFUSED)
            self._print_reasons(result)

    async def recognise(self, did: str) -> None:
        """Publish the trust list with the institution on it."""
        await recognise(self.anchor, self.town.url("registry"), did, INSTITUTION)

    async def publish_achievement(self, registrar: Visitor) -> None:
        """Publish the example and wait until everything it needs stands in the registry."""
        made = await registrar.post("/api/achievements", load_example(EXAMPLE))
        self.achievement_id = made["id"]
        await registrar.post(f"/api/achievements/{self.achievement_id}/publish")
        await registrar.until(
            f"/api/achievements/{self.achievement_id}", lambda found: found["state"] == "published"
        )

    async def award(self, registrar: Visitor) -> None:
        """Award the achievement to the learner; the link is what they get by mail."""
        made = await registrar.post(
            f"/api/achievements/{self.achievement_id}/awards",
            {
                "learners": [
                    {"given_name": "Alex", "family_name": "Martin", "levels": {PYTHON: 4}}
                ],
                "awarded_on": datetime.now(UTC).date().isoformat(),
            },
        )
        self.award_id, self.claim_link = made["awards"][0]["id"], made["awards"][0]["link"]

    async def claim(self, learner: Visitor) -> None:
        """Follow the claim link, accept the offer, wait until the credential is stored."""
        opened = await learner.post("/api/links", {"link": self.claim_link})
        path = f"/api/exchanges/{opened['id']}"
        await learner.until(
            path, lambda found: found["state"] == "offer-received", until="offer-received"
        )
        await learner.post(f"{path}/accept")
        stored = await learner.until(path, lambda found: not found["open"], until="done")
        if stored["state"] != "done":
            raise Failed(f"the credential was not stored: {stored['state']}")

    async def ask(self, recruiter: Visitor) -> tuple[str, str]:
        """Ask for the one competency; return the request and what its QR code says when scanned."""
        body = {
            "competencies": [{"key": PYTHON, "minimum_level": 3}],
            "purpose": "Application for a position as data analyst",
        }
        request_id = (await self._ask_when_mirrored(recruiter, body))["id"]
        page = await recruiter.http.get(f"/requests/{request_id}", headers={"accept": "text/html"})
        link = scan_page(page.text)
        if scan_terminal(qr_terminal(link)) != link:
            raise Failed("the QR code of the terminal says something else than that of the page")
        return request_id, link

    async def _ask_when_mirrored(self, recruiter: Visitor, body: object) -> dict[str, Any]:
        """The verifier reads its mirror only; what was published a moment ago comes with it."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return await recruiter.post("/api/requests", body)
            except (Refused, Unavailable) as error:
                goes_by = isinstance(error, Unavailable) or error.status == httpx.codes.NOT_FOUND
                if not goes_by or time.monotonic() > give_up:
                    raise
            await asyncio.sleep(0.2)

    async def present(
        self, learner: Visitor, recruiter: Visitor, request_id: str, link: str
    ) -> dict[str, Any]:
        """Follow the request link, consent, and return the result the employer sees."""
        opened = await learner.post("/api/links", {"link": link})
        path = f"/api/exchanges/{opened['id']}"
        await learner.until(
            path, lambda found: found["state"] == "request-received", until="request-received"
        )
        await learner.post(f"{path}/share")
        result = await recruiter.until(
            f"/api/requests/{request_id}", lambda found: found["decision"] is not None, until="over"
        )
        self.results.append(result)
        return result

    async def revoke(self) -> None:
        """Revoke the credential and wait until wallet and verifier can know it."""
        async with Visitor(self.town.url("issuer"), REGISTRAR) as registrar:
            await registrar.post(f"/api/awards/{self.award_id}/revoke", {"reason": "error"})
            path = f"/api/awards/{self.award_id}"
            await registrar.until(path, lambda found: found["state"] == "revoked")
        await self.until_mirrored()

    async def until_mirrored(self) -> None:
        """Wait until wallet and verifier have what the registry shows now."""
        registry = Mirror(
            self.town.folder / "reader",
            {HOST: self.town.url("registry")},
            trusted_root=self.town.trusted_root,
        )
        await _refresh(registry)
        since = registry.refreshed_at or 0
        for unit in ("wallet", "verifier"):
            await self._until_mirrored(unit, since)

    async def _until_mirrored(self, unit: str, since: int) -> None:
        mirror = Mirror(
            self.town.mirror(unit),
            {HOST: self.town.url("registry")},
            trusted_root=self.town.trusted_root,
        )
        give_up = time.monotonic() + PATIENCE_SECONDS
        while (mirror.refreshed_at or 0) <= since:
            if time.monotonic() > give_up:
                raise Failed(f"the mirror of the {unit} is not refreshed")
            await asyncio.sleep(0.1)

    def _print_code(self, link: str) -> None:
        say = self.teller.say
        say()
        for line in qr_terminal(link).splitlines():
            say(typer.style(line, fg=typer.colors.BRIGHT_WHITE, bg=typer.colors.BLACK))
        say(f"  {link}\n")

    def _expect(self, result: dict[str, Any], conclusion: str) -> None:
        found = result["decision"]["conclusion"]
        if found != conclusion:
            reasons = "; ".join(reason["en"] for reason in result["decision"]["reasons"])
            raise Failed(f"expected {conclusion}, got {found}: {reasons}")

    def _print_learned(self, result: dict[str, Any]) -> None:
        learned, say = result["learned"], self.teller.say
        say(f"\n  {result['decision']['reasons'][0]['en']}")
        say("  The employer learned:")
        for shown in learned["shown"]:
            say(f"    shown   {shown['label']['en']}: {shown['value']}")
        for proved in learned["proved"]:
            say(f"    proved  {proved['en']}")
        for hidden in learned["hidden"]:
            say(f"    hidden  {hidden['en']}")
        say()

    def _print_reasons(self, result: dict[str, Any]) -> None:
        say = self.teller.say
        for reason in result["decision"]["reasons"]:
            say(f"    refused  {reason['en']}")
        say()


async def _refresh(mirror: Mirror) -> None:
    """Bring a mirror up to date; a registry that is busy is asked again."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            await asyncio.to_thread(mirror.refresh)
            return
        except Unavailable:
            if time.monotonic() > give_up:
                raise
        await asyncio.sleep(0.2)
