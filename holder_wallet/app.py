"""The wallet's web application, put together."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from fastapi import FastAPI

from acquis.acapy import server
from acquis.acapy.client import AgentClient
from acquis.registry.mirror import Mirror
from acquis.service.assembly import Parts, assemble
from acquis.service.clock import SystemClock
from acquis.service.database import Database
from acquis.service.fetch import Fetcher
from acquis.service.seal import Seal
from acquis.service.work import Again
from acquis.text import Text
from holder_wallet import enrolling, inviting, presenting, receiving
from holder_wallet.api import build_api
from holder_wallet.pages import build_page_routes
from holder_wallet.settings import WalletSettings
from holder_wallet.store import exchanges
from holder_wallet.store.tables import ExchangeRow
from holder_wallet.surroundings import Surroundings

_HERE: Final = Path(__file__).parent
NAME: Final = Text("Wallet", "Portefeuille")


def build_surroundings(settings: WalletSettings) -> Surroundings:
    """Build what the verbs work with from the settings alone."""
    return Surroundings(
        settings=settings,
        database=Database(settings.database),
        agent=AgentClient(settings.agent_url, settings.agent_api_key.get_secret_value()),
        mirror=Mirror(settings.mirror_folder, settings.sources, trusted_root=settings.trusted_root),
        fetcher=Fetcher(allow_loopback=settings.loopback_links),
        seal=Seal(settings, "wallet-tokens"),
        clock=SystemClock(),
    )


def create_app(settings: WalletSettings, around: Surroundings | None = None) -> FastAPI:
    """Create the application; ``around`` replaces what it would build itself (tests)."""
    surroundings = around or build_surroundings(settings)
    parts = Parts(
        key="wallet",
        name=NAME,
        folder=_HERE,
        settings=settings,
        around=surroundings,
        performs={"exchanges": (ExchangeRow, partial(_perform, surroundings))},
        check_agent=partial(server.check_ready, surroundings.agent),
        closing=[surroundings.agent.aclose, surroundings.fetcher.close],
        identify=partial(enrolling.enrol, surroundings),
        people=["Alex Martin"],
        wallet_url=settings.public_url,
    )
    return assemble(
        parts,
        lambda pages: [build_api(surroundings), build_page_routes(surroundings, pages)],
    )


async def _perform(around: Surroundings, exchange_id: str) -> Again | None:
    async with around.database.read() as session:
        row, learner = await exchanges.load_with_learner(session, exchange_id)
    perform = receiving.perform if row.kind == inviting.ISSUE else presenting.perform
    return await perform(around, row, around.wallet_of(learner))
