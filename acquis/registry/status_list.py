"""Which status list of a revocation registry was in force at a moment.

A list is in force from the timestamp of its link until the next link's. A list later than the
asked time is never used.
"""

from __future__ import annotations

from bisect import bisect_right

from acquis.registry.resource import Link, Resource
from acquis.registry.rules import Rule, broken


def link_in_force(registry_definition: Resource, at: int) -> Link | None:
    """Return the last link that is not later than ``at`` (Unix seconds), None before the first."""
    links = registry_definition.links
    position = bisect_right(links, at, key=lambda link: link.timestamp)
    return links[position - 1] if position else None


def verify_status_list(registry_definition: Resource, link: Link, status_list: Resource) -> None:
    """Verify that a verified status list is the one that ``link`` of the definition means.

    Raises: RuleBroken (status-list) when id, registry, timestamp or length differ.
    """
    content = status_list.content
    size = registry_definition.content["value"]["maxCredNum"]
    if (
        status_list.id != link.id
        or content["revRegDefId"] != registry_definition.id
        or content["timestamp"] != link.timestamp
        or len(content["revocationList"]) != size
    ):
        raise broken(
            Rule.STATUS_LIST,
            "The status list is not the one its revocation registry links to.",
            "La liste d’état n’est pas celle vers laquelle pointe son registre de révocation.",
        )
