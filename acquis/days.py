"""A day as a language writes it, its month in letters: in French the first is « 1er »."""

from __future__ import annotations

from datetime import date
from typing import Final

from babel import Locale
from babel.dates import format_date

LONG: Final = "d MMMM y"
SHORT: Final = "d MMM y"


def write_day(day: date, locale: Locale, pattern: str = LONG) -> str:
    """Return “1 November 2026”, « 1er novembre 2026 »; with ``SHORT`` the month is cut."""
    written = format_date(day, pattern, locale=locale)
    first = locale.language == "fr" and day.day == 1
    return f"1er{written.removeprefix('1')}" if first else written
