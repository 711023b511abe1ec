"""Verifying with nothing but the wallet in reach; and what each reader asks the registry for, when.

One town: while the verifier is in the open, every request it makes of the registry is noted; then
it is put behind a fence with its agent, with the issuer switched off, and verifies a hundred times.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest

from acquis.registry.content import ResourceType
from acquis.registry.mirror import Mirror
from acquis.registry.mirror.source import _ATTEMPTS
from acquis.registry.resource import parse_resource_id
from demo.people import Visitor
from demo.story import PYTHON, RECRUITER
from demo.town import HOST
from support.access_log import AccessLog, Noted
from support.agents import PATIENCE
from support.fence import fence, fenced
from support.recorded_town import RecordedTown, recorded_town
from support.town import Running

pytestmark = pytest.mark.agents

PRESENTATIONS = 100
BURST = 12
ENOUGH = 3
"""Refreshes that are looked at: there are bursts until there were so many."""
AT_ONCE = 4
SCHEDULE = 2.0
"""Seconds between two refreshes of the verifier's mirror, a fifth more or less."""
LATENESS = 0.6
BUSY = 6.0
"""Seconds by which a request may be noted late, and a refresh be delayed, on a busy machine."""
ATTEMPT = 0.5
"""Seconds in which a refresh that failed at once is tried again: no refresh of its own."""
LEARNERS = ("Ottoline Kwiatkowska", "Bénédicte Aït-Mansour")
MIRROR_PATH = re.compile(r"/tuf/(timestamp|\d+\.root)\.json")
"""What a refresh asks for when nothing was published: is there a newer root, is there a newer list."""
ISSUER_PORTS = ("issuer", "issuer_admin", "issuer_inbound")
AT_THE_ISSUER = "at the issuer"
ON_THE_REGISTRY = {"trust-list", "issuer-identity", "not-revoked", "issuer-recognised"}
"""The checks that say with which copy of which registry they were made."""


@dataclass
class Offline:
    """A running town with the registry's access log."""

    running: Running
    log: AccessLog

    @property
    def town(self) -> RecordedTown:
        """The town, with what only this kind of town knows."""
        return cast("RecordedTown", self.running.town)

    async def present(self, count: int) -> list[dict[str, Any]]:
        """Have the learners present ``count`` times in all, a few at once; return the results."""
        url, gate = self.town.url, asyncio.Semaphore(AT_ONCE)

        async def once(learner: Visitor, recruiter: Visitor) -> dict[str, Any]:
            async with gate:
                return await present(learner, recruiter)

        async with AsyncExitStack() as stack:
            recruiter = await stack.enter_async_context(Visitor(url("verifier"), RECRUITER))
            learners = [
                await stack.enter_async_context(Visitor(url("wallet"), name)) for name in LEARNERS
            ]
            return await asyncio.gather(
                *(once(learners[number % len(learners)], recruiter) for number in range(count))
            )

    def verifier_mirror(self) -> Mirror:
        """The verifier's copy, to be looked at only."""
        town = self.town
        return Mirror(
            town.mirror("verifier"), {HOST: f"https://{HOST}"}, trusted_root=town.trusted_root
        )

    def vouched_for(self) -> int | None:
        """The moment for which the registry's signature vouches for the verifier's copy."""
        mirror = self.verifier_mirror()
        achievement = next(iter(mirror.resources(ResourceType.ACHIEVEMENT)))
        return mirror.refreshed_at_of(parse_resource_id(achievement)[0])

    def inside(self) -> list[int]:
        """The ports that answer behind the fence: the verifier's own, and the way to the wallet."""
        ports = self.town.ports
        own = [ports.verifier, ports.verifier_admin, ports.verifier_inbound]
        return sorted([*own, ports.wallet_inbound])

    def elsewhere(self) -> list[tuple[str, int]]:
        """Where somebody behind the fence might want to go: every port of the town, and outside."""
        ports = self.town.ports
        town = sorted(getattr(ports, each.name) for each in fields(ports))
        doors = [int(url.rpartition(":")[2]) for url in self.town.doors.values()]
        return [
            *(("127.0.0.1", port) for port in [*town, *doors, self.town.hidden]),
            ("192.0.2.1", 443),  # TEST-NET-1, RFC 5737
            ("2001:db8::1", 443),
            ("localhost", ports.registry),
            (HOST, 443),
            ("example.org", 443),
            *((server, 53) for server in name_servers()),
        ]

    def presentations(self) -> set[str]:
        """Every presentation that the verifier kept, each once."""
        file = self.town.folder / "verifier" / "service.sqlite3"
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            query = "SELECT presentation FROM sessions WHERE presentation IS NOT NULL"
            return {row[0] for row in database.execute(query)}


