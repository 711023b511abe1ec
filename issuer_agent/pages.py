"""The institution's pages and the claim page: what is asked, the verb, what is shown."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, RedirectResponse, Response

from acquis.credentials.achievement import parse_achievement
from acquis.errors import AcquisError, Conflict, InvalidInput, NotFound, TooLarge
from acquis.service.auth import SignedIn
from acquis.service.clock import today
from acquis.service.fetch import parse_json
from acquis.service.language import language_of
from acquis.service.pages import Pages, Trouble
from acquis.service.problems import status_of, wants_page
from acquis.service.sign_in import PageRoute
from acquis.text import Text
from issuer_agent import founding, offering, publishing, revoking, views
from issuer_agent.achievement_views import build_line, build_required, build_view
from issuer_agent.forms import AwardForm, parse_award_form
from issuer_agent.page_contexts import PageContexts
from issuer_agent.store import achievements, awards
from issuer_agent.store.tables import AchievementRow
from issuer_agent.surroundings import Surroundings
from issuer_agent.views import Context
from schemas import example_names, load_example

MOST_DOCUMENT: Final = 512 * 1024
_CALM_SECONDS: Final = 1.0
_EXAMPLE: Final = "data-analysis-with-python-and-sql"

_NO_FILE: Final = Text("Choose a file", "Choisissez un fichier")
_NOT_JSON: Final = Text("This file is not JSON", "Ce fichier n’est pas du JSON")
_FILE_TOO_LARGE: Final = Text(
    "This file is over 512 KiB; an achievement is much smaller",
    "Ce fichier dépasse 512 Kio ; une description est bien plus petite",
)
_CHOOSE_REASON: Final = Text("Choose one of the reasons", "Choisissez un des motifs")
_CONFIRM: Final = Text("Tick this to go on", "Cochez cette case pour continuer")
_NOTHING_LOST: Final = Text("What was done before is kept", "Ce qui a été fait est conservé")
_TRY_AGAIN: Final = Text("Try again in a moment", "Réessayez dans un instant")


def build_page_routes(around: Surroundings, pages: Pages) -> APIRouter:
    """Build the routes of the pages; a browser that is not signed in is sent to sign in."""
    router = APIRouter(include_in_schema=False, route_class=PageRoute)
    contexts = PageContexts(around)
    _add_overview(router, around, pages, contexts)
    _add_achievements(router, around, pages, contexts)
    _add_award_form(router, around, pages)
    _add_awards(router, around, pages, contexts)
    _add_award(router, around, pages, contexts)
    _add_claim(router, around, pages, contexts)
    return router


def _add_overview(
    router: APIRouter, around: Surroundings, pages: Pages, contexts: PageContexts
) -> None:
    @router.get("/")
    async def overview(request: Request, _person: SignedIn) -> Response:
        return pages.render(request, "dashboard.html", 200, **await contexts.overview())

    @router.get("/events")
    async def overview_events(request: Request, _person: SignedIn) -> Response:
        look = _calmly(contexts.overview)
        template = "dashboard_live.html"
        return await _stream(around, pages, request, template, key="institution", look=look)

    @router.post("/institution")
    async def found(request: Request, _person: SignedIn) -> Response:
        try:
            await founding.found(around)
        except AcquisError as error:
            trouble = Trouble(error.says, kept=_NOTHING_LOST, next=_TRY_AGAIN)
            context = await contexts.overview() | {"trouble": trouble, "here": "/"}
            return pages.render(request, "dashboard.html", 503, **context)
        return _go_to("/")


def _add_achievements(
    router: APIRouter, around: Surroundings, pages: Pages, contexts: PageContexts
) -> None:
    async def show_all(request: Request, status: int, errors: Mapping[str, Text]) -> Response:
        async with around.database.read() as session:
            known = await achievements.all_with_awards(session)
        return pages.render(
            request,
            "achievements.html",
            status,
            institution=await founding.current(around),
            achievements=[build_line(row, count) for row, count in known],
            samples=_samples({(row.slug, row.version) for row, _ in known}),
            required=build_required(),
            errors=errors,
        )

    @router.get("/achievements")
    async def all_achievements(request: Request, _person: SignedIn) -> Response:
        return await show_all(request, 200, {})

    @router.post("/achievements")
    async def add(request: Request, _person: SignedIn) -> Response:
        form = await request.form()
        field = "sample" if "sample" in form else "document"
        try:
            content = await _chosen_content(form)
            return _go_to(f"/achievements/{await publishing.add(around, content)}")
        except (InvalidInput, NotFound, Conflict) as error:
            status = 422 if isinstance(error, NotFound) else status_of(error)
            return await show_all(request, status, {field: error.says})

    @router.get("/achievements/example")
    async def example(_person: SignedIn) -> Response:
        named = {"content-disposition": f'attachment; filename="{_EXAMPLE}.json"'}
        body = json.dumps(load_example(_EXAMPLE), ensure_ascii=False, indent=1)
        return Response(f"{body}\n", media_type="application/json", headers=named)

    @router.get("/achievements/{achievement_id:uuid}")
    async def one(request: Request, _person: SignedIn, achievement_id: UUID) -> Response:
        context = await contexts.publication(str(achievement_id))
        return pages.render(request, "achievement.html", 200, **context)

    @router.get("/achievements/{achievement_id:uuid}/events")
    async def one_events(request: Request, _person: SignedIn, achievement_id: UUID) -> Response:
        key = f"achievement:{achievement_id}"
        look = partial(contexts.publication, str(achievement_id))
        return await _stream(around, pages, request, "publication_live.html", key=key, look=look)

    @router.post("/achievements/{achievement_id:uuid}/publish")
    async def publish(request: Request, _person: SignedIn, achievement_id: UUID) -> Response:
        page = f"/achievements/{achievement_id}"
        try:
            await publishing.publish(around, str(achievement_id))
        except (InvalidInput, Conflict) as error:
            context = await contexts.publication(str(achievement_id))
            context |= {"trouble": Trouble(error.says), "here": page}
            return pages.render(request, "achievement.html", status_of(error), **context)
        return _go_to(page)


def _add_award_form(router: APIRouter, around: Surroundings, pages: Pages) -> None:
    async def show(
        request: Request,
        row: AchievementRow,
        typed: Mapping[str, str],
        read: AwardForm,
        status: int,
    ) -> Response:
        return pages.render(
            request,
            "award.html",
            status,
            institution=await founding.current(around),
            achievement=build_view(row, 0),
            errors=read.errors,
            values=typed,
            rejected=read.rejected,
        )

    @router.get("/achievements/{achievement_id:uuid}/award")
    async def ask(request: Request, _person: SignedIn, achievement_id: UUID) -> Response:
        row = await _load_achievement(around, achievement_id)
        if row.state != publishing.PUBLISHED:
            return _go_to(f"/achievements/{row.id}")
        typed = {"awarded_on": today(around.clock).isoformat()}
        return await show(request, row, typed, AwardForm(), 200)

    @router.post("/achievements/{achievement_id:uuid}/award")
    async def award(request: Request, person: SignedIn, achievement_id: UUID) -> Response:
        row = await _load_achievement(around, achievement_id)
        typed = await _typed(request)
        read = parse_award_form(
            typed, parse_achievement(row.content), today(around.clock), language_of(request)
        )
        if not read.given:
            return await show(request, row, typed, read, 422)
        try:
            made = await offering.award(around, row.id, read.given, person.id)
        except (InvalidInput, Conflict) as error:
            return await show(
                request, row, typed, AwardForm(errors={"": error.says}), status_of(error)
            )
        alone = typed.get("kind") != "list"
        return _go_to(f"/awards/{made[0]}" if alone else f"/awards?achievement={row.id}")


def _add_awards(
    router: APIRouter, around: Surroundings, pages: Pages, contexts: PageContexts
) -> None:
    @router.get("/awards")
    async def all_awards(
        request: Request, _person: SignedIn, achievement: str = "", state: str = ""
    ) -> Response:
        chosen = _chosen(achievement, state)
        async with around.database.read() as session:
            known = await achievements.all_with_awards(session)
        return pages.render(
            request,
            "awards.html",
            200,
            achievements=[build_line(row, count) for row, count in known],
            chosen={"achievement": chosen[0], "state": chosen[1]},
            **await contexts.award_list(*chosen),
        )

    @router.get("/awards/events")
    async def all_awards_events(
        request: Request, _person: SignedIn, achievement: str = "", state: str = ""
    ) -> Response:
        look = _calmly(partial(contexts.award_list, *_chosen(achievement, state)))
        return await _stream(around, pages, request, "awards_live.html", key="awards", look=look)


def _add_award(
    router: APIRouter, around: Surroundings, pages: Pages, contexts: PageContexts
) -> None:
    @router.get("/awards/{award_id:uuid}")
    async def one(request: Request, _person: SignedIn, award_id: UUID) -> Response:
        return pages.render(request, "awarded.html", 200, **await contexts.award(str(award_id)))

    @router.get("/awards/{award_id:uuid}/events")
    async def one_events(request: Request, _person: SignedIn, award_id: UUID) -> Response:
        key, look = f"award:{award_id}", partial(contexts.award, str(award_id))
        return await _stream(around, pages, request, "awarded_live.html", key=key, look=look)

    @router.post("/awards/{award_id:uuid}/revoke")
    async def revoke(request: Request, person: SignedIn, award_id: UUID) -> Response:
        typed = await _typed(request)
        errors, status = {}, 422
        if typed.get("reason") not in dict(revoking.reasons()):
            errors["reason"] = _CHOOSE_REASON
        if typed.get("confirm") != "yes":
            errors["confirm"] = _CONFIRM
        if not errors:
            try:
                await revoking.revoke(around, str(award_id), typed["reason"], person.id)
                return _go_to(f"/awards/{award_id}")
            except Conflict as error:
                errors, status = {"": error.says}, status_of(error)
        context = await contexts.award(str(award_id)) | {"here": f"/awards/{award_id}"}
        return pages.render(request, "awarded.html", status, **context | {"errors": errors})

    @router.post("/awards/{award_id:uuid}/link")
    async def renew(request: Request, _person: SignedIn, award_id: UUID) -> Response:
        try:
            await offering.renew_link(around, str(award_id))
        except Conflict as error:
            context = await contexts.award(str(award_id)) | {"here": f"/awards/{award_id}"}
            context["trouble"] = Trouble(error.says)
            return pages.render(request, "awarded.html", status_of(error), **context)
        return _go_to(f"/awards/{award_id}")


def _add_claim(
    router: APIRouter, around: Surroundings, pages: Pages, contexts: PageContexts
) -> None:
    @router.get("/c/{token}")
    async def claim(request: Request, token: str) -> Response:
        if not wants_page(request):  # a wallet: RFC 0434; looking at the page offers nothing
            invitation = await offering.open_link(around, token)
            return JSONResponse(invitation, headers={"vary": "accept"})
        try:
            context = await contexts.claim(token, is_first_look=True)
        except NotFound:
            known = await founding.current(around)
            return pages.render(request, "claim_unknown.html", 404, institution=known)
        return pages.render(request, "claim.html", 200, **context)

    @router.get("/c/{token}/events")
    async def claim_events(request: Request, token: str) -> Response:
        last = await contexts.claim(token, is_first_look=False)
        async with around.database.read() as session:
            award_id = (await awards.load_by_token(session, token)).award.id

        async def look() -> Context:
            nonlocal last
            try:
                last = await contexts.claim(token, is_first_look=False)
            except NotFound:  # the institution made a new link meanwhile
                last = views.close_claim(last, f"/c/{token}/events")
            return last

        return await _stream(
            around, pages, request, "claim_live.html", key=f"award:{award_id}", look=look
        )


async def _stream(
    around: Surroundings,
    pages: Pages,
    request: Request,
    template: str,
    *,
    key: str,
    look: Callable[[], Awaitable[Context]],
) -> Response:
    """Send a live part; what is not there is told before the stream begins."""
    await look()
    return pages.stream(request, template, around.live.states(key, look, _is_last))


def _calmly(look: Callable[[], Awaitable[Context]]) -> Callable[[], Awaitable[Context]]:
    """Return ``look`` held back to once a second: a cohort rings far more often than that."""
    earliest = 0.0

    async def look_calmly() -> Context:
        nonlocal earliest
        await asyncio.sleep(max(0.0, earliest - time.monotonic()))
        earliest = time.monotonic() + _CALM_SECONDS
        return await look()

    return look_calmly


def _is_last(context: Mapping[str, Any]) -> bool:
    return bool(context["live"].ended)


def _samples(added: set[tuple[str, str]]) -> list[dict[str, object]]:
    """Return the examples that were not added yet."""
    found = []
    for name in example_names():
        example = parse_achievement(load_example(name))
        if (example.slug, example.version) not in added:
            label = example.name.text if example.name else Text(name, name)
            found.append({"slug": name, "name": label})
    return found


async def _chosen_content(form: Mapping[str, UploadFile | str]) -> Mapping[str, Any]:
    """Return the achievement that was chosen by name or sent as a file."""
    sample = form.get("sample")
    if isinstance(sample, str):
        return load_example(sample)
    document = form.get("document")
    if not isinstance(document, UploadFile) or not document.filename:
        raise InvalidInput(_NO_FILE)
    body = await document.read(MOST_DOCUMENT + 1)
    if len(body) > MOST_DOCUMENT:
        raise TooLarge(_FILE_TOO_LARGE)
    try:
        content = parse_json(body)
    except InvalidInput as error:
        raise InvalidInput(_NOT_JSON) from error
    if not isinstance(content, dict):
        raise InvalidInput(_NOT_JSON)
    return content


async def _typed(request: Request) -> dict[str, str]:
    """Return the text fields of a form; what is not Unicode is replaced, files are left out."""
    form = await request.form()
    return {
        name: value.encode("utf-8", "replace").decode()
        for name, value in form.items()
        if isinstance(value, str)
    }


async def _load_achievement(around: Surroundings, achievement_id: UUID) -> AchievementRow:
    async with around.database.read() as session:
        return await achievements.load(session, str(achievement_id))


def _chosen(achievement: str, state: str) -> tuple[str, str]:
    """Return what a list of awards is narrowed to; what makes no sense narrows nothing."""
    try:
        achievement_id = str(UUID(achievement))
    except ValueError:
        achievement_id = ""
    return achievement_id, state if state in views.STATES else ""


def _go_to(path: str) -> Response:
    return RedirectResponse(path, status_code=303)
