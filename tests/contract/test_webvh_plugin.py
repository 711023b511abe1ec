"""The plugin inside the real agents: the whole life of a credential, and every silence in between.

Nothing here is a stand-in: the registry host and the three agents are processes of their own.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from acquis.acapy import anoncreds, credentials, present_proof
from acquis.errors import AcquisError, NotFound, Unavailable
from acquis.registry.resource import ResourceType
from demo.agents import AgentRole, AgentSecrets
from support.agents import REGISTRY, RealAgents, until
from support.exchanges import (
    CLAIMS,
    Definition,
    Held,
    active_registry,
    define,
    issue,
    next_second,
    open_wallet,
    present,
    revoke,
)

pytestmark = pytest.mark.agents
ISSUER, HOLDER, VERIFIER = "issuer-agent", "holder-agent", "verifier-agent"


@pytest.fixture(scope="module")
async def definition(agents: RealAgents) -> Definition:
    return await define(agents, "plugin-university")


@pytest.fixture(scope="module")
async def held(agents: RealAgents, definition: Definition) -> Held:
    return await issue(agents, definition, await open_wallet(agents, "ada"))


async def verify(agents: RealAgents, record: present_proof.Record) -> bool | None:
    checked = await present_proof.verify(agents.client(AgentRole.VERIFIER), record.id)
    assert checked.state == "done"
    return checked.verified


def revoked_in_mirror(agents: RealAgents, registry_id: str) -> int:
    mirror = agents.mirror(AgentRole.VERIFIER)
    mirror.refresh()
    _, found = mirror.resolve_status_list(registry_id, int(time.time()) + 5)
    return sum(found.content["revocationList"])


async def test_what_was_published_stands_in_the_registry(
    agents: RealAgents, definition: Definition
) -> None:
    await agents.refresh(AgentRole.VERIFIER)
    mirror = agents.mirror(AgentRole.VERIFIER)
    schema = mirror.resolve_resource(definition.schema_id, ResourceType.SCHEMA)
    assert schema.did == definition.issuer
    published = mirror.resolve_resource(definition.id, ResourceType.CREDENTIAL_DEFINITION)
    assert published.content["schemaId"] == definition.schema_id
    registry = mirror.resolve_resource(
        definition.registry_id, ResourceType.REVOCATION_REGISTRY_DEFINITION
    )
    assert registry.content["credDefId"] == definition.id
    assert mirror.tails_file(registry.content["value"]["tailsHash"]).is_file()
    link, first = mirror.resolve_status_list(definition.registry_id, int(time.time()))
    assert link == registry.links[0]
    assert set(first.content["revocationList"]) == {0}


async def test_a_second_definition_for_schema_and_tag_is_refused(
    agents: RealAgents, definition: Definition
) -> None:
    client = agents.client(AgentRole.ISSUER)
    with pytest.raises(AcquisError):
        await anoncreds.register_credential_definition(
            client, definition.issuer, definition.schema_id, "1", 20
        )
    found = await anoncreds.find_credential_definition(
        client, definition.issuer, definition.schema_id
    )
    assert found == definition.id


async def test_the_tails_file_is_in_the_holders_own_folder(
    agents: RealAgents, definition: Definition, held: Held
) -> None:
    registry = agents.mirror(AgentRole.HOLDER).resolve_resource(definition.registry_id)
    name = registry.content["value"]["tailsHash"]
    assert (agents.setups[AgentRole.HOLDER].tails_folder / name).is_file()
    assert not agents.setups[AgentRole.VERIFIER].tails_folder.exists()


async def test_proved_with_the_issuer_and_the_registry_stopped(
    agents: RealAgents, definition: Definition, held: Held
) -> None:
    await agents.refresh(AgentRole.VERIFIER)
    await agents.supervisor.stop(ISSUER)
    try:
        record = await present(agents, definition, held)
        async with registry_under_watch(agents) as callers:
            assert await verify(agents, record) is True
            await next_second()
            assert await verify(agents, await present(agents, definition, held)) is True
        # The wallet asked whether it had the latest list; the verifying agent asked nobody.
        assert HOLDER in callers
        assert VERIFIER not in callers
    finally:
        await agents.supervisor.start(ISSUER)


async def test_a_level_that_is_not_reached_cannot_be_proved(
    agents: RealAgents, definition: Definition, held: Held
) -> None:
    with pytest.raises(AcquisError):
        await present(agents, definition, held, level=5)


async def test_a_verifier_whose_mirror_is_too_old_cannot_tell(
    agents: RealAgents, definition: Definition, held: Held
) -> None:
    await agents.refresh(AgentRole.VERIFIER)
    other = await issue(agents, definition, held.wallet)
    await revoke(agents, other)
    record = await present(agents, definition, held)
    verifier = agents.client(AgentRole.VERIFIER)
    with pytest.raises(Unavailable):
        await present_proof.verify(verifier, record.id)
    still = await present_proof.load(verifier, record.id)
    assert (still.state, still.verified) == ("presentation-received", None)
    await agents.refresh(AgentRole.VERIFIER)
    assert await verify(agents, record) is True


async def test_a_revoked_credential_is_refused(
    agents: RealAgents, definition: Definition, held: Held
) -> None:
    """The holder's agent proves all the same; the verifying one says false.

    It gives no reason: to a verifier a false proof and a revoked credential look the same. The
    holder can know: its agent tells when it is asked.
    """
    revoked = await issue(agents, definition, held.wallet)
    registry_id = await revoke(agents, revoked)
    assert revoked_in_mirror(agents, registry_id) >= 1
    assert await credentials.is_revoked(revoked.wallet, revoked.credential_id) is True
    assert await credentials.is_revoked(held.wallet, held.credential_id) is False
    record = await present(agents, definition, revoked)
    assert await verify(agents, record) is False
    assert await verify(agents, await present(agents, definition, held)) is True


async def test_a_revocation_that_met_a_silent_registry_is_published_later(
    agents: RealAgents, definition: Definition, held: Held
) -> None:
    first, second = [await issue(agents, definition, held.wallet) for _ in range(2)]
    before = revoked_in_mirror(agents, definition.registry_id)
    issuer = agents.client(AgentRole.ISSUER)
    await agents.supervisor.stop(REGISTRY)
    await revoke(agents, first)  # answered 200 all the same
    behind = await anoncreds.reconcile_lists(issuer)
    assert behind.behind == {definition.registry_id}
    await agents.supervisor.start(REGISTRY)
    await anoncreds.reconcile_lists(issuer)
    await until(
        lambda: shown(agents, definition.registry_id, before + 1), "published when asked again"
    )
    # The same, but the agent ends too before it could publish: it does so when it starts.
    await agents.supervisor.stop(REGISTRY)
    await revoke(agents, second)
    await agents.supervisor.kill(ISSUER)
    await agents.supervisor.start(REGISTRY)
    assert revoked_in_mirror(agents, definition.registry_id) == before + 1
    await agents.supervisor.start(ISSUER)
    await until(
        lambda: shown(agents, definition.registry_id, before + 2), "published after the start"
    )
    assert (await anoncreds.reconcile_lists(issuer)).behind == frozenset()


async def shown(agents: RealAgents, registry_id: str, count: int) -> bool:
    return await asyncio.to_thread(revoked_in_mirror, agents, registry_id) == count


async def test_a_definition_whose_private_key_died_with_the_agent_is_made_again(
    agents: RealAgents, definition: Definition
) -> None:
    """Killed after the publication, before the wallet kept the key: nothing stands in the way."""
    definition_id = await kill_while_defining(agents, definition, "lost", {"anonCredsCredDef": 1})
    if definition_id is None:
        definition_id = await anoncreds.register_credential_definition(
            agents.client(AgentRole.ISSUER), definition.issuer, definition.schema_id, "lost", 20
        )
    made = definition_id
    await until(lambda: is_set_up(agents, made), "an active registry and one in reserve")


async def test_an_agent_killed_at_each_step_of_the_set_up_finishes_it(
    agents: RealAgents, definition: Definition
) -> None:
    before = resources(agents)
    definition_id = await kill_while_defining(
        agents, definition, "killed", {"anonCredsRevocRegDef": 1}
    )
    assert definition_id is not None
    for step in ({"anonCredsStatusList": 1}, {"anonCredsRevocRegDef": 2}):
        await until(lambda step=step: as_many(agents, before, step), f"{step}", pause=0.002)
        await agents.supervisor.kill(ISSUER)
        await agents.supervisor.start(ISSUER)
    await until(lambda: is_set_up(agents, definition_id), "an active registry and a reserve")


async def kill_while_defining(
    agents: RealAgents, definition: Definition, tag: str, published: dict[str, int]
) -> str | None:
    """Kill the issuer's agent once so much is published; start it; return what its wallet knows."""
    before = resources(agents)
    making = asyncio.create_task(
        anoncreds.register_credential_definition(
            agents.client(AgentRole.ISSUER), definition.issuer, definition.schema_id, tag, 20
        )
    )
    await until(lambda: as_many(agents, before, published), f"published {published}", pause=0.002)
    await agents.supervisor.kill(ISSUER)
    await asyncio.gather(making, return_exceptions=True)
    await agents.supervisor.start(ISSUER)
    return await find_definition(agents, definition, tag)


