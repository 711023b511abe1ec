"""What the verbs of the verifier work with."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from acquis.acapy.client import AgentClient
from acquis.registry.keys import SigningKey
from acquis.registry.mirror import Mirror
from acquis.service.clock import Clock
from acquis.service.database import Database
from acquis.service.live import Live
from acquis.service.locks import Locks
from acquis.service.signing_keys import load_or_create_key
from acquis.service.work import Work
from verifier.candidates import Carriers
from verifier.settings import VerifierSettings


def receipt_key_file(folder: Path) -> Path:
    """Return where the key that signs receipts lies below the service's folder."""
    return folder / "keys" / "receipt.pem"


@dataclass
class Surroundings:
    """Everything outside the verbs, made once by the application and passed to each of them.

    ``works`` is filled by the application, since the works themselves call the verbs.
    """

    settings: VerifierSettings
    database: Database
    agent: AgentClient
    mirror: Mirror
    clock: Clock
    live: Live = field(default_factory=Live)
    carriers: Carriers = field(default_factory=Carriers)
    works: dict[str, Work] = field(default_factory=dict)
    locks: Locks = field(default_factory=Locks)

    @cached_property
    def receipt_key(self) -> SigningKey:
        """The key that signs receipts, in the folder that all replicas share; made the first time."""
        return load_or_create_key(receipt_key_file(self.settings.folder))

    def only_one(self, key: str) -> asyncio.Lock:
        """Return the lock named ``key``."""
        return self.locks.only_one(key)
