"""A registry host and the three real agents on free ports, for tests that need the real thing.

The fixture ``agents`` is one set for the whole session (about 6 s to start); a test that stops or
kills an agent starts it again before it ends, so that the next one finds all of them.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import httpx
import pytest

from acquis.acapy import wallet
from acquis.acapy.client import AgentClient
from acquis.registry.did_log import build_genesis
from acquis.registry.keys import SigningKey
from acquis.registry.mirror import Mirror
from demo.agents import AgentRole, AgentSetup
from demo.supervisor import Program, Supervisor, free_ports
from registry_host.grants import Grants
from registry_host.operation import set_up
from registry_host.settings import RegistrySettings

HOST = "registry.acquis.example"
REGISTRY = "registry"
PATIENCE = 90.0
"""Seconds after which something that should happen by itself did not."""


async def until[T](look: Callable[[], Awaitable[T | None]], what: str, *, pause: float = 0.1) -> T:
    """Look again and again until ``look`` returns something; fail with ``what`` in the end."""
    give_up = time.monotonic() + PATIENCE
    while True:
        found = await look()
        if found is not None and found is not False:
            return found
        assert time.monotonic() < give_up, f"did not happen: {what}"
        await asyncio.sleep(pause)


@dataclass
class RealAgents:
    """The processes, the clients of the agents' admin APIs and the mirrors they read."""

    folder: Path
    supervisor: Supervisor
    registry_url: str
    setups: dict[AgentRole, AgentSetup]
    clients: dict[AgentRole, AgentClient]
    issuers: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def start(cls, folder: Path, stack: AsyncExitStack) -> Self:
        """Set up a registry, start it and the agents; ``stack`` stops everything."""
        registry_port, *ports = free_ports(1 + 2 * len(AgentRole))
        registry_url = f"http://127.0.0.1:{registry_port}"
        settings = RegistrySettings(
            folder=folder / REGISTRY, host=HOST, port=registry_port, hash_bits=4
        )
        set_up(settings, folder / "root-keys", 1, 1)
        supervisor = await stack.enter_async_context(Supervisor())
        supervisor.add(_registry_program(settings, registry_url))
        setups = {
            role: AgentSetup(
                role=role,
                folder=folder / f"{role}-agent",
                admin_port=ports[2 * number],
                inbound_port=ports[2 * number + 1],
                webhook_url="http://127.0.0.1:9/webhooks",
                mirror=folder / "mirrors" / role,
                trusted_root=settings.public / "tuf" / "1.root.json",
                sources={HOST: registry_url},
                tails_url=f"https://{HOST}/tails",
                publish_url=registry_url if role is AgentRole.ISSUER else None,
            )
            for number, role in enumerate(AgentRole)
        }
        for setup in setups.values():
            supervisor.add(setup.program())
        await supervisor.start(*supervisor.names)
        clients = {
            role: await stack.enter_async_context(
                AgentClient(setup.admin_url, setup.secrets.api_key)
            )
            for role, setup in setups.items()
        }
        return cls(folder, supervisor, registry_url, setups, clients)

    def client(self, role: AgentRole) -> AgentClient:
        """The client of that agent's admin API."""
        return self.clients[role]

    def mirror(self, role: AgentRole) -> Mirror:
        """The mirror that this agent reads, as its service would open it."""
        setup = self.setups[role]
        return Mirror(setup.mirror, setup.sources, trusted_root=setup.trusted_root)

    async def refresh(self, role: AgentRole) -> None:
        """Bring that agent's mirror up to date, as its service does every minute."""
        await asyncio.to_thread(self.mirror(role).refresh)

    async def create_issuer(self, name: str, attest_multikey: str | None = None) -> str:
        """Grant ``demo/<name>`` and publish its DID; the attest key lies in the issuer's wallet.

        ``attest_multikey`` names another key, of which the test keeps the private half.
        """
        if attest_multikey is None:
            key = await wallet.create_key(self.client(AgentRole.ISSUER))
            attest_multikey = key.multikey
        folder = f"demo/{name}"
        Grants(self.folder / REGISTRY / "grants.json").grant(folder)
        did, log = build_genesis(
            HOST, folder, SigningKey.generate(), SigningKey.generate(), attest_multikey
        )
        async with httpx.AsyncClient(
            base_url=self.registry_url, trust_env=False, timeout=PATIENCE
        ) as http:
            answer = await http.put(f"/{folder}/did.jsonl", content=log)
        assert answer.is_success, answer.text
        self.issuers[name] = did
        return did


def _registry_program(settings: RegistrySettings, url: str) -> Program:
    return Program(
        name=REGISTRY,
        argv=(sys.executable, "-c", "from registry_host.command import app; app()", "serve"),
        folder=settings.folder,
        log_file=settings.folder / "registry.log",
        environment={
            "ACQUIS_REGISTRY_FOLDER": str(settings.folder),
            "ACQUIS_REGISTRY_HOST": settings.host,
            "ACQUIS_REGISTRY_PORT": str(settings.port),
            "ACQUIS_REGISTRY_HASH_BITS": str(settings.hash_bits),
        },
        ready_url=f"{url}/ready",
        ports={"http": settings.port},
    )


@pytest.fixture(scope="session")
async def agents(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RealAgents]:
    """A registry host and the three agents, started once."""
    async with AsyncExitStack() as stack:
        yield await RealAgents.start(tmp_path_factory.mktemp("agents"), stack)
