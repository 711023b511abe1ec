from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2 import UndefinedError
from starlette.requests import Request

from acquis.service.formats import Formats
from acquis.service.frontend import load_manifest
from acquis.service.language import locale_of
from acquis.service.pages import STATIC, LiveView, Pages, build_pages
from acquis.text import Text

ROOT = Path(__file__).parents[3]
AT = datetime(2026, 11, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    (tmp_path / "hello.html").write_text(
        "<p title='{{ text }}'>{{ text }} {{ raw }} {{ _('Sign in') }} {{ at|moment }}"
        " {{ nonce }} {{ languages }}</p>"
    )
    (tmp_path / "part.html").write_text("<p>{{ state }}</p>\n<p>{{ _('Sign in') }}</p>")
    return build_pages(tmp_path, service=Text("Test", "Essai"))


def ask(query: str = "", accept: str = "en", seen: str = "", **state: object) -> Request:
    headers = [(b"accept-language", accept.encode())]
    if seen:
        headers.append((b"last-event-id", seen.encode()))
    return Request(
        {
            "type": "http",
            "method": "GET",
            "scheme": "http",
            "server": ("localhost", 80),
            "path": "/here",
            "query_string": query.encode(),
            "headers": headers,
            "state": dict(state),
        }
    )


def render(pages: Pages, request: Request, **changes: object) -> str:
    context: dict[str, object] = {"text": Text("a <b>", "un <b>"), "raw": "<script>", "at": AT}
    return bytes(pages.render(request, "hello.html", **(context | changes)).body).decode()


def test_a_text_is_shown_in_the_readers_language_and_escaped(pages: Pages) -> None:
    english = render(pages, ask())
    assert "a &lt;b&gt; &lt;script&gt; Sign in 3 Nov 2026, 04:05 UTC" in english
    assert "un &lt;b&gt; &lt;script&gt; Se connecter 3 nov. 2026, 04:05 UTC" in render(
        pages, ask(accept="fr")
    )


def test_what_the_boundary_knows_of_the_request_is_there(pages: Pages) -> None:
    html = render(pages, ask(nonce="n-1"))
    assert "n-1" in html


def test_the_language_links_keep_the_query(pages: Pages) -> None:
    html = render(pages, ask("q=a%26b&lang=en&seen=4"))
    assert "/here?q=a%26b&amp;lang=fr" in html
    assert "seen" not in html
    assert "/there?lang=fr" in render(pages, ask(), here="/there")


def test_the_choice_of_a_language_is_remembered(pages: Pages) -> None:
    context = {"text": "", "raw": "", "at": AT}
    chosen = pages.render(ask("lang=fr"), "hello.html", **context)
    assert chosen.headers["set-cookie"].startswith("lang=fr; HttpOnly")
    assert chosen.headers["content-language"] == "fr"
    assert "set-cookie" not in pages.render(ask(), "hello.html", **context).headers


def test_a_variable_that_was_forgotten_is_an_error(pages: Pages) -> None:
    with pytest.raises(UndefinedError, match="state"):
        pages.fragment(ask(), "part.html")


def test_a_problem_page_says_what_happened_and_leads_on(pages: Pages) -> None:
    response = pages.problem(
        ask(accept="fr"), 404, "not-found", Text("Unknown", "Inconnu"), Text("Gone", "Parti")
    )
    html = bytes(response.body).decode()
    assert response.status_code == 404
    assert "<h1>Inconnu</h1>" in html
    assert "Parti" in html
    assert 'href="/"' in html
    assert "not-found" in html


async def events(pages: Pages, request: Request, *states: tuple[str, bool]) -> str:
    async def contexts() -> AsyncIterator[Mapping[str, object]]:
        for state, ended in states:
            yield {"state": state, "live": LiveView("/events", state, ended)}

    response = pages.stream(request, "part.html", contexts())
    assert response.media_type == "text/event-stream"
    return "".join([str(chunk) async for chunk in response.body_iterator])


async def test_a_live_part_is_sent_when_its_version_changes(pages: Pages) -> None:
    sent = await events(pages, ask("seen=a"), ("a", False), ("b", False), ("b", False), ("c", True))
    assert sent == (
        ": listening\n\n"
        "id: b\ndata: <p>b</p>\ndata: <p>Sign in</p>\n\n"
        "id: c\ndata: <p>c</p>\ndata: <p>Sign in</p>\n\n"
        "event: end\ndata: end\n\n"
    )


async def test_a_lost_connection_goes_on_where_it_was(pages: Pages) -> None:
    sent = await events(pages, ask("seen=a", seen="b"), ("b", False), ("c", True))
    assert "<p>b</p>" not in sent
    assert "<p>c</p>" in sent


async def test_what_ended_while_nobody_looked_is_said_once(pages: Pages) -> None:
    assert await events(pages, ask("seen=c"), ("c", True)) == (
        ": listening\n\nevent: end\ndata: end\n\n"
    )


async def test_a_version_with_odd_signs_comes_back_as_it_went(pages: Pages) -> None:
    sent = await events(pages, ask(), ("é\n2", True))
    identity = re.search("^id: (.+)$", sent, re.MULTILINE)
    assert identity is not None
    again = await events(pages, ask(seen=identity.group(1)), ("é\n2", True))
    assert "<p>" not in again


def test_dates_and_numbers_follow_the_locale() -> None:
    french, english = Formats(locale_of("fr")), Formats(locale_of("en"))
    assert (french.day(date(2026, 11, 3)), english.day(date(2026, 11, 3))) == (
        "3 novembre 2026",
        "3 November 2026",
    )
    first = datetime(2026, 8, 1, 4, 5, tzinfo=UTC)
    assert (french.day(first.date()), english.day(first.date())) == (
        "1er août 2026",
        "1 August 2026",
    )
    assert french.moment(first) == "1er août 2026, 04:05 UTC"
    assert english.moment(first) == "1 Aug 2026, 04:05 UTC"
    assert french.number(1204) == "1\u202f204"
    assert english.number(Decimal("1204.5")) == "1,204.5"
    assert (french.seconds(3.14), english.seconds(3.14)) == ("3,1 s", "3.1 s")
    assert english.iso(AT) == "2026-11-03T04:05:00+00:00"
    assert english.iso(date(2026, 11, 3)) == "2026-11-03"


def templates() -> list[Path]:
    return sorted([*ROOT.glob("*/templates/*.html"), *ROOT.glob("acquis/*/templates/*.html")])


def test_every_icon_that_a_template_draws_is_in_the_manifest() -> None:
    brought = {file.target for file in load_manifest()}
    for path in templates():
        for name in re.findall(r'icon\("([\w-]+)"\)', path.read_text(encoding="utf-8")):
            assert f"icons/{name}.svg" in brought, f"{path.name}: {name}"


def test_no_template_breaks_the_policy_or_loads_from_elsewhere() -> None:
    for path in templates():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\bstyle=|\bon\w+=|javascript:|<style", text), path.name
        assert not re.search(r'(src|href)="(https?:)?//', text), path.name
        assert "|safe" not in text, path.name


def test_the_style_sheet_asks_nobody_else() -> None:
    for sheet in (STATIC / "acquis.css", STATIC / "vendor" / "basecoat.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//|@import", sheet.read_text(encoding="utf-8"))


def test_a_page_without_its_files_says_which_command_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acquis.service.pages.VENDOR", tmp_path / "vendor")
    with pytest.raises(FileNotFoundError, match=r"python -m acquis\.service\.frontend"):
        build_pages(tmp_path, service=Text("x", "x"))


def test_views_take_any_object_with_the_right_attributes(tmp_path: Path) -> None:
    (tmp_path / "any.html").write_text("{{ a.b }} {{ c.b }}")
    pages = build_pages(tmp_path, service=Text("x", "x"))
    assert pages.fragment(ask(), "any.html", a={"b": 1}, c=SimpleNamespace(b=2)) == "1 2"
