"""A town whose registry has a door for each of its readers, so that an access log says who asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from demo.agents import AgentRole, AgentSetup
from demo.supervisor import Program, Supervisor, free_ports
from demo.town import HOST, Ports, Town
from support.access_log import AccessLog
from support.claims import hold_no_claim
from support.town import Running, start_running

ANYBODY = "anybody"
"""The registry's own address: whoever comes there did not take the door that is theirs."""
READERS = ("issuer", "wallet", "verifier")


@dataclass
class RecordedTown(Town):
    """``doors`` is where each reader (a service and its agent) is told that the registry is."""

    doors: Mapping[str, str] = field(default_factory=dict)
    hidden: int = 0
    """The port on which the registry really listens."""

    def _registry_environment(self) -> dict[str, str]:
        return super()._registry_environment() | {"ACQUIS_REGISTRY_PORT": str(self.hidden)}

    def _service(self, unit: str, environment: Mapping[str, str]) -> Program:
        if unit == "registry":
            return replace(super()._service(unit, environment), ports={"http": self.hidden})
        sources = {f"ACQUIS_{unit.upper()}_SOURCES": f"{HOST}={self.doors[unit]}"}
        return super()._service(unit, {**environment, **sources})

    def _agent(self, role: AgentRole, unit: str) -> AgentSetup:
        return replace(super()._agent(role, unit), sources={HOST: self.doors[unit]})


@asynccontextmanager
async def recorded_town(
    folder: Path, extra: Mapping[str, Mapping[str, str]]
) -> AsyncIterator[tuple[Running, AccessLog]]:
    """Run a town as ``running_town`` does, with the registry's access log."""
    ports, hidden = Ports.free(), free_ports(1)[0]
    log = AccessLog(folder / "access.log")
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(log.door(ANYBODY, hidden, ports.registry))
        doors = {unit: await stack.enter_async_context(log.door(unit, hidden)) for unit in READERS}
        supervisor = await stack.enter_async_context(Supervisor())
        town = RecordedTown(
            folder,
            supervisor,
            ports=ports,
            mirror_seconds=1.0,
            extra=extra,
            doors=doors,
            hidden=hidden,
        )
        yield await start_running(town), log
        await asyncio.to_thread(hold_no_claim, town)
