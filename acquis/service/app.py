"""The skeleton of a web service: health, readiness, problems, limits, logs."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from acquis.errors import AcquisError
from acquis.service.auth import Sessions
from acquis.service.boundary import MOST_BODY, Boundary
from acquis.service.logs import set_up_logs
from acquis.service.problems import ErrorPage, register_problems

type ReadyCheck = Callable[[], Awaitable[None]]

_LOG = structlog.get_logger(__name__)
_STATIC = Path(__file__).parent / "static"


def build_app(
    title: str,
    *,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    ready: Callable[[], Mapping[str, ReadyCheck]],
    sessions: Sessions | None = None,
    error_page: ErrorPage | None = None,
    most_body: int = MOST_BODY,
    on_stop: Callable[[], None] | None = None,
) -> FastAPI:
    """Build a service's FastAPI application.

    ``ready`` gives the named checks of ``/ready``; each raises an ``AcquisError`` when what it
    looks at is not usable. ``/health`` only says that the process is alive. ``on_stop`` is called
    as soon as the process is told to stop, so that open streams can end.
    """

    @asynccontextmanager
    async def whole_life(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(lifespan(app))
            except AcquisError as error:
                _LOG.error("cannot start", reason=error.code, says=error.says.en)
                raise
            yield

    app = FastAPI(title=title, lifespan=whole_life, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.on_stop = on_stop
    register_problems(app, error_page)
    app.add_middleware(Boundary, sessions=sessions, most_body=most_body, error_page=error_page)

    @app.get("/health", include_in_schema=False)
    async def health() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/ready", include_in_schema=False)
    async def readiness() -> JSONResponse:
        found: dict[str, str] = {}
        for name, check in ready().items():
            try:
                await check()
                found[name] = "ok"
            except AcquisError as error:
                found[name] = error.says.en
        ok = all(value == "ok" for value in found.values())
        return JSONResponse(
            {"status": "ready" if ok else "not ready", "checks": found},
            status_code=200 if ok else 503,
        )

    if _STATIC.is_dir():
        app.mount("/static", _StaticFiles(directory=_STATIC), name="static")
    return app


class _StaticFiles(StaticFiles):
    """Files of the pages; an address that holds the file's digest may be kept for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            named_by_digest = scope["query_string"].startswith(b"v=")
            kept = "public, max-age=31536000, immutable" if named_by_digest else "no-cache"
            response.headers["cache-control"] = kept
        return response


class _Server(uvicorn.Server):
    """A server that lets the application end its open streams before it waits for them."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        on_stop = getattr(getattr(self.config.app, "state", None), "on_stop", None)
        if on_stop is not None:
            on_stop()
        super().handle_exit(sig, frame)


def serve(
    app: FastAPI,
    *,
    bind: str,
    port: int,
    log_level: str,
    service: str,
    most_connections: int | None = None,
) -> None:
    """Run ``app`` until SIGTERM or SIGINT; what is open then gets three seconds to end.

    Whoever comes when ``most_connections`` are open is told to come again (503); None: no limit.
    """
    set_up_logs(log_level, service)
    gc.freeze()  # what was imported stays: looking through it again and again costs and finds nothing
    config = uvicorn.Config(
        app,
        host=bind,
        port=port,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=3,
        limit_concurrency=most_connections,
    )
    _Server(config).run()
