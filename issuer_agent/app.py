"""The issuer's web application, put together."""

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
from acquis.service.auth import Person, Sessions
from acquis.service.clock import SystemClock
from acquis.service.database import Database, migrate
from acquis.service.mirroring import check_filled, mirroring
from acquis.service.pages import build_pages
from acquis.service.publication import Publisher
from acquis.service.sign_in import build_sign_in
from acquis.service.work import Work, build_broker, working
from acquis.text import Text
from issuer_agent import issuing, publishing, revoking
from issuer_agent.api import build_api
from issuer_agent.pages import build_page_routes
from issuer_agent.settings import IssuerSettings
from issuer_agent.store.tables import AchievementRow, ExchangeRow, IssuedRow
from issuer_agent.surroundings import Surroundings

_HERE: Final = Path(__file__).parent
NAME: Final = Text("Awarding", "Attribution")


def build_surroundings(settings: IssuerSettings) -> Surroundings:
    """Build what the verbs work with from the settings alone."""
    return Surroundings(
        settings=settings,
        database=Database(settings.database),
        agent=AgentClient(settings.agent_url, settings.agent_api_key.get_secret_value()),
        mirror=Mirror(settings.mirror_folder, settings.sources, trusted_root=settings.trusted_root),
        publisher=Publisher(settings.publish_url),
        clock=SystemClock(),
    )


def create_app(settings: IssuerSettings, around: Surroundings | None = None) -> FastAPI:
    """Create the application; ``around`` replaces what it would build itself (tests)."""
    surroundings = around or build_surroundings(settings)
    pages = build_pages(_HERE / "templates", service=NAME, wallet_url=settings.wallet_url or None)
    sessions = Sessions(settings, "issuer")

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        migrate(settings.database, _HERE / "store" / "migrations")
        broker = build_broker(settings.broker_url)
        performing = {
            "achievements": (AchievementRow, publishing.perform),
            "exchanges": (ExchangeRow, issuing.perform),
            "issued": (IssuedRow, revoking.perform),
        }
        for name, (model, perform) in performing.items():
            surroundings.works[name] = Work(
                surroundings.database,
                model,
                partial(perform, surroundings),
                broker=broker,
                instance=settings.instance,
                sweep_seconds=settings.sweep_seconds,
            )
        async with AsyncExitStack() as stack:
            stack.push_async_callback(surroundings.database.close)
            stack.push_async_callback(surroundings.agent.aclose)
            stack.push_async_callback(surroundings.publisher.close)
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
        "Acquis issuer",
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
            _identify,
            is_open=settings.development_login,
            people=["Camille Registrar"],
        )
    )
    app.include_router(build_api(surroundings))
    app.include_router(build_page_routes(surroundings, pages))
    return app


async def _identify(name: str) -> Person:
    return Person(id=name.casefold(), name=name)
