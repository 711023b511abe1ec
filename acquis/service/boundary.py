"""What every request passes first: limits, headers, who asks, where it comes from, one log line."""

from __future__ import annotations

import secrets
import time
from typing import Final
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from acquis.errors import AcquisError, NotAllowed, TooLarge
from acquis.service.auth import Sessions
from acquis.service.problems import ErrorPage, build_problem, status_of, wants_page
from acquis.text import Text

_LOG = structlog.get_logger("acquis.request")

MOST_BODY: Final = 1024 * 1024
_QUIET: Final = ("/health", "/ready", "/webhooks/")
_OUR_FAULT: Final = Text(
    "A fault of ours interrupted this. Look at what was done before you try again.",
    "Une erreur de notre part a interrompu ceci. Vérifiez ce qui a été fait avant de réessayer.",
)
_SAFE: Final = {"GET", "HEAD", "OPTIONS"}


class _BodyOverLimitError(HTTPException):
    """A body that turned out too large while it was read; FastAPI lets it pass as it is."""

    def __init__(self) -> None:
        super().__init__(413)


class Boundary:
    """The outermost ASGI layer of a service."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        sessions: Sessions | None,
        most_body: int = MOST_BODY,
        error_page: ErrorPage | None = None,
    ) -> None:
        self._app = app
        self._sessions = sessions
        self._most_body = most_body
        self._error_page = error_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        nonce = secrets.token_urlsafe(16)
        request.state.nonce, request.state.person = nonce, None
        started, status = time.perf_counter(), 500
        answered = False

        async def send_with_headers(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status, answered = message["status"], True
                _add_headers(MutableHeaders(scope=message), nonce)
            await send(message)

        try:
            request.state.person = self._sessions.person_of(request) if self._sessions else None
            refusal = self._refusal(request)
            if refusal is None:
                await self._app(scope, self._limited(receive), send_with_headers)
            else:
                await self._answer(request, refusal)(scope, receive, send_with_headers)
        except _BodyOverLimitError:
            if answered:
                raise
            refusal = TooLarge(self._limit_text())
            await self._answer(request, refusal)(scope, receive, send_with_headers)
        except Exception as error:
            if answered:
                raise
            reference = request.state.reference = secrets.token_hex(4)
            _LOG.exception("unhandled", error=type(error).__name__, reference=reference)
            fault = AcquisError(_OUR_FAULT)
            await self._answer(request, fault)(scope, receive, send_with_headers)
        finally:
            route = scope.get("route")
            expected = status < 400 and scope["path"].startswith(_QUIET)
            log = _LOG.debug if expected else _LOG.info
            log(
                "request",
                method=scope["method"],
                route=getattr(route, "path", "-"),  # the template: a path may hold a token
                status=status,
                ms=round((time.perf_counter() - started) * 1000, 1),
            )

    def _answer(self, request: Request, error: AcquisError) -> Response:
        as_page = self._error_page is not None and wants_page(request)
        build = self._error_page if as_page and self._error_page else build_problem
        return build(request, status_of(error), error.code, error.title, error.says)

    def _refusal(self, request: Request) -> TooLarge | NotAllowed | None:
        length = request.headers.get("content-length", "")
        if _is_over(length, self._most_body):
            return TooLarge(self._limit_text())
        if request.method not in _SAFE and not _from_here(request.headers):
            return NotAllowed(
                Text(
                    "This came from another site and was not done",
                    "Ceci vient d’un autre site et n’a pas été fait",
                )
            )
        return None

    def _limit_text(self) -> Text:
        kib = self._most_body // 1024
        return Text(f"At most {kib} KiB are accepted here", f"{kib} Kio au plus sont acceptés ici")

    def _limited(self, receive: Receive) -> Receive:
        taken = 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                if taken > self._most_body:
                    raise _BodyOverLimitError
            return message

        return limited


def _from_here(headers: Headers) -> bool:
    """Refuse cross-site writes: Sec-Fetch-Site where the browser says it, else Origin against Host."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == headers.get("host")
    except ValueError:
        return False


def _is_over(length: str, most: int) -> bool:
    """Say whether a stated length is over ``most``; one that is not a number states nothing."""
    if not (length.isascii() and length.isdigit()):
        return False
    digits = length.lstrip("0") or "0"
    return len(digits) > 18 or int(digits) > most


def _add_headers(headers: MutableHeaders, nonce: str) -> None:
    for name, value in {
        "content-security-policy": (
            "default-src 'self'; "
            f"script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
            "img-src 'self' data: blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        ),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
        "cache-control": "no-store",
    }.items():
        if name not in headers:
            headers[name] = value
