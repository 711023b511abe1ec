from __future__ import annotations

import re
from pathlib import Path

import pytest

from acquis.service.catalogue import (
    extract_sentences,
    load_catalogue,
    load_translations,
    template_folders,
    untranslated,
)

ROOT = Path(__file__).parents[3]
PLACE = re.compile(r"%\(\w+\)s")


def sentences() -> set[object]:
    return {message.id for message in extract_sentences(template_folders(ROOT)) if message.id}


def test_the_templates_of_every_service_are_looked_at() -> None:
    folders = {folder.relative_to(ROOT).as_posix() for folder in template_folders(ROOT)}
    assert folders >= {
        "acquis/service/templates",
        "issuer_agent/templates",
        "holder_wallet/templates",
        "verifier/templates",
    }
    assert len(sentences()) > 200


def test_every_sentence_is_translated_and_none_is_left_over() -> None:
    catalogue = load_catalogue("fr")
    committed = {message.id for message in catalogue if message.id}
    assert committed == sentences(), "run python -m acquis.service.catalogue, then translate"
    assert untranslated(catalogue) == []
    assert not catalogue.obsolete
    assert not [message.id for message in catalogue if message.id and message.fuzzy]


def test_a_translation_keeps_what_is_filled_in() -> None:
    for message in load_catalogue("fr"):
        if not message.id:
            continue
        said = [message.string] if isinstance(message.string, str) else list(message.string)
        asked = [message.id] if isinstance(message.id, str) else list(message.id)
        for translation in said:
            assert set(PLACE.findall(translation)) in [set(PLACE.findall(a)) for a in asked]


def test_french_typography_has_no_breaking_space_before_its_signs() -> None:
    for message in load_catalogue("fr"):
        said = [message.string] if isinstance(message.string, str) else list(message.string)
        for translation in said if message.id else []:
            assert not re.search(r" [:;?!»]|« |'", translation), translation


@pytest.mark.parametrize(
    ("number", "said"), [(0, "attribution"), (1, "attribution"), (2, "attributions")]
)
def test_plurals_follow_the_language(number: int, said: str) -> None:
    french = load_translations("fr")
    assert french.ngettext("%(num)s award", "%(num)s awards", number) == f"%(num)s {said}"


def test_english_is_what_the_templates_say() -> None:
    english = load_translations("en")
    assert english.gettext("Sign in") == "Sign in"
    assert english.ngettext("%(num)s award", "%(num)s awards", 0) == "%(num)s awards"
