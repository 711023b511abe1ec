"""What the verbs of the wallet work with."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from acquis.acapy.client import AgentClient
from acquis.errors import NotFound, NotSignedIn
from acquis.registry.mirror import Mirror
from acquis.service.clock import Clock
from acquis.service.database import Database
from acquis.service.fetch import Fetcher
from acquis.service.live import Live
from acquis.service.locks import Locks
from acquis.service.seal import Seal
from acquis.service.work import Work
from holder_wallet.settings import WalletSettings
from holder_wallet.store.tables import LearnerRow


@dataclass
class Surroundings:
    """Everything outside the verbs, made once by the application and passed to each of them.

    ``works`` is filled by the application, since the works themselves call the verbs.
    """

    settings: WalletSettings
    database: Database
    agent: AgentClient
    mirror: Mirror
    fetcher: Fetcher
    seal: Seal
    clock: Clock
    live: Live = field(default_factory=Live)
    works: dict[str, Work] = field(default_factory=dict)
    locks: Locks = field(default_factory=Locks)

    def only_one(self, key: str) -> asyncio.Lock:
        """Return the lock named ``key``."""
        return self.locks.only_one(key)

    def wallet_of(self, learner: LearnerRow) -> AgentClient:
        """Return the client of the sub-wallet that is this learner's alone."""
        if learner.sealed_token is None:
            raise NotFound
        try:
            return self.agent.for_wallet(self.seal.unseal(learner.sealed_token))
        except ValueError as error:  # the secret was changed: signing in makes a new token
            raise NotSignedIn from error
