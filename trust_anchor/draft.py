"""The draft: whom the anchor will recognise with its next publication, as a file of its folder."""

from __future__ import annotations

import json
from pathlib import Path

from acquis.registry.strict_json import parse_object
from acquis.registry.trust_list import build_entries, parse_entries
from acquis.service.files import write_whole
from trust_anchor.entries import Entries, in_order


def load_draft(folder: Path) -> Entries:
    """Return the entries of the draft; none before the first. Raises: RuleBroken."""
    try:
        raw = (folder / "draft.json").read_bytes()
    except FileNotFoundError:
        return ()
    return in_order(parse_entries(parse_object(raw).get("entries")))


def save_draft(folder: Path, entries: Entries) -> None:
    """Keep ``entries`` as the draft.

    Raises: RuleBroken (trust-list, size: more than a registry takes); the old draft stays.
    """
    content = {"entries": build_entries(in_order(entries))}
    raw = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    parse_object(raw)
    write_whole(folder / "draft.json", raw)
