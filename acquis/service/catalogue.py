"""The sentences of the templates in other languages than English.

English is what the templates are written in; ``locale/<language>.po`` holds the others and is
compiled in memory when a service starts, so no compiled file can be out of date. After a change of
a template, ``python -m acquis.service.catalogue`` brings the catalogues up to date; what it leaves
untranslated is then to be translated by hand.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC, datetime
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Final

from babel.messages import Catalog
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from acquis.service.language import DEFAULT
from acquis.text import LANGUAGES, Language

LOCALE: Final = Path(__file__).parent / "locale"

_NO_DATE: Final = datetime(2026, 1, 1, tzinfo=UTC)  # a date of its own would change at each run
_METHODS: Final = [("**.html", "jinja2")]
_OPTIONS: Final = {"**.html": {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}}


def load_translations(language: Language) -> NullTranslations:
    """Load the translations of ``language``; English needs none."""
    if language == DEFAULT:
        return NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, load_catalogue(language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def load_catalogue(language: Language) -> Catalog:
    """Load the catalogue of ``language`` as it is committed."""
    with (LOCALE / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def extract_sentences(folders: Iterable[Path]) -> Catalog:
    """Collect every sentence marked ``_("…")`` or ``{% trans %}`` in the templates of ``folders``."""
    catalogue = Catalog(project="Acquis")
    for folder in folders:
        for name, line, message, comments, context in extract_from_dir(
            folder, method_map=_METHODS, options_map=_OPTIONS
        ):
            where = f"{folder.parent.name}/{folder.name}/{name}"
            catalogue.add(message, None, [(where, line)], auto_comments=comments, context=context)
    return catalogue


def template_folders(root: Path) -> list[Path]:
    """Return the folders of templates below ``root``, the project's folder."""
    return sorted([*root.glob("*/templates"), *root.glob("acquis/*/templates")])


def write_catalogues(root: Path) -> dict[Language, int]:
    """Bring the committed catalogues up to date; return how many sentences each one lacks."""
    sentences = extract_sentences(template_folders(root))
    LOCALE.mkdir(exist_ok=True)
    lacking: dict[Language, int] = {}
    for language in LANGUAGES:
        if language == DEFAULT:
            continue
        translated = translate_anew(sentences, language)
        with (LOCALE / f"{language}.po").open("wb") as file:
            write_po(file, translated, width=100, sort_output=True, no_location=True)
        lacking[language] = len(untranslated(translated))
    return lacking


def translate_anew(sentences: Catalog, language: Language) -> Catalog:
    """Return a catalogue of exactly ``sentences``, with the translations that are committed."""
    known: dict[object, Message] = {}
    if (LOCALE / f"{language}.po").exists():
        known = {message.id: message for message in load_catalogue(language)}
    translated = Catalog(
        locale=language,
        project="Acquis",
        version="1",
        header_comment=f"# The sentences of the templates in {language}; see acquis/service/catalogue.py.",
        creation_date=_NO_DATE,
        revision_date=_NO_DATE,
        last_translator="The Acquis contributors",
        language_team="The Acquis contributors",
        msgid_bugs_address="none",
        fuzzy=False,
    )
    for message in sentences:
        if message.id:
            held = known.get(message.id)
            translated.add(message.id, held.string if held else None, flags=message.flags)
    return translated


def untranslated(catalogue: Catalog) -> list[object]:
    """Return the sentences of ``catalogue`` that have no translation, or not all their plurals."""
    return [message.id for message in catalogue if message.id and not _is_done(message.string)]


def _is_done(string: object) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


if __name__ == "__main__":
    for code, count in write_catalogues(Path(__file__).parents[2]).items():
        print(f"{code}: {count} sentences to translate")
