"""How far ahead of our own clock something that is published may be dated.

Whoever stole a key could otherwise date a link so far ahead that its owner's next one, which has to
be later, is never in force.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from acquis.registry.content import ResourceType
from acquis.registry.rules import Rule, broken
from acquis.registry.strict_json import MAX_VALUES, most_values

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


def peek_dates(raw: bytes) -> frozenset[float]:
    """Return the moments (Unix seconds) that the bytes of a resource say anything of, unverified.

    They are those of its proof, its links and, of a status list, its own. Of what is no resource
    there are none: its reader refuses it. It is read with more leeway than the reader's, for speed:
    what he takes means the same here.
    """
    try:
        resource = _object(json.loads(raw)) if most_values(raw) <= MAX_VALUES else {}
    except (ValueError, RecursionError):
        return frozenset()
    links, metadata = resource.get("links"), _object(resource.get("metadata"))
    dated = [_object(link) for link in links] if isinstance(links, list) else []
    if metadata.get("resourceType") == ResourceType.STATUS_LIST:
        dated.append(_object(resource.get("content")))
    moments = (each.get("timestamp") for each in dated)
    found: set[float] = {at for at in moments if type(at) is int}
    with suppress(ValueError, OverflowError):
        created = str(_object(resource.get("proof")).get("created"))
        found.add(datetime.fromisoformat(created).timestamp())
    return frozenset(found)


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
