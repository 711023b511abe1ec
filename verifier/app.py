"""The verifier's web application, put together."""

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
from acquis.service.sign_in import build_sign_in
from acquis.service.work import Work, build_broker, working
from acquis.text import Text
from verifier import verifying
from verifier.api import build_api
from verifier.pages import build_page_routes
from verifier.settings import VerifierSettings
from verifier.store.tables import SessionRow
from verifier.surroundings import Surroundings

_HERE: Final = Path(__file__).parent
NAME: Final = Text("Verification", "Vérification")


def build_surroundings(settings: VerifierSettings) -> Surroundings:
    """Build what the verbs work with from the settings alone."""
    return Surroundings(
        settings=settings,
        database=Database(settings.database),
        agent=AgentClient(settings.agent_url, settings.agent_api_key.get_secret_value()),
        mirror=Mirror(settings.mirror_folder, settings.sources, trusted_root=settings.trusted_root),
        clock=SystemClock(),
    )


def create_app(settings: VerifierSettings, around: Surroundings | None = None) -> FastAPI:
    """Create the application; ``around`` replaces what it would build itself (tests)."""
    surroundings = around or build_surroundings(settings)
    pages = build_pages(_HERE / "templates", service=NAME, wallet_url=settings.wallet_url or None)
    sessions = Sessions(settings, "verifier")

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        migrate(settings.database, _HERE / "store" / "migrations")
        broker = build_broker(settings.broker_url)
        surroundings.works["sessions"] = Work(
            surroundings.database,
            SessionRow,
            partial(verifying.perform, surroundings),
            broker=broker,
            instance=settings.instance,
            sweep_seconds=settings.sweep_seconds,
        )
        async with AsyncExitStack() as stack:
            stack.push_async_callback(surroundings.database.close)
            stack.push_async_callback(surroundings.agent.aclose)
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
        "Acquis verifier",
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
            people=["Robin Recruiter"],
        )
    )
    app.include_router(build_api(surroundings))
    app.include_router(build_page_routes(surroundings, pages))
    return app


async def _identify(name: str) -> Person:
    return Person(id=name.casefold(), name=name)
