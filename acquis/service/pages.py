"""Pages for people: templates rendered in the reader's language, whole or as live parts.

A page is rendered by ``Pages.render``; what changes by itself on it is a *live part*: a template of
its own, included by the page and sent again by ``Pages.stream`` each time its version changes. The
page works without JavaScript: a live part then has a link that loads the page again.

One Jinja environment per language, so that sentences, dates and numbers need no argument: a ``Text``
is shown in the reader's language wherever it is written, ``_("…")`` looks the sentence up in
``locale/<language>.po``, and ``|day``, ``|moment``, ``|clock`` and ``|number`` follow the locale.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote, unquote, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

from acquis.service import language as languages
from acquis.service.catalogue import load_translations
from acquis.service.formats import Formats
from acquis.service.problems import reference_of
from acquis.service.qr import qr_svg
from acquis.text import LANGUAGES, Language, Text

TEMPLATES: Final = Path(__file__).parent / "templates"
STATIC: Final = Path(__file__).parent / "static"
VENDOR: Final = STATIC / "vendor"

_YEAR: Final = 365 * 24 * 3600
_LOCAL_CODES: Final = {404, 410}


@dataclass(frozen=True, slots=True)
class LiveView:
    """Where a live part is sent from, which version the page shows, whether it is the last one."""

    url: str
    version: str
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step of something that takes time; ``seconds`` is how long it took."""

    label: Text
    state: Literal["waiting", "running", "done", "failed"]
    seconds: float | None = None
    detail: Text | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A labelled value that is shown to people."""

    label: Text
    value: Text | str


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happened, what was kept all the same, what to do next."""

    says: Text
    kept: Text | None = None
    next: Text | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """A way to go on from a page."""

    label: Text
    href: str


def with_live(shown: dict[str, object], url: str, *, ended: bool = False) -> dict[str, object]:
    """Return ``shown`` with its ``live``: sent from ``url``, versioned by what it shows."""
    version = hashlib.blake2b(repr(sorted(shown.items())).encode(), digest_size=9).hexdigest()
    return {**shown, "live": LiveView(url, version, ended)}


class Pages:
    """Renders a service's templates; built once by ``build_pages``."""

    def __init__(self, environments: Mapping[Language, Environment]) -> None:
        self._environments = environments

    def render(
        self, request: Request, template: str, status: int = 200, **context: object
    ) -> HTMLResponse:
        """Render a whole page in the reader's language; ``?lang=`` is remembered in a cookie."""
        language = languages.language_of(request)
        html = self._render(request, language, template, {"status": status, **context})
        response = HTMLResponse(html, status_code=status)
        response.headers["content-language"] = language
        response.headers["vary"] = "accept-language, cookie"
        if languages.chosen_language(request) is not None:
            secure = request.url.scheme == "https"
            response.set_cookie(
                languages.COOKIE,
                language,
                max_age=_YEAR,
                samesite="lax",
                secure=secure,
                httponly=True,
            )
        return response

    def fragment(self, request: Request, template: str, **context: object) -> str:
        """Render a live part alone, in the reader's language."""
        return self._render(request, languages.language_of(request), template, context)

    def problem(
        self, request: Request, status: int, code: str, title: Text, says: Text
    ) -> Response:
        """Render the page that tells an error: what happened and where to go from here."""
        return self.render(
            request,
            "problem.html",
            status=status,
            title=title,
            says=says,
            kept=None if status in _LOCAL_CODES else _NOTHING_LOST,
            next=None,
            code=code,
            reference=reference_of(request),
            actions=[Action(_HOME, "/")],
        )

    def stream(
        self, request: Request, template: str, contexts: AsyncIterator[Mapping[str, object]]
    ) -> StreamingResponse:
        """Send a live part each time its version changes, until one says that it is the last.

        Each of ``contexts`` holds the template's variables, ``live`` (a ``LiveView``) among them.
        What the reader already has (``?seen=``, or ``Last-Event-ID`` after a lost connection) is
        not sent again. Server-sent events as the HTML standard defines them.
        """
        return StreamingResponse(
            self._events(request, template, contexts),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )

    async def _events(
        self, request: Request, template: str, contexts: AsyncIterator[Mapping[str, object]]
    ) -> AsyncIterator[str]:
        again = unquote(request.headers.get("last-event-id", ""))
        seen = again or request.query_params.get("seen", "")
        yield ": listening\n\n"
        async for context in contexts:
            live = context["live"]
            assert isinstance(live, LiveView)  # noqa: S101 - the caller's own object
            if live.version != seen:
                seen = live.version
                html = self.fragment(request, template, **context)
                yield _event(html, quote(seen))
            if live.ended:
                yield "event: end\ndata: end\n\n"
                return

    def _render(
        self, request: Request, language: Language, template: str, context: Mapping[str, object]
    ) -> str:
        environment = self._environments[language]
        here = str(context.get("here", request.url.path))
        ambient = {
            "language": language,
            "languages": [(code, _switch_link(request, here, code)) for code in LANGUAGES],
            "nonce": getattr(request.state, "nonce", ""),
            "person": getattr(request.state, "person", None),
            "here": here,
        }
        return environment.get_template(template).render(ambient | dict(context))


