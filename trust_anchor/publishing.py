"""Publishing: the draft becomes the next version of the list, signed, published and read back.

The order makes a crash harmless: (1) the log of the DID stands in the registry; (2) a version is
signed and kept on disk; (3) it is published; (4) it is read back. Whatever was done before is taken
up: a version that was signed and says what the draft says is published, not signed anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from acquis.errors import Conflict, InvalidInput, Unavailable
from acquis.registry.content import ResourceType
from acquis.registry.dating import MOST_AHEAD, peek_dates
from acquis.registry.index import parse_index
from acquis.registry.rules import RuleBroken
from acquis.registry.trust_list import MAX_VERSION, TrustList
from acquis.service.files import write_whole
from acquis.service.publication import Publisher, UnverifiedDocument
from acquis.text import Text
from trust_anchor.anchor import Anchor
from trust_anchor.draft import load_draft
from trust_anchor.entries import Entries, in_order
from trust_anchor.settling import settle
from trust_anchor.versions import (
    SignedList,
    keep_version,
    load_versions,
    sign_list,
    sign_list_again,
    verify_list,
)

VALID_DAYS: Final = 365
MOST_VALID_DAYS: Final = 3660
_LOG_TYPE: Final = "application/jsonl"
_LIST_TYPE: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Published:
    """What stands after a publication: the list in force, the one before it, whether it is new."""

    in_force: TrustList
    before: TrustList | None
    fresh: bool


async def publish(
    anchor: Anchor,
    publisher: Publisher,
    now: datetime,
    *,
    valid_days: int = VALID_DAYS,
    renew: bool = False,
) -> Published:
    """Bring the registry to show a list that says what the draft says, far from overdue.

    Nothing is signed when such a list stands, unless ``renew``. The caller holds ``only_one``.
    Raises: InvalidInput, RuleBroken, NotFound (a key), Unavailable, Conflict when the registry
    shows a list of this anchor that was not signed in this folder.
    """
    if not 1 <= valid_days <= MOST_VALID_DAYS:
        raise InvalidInput(
            Text(
                f"A list is valid for 1 to {MOST_VALID_DAYS} days.",
                f"Une liste est valable de 1 à {MOST_VALID_DAYS} jours.",
            )
        )
    await publish_log(anchor, publisher)
    await sign_withdrawn_again(anchor, publisher, now)
    known = load_versions(anchor.folder)
    shown = await read_lists(anchor, publisher, known)
    _check_own(shown, known)
    before = shown[-1] if shown else None
    wanted = _next_list(anchor, known.values(), now, valid_days, renew=renew)
    fresh = wanted.id not in {each.id for each in shown}
    if fresh:
        await publisher.publish(wanted.path, wanted.raw, _LIST_TYPE)
        await _read_back(anchor, publisher, wanted)
    _note_published(anchor.folder, wanted)
    await settle(anchor, publisher)  # where a rotation was broken off
    return Published(wanted.trust_list, before.trust_list if before else None, fresh)


async def publish_log(anchor: Anchor, publisher: Publisher) -> None:
    """Publish the log of the anchor's DID as it stands in its folder. Raises: as a publisher."""
    await publisher.publish(f"/{anchor.place}/did.jsonl", anchor.log, _LOG_TYPE)


async def read_lists(
    anchor: Anchor, publisher: Publisher, known: dict[str, SignedList]
) -> list[SignedList]:
    """Return the lists the registry shows, lowest version first, each one verified.

    What is in ``known`` is not read again: its id is the digest of what it says. A list by a key
    that the anchor gave up is left out, as readers leave it out. Raises: Unavailable, RuleBroken.
    """
    lists = []
    for resource_id in await _listed(anchor, publisher):
        held = known.get(resource_id)
        if held is None:
            place = f"/{anchor.place}/resources/{resource_id.rsplit('/', 1)[-1]}"
            found = await publisher.read(place)
            if found is None:
                continue
            try:
                held = verify_list(anchor, found.raw, resource_id)
            except RuleBroken:
                continue
        lists.append(held)
    return sorted(lists, key=lambda each: each.version)


