"""What a registrar is told of an achievement's file, on the page and in the document, is true."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

from acquis.credentials.achievement import parse_achievement
from acquis.credentials.annex_one import gaps, verify_complete
from issuer_agent.achievement_views import build_required
from schemas import load_document_schema, load_example
from support.issuer_desk import EXAMPLE, Desk, text_of

GUIDE = (Path(__file__).parents[3] / "docs" / "achievements.md").read_text(encoding="utf-8")


def smallest() -> dict[str, Any]:
    found = re.search(r"```json\n(\{.*?\})\n```", GUIDE, re.DOTALL)
    assert found is not None
    content: dict[str, Any] = json.loads(found[1])
    return content


def words_of_the_schema(schema: object) -> Iterator[str]:
    """Every member and every code that the schema knows."""
    if isinstance(schema, dict):
        for name, each in schema.items():
            if name == "properties":
                yield from each
            if name == "enum":
                yield from each
            yield from words_of_the_schema(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from words_of_the_schema(each)


def test_the_guide_tells_every_member_and_every_code_of_the_schema() -> None:
    told = set(re.findall(r"`([A-Za-z-]+)`", GUIDE))
    assert set(words_of_the_schema(load_document_schema("achievement"))) - told == set()


def test_the_smallest_file_can_be_published_and_is_the_smallest() -> None:
    content = smallest()
    verify_complete(parse_achievement(content))
    assert set(content) == {fact.value for fact in build_required()}


def test_each_required_member_is_the_one_whose_absence_is_that_gap() -> None:
    content = smallest()
    for number, fact in enumerate(build_required()[2:], start=1):
        without = {name: each for name, each in content.items() if name != fact.value}
        assert [gap.number for gap in gaps(parse_achievement(without))] == [number]


async def test_the_page_says_what_the_file_must_contain_and_gives_an_example(desk: Desk) -> None:
    english = unescape(text_of(await desk.get("/achievements?lang=en")))
    french = unescape(text_of(await desk.get("/achievements?lang=fr")))
    for fact in build_required():
        assert f"{fact.label.in_language('en')} {fact.value}" in english  # type: ignore[union-attr]
        assert f"{fact.label.in_language('fr')} {fact.value}" in french  # type: ignore[union-attr]
    page = await desk.get("/achievements")
    [link] = re.findall(r'href="(/achievements/[^"]+)" download', page.text)
    example = await desk.get(link)
    assert example.headers["content-disposition"] == f'attachment; filename="{EXAMPLE}.json"'
    assert example.json() == load_example(EXAMPLE)
    files = {"document": ("a.json", example.content, "application/json")}
    assert (await desk.browser.post("/achievements", files=files)).status_code == 303
