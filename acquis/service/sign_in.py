"""The development login's routes: a name is enough, where the settings say so and on loopback only.

Settings cannot know of a proxy that stands before the service and is told nothing of it: what each
request says of where it came from is looked at too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Annotated, Any, Final
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.routing import APIRoute
from starlette.responses import RedirectResponse, Response

from acquis.errors import InvalidInput, NotAllowed, NotSignedIn
from acquis.service.auth import Person, Sessions, parse_login_name
from acquis.service.loopback import is_sent_from_here
from acquis.service.pages import Pages
from acquis.service.problems import wants_page
from acquis.text import Text

_CLOSED: Final = Text(
    "Signing in is not set up here: the development login is off",
    "La connexion n’est pas configurée ici : la connexion de développement est désactivée",
)
_FROM_AFAR: Final = Text(
    "The development login is for this very machine: a request that names another host, or comes"
    " through a proxy, cannot sign in",
    "La connexion de développement est réservée à cette machine même : une requête qui nomme un"
    " autre hôte, ou qui passe par un mandataire, ne peut pas s’en servir",
)


def build_sign_in(
    pages: Pages,
    sessions: Sessions,
    identify: Callable[[str], Awaitable[Person]],
    *,
    is_open: bool,
    people: list[str],
) -> APIRouter:
    """Build the routes ``/sign-in`` and ``/sign-out``; ``identify`` turns a name into a person."""
    router = APIRouter(include_in_schema=False)

    def check_open(request: Request) -> None:
        if not is_open:
            raise NotAllowed(_CLOSED)
        if not is_sent_from_here(request.headers):
            raise NotAllowed(_FROM_AFAR)

    def form(request: Request, next_path: str, name: str, wrong: Text | None) -> Response:
        return pages.render(
            request,
            "sign_in.html",
            status=422 if wrong else 200,
            here="/sign-in",
            next=next_path,
            people=people,
            errors={"name": wrong} if wrong else {},
            values={"name": name},
        )

    @router.get("/sign-in")
    async def ask(request: Request, next: str = "/") -> Response:  # noqa: A002 - the query's name
        check_open(request)
        return form(request, local_path(next), "", None)

    @router.post("/sign-in")
    async def sign_in(
        request: Request,
        name: Annotated[str, Form()] = "",
        next_path: Annotated[str, Form(alias="next")] = "/",
    ) -> Response:
        check_open(request)
        try:
            person = await identify(parse_login_name(name))
        except InvalidInput as error:
            return form(request, local_path(next_path), name[:80], error.says)
        response = RedirectResponse(local_path(next_path), status_code=303)
        sessions.sign_in(response, person)
        return response

    @router.post("/sign-out")
    async def sign_out() -> Response:
        response = RedirectResponse("/sign-in", status_code=303)
        sessions.sign_out(response)
        return response

    return router


def local_path(path: str) -> str:
    """Return ``path`` when it stays on this site, else the start page."""
    stays = path.startswith("/") and not path.startswith(("//", "/\\")) and "\n" not in path
    return path if stays else "/"


class PageRoute(APIRoute):
    """A route of pages: a browser whose person is not signed in is sent to sign in, and back.

    ``APIRouter(route_class=PageRoute)`` makes ``SignedIn`` mean that. Live parts and programs are
    answered 401 as everywhere: a page put in their place would be shown inside the page.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the route's handler, with the redirect around it."""
        handle = super().get_route_handler()

        async def handle_or_redirect(request: Request) -> Response:
            try:
                return await handle(request)
            except NotSignedIn:
                if not wants_page(request) or "event-stream" in request.headers.get("accept", ""):
                    raise
                query = urlencode({"next": _page_of(request)})
                return RedirectResponse(f"/sign-in?{query}", status_code=303)

        return handle_or_redirect


def _page_of(request: Request) -> str:
    """Return the local path of the page that is asked for, or that a form was sent from."""
    if request.method == "GET":
        return _path_and_query(str(request.url))
    sent_from = request.headers.get("referer", "")
    here = f"{request.url.scheme}://{request.headers.get('host', '')}/"
    return _path_and_query(sent_from) if sent_from.startswith(here) else "/"


def _path_and_query(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    return local_path(f"{parts.path}?{parts.query}" if parts.query else parts.path)
