"""Rotating: the anchor's DID gets a new attest key and reveals its next update key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from acquis.errors import InvalidInput
from acquis.registry.did_log import build_next_entry, verify_did_log
from acquis.registry.rotation import with_attest_key, with_compromised_key
from acquis.service.files import write_whole
from acquis.service.publication import Publisher
from acquis.service.signing_keys import load_key, load_or_create_key
from acquis.text import Text
from trust_anchor.anchor import Anchor, attest_key_file, load_anchor, update_key_file
from trust_anchor.publishing import publish_log, sign_withdrawn_again
from trust_anchor.settling import settle

_FUTURE: Final = Text("A compromise begins in the past", "Une compromission commence dans le passé")


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did: ``anchor`` as it stands, how many lists were signed again.

    ``resumed``: an earlier rotation that had not reached the registry was ended; a compromise that
    it did not report yet was then reported by another one.
    """

    anchor: Anchor
    signed_again: int
    resumed: bool


async def rotate_keys(
    anchor: Anchor,
    publisher: Publisher,
    now: datetime,
    *,
    update_keys: Path | None = None,
    compromised_since: datetime | None = None,
) -> Rotated:
    """Give the anchor new keys and publish its log; lists by the old key still verify.

    With ``compromised_since`` every attest key so far is reported as compromised since then and
    every list they signed is signed again. The key that is replaced is deleted once the registry
    shows the new log. The caller holds ``only_one``.
    Raises: InvalidInput (a compromise in the future), NotFound (a key that is away), RuleBroken,
    Unavailable, Conflict.
    """
    if compromised_since is not None and compromised_since > now:
        raise InvalidInput(_FUTURE)
    standing = await publisher.read(f"/{anchor.place}/did.jsonl")
    resumed = (
        standing is not None and standing.raw != anchor.log and anchor.log.startswith(standing.raw)
    )
    if resumed:
        await publish_log(anchor, publisher)
    if not resumed or not _is_reported(anchor, compromised_since):
        anchor = _with_next_entry(anchor, update_keys, compromised_since)
        await publish_log(anchor, publisher)
    signed_again = await sign_withdrawn_again(anchor, publisher, now)
    await settle(anchor, publisher)
    return Rotated(anchor, signed_again, resumed)


def _is_reported(anchor: Anchor, since: datetime | None) -> bool:
    """Say whether the log reports a compromise ``since`` then, or none is to be reported."""
    reported = [each.since for each in anchor.document.compromises]
    return since is None or since.replace(microsecond=0) in reported


def _with_next_entry(
    anchor: Anchor, update_keys: Path | None, compromised_since: datetime | None
) -> Anchor:
    """Write the next entry of the log; every key in it is on disk before."""
    number = anchor.document.version_number + 1
    update = load_key(update_key_file(anchor.folder, number, update_keys))
    following = load_or_create_key(update_key_file(anchor.folder, number + 1, update_keys))
    before = anchor.document.assertion_keys()
    attest = load_or_create_key(attest_key_file(anchor.folder, number))
    document = with_attest_key(anchor.document.document, attest.multikey)
    if compromised_since is not None:
        for method in before:  # they lie in one folder: what got one of them got them all
            document = with_compromised_key(document, method, compromised_since)
    log = build_next_entry(anchor.log, update, following, document).encode()
    verify_did_log(anchor.did, log)
    write_whole(anchor.folder / "did.jsonl", log)
    return load_anchor(anchor.folder)
