"""The wallet's web application, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from fastapi import FastAPI

from acquis.acapy import server
from acquis.acapy.client import AgentClient
from acquis.registry.mirror import Mirror
from acquis.service.app import ReadyCheck, build_app
from acquis.service.auth import Seal, Sessions
from acquis.service.clock import SystemClock
from acquis.service.database import Database, migrate
from acquis.service.fetch import Fetcher
from acquis.service.mirroring import check_filled, mirroring
from acquis.service.pages import build_pages
from acquis.service.sign_in import build_sign_in
from acquis.service.work import Again, Work, build_broker, working
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
    pages = build_pages(_HERE / "templates", service=NAME, wallet_url=settings.public_url)
    sessions = Sessions(settings, "wallet")

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        migrate(settings.database, _HERE / "store" / "migrations")
        broker = build_broker(settings.broker_url)
        surroundings.works["exchanges"] = Work(
            surroundings.database,
            ExchangeRow,
            partial(_perform, surroundings),
            broker=broker,
            instance=settings.instance,
            sweep_seconds=settings.sweep_seconds,
        )
        async with AsyncExitStack() as stack:
            stack.push_async_callback(surroundings.database.close)
            stack.push_async_callback(surroundings.agent.aclose)
            stack.push_async_callback(surroundings.fetcher.close)
            await stack.enter_async_context(mirroring(surroundings.mirror, settings.mirror_seconds))
            await stack.enter_async_context(working(broker, *surroundings.works.values()))
            yield

    def ready() -> Mapping[str, ReadyCheck]:
        return {
            "agent": partial(server.check_ready, surroundings.agent),
            "database": surroundings.database.check_usable,
            "mirror": partial(check_filled, surroundings.mirror),
        }

    app = build_app(
        "Acquis wallet",
        lifespan=lifespan,
        ready=ready,
        sessions=sessions,
        error_page=pages.problem,
        on_stop=surroundings.live.close,
    )
    app.include_router(
        build_sign_in(
            pages,
            sessions,
            partial(enrolling.enrol, surroundings),
            is_open=settings.development_login,
            people=["Alex Martin"],
        )
    )
    app.include_router(build_api(surroundings))
    app.include_router(build_page_routes(surroundings, pages))
    return app


async def _perform(around: Surroundings, exchange_id: str) -> Again | None:
    async with around.database.read() as session:
        row, learner = await exchanges.load_with_learner(session, exchange_id)
    perform = receiving.perform if row.kind == inviting.ISSUE else presenting.perform
    return await perform(around, row, around.wallet_of(learner))