async def find_definition(agents: RealAgents, definition: Definition, tag: str) -> str | None:
    """The definition of that tag in the wallet, by the agent's own books."""
    client = agents.client(AgentRole.ISSUER)
    listed = await client.get(
        "/anoncreds/credential-definitions", query={"schema_id": definition.schema_id}
    )
    for definition_id in listed.texts("credential_definition_ids"):
        found = await client.get("/anoncreds/credential-definition/{}", definition_id)
        if found.inside("credential_definition").text("tag") == tag:
            return definition_id
    return None


async def is_set_up(agents: RealAgents, definition_id: str) -> bool:
    client = agents.client(AgentRole.ISSUER)
    active = await active_registry(client, definition_id)
    registries = await anoncreds.list_registries(client, definition_id)
    if active is None or len(registries) < 2:
        return False
    mirror = agents.mirror(AgentRole.ISSUER)
    try:
        return all(len(mirror.resolve_resource(one).links) == 1 for one in registries)
    except NotFound:
        return False


def resources(agents: RealAgents) -> set[Path]:
    return set((agents.folder / REGISTRY / "public" / "demo").glob("*/resources/*"))


async def as_many(agents: RealAgents, before: set[Path], published: dict[str, int]) -> bool:
    kinds = [
        json.loads(path.read_bytes())["metadata"]["resourceType"]
        for path in resources(agents) - before
        if not path.name.startswith(".")
    ]
    return all(kinds.count(kind) >= count for kind, count in published.items())


