"""The wallet's pages: what is asked, the verb, what is shown."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Form, Path, Request
from starlette.responses import RedirectResponse, Response

from acquis.errors import AcquisError, Conflict, Expired, InvalidInput, NotFound
from acquis.service.auth import SignedIn
from acquis.service.pages import Pages
from acquis.service.problems import status_of
from acquis.service.sign_in import PageRoute
from acquis.text import Text
from holder_wallet import consenting, inviting, receiving
from holder_wallet.page_contexts import PageContexts
from holder_wallet.surroundings import Surroundings
from holder_wallet.ticked import Ticked, parse_ticked

type Id = Annotated[str, Path(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
type CredentialId = Annotated[str, Path(pattern=r"^[^\x00-\x1f\x7f-\x9f]{1,100}$")]
"""The agent's name of a credential: ours are UUIDs, one of another origin may be named otherwise."""

_MOST_SHOWN_AGAIN: Final = 8_000
_NOT_A_LINK: Final = Text(
    "This is not a link: an address that begins with https:// is expected",
    "Ce n’est pas un lien : une adresse qui commence par https:// est attendue",
)
_NOTHING_TICKED: Final = Ticked()
_NOT_READ: Final = Text(
    "You changed what you give: read below what it is now, then share it",
    "Vous avez changé ce que vous donnez : lisez ci-dessous ce que c’est maintenant, puis partagez",
)
_NO_SITE: Final = Text(
    "No site: the link holds the invitation itself",
    "Aucun site : le lien contient l’invitation elle-même",
)


def build_page_routes(around: Surroundings, pages: Pages) -> APIRouter:
    """Build the routes of the pages; a browser that is not signed in is sent to sign in."""
    router = APIRouter(include_in_schema=False, route_class=PageRoute)
    contexts = PageContexts(around)
    _add_credentials(router, pages, contexts)
    _add_open(router, around, pages)
    _add_offers(router, around, pages, contexts)
    _add_requests(router, around, pages, contexts)
    _add_receipts(router, pages, contexts)
    return router


def _add_credentials(router: APIRouter, pages: Pages, contexts: PageContexts) -> None:
    @router.get("/")
    async def home(request: Request, person: SignedIn) -> Response:
        return pages.render(request, "credentials.html", 200, **await contexts.home(person.id))

    @router.get("/events")
    async def home_events(request: Request, person: SignedIn) -> Response:
        return pages.stream(request, "credentials_live.html", contexts.watch_home(person.id))

    @router.get("/credentials/{credential_id}")
    async def one(request: Request, person: SignedIn, credential_id: CredentialId) -> Response:
        found = await contexts.credential(person.id, credential_id)
        return pages.render(request, "credential.html", 200, credential=found)


def _add_open(router: APIRouter, around: Surroundings, pages: Pages) -> None:
    def show(
        request: Request,
        status: int = 200,
        *,
        link: str = "",
        host: Text | str | None = None,
        wrong: Text | None = None,
    ) -> Response:
        errors = {} if wrong is None else {"link": wrong}
        response = pages.render(
            request, "open.html", status, here="/open", link=link, host=host, errors=errors
        )
        return _for_camera(request, response)

    @router.get("/open")
    async def ask(request: Request, _person: SignedIn, link: str = "") -> Response:
        link = link.strip()
        if not link:
            return show(request)
        host = _asked_host(link)
        if host is None:
            return show(request, 422, link=link[:_MOST_SHOWN_AGAIN], wrong=_NOT_A_LINK)
        return show(request, link=link, host=host)

    @router.post("/open")
    async def open_link(
        request: Request, person: SignedIn, link: Annotated[str, Form()] = ""
    ) -> Response:
        try:
            kind, exchange_id = await inviting.open_link(around, person.id, link)
        except AcquisError as error:
            kept = link if len(link) <= _MOST_SHOWN_AGAIN else ""
            return show(request, status_of(error), link=kept, wrong=error.says)
        return _go_to(f"/{_folder_of(kind)}/{exchange_id}")