async def present(learner: Visitor, recruiter: Visitor) -> dict[str, Any]:
    """Ask for Python, level 3 or more, and answer; return what the employer gets to see."""
    question = {"competencies": [{"key": PYTHON, "minimum_level": 3}], "purpose": "A position"}
    path = f"/api/requests/{(await recruiter.post('/api/requests', question))['id']}"
    opened = await learner.post("/api/links", {"link": (await recruiter.get(path))["link"]})
    exchange = f"/api/exchanges/{opened['id']}"
    await learner.until(
        exchange, lambda found: found["state"] == "request-received", until="request-received"
    )
    await learner.post(f"{exchange}/share")
    return await recruiter.until(path, lambda found: found["decision"] is not None, until="over")


def name_servers() -> list[str]:
    """The name servers this machine asks."""
    lines = Path("/etc/resolv.conf").read_text().splitlines()
    return [line.split()[1] for line in lines if line.startswith("nameserver ")]


def conclusions(results: Sequence[dict[str, Any]]) -> list[str]:
    return [result["decision"]["conclusion"] for result in results]


def is_refresh(noted: Noted) -> bool:
    """Say whether this is the request of which each refresh makes exactly one."""
    return noted.path == "/tuf/timestamp.json"


def refreshes(asked: Iterable[Noted]) -> list[float]:
    """Return when each refresh began; its further attempts come one right after the other."""
    moments = [each.at for each in asked if is_refresh(each)]
    pauses = [ATTEMPT, *(later - sooner for sooner, later in pairwise(moments))]
    return [at for at, pause in zip(moments, pauses, strict=False) if pause >= ATTEMPT]


def most_refreshes(seconds: float) -> int:
    """Return how many refreshes the schedule can begin in that time."""
    return int(seconds / (0.8 * SCHEDULE)) + 1


def mirror_failures(log: Path) -> int:
    """Count the refreshes of the mirror that a service says did not come through."""
    return log.read_text().count("mirror not refreshed")


def hold_to_its_age(report: dict[str, Any], refreshed_at: int | None) -> None:
    """The report says as of when its copy and its revocation list are, and how old that is."""
    checks = {check["id"]: check for check in report["checks"]}
    mirror, status = checks["mirror-age"], checks["not-revoked"]
    assert mirror["as_of"] == refreshed_at
    assert abs(report["checked_at"] - mirror["as_of"] - mirror["evidence"]["age"]) <= 1
    assert checks["issuer-documents"]["as_of"] == refreshed_at
    assert status["as_of"] == status["evidence"]["list"] <= report["checked_at"]
    relied_on = {name: set(_found("refreshed_at", check)) for name, check in checks.items()}
    assert {age for ages in relied_on.values() for age in ages} == {refreshed_at}
    assert {name for name, ages in relied_on.items() if ages} >= ON_THE_REGISTRY


def _found(name: str, content: object) -> Iterator[object]:
    """Yield what stands under ``name`` anywhere in a report."""
    parts = content.values() if isinstance(content, dict) else content
    if isinstance(content, dict) and name in content:
        yield content[name]
    if isinstance(content, dict | list):
        for part in cast("Iterable[object]", parts):
            yield from _found(name, part)


@pytest.fixture(scope="module")
async def offline(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Offline]:
    """A town where each learner holds a credential and the issuer was then switched off."""
    folder = tmp_path_factory.mktemp("offline")
    # The wallet refreshes once, as it starts: whatever it asks for later is for a miss.
    extra = {"verifier": {"MIRROR_SECONDS": str(SCHEDULE)}, "wallet": {"MIRROR_SECONDS": "3600"}}
    async with recorded_town(folder, extra) as (running, log):
        for name in LEARNERS:
            await running.claim(name)
        await running.story._until_mirrored("verifier", int(time.time()))
        supervisor, ports = running.town.supervisor, running.town.ports
        await asyncio.gather(supervisor.stop("issuer"), supervisor.stop("issuer-agent"))
        async with AsyncExitStack() as stack:
            for name in ISSUER_PORTS:
                await stack.enter_async_context(
                    log.closed_door(AT_THE_ISSUER, getattr(ports, name))
                )
            yield Offline(running, log)


