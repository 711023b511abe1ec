"""How far ahead of our own clock something that is published may be dated.

Whoever stole a key could otherwise date a link so far ahead that its owner's next one, which has to
be later, is never in force.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from acquis.registry.rules import Rule, broken

MOST_AHEAD: Final = timedelta(minutes=5)


def verify_not_ahead(at: float, now: float) -> None:
    """Verify that ``at`` is at most ``MOST_AHEAD`` later than ``now`` (both in Unix seconds).

    Raises: RuleBroken (dated-ahead).
    """
    if at > now + MOST_AHEAD.total_seconds():
        raise broken(
            Rule.DATED_AHEAD,
            "A list, a link or a proof is dated more than five minutes ahead.",
            "Une liste, un lien ou une preuve est daté de plus de cinq minutes dans le futur.",
        )
