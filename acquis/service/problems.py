"""How an error is told: RFC 9457 to programs, a page to people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from acquis import errors
from acquis.service.language import language_of
from acquis.text import Text

MEDIA_TYPE: Final = "application/problem+json"

_STATUS: Final[dict[type[errors.AcquisError], int]] = {
    errors.TooLarge: 413,
    errors.InvalidInput: 422,
    errors.NotSignedIn: 401,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.Expired: 410,
    errors.Conflict: 409,
    errors.Untrusted: 422,
    errors.Unavailable: 503,
}

_HTTP: Final = {
    404: Text("This page does not exist", "Cette page n’existe pas"),
    405: Text("This cannot be done here", "Cette action n’est pas possible ici"),
    413: errors.TooLarge.title,
}

type ErrorPage = Callable[[Request, int, str, Text, Text], Response]


def status_of(error: errors.AcquisError) -> int:
    """Return the HTTP status that the branch of ``error`` in the tree stands for."""
    for kind in type(error).__mro__:
        if kind in _STATUS:
            return _STATUS[kind]
    return 500


def wants_page(request: Request) -> bool:
    """Tell whether a person's browser is asking (it accepts HTML and the path is not an API's)."""
    accepts = request.headers.get("accept", "")
    return "text/html" in accepts and not request.url.path.startswith("/api/")


def reference_of(request: Request) -> str:
    """Return the reference of the fault that a request met; empty: none."""
    return str(getattr(request.state, "reference", ""))


def build_problem(request: Request, status: int, code: str, title: Text, says: Text) -> Response:
    """Build the RFC 9457 document: type, title, status, detail, code; nothing of what was sent.

    With the ``reference`` of a fault of ours, by which its trace is found in the log.
    """
    language = language_of(request)
    problem = {
        "type": f"urn:acquis:problem:{code}",
        "title": title.in_language(language),
        "status": status,
        "detail": says.in_language(language),
        "code": code,
    }
    if reference := reference_of(request):
        problem["reference"] = reference
    return JSONResponse(
        problem,
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={"content-language": language},
    )


def register_problems(app: FastAPI, page: ErrorPage | None) -> None:
    """Make ``app`` answer its errors as problem documents, or as ``page`` to a browser.

    An exception that is none of these is a fault: the boundary tells it.
    """

    def answer(request: Request, status: int, code: str, title: Text, says: Text) -> Response:
        build = page if page is not None and wants_page(request) else build_problem
        return build(request, status, code, title, says)

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, errors.AcquisError)  # noqa: S101 - registered for this type only
        return answer(request, status_of(error), error.code, error.title, error.says)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type only
        if all(item["loc"][0] == "path" for item in error.errors()):  # no such thing can be
            missing = errors.NotFound
            return answer(request, 404, missing.code, missing.title, missing.title)
        where = ", ".join(
            sorted(
                {".".join(str(part) for part in item["loc"][1:])[:80] for item in error.errors()}
            )
        )
        says = Text(
            f"Missing or malformed: {where or 'the body'}",
            f"Manquant ou mal formé : {where or 'le corps'}",
        )
        return answer(request, 422, errors.InvalidInput.code, errors.InvalidInput.title, says)

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
        title = _HTTP.get(error.status_code, errors.InvalidInput.title)
        response = answer(request, error.status_code, f"http-{error.status_code}", title, title)
        for name, value in (error.headers or {}).items():
            response.headers[name] = value
        return response

    handlers: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
        errors.AcquisError: ours,
        RequestValidationError: invalid,
        HTTPException: http,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