async def test_the_verifier_asks_the_registry_on_its_schedule_and_for_nothing_in_particular(
    offline: Offline,
) -> None:
    await offline.town.supervisor.start("verifier-agent", "verifier")
    noted, began = len(offline.log.requests), time.monotonic()
    asked: list[Noted] = []
    while len(refreshes(asked)) < ENOUGH:
        assert time.monotonic() < began + PATIENCE
        results = await offline.present(BURST)
        assert conclusions(results) == ["accepted"] * BURST
        asked = [each for each in offline.log.requests[noted:] if each.door == "verifier"]
    most = most_refreshes(time.monotonic() - began)
    assert {each.method for each in asked} == {"GET"}
    assert [each.path for each in asked if not MIRROR_PATH.fullmatch(each.path)] == []
    # Neither sooner nor later than the schedule says: a burst of presentations leaves no trace in
    # the moments at which the registry is asked.
    moments = refreshes(asked)
    pauses = [later - sooner for sooner, later in pairwise(moments)]
    assert len(moments) <= most
    assert min(pauses) > 0.8 * SCHEDULE - LATENESS
    assert max(pauses) < 1.2 * SCHEDULE + BUSY


async def test_a_wallet_asks_the_registry_for_what_it_lacks_and_never_the_issuer(
    offline: Offline,
) -> None:
    asked = offline.log.through("wallet")
    # Filled once before anything was awarded, then for the new credential and the newer lists.
    assert len([each for each in asked if is_refresh(each)]) > 1
    assert any("/resources/" in each.path for each in asked)
    assert {each.method for each in asked} == {"GET"}
    noted = len(offline.log.requests)
    await offline.present(len(LEARNERS))
    assert any(is_refresh(each) for each in offline.log.requests[noted:] if each.door == "wallet")
    assert offline.log.through(AT_THE_ISSUER) == []


async def test_a_hundred_presentations_verify_with_only_the_wallet_in_reach(
    offline: Offline,
) -> None:
    town, log = offline.town, offline.log
    await asyncio.gather(town.supervisor.stop("verifier"), town.supervisor.stop("verifier-agent"))
    vouched_for = offline.vouched_for()
    service_log, noted = town.folder / "verifier" / "service.log", len(log.requests)
    async with (
        fence(
            [town.ports.verifier, town.ports.verifier_inbound], [town.ports.wallet_inbound]
        ) as held,
        fenced(town.supervisor, held, "verifier-agent", "verifier"),
    ):
        before, tries = await held.look(), mirror_failures(service_log)
        began = time.monotonic()
        results = await offline.present(PRESENTATIONS)
        after, tries = await held.look(), mirror_failures(service_log) - tries
        most = most_refreshes(time.monotonic() - began)
        reach = await held.look(offline.elsewhere())
    # All of them, each another one.
    assert conclusions(results) == ["accepted"] * PRESENTATIONS
    assert len({result["session"] for result in results}) == PRESENTATIONS
    assert len(offline.presentations()) >= PRESENTATIONS
    # Nobody was asked: at the registry only the wallet came, at the issuer nobody.
    asked = log.requests[noted:]
    assert {each.door for each in asked} <= {"wallet"}
    # By construction, and in fact: no other interface, no way out, nothing that answers.
    assert after["interfaces"] == ["lo"]
    assert after["routes"] == 0
    assert reach["reached"] == [f"127.0.0.1:{port}" for port in offline.inside()]
    # What tried in vain was the schedule of the mirror alone; not one packet was for elsewhere.
    assert after["no_route"] == 0
    assert after["refused"] - before["refused"] <= (tries + 1) * _ATTEMPTS
    assert 1 < tries <= most
    # Each report says how old the copy is that it relied on: that of before the fence.
    for result in results:
        hold_to_its_age(result["report"], vouched_for)
    assert offline.vouched_for() == vouched_for
