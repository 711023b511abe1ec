"""The gallery: every template of the three services in every state, served as the services serve them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace as View
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles

from acquis.service.pages import STATIC, LiveView, Pages, build_pages
from acquis.text import Text
from support.gallery import content, issuer, verifier, wallet

ROOT = Path(__file__).parents[3]
SERVICES: dict[str, tuple[str, Text, Mapping[str, tuple[str, dict[str, Any]]]]] = {
    "issuer": ("issuer_agent", Text("Institution", "Établissement"), issuer.SAMPLES),
    "wallet": ("holder_wallet", Text("Wallet", "Portefeuille"), wallet.SAMPLES),
    "verifier": ("verifier", Text("Employer", "Employeur"), verifier.SAMPLES),
}
POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def rooms() -> list[tuple[str, str]]:
    """Every page of the gallery as (service, name)."""
    return [(service, name) for service, (_, _, samples) in SERVICES.items() for name in samples]


def build_gallery() -> FastAPI:
    """Build the gallery's application."""
    app = FastAPI()
    app.mount("/static", StaticFiles(directory=STATIC))
    built = {
        name: build_pages(
            ROOT / package / "templates", service=title, wallet_url="http://127.0.0.1:8102"
        )
        for name, (package, title, _) in SERVICES.items()
    }
    _add_moving_pages(app, built["issuer"])
    _add_form(app, built["verifier"])
    _add_consent(app, built["wallet"])

    @app.get("/favicon.ico")
    async def no_icon() -> Response:
        return Response(status_code=204)

    @app.get("/{service}/{name}")
    async def room(request: Request, service: str, name: str) -> HTMLResponse:
        template, context = SERVICES[service][2][name]
        return _show(built[service], request, template, context)

    @app.post("/{rest:path}")
    async def echo(request: Request, rest: str) -> dict[str, object]:
        form = await request.form()
        return {"path": f"/{rest}", "form": [[name, str(v)] for name, v in form.multi_items()]}

    return app


def _prepare(request: Request) -> None:
    request.state.nonce = "n0nce"
    request.state.person = View(name="Camille Registre")


def _show(pages: Pages, request: Request, template: str, context: dict[str, Any]) -> HTMLResponse:
    _prepare(request)
    response = pages.render(request, template, **context)
    response.headers["content-security-policy"] = POLICY.format(nonce="n0nce")
    return response


def _add_moving_pages(app: FastAPI, pages: Pages) -> None:
    """Add a live part that stays silent, and a claim page that goes from waiting to issued."""

    @app.get("/quiet")
    async def quiet(request: Request) -> StreamingResponse:
        async def nothing() -> AsyncIterator[Mapping[str, object]]:
            while not await request.is_disconnected():
                await asyncio.sleep(0.2)
            return
            yield {}

        _prepare(request)
        return pages.stream(request, "claim_live.html", nothing())

    moved = asyncio.Event()

    @app.post("/story/next")
    async def move_on() -> None:
        moved.set()

    @app.get("/story")
    async def story(request: Request) -> HTMLResponse:
        template, context = issuer.SAMPLES["claim-waiting"]
        live = LiveView("/story/events", "waiting")
        return _show(pages, request, template, {**context, "live": live, "here": "/story"})

    @app.get("/story/events")
    async def events(request: Request) -> StreamingResponse:
        async def states() -> AsyncIterator[Mapping[str, object]]:
            for state in ("waiting", "opened", "issuing", "issued"):
                _, context = issuer.SAMPLES[f"claim-{state}"]
                live = LiveView("/story/events", state, ended=state == "issued")
                yield {**context, "live": live}
                await moved.wait()
                moved.clear()

        _prepare(request)
        return pages.stream(request, "claim_live.html", states())


def _add_consent(app: FastAPI, pages: Pages) -> None:
    """Add the learner's page that is shown again with what they ticked."""

    @app.get("/requests/q1")
    async def again(request: Request) -> HTMLResponse:
        template, context = wallet.ticked(request.query_params.multi_items())
        return _show(pages, request, template, context)


def _add_form(app: FastAPI, pages: Pages) -> None:
    """Add the employer's form, with a search that answers."""

    @app.api_route("/ask", methods=["GET", "POST"])
    async def ask(request: Request) -> Response:
        form = await request.form()
        if form.get("ask"):
            return JSONResponse([[name, str(value)] for name, value in form.multi_items()])
        keys = {str(key) for key in (*form.getlist("competency"), form.get("add"))}
        keys.discard(str(form.get("remove")))
        q = "" if form.get("add") else str(form.get("q", ""))
        known = content.COMPETENCIES
        found = [i for i in known if q.lower() in i.name.en.lower() and i.key not in keys]
        kept = ("at_least", "awarded_since", "learner_name", "purpose")
        template, context = verifier.ask(
            q=q,
            found=[View(key=i.key, label=i.name, hint=None) for i in found],
            found_total=len(found),
            fewer=verifier.FEWER[: max(0, len(keys) - 1)],
            chosen=[
                View(
                    key=i.key,
                    label=i.name,
                    level=str(form.get(f"level_{i.key}", "")),
                    optional=i.key in form.getlist("optional"),
                    levels=i.levels,
                )
                for i in known
                if i.key in keys
            ],
            values={name: str(form.get(name, "")) for name in kept},
        )
        return _show(pages, request, template, context)


@contextlib.contextmanager
def serve_gallery() -> Iterator[str]:
    """Serve the gallery on a free port of loopback; gives its address."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        held.listen()
        server = uvicorn.Server(
            uvicorn.Config(build_gallery(), log_level="warning", timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [held]})
        thread.start()
        while not server.started and thread.is_alive():
            threading.Event().wait(0.02)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(10)
