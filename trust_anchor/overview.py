"""The overview: what an anchor has drafted, what is published, and how the two differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from acquis.registry.did_log import KeyCompromise
from acquis.registry.trust_list import TrustList, build_entries, build_trust_list
from acquis.service.publication import Publisher
from trust_anchor.anchor import Anchor, load_anchor
from trust_anchor.difference import describe, differences
from trust_anchor.draft import load_draft
from trust_anchor.entries import Entries
from trust_anchor.publishing import is_due, load_published, read_lists
from trust_anchor.versions import load_versions


@dataclass(frozen=True, slots=True)
class Overview:
    """An anchor, its draft and the list that is published; ``now`` is when it was looked at."""

    anchor: Anchor
    draft: Entries
    published: TrustList | None
    now: datetime

    @property
    def differences(self) -> list[str]:
        """What the draft changes of what is published."""
        return differences(self.published.entries if self.published else (), self.draft)

    def as_json(self) -> dict[str, Any]:
        """Return it for machines; the lists in their published form."""
        return {
            "anchor": self.anchor.did,
            "name": self.anchor.name,
            "key": signing_key(self.anchor),
            "compromises": [
                {"key": each.method.rsplit("#", 1)[-1], "since": _moment(each)}
                for each in self.anchor.document.compromises
            ],
            "draft": build_entries(self.draft),
            "published": build_trust_list(self.published) if self.published else None,
            "due": self.published is not None and is_due(self.published, self.now),
            "differences": self.differences,
        }

    def as_lines(self) -> Iterator[str]:
        """Yield it for people."""
        yield f"anchor      {self.anchor.name}"
        yield f"            {self.anchor.did}"
        yield from (f"key         {line}" for line in keys_in_words(self.anchor))
        yield f"published   {self._state()}"
        yield f"draft       {_count(self.draft)}"
        yield from (f"  {line}" for line in describe(self.draft))
        changes = self.differences
        yield "The draft changes nothing." if not changes else "The draft changes:"
        yield from (f"  {line}" for line in changes)

    def _state(self) -> str:
        if self.published is None:
            return "nothing yet"
        shown = self.published
        state = f"version {shown.version} of {shown.issued}: {_count(shown.entries)}"
        if shown.is_overdue(self.now.date()):
            return f"{state}; OVERDUE since {shown.next_update}, nobody relies on it: publish"
        due = "; publish soon" if is_due(shown, self.now) else ""
        return f"{state}; in force until {shown.next_update}{due}"


async def load_overview(folder: Path, now: datetime, publisher: Publisher | None) -> Overview:
    """Return how an anchor stands; without a publisher, by what was last read back.

    Raises: NotFound, RuleBroken, Unavailable.
    """
    anchor = load_anchor(folder)
    if publisher is None:
        last = load_published(folder)
    else:
        shown = await read_lists(anchor, publisher, load_versions(folder))
        last = shown[-1] if shown else None
    return Overview(anchor, load_draft(folder), last.trust_list if last else None, now)


def signing_key(anchor: Anchor) -> str | None:
    """Return the multikey by which lists are signed now; None when the DID lists none."""
    return next(reversed(anchor.document.assertion_keys().values()), None)


def keys_in_words(anchor: Anchor) -> list[str]:
    """Say which key signs, and each key that is reported as compromised."""
    key = signing_key(anchor)
    return [
        "none signs: the DID lists no key" if key is None else f"{key} signs",
        *(
            f"{each.method.rsplit('#', 1)[-1]} is reported as compromised since {_moment(each)}"
            for each in anchor.document.compromises
        ),
    ]


def _moment(compromise: KeyCompromise) -> str:
    return f"{compromise.since:%Y-%m-%dT%H:%M:%SZ}"


def _count(entries: Entries) -> str:
    scopes = sum(len(each.scopes) for each in entries)
    return f"{len(entries)} issuer{'s'[: len(entries) != 1]}, {scopes} scope{'s'[: scopes != 1]}"
