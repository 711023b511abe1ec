"""The time, as a thing that is passed in so that tests can set it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol


class Clock(Protocol):
    """Gives the current time."""

    def now(self) -> int:
        """Return the time in whole Unix seconds."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> int:
        """Return the time in whole Unix seconds."""
        return int(time.time())


@dataclass
class SetClock:
    """A clock that stands where it was set, for tests."""

    at: int

    def now(self) -> int:
        """Return the time that was set, in whole Unix seconds."""
        return self.at


def today(clock: Clock) -> date:
    """Return the day of ``clock`` in UTC."""
    return datetime.fromtimestamp(clock.now(), UTC).date()
