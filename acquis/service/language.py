"""Which language a person reads: what they chose, else what their browser asks for, else English."""

from __future__ import annotations

import re
from typing import Final

from babel import Locale, negotiate_locale
from starlette.requests import Request

from acquis.text import LANGUAGES, Language, Text

COOKIE: Final = "lang"
PARAMETER: Final = "lang"
DEFAULT: Final[Language] = "en"

_MOST_RANGES: Final = 20
_FRENCH_SPACE: Final = re.compile(r"(?<=«) | (?=[»:;?!])")


def language_of(request: Request) -> Language:
    """Return the language of ``?lang=``, else of the cookie, else of Accept-Language, else English."""
    return (
        chosen_language(request)
        or _known(request.cookies.get(COOKIE))
        or preferred_language(request.headers.get("accept-language", ""))
        or DEFAULT
    )


def chosen_language(request: Request) -> Language | None:
    """Return the language that this very request chooses by ``?lang=``, if any."""
    return _known(request.query_params.get(PARAMETER))


def preferred_language(header: str) -> Language | None:
    """Return the first of our languages in an Accept-Language header (RFC 9110 §12.5.4).

    Ranges are taken by falling weight, then by position; ``q=0`` and what cannot be read count for
    nothing. ``None`` when the header names none of our languages.
    """
    weighted: list[tuple[float, str]] = []
    for item in header.split(",")[:_MOST_RANGES]:
        name, _, parameters = item.strip().partition(";")
        weight = _weight(parameters)
        if name and weight > 0:
            weighted.append((weight, name.strip().replace("-", "_")))
    weighted.sort(key=lambda pair: -pair[0])
    found = negotiate_locale([name for _, name in weighted], list(LANGUAGES))
    return _known(found)


def locale_of(language: Language) -> Locale:
    """Return Babel's locale for dates and numbers: British English, French of France."""
    return Locale("fr", "FR") if language == "fr" else Locale("en", "GB")


def typeset(text: Text, language: Language) -> str:
    """Return a sentence as it is set on a page: in French no line begins with ``:`` or ``»``."""
    said = text.in_language(language)
    return _FRENCH_SPACE.sub("\u00a0", said) if language == "fr" else said


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if not parameters.strip():
        return 1.0
    try:
        return float(value) if name.strip().lower() == "q" else 1.0
    except ValueError:
        return 0.0


def _known(name: str | None) -> Language | None:
    for language in LANGUAGES:
        if name == language:
            return language
    return None
