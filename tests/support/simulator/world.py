"""Agents that can reach each other, and the registry they publish in.

What is not as in reality: messages are not encrypted, a handshake waits a fraction of a second
instead of seven, an outbound message is tried again every 50 ms instead of every 10 s, credential
definitions cost nothing, and nothing is slow.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from support.simulator.agent import SimulatedAgent
from support.simulator.cryptography import Cryptography
from support.simulator.registry import SimulatedRegistry

type Json = dict[str, Any]


@dataclass(frozen=True)
class Envelope:
    """A message between two keys; ``sender`` is where an answer goes."""

    sender: str
    receiver: str
    message: Json


class World:
    """One in-memory world; ``seed`` makes its ids and its bad luck repeatable."""

    def __init__(self, seed: int = 0) -> None:
        self.random = Random(seed)
        self.registry = SimulatedRegistry()
        self.cryptography = Cryptography(self.registry)
        self.agents: dict[str, SimulatedAgent] = {}
        self.owners: dict[str, tuple[str, str]] = {}

    def agent(self, name: str, *, multitenant: bool = False) -> SimulatedAgent:
        """Return the agent called ``name``; it is made, and running, the first time."""
        if name not in self.agents:
            self.agents[name] = SimulatedAgent(self, name, multitenant=multitenant)
        return self.agents[name]

    def new_id(self) -> str:
        """Return a UUID, repeatable by the seed."""
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def new_key(self, agent: str, wallet: str) -> str:
        """Return a key under which messages reach one wallet of one agent."""
        key = f"z6Mk{self.random.getrandbits(200):x}"
        self.owners[key] = (agent, wallet)
        return key

    async def send(self, envelope: Envelope) -> bool:
        """Hand a message to whom it is for; false when that agent is down."""
        agent, wallet = self.owners[envelope.receiver]
        return self.agents[agent].take(wallet, envelope)

    async def settle(self) -> None:
        """Wait until no message and no doorbell is on its way."""
        while tasks := [task for agent in self.agents.values() for task in agent.tasks]:
            await asyncio.wait(tasks)

    async def close(self) -> None:
        """Stop all agents."""
        for agent in self.agents.values():
            agent.kill()
            await agent.doorbells.close()
