"""What may be written, and how: checked by the strict reader, in place at once, then signed.

1. Only below a granted folder, under the DID whose log lies there; the first log is of the DID it
   was granted to, where the operator said so.
2. A log is only extended; its first entry pre-commits to the next key; no entry is dated more
   than five minutes ahead.
3. A witness file comes before what it approves, be it the first entry; it holds what counts for
   the log and nothing else (``approvals``). Before there is a log one small file waits, unpublished.
4. A resource must hold for the strict reader, and what it refers to in this registry must stand.
5. A resource that stands is only replaced by the same content signed again, not earlier, with the
   same links or more, and by compare-and-swap: ``If-Match`` carries the tag of what stands.
6. A tails file is written once, under its own hash; it waits, unpublished, until a revocation
   registry names it (``waiting_tails``).
7. Nothing personal is in it, by form and by telltale (``acquis.registry.personal_data``).
8. Writing the same thing twice is success.

Writes to one folder are one at a time; a file is renamed into place, then the metadata is signed.
A write whose signature failed is signed with the next one, or at the next start (``recovery``).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from hashlib import file_digest, sha256
from pathlib import Path

from tuf.api.metadata import TargetFile  # type: ignore[attr-defined]  # its documented name

from acquis.errors import NotFound
from acquis.registry.content import ResourceType
from acquis.registry.did_log import verify_did_log
from acquis.registry.index import Index, build_index, parse_index
from acquis.registry.mirror import PublishedFiles
from acquis.registry.multibase import decode_base58, encode_base58
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
from acquis.registry.strict_json import parse_json
from acquis.registry.witness import parse_witness_file
from registry_host.acceptance import (
    check_first_and_last,
    check_references,
    check_replacement,
    did_of_log,
    tag_of,
)
from registry_host.approvals import MOST_EARLY, approved_part, approves_more
from registry_host.files import keep_version, read_or_none, write_whole
from registry_host.grants import Grants
from registry_host.metadata import SignedTree, target_of
from registry_host.refusals import LogMissing, TagMissing
from registry_host.waiting_tails import DAY, WaitingTails


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
        self._early = folder / "waiting" / "witness"
        self._tails = WaitingTails(folder / "waiting" / "tails")
        self._tree = tree
        self._grants = grants
        self.files = PublishedFiles(host, self.public)
        self._locks: dict[str, threading.Lock] = {}
        self._locks_lock = threading.Lock()

    def put_log(self, folder: str, raw: bytes) -> Written:
        """Publish a DID log. Raises: NotGranted, GrantedToAnother, RuleBroken."""
        self._grants.check(folder)
        published = log_path(folder)
        with self._one_writer(folder), self._grants_kept(folder):
            standing = read_or_none(self.files.path_of(published))
            if raw == standing:
                return self._unchanged(published, raw)
            did = did_of_log(raw, self._host, folder)
            if standing is None:
                self._grants.check_did(folder, did)
            if not raw.endswith(b"\n") or not raw.startswith(standing or b""):
                raise broken(
                    Rule.LOG_EXTENDED,
                    "A DID log is only extended, by whole lines.",
                    "Un journal de DID n’est que prolongé, par lignes entières.",
                )
            witness = self._witness_for(folder, standing)
            document = verify_did_log(did, raw, witness)
            check_first_and_last(raw, document.updated)
            for line in raw[len(standing or b"") :].splitlines():
                check_impersonal(FileKind.LOG, parse_json(line))
            changes = {published: raw}
            if standing is None:
                approved = approved_part(raw, witness) if witness is not None else None
                proofs = {witness_path(folder): approved} if approved is not None else {}
                changes = {**proofs, **changes, index_path(folder): build_index(Index(did, {}))}
            written = self._write(published, changes, standing)
            (self._early / folder).unlink(missing_ok=True)
            return written

    def put_witness(self, folder: str, raw: bytes) -> Written:
        """Publish a witness file, before the log or the entry that its proofs approve.

        The log that stands must still verify with it; before there is one the file only waits.
        What approves nothing new changes nothing. Raises: NotGranted, RuleBroken.
        """
        self._grants.check(folder)
        published = witness_path(folder)
        with self._one_writer(folder):
            log = read_or_none(self.files.path_of(log_path(folder)))
            if log is None:
                return self._keep_early(folder, raw)
            standing = read_or_none(self.files.path_of(published))
            if raw == standing:
                return self._unchanged(published, raw)
            check_impersonal(FileKind.WITNESS, parse_witness_file(raw))
            verify_did_log(did_of_log(log, self._host, folder), log, raw)
            if not approves_more(log, standing, raw) and standing is not None:
                return self._unchanged(published, standing)
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
            claimed = self._claim_tails(resource)
            changes = {published: raw}
            index = self._index(folder, did)
            following = index.with_resource(resource)
            if following is not index:
                changes[index_path(folder)] = build_index(following)
            return self._write(published, changes, standing, claimed)

    def put_tails(self, tails_hash: str, fresh: Path) -> Written:
        """Keep the tails file in ``fresh`` (same file system; it is moved) until it is claimed.

        Raises: RuleBroken (tails) when the hash is another one.
        """
        published = tails_path(tails_hash)
        with fresh.open("rb") as file:
            digest = file_digest(file, "sha256")
        if encode_base58(digest.digest()) != tails_hash:
            raise broken(
                Rule.TAILS,
                "The tails file has another hash than its address says.",
                "Le fichier tails a une autre empreinte que celle de son adresse.",
            )
        stands = self.files.path_of(published).exists()
        created = not stands and self._tails.put(tails_hash, fresh)
        outcome = Outcome.CREATED if created else Outcome.UNCHANGED
        return Written(outcome, str(published), f'"{digest.hexdigest()}"')

    def read(self, published: PublishedPath, digest: str | None = None) -> bytes | None:
        """Return what stands, or the version whose SHA-256 (hex) is ``digest``; None: nothing."""
        raw = read_or_none(self.files.path_of(published))
        if digest is None or raw is None or sha256(raw).hexdigest() == digest:
            return raw
        return read_or_none(self._versions / digest)

    def prune(self, keep_seconds: float) -> None:
        """Remove versions replaced, and uploads begun, more than ``keep_seconds`` ago.

        What waits for a log or for a revocation registry goes after a day.
        """
        oldest = time.time() - keep_seconds
        for folder in (self._versions, self.uploads):
            for path in folder.iterdir() if folder.exists() else ():
                if path.stat().st_ctime < oldest:
                    path.unlink(missing_ok=True)
        self._tails.prune()
        for path in self._early.glob("*/*"):
            if path.stat().st_mtime < time.time() - DAY:
                path.unlink(missing_ok=True)

    def _one_writer(self, folder: str) -> threading.Lock:
        with self._locks_lock:
            return self._locks.setdefault(folder, threading.Lock())

    def _grants_kept(self, folder: str) -> AbstractContextManager[None]:
        """Keep the grant from being taken back or bound while a first log is written."""
        first = not self.files.path_of(log_path(folder)).exists()
        return self._grants.held() if first else nullcontext()

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

    def _witness_for(self, folder: str, standing: bytes | None) -> bytes | None:
        """Return the witness file for a log to be written; for a first one, what waits for it."""
        early = read_or_none(self._early / folder) if standing is None else None
        return early or read_or_none(self.files.path_of(witness_path(folder)))

    def _claim_tails(self, resource: Resource) -> dict[str, TargetFile]:
        """Put the tails file that ``resource`` names in place; return what is to be signed for it.

        A crash afterwards leaves it there unsigned, and the next start signs it.
        Raises: RuleBroken (reference, tails).
        """
        if resource.type is not ResourceType.REVOCATION_REGISTRY_DEFINITION:
            return {}
        tails_hash = resource.content["value"]["tailsHash"]
        published = tails_path(tails_hash)
        path = self.files.path_of(published)
        if not self._tails.claim(tails_hash, path):
            try:
                self.files.tails_file(tails_hash)
            except NotFound as error:
                raise broken(
                    Rule.REFERENCE,
                    "The tails file of this revocation registry is not here; upload it first.",
                    "Le fichier tails de ce registre de révocation n’est pas ici ;"
                    " envoyez-le d’abord.",
                ) from error
        if self._tree.target(str(published)) is not None:
            return {}
        digest = {"sha256": decode_base58(tails_hash).hex()}
        return {str(published): TargetFile(path.stat().st_size, digest, str(published))}

    def _index(self, folder: str, did: str) -> Index:
        raw = read_or_none(self.files.path_of(index_path(folder)))
        return parse_index(raw) if raw is not None else Index(did, {})

    # putting it in place

    def _keep_early(self, folder: str, raw: bytes) -> Written:
        """Keep the one witness file that may wait for the first log of ``folder``."""
        check_impersonal(FileKind.WITNESS, parse_witness_file(raw, MOST_EARLY))
        standing = read_or_none(self._early / folder)
        write_whole(self._early / folder, raw)
        outcome = Outcome.UNCHANGED if raw == standing else Outcome.REPLACED
        if standing is None:
            outcome = Outcome.CREATED
        return Written(outcome, str(witness_path(folder)), tag_of(raw))

    def _write(
        self,
        published: PublishedPath,
        changes: Mapping[PublishedPath, bytes],
        standing: bytes | None,
        in_place: Mapping[str, TargetFile] | None = None,
    ) -> Written:
        """Put ``changes`` in place, in this order, and sign for them and for what is ``in_place``."""
        for each, raw in changes.items():
            path = self.files.path_of(each)
            before = read_or_none(path)
            if before is not None:
                keep_version(path, self._versions, sha256(before).hexdigest())
            write_whole(path, raw)
        self._sign(changes, in_place)
        outcome = Outcome.CREATED if standing is None else Outcome.REPLACED
        return Written(outcome, str(published), tag_of(changes[published]))

    def _unchanged(self, published: PublishedPath, raw: bytes) -> Written:
        """Answer a write of what stands; it may be one whose signature had failed."""
        target = self._tree.target(str(published))
        if target is None or target.hashes["sha256"] != sha256(raw).hexdigest():
            self._sign({published: raw})
        return Written(Outcome.UNCHANGED, str(published), tag_of(raw))

    def _sign(
        self,
        changes: Mapping[PublishedPath, bytes],
        in_place: Mapping[str, TargetFile] | None = None,
    ) -> None:
        targets = {str(path): target_of(str(path), raw) for path, raw in changes.items()}
        self._tree.sign({**targets, **(in_place or {})})