def build_pages(templates: Path, *, service: Text, wallet_url: str | None = None) -> Pages:
    """Build the pages of one service from its own folder of templates and the shared one.

    ``service`` is the service's name in the header; ``wallet_url`` is where "my Acquis wallet"
    stands, for the links that open it. Raises ``FileNotFoundError`` when the set-up step
    ``python -m acquis.service.frontend`` was not run.
    """
    if not VENDOR.is_dir():
        message = f"{VENDOR} is missing: run python -m acquis.service.frontend"
        raise FileNotFoundError(message)
    return Pages(
        {code: _build_environment(code, templates, service, wallet_url) for code in LANGUAGES}
    )


def _build_environment(
    language: Language, templates: Path, service: Text, wallet_url: str | None
) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([templates, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
        finalize=_finalizer(language),
    )
    translations = load_translations(language)
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        translations.gettext, translations.ngettext, newstyle=True
    )
    formats = Formats(languages.locale_of(language))
    environment.filters.update(
        say=_finalizer(language),
        day=formats.day,
        moment=formats.moment,
        clock=formats.clock,
        iso=formats.iso,
        number=formats.number,
        seconds=formats.seconds,
        host=_host,
    )
    environment.globals.update(
        service=service,
        colon="\u00a0:" if language == "fr" else ":",
        wallet_url=wallet_url,
        static=_static_link,
        icon=_icon,
        qr=lambda link: qr_svg(link, language),
        languages_named=_NAMES,
    )
    return environment


def _finalizer(language: Language) -> Callable[[object], object]:
    def finalize(value: object) -> object:
        return languages.typeset(value, language) if isinstance(value, Text) else value

    return finalize


def _switch_link(request: Request, here: str, language: Language) -> str:
    """Return the address of the page at ``here`` in ``language``, its query kept."""
    kept = [
        pair
        for pair in request.query_params.multi_items()
        if pair[0] not in {languages.PARAMETER, "seen"}
    ]
    return f"{here}?{urlencode([*kept, (languages.PARAMETER, language)])}"


def _event(html: str, event_id: str) -> str:
    lines = "\n".join(f"data: {line}" for line in html.splitlines())
    return f"id: {event_id}\n{lines}\n\n"


def _host(link: str) -> str:
    return urlsplit(link).hostname or ""


@cache
def _static_link(name: str) -> str:
    """Return the address of a static file, with its digest so that browsers may keep it."""
    try:
        digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    except FileNotFoundError:
        return f"/static/{name}"
    return f"/static/{name}?v={digest}"


@cache
def _icon(name: str) -> Markup:
    """Return a Lucide icon as inline SVG, hidden from assistive technology."""
    svg = (VENDOR / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    drawing = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    return Markup(  # noqa: S704 - the file's digest was checked by the set-up
        '<svg class="icon" aria-hidden="true" viewBox="0 0 24 24" fill="none" '
        f'stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">{drawing}</svg>'
    )


_NAMES: Final[dict[Language, str]] = {"en": "English", "fr": "Français"}
_HOME: Final = Text("Go to the start page", "Aller à la page d’accueil")
_NOTHING_LOST: Final = Text(
    "What was done before is kept.", "Ce qui a été fait auparavant est conservé."
)
