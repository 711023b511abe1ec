"""The demo's trust anchor: a consortium that recognises the one institution of the town."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from acquis.registry.trust_list import Scope
from acquis.service.publication import Publisher
from trust_anchor.anchor import Anchor, create_anchor, only_one
from trust_anchor.draft import load_draft, save_draft
from trust_anchor.entries import Details, with_scope
from trust_anchor.publishing import publish, publish_log

PLACE: Final = "trust/demonstration"
NAME: Final = "Demonstration consortium"
_SCOPE: Final = Scope(
    framework="esco",
    level_min=1,
    level_max=5,
    valid_from=date(2020, 1, 1),
    valid_until=None,
    accreditation="Demonstration accreditation",
    accredited_by=NAME,
)


async def set_up(folder: Path, host: str, registry_url: str) -> Anchor:
    """Make the anchor in ``folder``, or load it, and publish its DID."""
    anchor = await asyncio.to_thread(create_anchor, folder, host, PLACE, NAME)
    async with Publisher(registry_url) as publisher:
        await publish_log(anchor, publisher)
    return anchor


async def recognise(anchor: Anchor, registry_url: str, issuer: str, legal_name: str) -> None:
    """Put an institution on the anchor's list and publish it, as `acquis trust` does."""
    details = Details(legal_name, country="FR", website="https://university.example")
    with only_one(anchor.folder):
        draft = load_draft(anchor.folder)
        if not any(entry.issuer == issuer for entry in draft):
            save_draft(anchor.folder, with_scope(draft, issuer, details, _SCOPE))
        async with Publisher(registry_url) as publisher:
            await publish(anchor, publisher, datetime.now(UTC))
