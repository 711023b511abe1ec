"""What the verbs of the issuer work with."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from acquis.acapy.client import AgentClient
from acquis.registry.mirror import Mirror
from acquis.service.clock import Clock
from acquis.service.database import Database
from acquis.service.live import Live
from acquis.service.locks import Locks
from acquis.service.publication import Publisher
from acquis.service.work import Work
from issuer_agent.settings import IssuerSettings


@dataclass
class Surroundings:
    """Everything outside the verbs, made once by the application and passed to each of them.

    ``works`` is filled by the application, since the works themselves call the verbs.
    """

    settings: IssuerSettings
    database: Database
    agent: AgentClient
    mirror: Mirror
    publisher: Publisher
    clock: Clock
    live: Live = field(default_factory=Live)
    works: dict[str, Work] = field(default_factory=dict)
    locks: Locks = field(default_factory=Locks)

    def only_one(self, key: str) -> asyncio.Lock:
        """Return the lock named ``key``.

        Issuing and publishing never overlap for one credential definition: when they do, the
        agent can give one revocation index to two credentials.
        """
        return self.locks.only_one(key)