@asynccontextmanager
async def registry_under_watch(agents: RealAgents) -> AsyncIterator[set[str]]:
    """Stop the registry, listen in its place and note which of the agents' processes call."""
    port = agents.supervisor.ports(REGISTRY)["http"]
    pids = {name: agents.supervisor.pid(name) for name in (HOLDER, VERIFIER)}
    callers: set[str] = set()
    await agents.supervisor.stop(REGISTRY)

    async def note(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        caller = writer.get_extra_info("peername")[1]
        try:
            callers.update(name for name, pid in pids.items() if owns_port(pid, caller))
        finally:
            writer.close()

    server = await asyncio.start_server(note, "127.0.0.1", port)
    try:
        yield callers
    finally:
        server.close()
        await server.wait_closed()
        await agents.supervisor.start(REGISTRY)


def owns_port(pid: int, port: int) -> bool:
    """Say whether the process holds the socket bound to this local TCP port."""
    inodes = {
        line.split()[9]
        for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
        if int(line.split()[1].rpartition(":")[2], 16) == port
    }
    held = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            held.add(entry.readlink().name)
    return any(f"socket:[{inode}]" in held for inode in inodes)


async def test_no_log_holds_a_claim_or_a_secret(
    agents: RealAgents, definition: Definition, held: Held
) -> None:
    """Last on purpose: by now the agents have met every error of this file."""
    logs = {path: path.read_text() for path in agents.folder.glob("*/*.log")}
    assert len(logs) == 4
    forbidden = [CLAIMS["given_name"], CLAIMS["achievement_id"]]
    for setup in agents.setups.values():
        forbidden += [getattr(setup.secrets, name) for name in AgentSecrets.__slots__]
    for path, log in logs.items():
        assert not [word for word in forbidden if word in log], path
