from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from acquis.service.language import chosen_language, language_of, preferred_language


def ask(query: str = "", cookie: str = "", accept: str = "") -> Request:
    headers = [(b"accept-language", accept.encode("latin-1"))]
    if cookie:
        headers.append((b"cookie", f"lang={cookie}".encode()))
    scope = {"type": "http", "query_string": query.encode(), "headers": headers}
    return Request(scope)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("fr", "fr"),
        ("fr-CA, en;q=0.8", "fr"),
        ("en-US,en;q=0.9,fr;q=0.8", "en"),
        ("de, fr;q=0.5, en;q=0.4", "fr"),
        ("en;q=0.1, fr;q=0.2", "fr"),
        ("fr;q=0, en", "en"),
        ("de", None),
        ("*", None),
        ("", None),
        ("fr;q=abc", None),
        ("fr;level=1", "fr"),
        (";;;,,q=,;q", None),
    ],
)
def test_the_browsers_preference_is_read_by_weight(header: str, language: str | None) -> None:
    assert preferred_language(header) == language


def test_a_choice_stands_above_the_cookie_and_the_cookie_above_the_browser() -> None:
    assert language_of(ask("lang=en", "fr", "fr")) == "en"
    assert language_of(ask("", "fr", "en")) == "fr"
    assert language_of(ask("", "", "fr")) == "fr"
    assert language_of(ask()) == "en"


def test_what_is_not_ours_is_not_chosen() -> None:
    assert chosen_language(ask("lang=de")) is None
    assert language_of(ask("lang=../../etc", "xx", "fr")) == "fr"


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=400))
def test_any_header_gives_a_language(header: str) -> None:
    assert language_of(ask(accept=header.replace("\n", " "))) in {"en", "fr"}