async def sign_withdrawn_again(anchor: Anchor, publisher: Publisher, now: datetime) -> int:
    """Sign again what a compromised key had signed; return how many lists that were.

    Their ids and what they say stay the same, and their proofs are not earlier than those that
    stand, which may be a thief's. Nothing is done unless the DID document reports a compromise.
    Raises: NotFound (the key), Unavailable, Conflict.
    """
    if not anchor.document.compromises:
        return 0
    listed, done = set(await _listed(anchor, publisher)), 0
    for signed in load_versions(anchor.folder).values():
        again = signed
        standing = await publisher.read(again.path) if again.id in listed else None
        if signed.method not in anchor.document.assertion_keys():
            again = sign_list_again(anchor, signed, _not_earlier(standing, now))
            keep_version(anchor.folder, again)
        if standing is not None and standing.raw != again.raw:
            await publisher.publish(again.path, again.raw, _LIST_TYPE, tag=standing.tag)
            done += 1
    return done


def _not_earlier(standing: UnverifiedDocument | None, now: datetime) -> datetime:
    """Return ``now``, or the date of what stands where that is later by no more than a registry takes."""
    stood = max(peek_dates(standing.raw), default=0) if standing else 0
    is_near = now.timestamp() < stood <= (now + MOST_AHEAD).timestamp()
    return datetime.fromtimestamp(stood, UTC) if is_near else now


def is_due(trust_list: TrustList, now: datetime) -> bool:
    """Say whether a list is to be renewed: less than a quarter of its time is left."""
    whole = trust_list.next_update - trust_list.issued
    return (trust_list.next_update - now.date()) * 4 < whole


def load_published(folder: Path) -> SignedList | None:
    """Return the list that was last read back from the registry, None before the first."""
    try:
        noted = json.loads((folder / "published.json").read_bytes())
    except FileNotFoundError:
        return None
    return load_versions(folder).get(noted["id"])


def _next_list(
    anchor: Anchor,
    versions: Iterable[SignedList],
    now: datetime,
    valid_days: int,
    *,
    renew: bool,
) -> SignedList:
    """Return the newest version when it will do, else a new one, kept before it is returned."""
    entries: Entries = load_draft(anchor.folder)
    versions = sorted(versions, key=lambda each: each.version)
    latest = versions[-1] if versions else None
    if latest is not None:
        if now.date() < latest.trust_list.issued:
            raise InvalidInput(
                Text(
                    f"The clock says {now.date()}, but version {latest.version} was issued on"
                    f" {latest.trust_list.issued}; set the clock right.",
                    f"L’horloge indique {now.date()}, or la version {latest.version} date du"
                    f" {latest.trust_list.issued} ; réglez l’horloge.",
                )
            )
        # Two copies of the folder may have signed one number; then only a later one will do.
        contested = [each.version for each in versions].count(latest.version) > 1
        same = in_order(latest.trust_list.entries) == entries
        if same and not renew and not contested and not is_due(latest.trust_list, now):
            return latest
    version = latest.version + 1 if latest else 1
    if version > MAX_VERSION:
        raise Conflict(Text("No version is left.", "Il ne reste plus de version."))
    fresh = TrustList(
        anchor=anchor.did,
        version=version,
        issued=now.date(),
        next_update=now.date() + timedelta(days=valid_days),
        entries=entries,
    )
    signed = sign_list(anchor, fresh, now)
    keep_version(anchor.folder, signed)
    return signed


async def _read_back(anchor: Anchor, publisher: Publisher, wanted: SignedList) -> None:
    found = await publisher.read(wanted.path)
    if (
        found is None
        or found.raw != wanted.raw
        or wanted.id not in await _listed(anchor, publisher)
    ):
        raise Unavailable(
            Text(
                f"The registry took version {wanted.version} and does not show it;"
                " run the command again.",
                f"Le registre a accepté la version {wanted.version} sans la montrer ;"
                " relancez la commande.",
            )
        )


async def _listed(anchor: Anchor, publisher: Publisher) -> tuple[str, ...]:
    found = await publisher.read(f"/{anchor.place}/index.json")
    if found is None:
        return ()
    index = parse_index(found.raw)
    return index.ids(ResourceType.TRUST_LIST) if index.did == anchor.did else ()


def _check_own(shown: Iterable[SignedList], known: dict[str, SignedList]) -> None:
    for signed in shown:
        if signed.id not in known:
            raise Conflict(
                Text(
                    f"The registry shows version {signed.version}, which was not signed in this"
                    " folder; look at it and take it over: acquis trust import --registry URL",
                    f"Le registre montre la version {signed.version}, qui n’a pas été signée dans"
                    " ce dossier ; examinez-la et reprenez-la : acquis trust import --registry URL",
                )
            )


def _note_published(folder: Path, signed: SignedList) -> None:
    noted = {"version": signed.version, "id": signed.id}
    write_whole(folder / "published.json", json.dumps(noted).encode())
