"""The employer's pages and the page behind a request's link: what is asked, the verb, what is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from acquis.credentials.choice import parse_choice
from acquis.credentials.request import parse_presentation_request
from acquis.credentials.wire import parse_json
from acquis.errors import AcquisError, Conflict, NotFound
from acquis.service.auth import SignedIn
from acquis.service.clock import today
from acquis.service.fetch import RETRY_HEADER
from acquis.service.pages import Pages
from acquis.service.problems import status_of, wants_page
from acquis.service.sign_in import PageRoute
from acquis.text import Text
from verifier import choosing, requesting, views
from verifier.forms import (
    Typed,
    add_key,
    check_choice,
    parse_ask_form,
    parse_typed,
    remove_key,
    typed_of,
)
from verifier.page_contexts import Glance, PageContexts
from verifier.store import sessions
from verifier.surroundings import Surroundings
from verifier.views import Context

_WATCHING: Final = "acquis_watching"
_MOST_CHOICE: Final = 10_000


def build_page_routes(around: Surroundings, pages: Pages) -> APIRouter:
    """Build the routes of the pages; a browser that is not signed in is sent to sign in."""
    router = APIRouter(include_in_schema=False, route_class=PageRoute)
    contexts = PageContexts(around)
    _add_requests(router, around, pages, contexts)
    _add_ask(router, around, pages, contexts)
    _add_request(router, around, pages, contexts)
    _add_public(router, around, pages, contexts)
    return router


def _add_requests(
    router: APIRouter, around: Surroundings, pages: Pages, contexts: PageContexts
) -> None:
    @router.get("/")
    async def requests(request: Request, person: SignedIn) -> Response:
        return pages.render(request, "requests.html", 200, **await contexts.requests(person.id))

    @router.get("/events")
    async def requests_events(request: Request, person: SignedIn) -> Response:
        look = partial(contexts.requests, person.id)
        states = around.live.states("requests", look, lambda _: False)
        return pages.stream(request, "requests_live.html", states)


def _add_ask(router: APIRouter, around: Surroundings, pages: Pages, contexts: PageContexts) -> None:
    show = _Form(pages, contexts).show

    @router.get("/trust")
    async def trust(request: Request, _person: SignedIn) -> Response:
        anchors = await contexts.anchors()
        return pages.render(request, "trust.html", 200, anchors=anchors, here="/trust")

    @router.get("/ask")
    async def form(request: Request, _person: SignedIn) -> Response:
        return await show(request, *check_choice(parse_typed(request.query_params.multi_items())))

    @router.post("/ask")
    async def ask(request: Request, person: SignedIn) -> Response:
        pairs = await _pairs(request)
        pressed, typed = dict(pairs), parse_typed(pairs)
        if "remove" in pressed:
            typed = remove_key(typed, pressed["remove"])
        elif "add" in pressed:
            typed = add_key(typed, pressed["add"])
        if "ask" not in pressed:
            return await show(request, *check_choice(typed))
        asked, errors = parse_ask_form(typed, today(around.clock))
        if asked is None:
            return await show(request, check_choice(typed)[0], errors)
        try:
            return _go_to(
                f"/requests/{await requesting.ask(around, person.id, asked, person.browser)}"
            )
        except AcquisError as error:
            return await show(request, typed, {"": error.says}, _status_on_form(error))


def _add_request(
    router: APIRouter, around: Surroundings, pages: Pages, contexts: PageContexts
) -> None:
    @router.get("/requests/{request_id:uuid}")
    async def one(request: Request, person: SignedIn, request_id: UUID) -> Response:
        seen = await contexts.glance(str(request_id), person)
        return pages.render(request, "request.html", 200, **await contexts.request(seen))

    @router.get("/requests/{request_id:uuid}/events")
    async def one_events(request: Request, person: SignedIn, request_id: UUID) -> Response:
        look = partial(contexts.glance, str(request_id), person)
        await look()  # what is not there is told before the stream begins
        states = around.live.states(f"request:{request_id}", look, _is_over)
        return pages.stream(request, "request_live.html", _each(states, contexts.request))

    @router.post("/requests/{request_id:uuid}/cancel")
    async def cancel(_request: Request, person: SignedIn, request_id: UUID) -> Response:
        with suppress(Conflict):  # an answer came meanwhile: the page says that it is checked
            await requesting.cancel(around, person.id, str(request_id))
        return _go_to(f"/requests/{request_id}")

    @router.post("/requests/{request_id:uuid}/again")
    async def again(request: Request, person: SignedIn, request_id: UUID) -> Response:
        async with around.database.read() as session:
            row = await sessions.load_request(session, str(request_id), person.id)
        try:
            made = await requesting.ask_again(around, person.id, row.id, person.browser)
            return _go_to(f"/requests/{made}")
        except AcquisError as error:  # say it on the form, where something else can be asked
            typed = typed_of(parse_presentation_request(row.request))
            form = _Form(pages, contexts)
            return await form.show(request, typed, {"": error.says}, _status_on_form(error))


def _add_public(
    router: APIRouter, around: Surroundings, pages: Pages, contexts: PageContexts
) -> None:
    @router.get("/r/{token}")
    async def asked(request: Request, token: str) -> Response:
        if not wants_page(request):  # a wallet: RFC 0434; looking at the page uses up nothing
            return await _open(around, request, token)
        try:
            seen = await contexts.glance_by_token(token, was_watching=_is_watching(request))
        except NotFound:
            return pages.render(request, "asked_unknown.html", 404, **contexts.unknown_link)
        response = pages.render(request, "asked.html", 200, **await contexts.public(seen))
        if seen.state == "created":
            _remember_watching(request, response)
        return response

    @router.post("/r/{token}")
    async def choose(request: Request, token: str) -> Response:
        choice = parse_choice(parse_json(await request.body(), _MOST_CHOICE))
        retry_key = request.headers.get(RETRY_HEADER, "")
        return JSONResponse(await choosing.choose(around, token, retry_key, choice))

    @router.get("/r/{token}/events")
    async def asked_events(request: Request, token: str) -> Response:
        look = partial(contexts.glance_by_token, token, was_watching=_is_watching(request))
        key = f"request:{(await look()).request.id}"
        states = around.live.states(key, look, _is_over)
        return pages.stream(request, "asked_live.html", _each(states, contexts.public))


async def _open(around: Surroundings, request: Request, token: str) -> Response:
    """Answer a wallet: with the question where it can choose from it, else with the invitation."""
    retry_key, vary = request.headers.get(RETRY_HEADER, ""), {"vary": "accept"}
    if choosing.accepts_question(request.headers.get("accept", "")):
        question = await choosing.load_question(around, token, retry_key)
        if question is not None:
            return JSONResponse(question, headers=vary, media_type=choosing.QUESTION)
    return JSONResponse(await requesting.open_link(around, token, retry_key), headers=vary)


async def _each(
    states: AsyncIterator[Glance], build: Callable[[Glance], Awaitable[Context]]
) -> AsyncIterator[Mapping[str, object]]:
    async for seen in states:
        yield await build(seen)


@dataclass(frozen=True, slots=True)
class _Form:
    """The form that asks for a proof, as it is shown again and again."""

    pages: Pages
    contexts: PageContexts

    async def show(
        self,
        request: Request,
        typed: Typed,
        errors: Mapping[str, Text],
        status: int | None = None,
    ) -> Response:
        """Show what was typed, what is wrong with it and whom the employer relies on."""
        shown = views.build_ask(typed, errors, await self.contexts.anchors())
        return self.pages.render(request, "ask.html", status or (422 if errors else 200), **shown)


def _status_on_form(error: AcquisError) -> int:
    """Return the status of a form that was not accepted: the form is there, so never 404."""
    return 422 if isinstance(error, NotFound) else status_of(error)


def _is_over(seen: Glance) -> bool:
    return seen.is_over or views.is_final(seen.state)


def _is_watching(request: Request) -> bool:
    return _WATCHING in request.cookies


def _remember_watching(request: Request, response: Response) -> None:
    """Note in this browser, for this page alone, that its link was seen before it was used."""
    response.set_cookie(
        _WATCHING,
        "1",
        path=request.url.path,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


async def _pairs(request: Request) -> list[tuple[str, str]]:
    """Return the text fields of a form in their order; files are left out."""
    form: Any = await request.form()
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


def _go_to(path: str) -> Response:
    return RedirectResponse(path, status_code=303)
