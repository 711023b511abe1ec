"""Dates, moments and numbers as a locale writes them; moments are in UTC and say so.

The browser's script shows moments in the reader's own time zone; without it they stand in UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from babel import Locale
from babel.dates import format_time
from babel.numbers import format_decimal

from acquis.days import SHORT, write_day


class Formats:
    """The formats of one locale."""

    def __init__(self, locale: Locale) -> None:
        self._locale = locale

    def day(self, value: date) -> str:
        """Return a day with its month in letters."""
        return write_day(value, self._locale)

    def moment(self, value: datetime) -> str:
        """Return a day and a time to the minute, in UTC; ``value`` is aware."""
        day = write_day(value.astimezone(UTC), self._locale, SHORT)
        return f"{day}, {self.clock(value)}"

    def clock(self, value: datetime) -> str:
        """Return the time of day to the minute, in UTC; ``value`` is aware."""
        return f"{format_time(value.astimezone(UTC), 'HH:mm', locale=self._locale)} UTC"

    def iso(self, value: date) -> str:
        """Return a day or an aware moment as ISO 8601, for ``<time datetime>`` and form fields."""
        if isinstance(value, datetime):
            return value.astimezone(UTC).isoformat(timespec="seconds")
        return value.isoformat()

    def number(self, value: int | Decimal) -> str:
        """Return a number with the locale's separators."""
        return format_decimal(value, locale=self._locale)

    def seconds(self, value: float) -> str:
        """Return a duration in seconds with one decimal."""
        return f"{format_decimal(round(value, 1), format='0.0', locale=self._locale)} s"