def _add_offers(
    router: APIRouter, around: Surroundings, pages: Pages, contexts: PageContexts
) -> None:
    @router.get("/offers/{exchange_id}")
    async def one(request: Request, person: SignedIn, exchange_id: Id) -> Response:
        context = await contexts.offer(person.id, exchange_id)
        return pages.render(request, "offer.html", 200, **context)

    @router.get("/offers/{exchange_id}/events")
    async def events(request: Request, person: SignedIn, exchange_id: Id) -> Response:
        watched = await contexts.watch_offer(person.id, exchange_id)
        return pages.stream(request, "offer_live.html", watched)

    async def answer(
        request: Request, learner_id: str, exchange_id: str, *, accept: bool
    ) -> Response:
        page = f"/offers/{exchange_id}"
        try:
            await receiving.answer(around, learner_id, exchange_id, accept=accept)
        except Conflict as error:  # the page says where it stands
            context = await contexts.offer(learner_id, exchange_id) | {"here": page}
            return pages.render(request, "offer.html", status_of(error), **context)
        return _go_to(page)

    @router.post("/offers/{exchange_id}/accept")
    async def accept(request: Request, person: SignedIn, exchange_id: Id) -> Response:
        return await answer(request, person.id, exchange_id, accept=True)

    @router.post("/offers/{exchange_id}/decline")
    async def decline(request: Request, person: SignedIn, exchange_id: Id) -> Response:
        return await answer(request, person.id, exchange_id, accept=False)


def _add_requests(
    router: APIRouter, around: Surroundings, pages: Pages, contexts: PageContexts
) -> None:
    async def show_again(
        request: Request,
        learner_id: str,
        exchange_id: str,
        error: AcquisError,
        ticked: Ticked = _NOTHING_TICKED,
    ) -> Response:
        """Show the page as things stand, with what went wrong; raises when it is not theirs."""
        context = await contexts.request(learner_id, exchange_id, ticked)
        errors = context["errors"] or {"": error.says}
        context |= {"errors": errors, "here": f"/requests/{exchange_id}"}
        status = 422 if isinstance(error, NotFound) else status_of(error)
        return pages.render(request, "consent.html", status, **context)

    @router.get("/requests/{exchange_id}")
    async def one(request: Request, person: SignedIn, exchange_id: Id) -> Response:
        ticked = parse_ticked(request.query_params.multi_items())
        context = await contexts.request(person.id, exchange_id, ticked)
        return pages.render(request, "consent.html", 200, **context)

    @router.get("/requests/{exchange_id}/events")
    async def events(request: Request, person: SignedIn, exchange_id: Id) -> Response:
        ticked = parse_ticked(request.query_params.multi_items())
        watched = await contexts.watch_request(person.id, exchange_id, ticked)
        return pages.stream(request, "consent_live.html", watched)

    @router.post("/requests/{exchange_id}/share")
    async def share(request: Request, person: SignedIn, exchange_id: Id) -> Response:
        form = await request.form()
        ticked, page = parse_ticked(form.multi_items()), f"/requests/{exchange_id}"
        if "preview" in form:
            return _go_to(f"{page}?{ticked.query()}")
        try:
            if not ticked.is_read:
                raise Conflict(_NOT_READ)
            await consenting.share(around, person.id, exchange_id, ticked.picks, ticked.choice)
        except (InvalidInput, NotFound, Conflict, Expired) as error:
            return await show_again(request, person.id, exchange_id, error, ticked)
        return _go_to(page)

    @router.post("/requests/{exchange_id}/decline")
    async def decline(request: Request, person: SignedIn, exchange_id: Id) -> Response:
        try:
            await consenting.decline(around, person.id, exchange_id)
        except (Conflict, Expired) as error:
            return await show_again(request, person.id, exchange_id, error)
        return _go_to(f"/requests/{exchange_id}")


def _add_receipts(router: APIRouter, pages: Pages, contexts: PageContexts) -> None:
    @router.get("/receipts")
    async def all_receipts(request: Request, person: SignedIn) -> Response:
        found = await contexts.receipts(person.id)
        return pages.render(request, "receipts.html", 200, receipts=found)

    @router.get("/receipts/{receipt_id}")
    async def one(request: Request, person: SignedIn, receipt_id: Id) -> Response:
        found = await contexts.receipt(person.id, receipt_id)
        return pages.render(request, "receipt.html", 200, receipt=found)


def _asked_host(link: str) -> Text | str | None:
    """Return the site that a link makes the wallet ask; ``None`` when it is not a link."""
    try:
        if inviting.holds_invitation(link):
            return _NO_SITE
    except InvalidInput:
        return None
    known = link.startswith(("https://", "http://", "didcomm://"))
    return (inviting.host_of(link) or None) if known else None


def _for_camera(request: Request, response: Response) -> Response:
    """Allow this page what reading a QR code needs: the camera, and WebAssembly of our own."""
    response.headers["content-security-policy"] = (
        f"default-src 'self'; script-src 'self' 'nonce-{request.state.nonce}' 'wasm-unsafe-eval'; "
        "style-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )
    response.headers["permissions-policy"] = "camera=(self)"
    return response


def _folder_of(kind: str) -> str:
    return "offers" if kind == inviting.ISSUE else "requests"


def _go_to(path: str) -> Response:
    return RedirectResponse(path, status_code=303)
