"""An institution rotates its keys while it runs: what it issued before still verifies."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from acquis.registry.mirror import Mirror
from acquis.registry.resource import ResourceType
from demo.people import Visitor
from demo.story import REGISTRAR
from demo.supervisor import free_ports
from demo.town import HOST
from support.access_log import RequestLines
from support.namespace import Streams, at_port, relay, serving, to_port
from support.town import Running, running_town

pytestmark = pytest.mark.agents

LEARNER = "Rotated Learner"
SINCE = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
DRILL = ("--compromised-since", SINCE.isoformat())


@pytest.fixture(scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running_town(tmp_path_factory.mktemp("rotation")) as made:
        await made.claim(LEARNER)
        yield made


async def rotate(
    running: Running, *options: str, killed_at: str = "", publish_url: str = ""
) -> str:
    """Run the command beside the service, killing it when it says ``killed_at``; what it said."""
    issuer = running.town.supervisor._program("issuer")
    environment = dict(issuer.environment)
    if publish_url:
        environment["ACQUIS_ISSUER_PUBLISH_URL"] = publish_url
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "issuer_agent", "rotate-keys", "--yes", *options),
        cwd=issuer.folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(120):
        async for line in process.stdout:
            said += line.decode()
            if killed_at and killed_at in said:
                process.kill()
                killed_at = ""
        status = await process.wait()
    assert status in {0, -signal.SIGKILL}, said
    return said


@asynccontextmanager
async def closing_door(to: int) -> AsyncIterator[str]:
    """Stand before the registry: when a DID log was put there, whatever else is put stays outside.

    So a command that has published the log is not done before it is killed, however late that is.
    """
    put: list[str] = []

    async def let_in(outside: asyncio.StreamReader, inside: asyncio.StreamReader) -> None:
        lines = RequestLines()
        while sent := await outside.read(64 * 1024):
            paths = [path for method, path in lines.feed(sent) if method == "PUT"]
            if paths and any(path.endswith("/did.jsonl") for path in put):
                return
            put.extend(paths)
            inside.feed_data(sent)
        inside.feed_eof()

    async def meet(client: Streams) -> None:
        inside = asyncio.StreamReader()
        letting_in = asyncio.create_task(let_in(client[0], inside))
        try:
            await relay((inside, client[1]), to_port(to))
        finally:
            letting_in.cancel()

    (port,) = free_ports(1)
    async with serving(at_port(port), meet):
        yield f"http://127.0.0.1:{port}"


async def reported_compromise(running: Running) -> int | None:
    """Present the credential from before, which is accepted; return what the report tells."""
    result = await running.present(LEARNER)
    assert result["decision"]["conclusion"] == "accepted", result["decision"]["reasons"]
    checks = result["report"]["checks"]
    found = [each["evidence"] for each in checks if each["id"] == "issuer-identity"]
    assert len(found) == 1
    since = found[0].get("compromised_since")
    return None if since is None else int(since)


def mirror_of(running: Running) -> Mirror:
    town = running.town
    return Mirror(
        town.mirror("issuer"), {HOST: town.url("registry")}, trusted_root=town.trusted_root
    )


async def test_what_was_issued_before_an_ordinary_rotation_still_verifies(town: Running) -> None:
    assert "2 versions" in await rotate(town)
    after = await town.claim("Issued after the rotation")
    award = f"/api/awards/{after['award_id']}"
    async with Visitor(town.town.url("issuer"), REGISTRAR) as registrar:
        await registrar.post(f"{award}/revoke", {"reason": "error"})
        await registrar.until(award, lambda found: found["state"] == "revoked")
    mirror = mirror_of(town)
    kind = ResourceType.REVOCATION_REGISTRY_DEFINITION
    registries = [mirror.resolve_resource(each, kind) for each in mirror.resources(kind)]
    document = mirror.resolve_did(registries[0].did)
    # The registry that was revoked from is signed by the key that the plugin took up by itself.
    assert {each.verification_method for each in registries} == set(document.assertion_keys())
    assert len(document.assertion_keys()) == 2
    assert document.compromises == ()
    assert await reported_compromise(town) is None


async def test_after_a_compromise_it_verifies_and_the_report_tells(town: Running) -> None:
    async with closing_door(town.town.ports.registry) as url:
        killed = await rotate(town, *DRILL, killed_at="The DID log is published", publish_url=url)
    assert "Done" not in killed
    said = await rotate(town, *DRILL)
    assert "An earlier rotation was not finished" in said
    assert "3 versions" in said
    assert "Not signed again" not in said
    mirror = mirror_of(town)
    everything = [each for kind in ResourceType for each in mirror.resources(kind)]
    own = [mirror.resolve_resource(each) for each in everything if ":demo:" in each]
    document = mirror.resolve_did(own[0].did)
    assert {each.since for each in document.compromises} == {SINCE}
    assert {each.verification_method for each in own} == set(document.assertion_keys())
    assert len(own) >= 5
    assert await reported_compromise(town) == int(SINCE.timestamp())
    claimed = await town.claim("Issued after the compromise")
    assert claimed["award"] == "issued"
