"""How a service that drives an agent is put together: its work, its mirror, its pages, its routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from fastapi import APIRouter, FastAPI

from acquis.registry.mirror import Mirror
from acquis.service.app import ReadyCheck, build_app
from acquis.service.auth import Person, Sessions
from acquis.service.database import Database, migrate
from acquis.service.live import Live
from acquis.service.mirroring import DAY, check_filled, mirroring
from acquis.service.pages import Pages, build_pages
from acquis.service.settings import AgentSettings
from acquis.service.sign_in import build_sign_in
from acquis.service.work import Perform, Work, build_broker, working
from acquis.text import Text


class Equipment(Protocol):
    """What every service's surroundings have."""

    database: Database
    mirror: Mirror
    live: Live
    works: dict[str, Work]


@dataclass(frozen=True)
class Parts:
    """What one service brings: ``folder`` holds its templates and its store's migrations.

    ``performs`` names each kind of work with its table and what is done to a row of it; ``check_agent``
    raises when the agent cannot be used; ``closing`` is called in turn when the service stops;
    ``mirror_seconds`` is how old the mirror may be before the service is not ready.
    """

    key: str
    name: Text
    folder: Path
    settings: AgentSettings
    around: Equipment
    performs: Mapping[str, tuple[Any, Perform]]
    check_agent: ReadyCheck
    closing: Sequence[Callable[[], Awaitable[None]]]
    identify: Callable[[str], Awaitable[Person]]
    people: Sequence[str]
    wallet_url: str
    mirror_seconds: int = DAY


def assemble(parts: Parts, build_routes: Callable[[Pages], Sequence[APIRouter]]) -> FastAPI:
    """Put a service together: on start migrate, mirror and work; on stop the other way round."""
    settings, around = parts.settings, parts.around
    pages = build_pages(
        parts.folder / "templates", service=parts.name, wallet_url=parts.wallet_url or None
    )
    sessions = Sessions(settings, parts.key)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        migrate(settings.database, parts.folder / "store" / "migrations")
        broker = build_broker(settings.broker_url, parts.key)
        for name, (model, perform) in parts.performs.items():
            around.works[name] = Work(
                around.database,
                model,
                perform,
                broker=broker,
                instance=settings.instance,
                sweep_seconds=settings.sweep_seconds,
            )
        async with AsyncExitStack() as stack:
            for close in (around.database.close, *parts.closing):
                stack.push_async_callback(close)
            await stack.enter_async_context(mirroring(around.mirror, settings.mirror_seconds))
            await stack.enter_async_context(working(broker, *around.works.values()))
            yield

    def ready() -> Mapping[str, ReadyCheck]:
        return {
            "agent": parts.check_agent,
            "database": around.database.check_usable,
            "mirror": partial(check_filled, around.mirror, parts.mirror_seconds),
        }

    app = build_app(
        f"Acquis {parts.key}",
        lifespan=lifespan,
        ready=ready,
        sessions=sessions,
        error_page=pages.problem,
        on_stop=around.live.close,
    )
    app.include_router(
        build_sign_in(
            pages,
            sessions,
            parts.identify,
            is_open=settings.development_login,
            people=list(parts.people),
        )
    )
    for router in build_routes(pages):
        app.include_router(router)
    return app
