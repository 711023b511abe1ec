"""What may be written, and how: checked by the strict reader, in place at once, then signed.

1. Only below a granted folder, under the DID whose log lies there.
2. A log is only extended; its first entry pre-commits to the next key; no entry is dated more
   than five minutes ahead.
3. A witness file comes before what it approves, be it the first entry; a log that stands must
   verify with it too, and good proofs for an entry to come stay. It is believed for nothing by
   itself.
4. A resource must hold for the strict reader, and what it refers to in this registry must stand.
5. A resource that stands is only replaced by the same content signed again, not earlier, with the
   same links or more, and by compare-and-swap: ``If-Match`` carries the tag of what stands.
6. A tails file is written once, under its own hash.
7. Nothing personal is in it, by form and by telltale (``acquis.registry.personal_data``).
8. Writing the same thing twice is success.

Writes to one folder are one at a time; a file is renamed into place, then the metadata is signed.
A write whose signature failed is signed with the next one, or at the next start (``recovery``).
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Final

from acquis.registry.content import ResourceType
from acquis.registry.did_log import verify_did_log
from acquis.registry.index import Index, build_index, parse_index
from acquis.registry.mirror import PublishedFiles
from acquis.registry.multibase import encode_base58
from acquis.registry.paths import (
    FileKind,
    PublishedPath,
    index_path,
    log_path,
    resource_path,
    tails_path,
    witness_path,
)
from acquis.registry.personal_data import check_impersonal
from acquis.registry.resource import Resource, verify_resource
from acquis.registry.rules import Rule, RuleBroken, broken
from acquis.registry.strict_json import MAX_BYTES, parse_json
from acquis.registry.witness import parse_witness_file
from registry_host.acceptance import (
    check_approvals_kept,
    check_first_and_last,
    check_references,
    check_replacement,
    did_of_log,
    tag_of,
)
from registry_host.files import keep_version, move_into_place, read_or_none, write_whole
from registry_host.grants import Grants
from registry_host.metadata import SignedTree, target_of
from registry_host.refusals import LogMissing, TagMissing, TailsUnclaimed

MOST_UNCLAIMED_TAILS: Final = 200
MOST_EARLY_WITNESS: Final = 256 * 1024  # bytes, while no log stands that could be witnessed


class Outcome(StrEnum):
    """What a write did."""

    CREATED = "created"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Written:
    """The end of a write: what it did and the tag of what stands now."""

    outcome: Outcome
    path: str
    tag: str


class Publications:
    """The published tree of one registry, as its writers see it. Blocking; safe to share."""

    def __init__(self, host: str, folder: Path, tree: SignedTree, grants: Grants) -> None:
        self._host = host
        self.public = folder / "public"
        self.uploads = folder / "uploads"
        self._versions = folder / "versions"
        self._tree = tree
        self._grants = grants
        self.files = PublishedFiles(host, self.public)
        self._locks: dict[str, threading.Lock] = {}
        self._locks_lock = threading.Lock()

    def put_log(self, folder: str, raw: bytes) -> Written:
        """Publish a DID log. Raises: NotGranted, RuleBroken, Unavailable."""
        self._grants.check(folder)
        published = log_path(folder)
        with self._one_writer(folder):
            standing = read_or_none(self.files.path_of(published))
            if raw == standing:
                return self._unchanged(published, raw)
            did = did_of_log(raw, self._host, folder)
            if not raw.endswith(b"\n") or not raw.startswith(standing or b""):
                raise broken(
                    Rule.LOG_EXTENDED,
                    "A DID log is only extended, by whole lines.",
                    "Un journal de DID n’est que prolongé, par lignes entières.",
                )
            witness = read_or_none(self.files.path_of(witness_path(folder)))
            document = verify_did_log(did, raw, witness)
            check_first_and_last(raw, document.updated)
            for line in raw[len(standing or b"") :].splitlines():
                check_impersonal(FileKind.LOG, parse_json(line))
            changes = {published: raw}
            if standing is None:
                changes[index_path(folder)] = build_index(Index(did, {}))
            return self._write(published, changes, standing)

    def put_witness(self, folder: str, raw: bytes) -> Written:
        """Publish a witness file, before the log or the entry that its proofs approve.

        The log that stands must still verify with it. Raises: NotGranted, RuleBroken.
        """
        self._grants.check(folder)
        published = witness_path(folder)
        with self._one_writer(folder):
            standing = read_or_none(self.files.path_of(published))
            if raw == standing:
                return self._unchanged(published, raw)
            log = read_or_none(self.files.path_of(log_path(folder)))
            entries = parse_witness_file(raw, MAX_BYTES if log else MOST_EARLY_WITNESS)
            check_impersonal(FileKind.WITNESS, entries)
            if log is not None:
                verify_did_log(did_of_log(log, self._host, folder), log, raw)
                check_approvals_kept(log, standing, raw)
            return self._write(published, {published: raw}, standing)

    def put_resource(self, folder: str, digest: str, raw: bytes, tag: str | None) -> Written:
        """Publish a resource, or replace it when ``tag`` is that of what stands.

        Raises: NotGranted, LogMissing, RuleBroken, TagMissing, TagStale.
        """
        self._grants.check(folder)
        published = resource_path(folder, digest)
        with self._one_writer(folder):
            standing = read_or_none(self.files.path_of(published))
            if raw == standing:
                return self._unchanged(published, raw)
            log = read_or_none(self.files.path_of(log_path(folder)))
            if log is None:
                raise LogMissing(folder)
            did = did_of_log(log, self._host, folder)
            resource = verify_resource(
                raw, f"{did}/resources/{digest}", self.files.resolve_did(did)
            )
            check_impersonal(resource.type, resource.content, resource.name)
            if standing is not None and tag is None:
                return self._same_or_refused(published, resource, standing)
            links_before = check_replacement(resource, standing, tag)
            check_references(self.files, resource, links_before)
            changes = {published: raw}
            index = self._index(folder, did)
            following = index.with_resource(resource)
            if following is not index:
                changes[index_path(folder)] = build_index(following)
            return self._write(published, changes, standing)

    def put_tails(self, tails_hash: str, fresh: Path) -> Written:
        """Publish the tails file in ``fresh`` (same file system; it is moved).

        Raises: RuleBroken (tails) when the hash is another one.
        """
        published = tails_path(tails_hash)
        with self._one_writer("tails"):
            raw = fresh.read_bytes()
            if encode_base58(sha256(raw).digest()) != tails_hash:
                raise broken(
                    Rule.TAILS,
                    "The tails file has another hash than its address says.",
                    "Le fichier tails a une autre empreinte que celle de son adresse.",
                )
            path = self.files.path_of(published)
            if path.exists():
                return self._unchanged(published, raw)
            self._check_room_for_tails()
            move_into_place(fresh, path)
            self._sign({published: raw})
            return Written(Outcome.CREATED, str(published), tag_of(raw))

    def read(self, published: PublishedPath, digest: str | None = None) -> bytes | None:
        """Return what stands, or the version whose SHA-256 (hex) is ``digest``; None: nothing."""
        raw = read_or_none(self.files.path_of(published))
        if digest is None or raw is None or sha256(raw).hexdigest() == digest:
            return raw
        return read_or_none(self._versions / digest)

    def prune(self, keep_seconds: float) -> None:
        """Remove versions replaced, and uploads begun, more than ``keep_seconds`` ago."""
        oldest = time.time() - keep_seconds
        for folder in (self._versions, self.uploads):
            for path in folder.iterdir() if folder.exists() else ():
                if path.stat().st_ctime < oldest:
                    path.unlink(missing_ok=True)

    def _one_writer(self, folder: str) -> threading.Lock:
        with self._locks_lock:
            return self._locks.setdefault(folder, threading.Lock())

    # what the rules need

    def _same_or_refused(
        self, published: PublishedPath, resource: Resource, standing: bytes
    ) -> Written:
        """Answer a writer that saw nothing standing: fine when it says no more than what stands.

        That is how a registration looks that is made again after a crash. Raises: TagMissing.
        """
        try:
            stands = self.files.resolve_resource(resource.id, resource.type)
        except RuleBroken as error:
            raise TagMissing() from error  # its key was withdrawn: it is to be signed again
        if stands.name != resource.name or stands.links[: len(resource.links)] != resource.links:
            raise TagMissing()
        return self._unchanged(published, standing)

    def _check_room_for_tails(self) -> None:
        """Refuse tails while too many wait for their registry: anybody may upload them."""
        stand = sum(1 for _ in (self.public / "tails" / "hash").glob("*"))
        claimed = sum(
            len(self.files.index_of(folder).ids(ResourceType.REVOCATION_REGISTRY_DEFINITION))
            for folder in self.files.folders()
        )
        if stand - claimed >= MOST_UNCLAIMED_TAILS:
            raise TailsUnclaimed(MOST_UNCLAIMED_TAILS)

    def _index(self, folder: str, did: str) -> Index:
        raw = read_or_none(self.files.path_of(index_path(folder)))
        return parse_index(raw) if raw is not None else Index(did, {})

    # putting it in place

    def _write(
        self, published: PublishedPath, changes: dict[PublishedPath, bytes], standing: bytes | None
    ) -> Written:
        for each, raw in changes.items():
            path = self.files.path_of(each)
            before = read_or_none(path)
            if before is not None:
                keep_version(path, self._versions, sha256(before).hexdigest())
            write_whole(path, raw)
        self._sign(changes)
        outcome = Outcome.CREATED if standing is None else Outcome.REPLACED
        return Written(outcome, str(published), tag_of(changes[published]))

    def _unchanged(self, published: PublishedPath, raw: bytes) -> Written:
        """Answer a write of what stands; it may be one whose signature had failed."""
        target = self._tree.target(str(published))
        if target is None or target.hashes["sha256"] != sha256(raw).hexdigest():
            self._sign({published: raw})
        return Written(Outcome.UNCHANGED, str(published), tag_of(raw))

    def _sign(self, changes: dict[PublishedPath, bytes]) -> None:
        self._tree.sign({str(path): target_of(str(path), raw) for path, raw in changes.items()})
