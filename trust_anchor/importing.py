"""Importing: entries taken over from a file, or from what the registry shows of the anchor."""

from __future__ import annotations

from pathlib import Path

from acquis.errors import NotFound
from acquis.registry.strict_json import parse_object
from acquis.registry.trust_list import parse_entries
from acquis.service.publication import Publisher
from acquis.text import Text
from trust_anchor.anchor import Anchor
from trust_anchor.entries import Entries, in_order
from trust_anchor.publishing import read_lists
from trust_anchor.versions import adopt_version


def import_file(file: Path) -> Entries:
    """Return the entries of a list's content in a JSON file. Raises: NotFound, RuleBroken."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise NotFound(Text(f"{file} cannot be read.", f"{file} ne peut pas être lu.")) from error
    return in_order(parse_entries(parse_object(raw).get("entries")))


async def import_published(anchor: Anchor, publisher: Publisher) -> Entries:
    """Return the entries of the newest list the registry shows; keep all that it shows.

    That is how a folder catches up which was restored from a copy, or is not the only one.
    Raises: NotFound when none is shown, Unavailable.
    """
    shown = await read_lists(anchor, publisher, {})
    if not shown:
        raise NotFound(
            Text(
                "The registry shows no list of this anchor.",
                "Le registre ne montre aucune liste de cette ancre.",
            )
        )
    for signed in shown:
        adopt_version(anchor.folder, signed)
    return in_order(shown[-1].trust_list.entries)
