"""The outermost layer: what it refuses, and that even its own faults are told as ours."""

from __future__ import annotations

import pathlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, Path
from pydantic import SecretStr
from starlette.requests import Request
from structlog.testing import capture_logs

from acquis.errors import Unavailable
from acquis.service.app import build_app
from acquis.service.auth import Person, Sessions
from acquis.service.pages import TEMPLATES, build_pages
from acquis.service.problems import ErrorPage
from acquis.service.settings import ServiceSettings
from acquis.text import Text

HERE = "http://127.0.0.1:8000"


class BrokenSessions(Sessions):
    """A boundary's own fault."""

    def person_of(self, request: Request) -> Person | None:
        raise RuntimeError(request.headers.get("x-claim"))


@asynccontextmanager
async def calling(
    *, broken: bool = False, page: ErrorPage | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield

    settings = ServiceSettings(folder=pathlib.Path("service"), secret=SecretStr("s" * 40))
    sessions = (BrokenSessions if broken else Sessions)(settings, "x")
    app = build_app(
        "t", lifespan=lifespan, ready=dict, sessions=sessions, most_body=100, error_page=page
    )

    @app.post("/things")
    async def things() -> str:
        return "done"

    @app.get("/fault")
    async def fault() -> str:
        raise RuntimeError

    @app.get("/silent")
    async def silent() -> str:
        raise Unavailable

    @app.get("/named/{name}")
    async def named(name: Annotated[str, Path(pattern="^[a-z]{1,5}$")]) -> str:
        return name

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE) as client:
        yield client


def check_problem(response: httpx.Response, status: int) -> None:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in response.headers["content-security-policy"]
    assert response.json()["status"] == status


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "null", "https://evil.example", ""])
async def test_a_write_from_elsewhere_is_refused(origin: str) -> None:
    async with calling() as client:
        check_problem(await client.post("/things", headers={"origin": origin}), 403)
        assert (await client.post("/things", headers={"origin": HERE})).status_code == 200


@pytest.mark.parametrize("length", [b"101", b"9" * 5000, b"0" * 5000 + b"101"])
async def test_a_stated_length_over_the_limit_is_refused(length: bytes) -> None:
    async with calling() as client:
        response = await client.post("/things", headers={b"content-length": length})
    check_problem(response, 413)


@pytest.mark.parametrize("length", [b"\xb2", b"-1", b"x", b""])
async def test_a_stated_length_that_is_no_number_breaks_nothing(length: bytes) -> None:
    async with calling() as client:
        response = await client.post("/things", headers={b"content-length": length})
    assert response.status_code == 200


async def test_a_fault_has_our_problem_and_our_headers() -> None:
    async with calling() as client:
        check_problem(await client.get("/fault"), 500)
        check_problem(await client.get("/silent"), 503)
    async with calling(broken=True) as client:
        response = await client.get("/things", headers={"x-claim": "Zoé".encode().hex()})
    check_problem(response, 500)
    assert "Zoé".encode().hex() not in response.text


async def test_a_fault_is_found_in_the_log_by_the_reference_that_was_shown() -> None:
    pages = build_pages(TEMPLATES, service=Text("Test", "Essai"))
    async with calling(page=pages.problem) as client:
        with capture_logs() as logged:
            problem = (await client.get("/fault", headers={"accept-language": "fr"})).json()
            page = await client.get("/fault", headers={"accept": "text/html"})
        named = [line["reference"] for line in logged if line["event"] == "unhandled"]
        assert len({*named}) == 2
        assert all(re.fullmatch("[0-9a-f]{8}", each) for each in named)
        assert problem["reference"] == named[0]
        assert "interrompu" in problem["detail"]
        assert f"error · {named[1]}" in page.text
        assert "nothing was lost" not in page.text
        silent = await client.get("/silent", headers={"accept": "text/html"})
        assert f"{Unavailable.code} ·" not in silent.text
        assert "reference" not in (await client.get("/silent")).json()


async def test_a_path_that_can_name_nothing_is_not_found() -> None:
    async with calling() as client:
        for name in ("%00", "UPPER", "toolong", "%ED%A0%80"):
            check_problem(await client.get(f"/named/{name}"), 404)
        assert (await client.get("/named/abc")).status_code == 200
