"""Days and moments in words, as each language writes them; moments in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

from babel import Locale
from babel.dates import format_time

from acquis.days import write_day
from acquis.text import Text

_ENGLISH: Final = Locale("en", "GB")
_FRENCH: Final = Locale("fr", "FR")


def day_in_words(day: date) -> Text:
    """Return “22 November 2026”, « 22 novembre 2026 »."""
    return Text(write_day(day, _ENGLISH), write_day(day, _FRENCH))


def moment_in_words(seconds: int) -> Text:
    """Return a moment, given in Unix seconds, to the minute, in UTC; unreadable ones as they are."""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return Text(str(seconds), str(seconds))
    day, time = day_in_words(moment.date()), format_time(moment, "HH:mm 'UTC'", locale=_ENGLISH)
    return Text(f"{day.en}, {time}", f"{day.fr}, {time}")
