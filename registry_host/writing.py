"""What may be written, and how: checked by the strict reader, in place at once, then signed.

1. Only below a granted folder, under the DID whose log lies there; the first log is of the DID it
   was granted to, where the operator said so.
2. A log is only extended; its first entry pre-commits to the next key; no entry is dated more
   than five minutes ahead.
3. A witness file comes before what it approves, be it the first entry; it holds what counts for
   the log and nothing else (``approvals``). Before there is a log small ones wait, unpublished
   (``waiting_proofs``).
4. A resource must hold for the strict reader, and what it refers to in this registry must stand.
5. A resource that stands is only replaced by the same content signed again, not earlier, with the
   same links or more, and by compare-and-swap: ``If-Match`` carries the tag of what stands. What a
   key signed that was withdrawn since is replaced whatever its date.
6. A tails file is written once, under its own hash; it waits, unpublished, until a revocation
   registry names it (``waiting_tails``).
7. Nothing personal is in it, by form and by telltale (``acquis.registry.personal_data``).
8. Writing the same thing twice is success.
9. Nothing new is dated more than five minutes ahead: no proof, no link, no status list.
10. No file is larger than a mirror takes, the index of an issuer included, and all of an issuer's
    are within its quota (``quota``).

Writes to one folder are one at a time; files are renamed into place, all or none, then the metadata
is signed. A write whose signature failed is signed with the next one, or at the next start
(``recovery``).
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
from acquis.registry.did import parse_did
from acquis.registry.did_log import verify_did_log
from acquis.registry.index import Index, build_index, parse_index
from acquis.registry.mirror import PublishedFiles
from acquis.registry.multibase import decode_base58, encode_base58
from acquis.registry.paths import (
    FileKind,
    PublishedPath,
    index_path,
    log_path,
    parse_path,
    tails_path,
    witness_path,
)
from acquis.registry.personal_data import check_impersonal
from acquis.registry.resource import Resource, verify_resource
from acquis.registry.rules import Rule, RuleBroken, broken
from acquis.registry.strict_json import parse_json
from acquis.registry.witness import parse_witness_file
from registry_host.acceptance import (
    check_dates,
    check_first_and_last,
    check_references,
    check_replacement,
    did_of_log,
    tag_of,
)
from registry_host.approvals import approved_part, approves_more
from registry_host.files import keep_version, put_back, read_or_none, remove_older, write_whole
from registry_host.grants import Grants
from registry_host.metadata import SignedTree, target_of
from registry_host.quota import Quota, weight
from registry_host.refusals import LogMissing, TagMissing
from registry_host.waiting_proofs import MOST_BYTES as MOST_EARLY
from registry_host.waiting_proofs import WaitingProofs
from registry_host.waiting_tails import WaitingTails


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

    def __init__(
        self, host: str, folder: Path, tree: SignedTree, grants: Grants, folder_bytes: int
    ) -> None:
        self._host = host
        self.public = folder / "public"
        self.uploads = folder / "uploads"
        self._versions = folder / "versions"
        self._proofs = WaitingProofs(folder / "waiting" / "proofs")
        self._tails = WaitingTails(folder / "waiting" / "tails")
        self._tree = tree
        self._grants = grants
        self.files = PublishedFiles(host, self.public)
        self._quota = Quota(self.files, folder_bytes)
        self._locks: dict[str, threading.Lock] = {}
        self._locks_lock = threading.Lock()

    def admit(self, path: str) -> PublishedPath:
        """Return what ``path`` names in a granted folder. Raises: RuleBroken (path), NotGranted."""
        published = parse_path(path)
        self._grants.check(published.folder)
        return published

    def put_log(self, published: PublishedPath, raw: bytes) -> Written:
        """Publish a DID log where it was admitted. Raises: GrantedToAnother, RuleBroken."""
        folder = published.folder
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
            witness = self._witness_for(did, raw, standing)
            document = verify_did_log(did, raw, witness)
            check_first_and_last(raw, document.updated)
            for line in raw[len(standing or b"") :].splitlines():
                check_impersonal(FileKind.LOG, parse_json(line))
            changes = {published: raw}
            if standing is None:
                proofs = {witness_path(folder): witness} if witness is not None else {}
                changes = {**proofs, **changes, index_path(folder): build_index(Index(did, {}))}
            written = self._write(published, changes, standing)
            self._proofs.drop(folder)
            return written

    def put_witness(self, published: PublishedPath, raw: bytes) -> Written:
        """Publish a witness file, before the log or the entry that its proofs approve.

        The log that stands must still verify with it; before there is one the file only waits.
        What approves nothing new changes nothing. Raises: RuleBroken.
        """
        folder = published.folder
        with self._one_writer(folder):
            log = read_or_none(self.files.path_of(log_path(folder)))
            if log is None:
                check_impersonal(FileKind.WITNESS, parse_witness_file(raw, MOST_EARLY))
                fresh = self._proofs.put(folder, raw)
                outcome = Outcome.CREATED if fresh else Outcome.UNCHANGED
                return Written(outcome, str(published), tag_of(raw))
            standing = read_or_none(self.files.path_of(published))
            if raw == standing:
                return self._unchanged(published, raw)
            check_impersonal(FileKind.WITNESS, parse_witness_file(raw))
            verify_did_log(did_of_log(log, self._host, folder), log, raw)
            if not approves_more(log, standing, raw) and standing is not None:
                return self._unchanged(published, standing)
            return self._write(published, {published: raw}, standing)

    def put_resource(self, published: PublishedPath, raw: bytes, tag: str | None) -> Written:
        """Publish a resource, or replace it when ``tag`` is that of what stands.

        Raises: LogMissing, RuleBroken, TagMissing, TagStale.
        """
        folder = published.folder
        with self._one_writer(folder):
            standing = read_or_none(self.files.path_of(published))
            if raw == standing:
                return self._unchanged(published, raw)
            log = read_or_none(self.files.path_of(log_path(folder)))
            if log is None:
                raise LogMissing(folder)
            did = did_of_log(log, self._host, folder)
            document = self.files.resolve_did(did)
            resource = verify_resource(raw, f"{did}/resources/{published.name}", document)
            check_impersonal(resource.type, resource.content, resource.name)
            if standing is not None and tag is None:
                return self._same_or_refused(published, resource, standing)
            links_before = check_replacement(resource, standing, tag, document.assertion_keys())
            check_dates(resource, standing, links_before)
            check_references(self.files, resource, links_before)
            changes = {published: raw, **self._index_change(folder, resource)}
            return self._write(published, changes, standing, _tails_of(resource))

    def put_tails(self, published: PublishedPath, fresh: Path) -> Written:
        """Keep the tails file in ``fresh`` (same file system; it is moved) until it is claimed.

        Raises: RuleBroken (size, tails).
        """
        length = fresh.stat().st_size
        if length > published.max_bytes:
            raise broken(
                Rule.SIZE,
                f"The tails file has {length} bytes; the limit is {published.max_bytes}.",
                f"Le fichier tails compte {length} octets ; la limite est {published.max_bytes}.",
            )
        with fresh.open("rb") as file:
            digest = file_digest(file, "sha256")
        if encode_base58(digest.digest()) != published.name:
            raise broken(
                Rule.TAILS,
                "The tails file has another hash than its address says.",
                "Le fichier tails a une autre empreinte que celle de son adresse.",
            )
        stands = self.files.path_of(published).exists()
        created = not stands and self._tails.put(published.name, fresh)
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
                remove_older(path, oldest)
        self._tails.prune()
        self._proofs.prune()

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

    def _witness_for(self, did: str, log: bytes, standing: bytes | None) -> bytes | None:
        """Return the witness file for a log to be written; for a first one, from what waits."""
        folder = parse_did(did).folder
        if standing is None:
            return approved_part(did, log, self._proofs.of(folder))
        return read_or_none(self.files.path_of(witness_path(folder)))

    def _index_change(self, folder: str, resource: Resource) -> dict[PublishedPath, bytes]:
        """Return the index with ``resource`` in it; nothing when it is listed, or never is.

        Raises: RuleBroken (size) when no reader takes an index as large.
        """
        standing = read_or_none(self.files.path_of(index_path(folder)))
        index = parse_index(standing) if standing is not None else Index(resource.did, {})
        following = index.with_resource(resource)
        return {} if following is index else {index_path(folder): build_index(following)}

    def _claim_tails(self, published: PublishedPath) -> dict[str, TargetFile]:
        """Put a tails file that was named in place; return what is to be signed for it.

        A crash afterwards leaves it there unsigned, and the next start signs it.
        Raises: RuleBroken (reference, tails).
        """
        path = self.files.path_of(published)
        if not self._tails.claim(published.name, path):
            try:
                self.files.tails_file(published.name)
            except NotFound as error:
                raise broken(
                    Rule.REFERENCE,
                    "The tails file of this revocation registry is not here; upload it first.",
                    "Le fichier tails de ce registre de révocation n’est pas ici ;"
                    " envoyez-le d’abord.",
                ) from error
        if self._tree.target(str(published)) is not None:
            return {}
        digest = {"sha256": decode_base58(published.name).hex()}
        return {str(published): TargetFile(path.stat().st_size, digest, str(published))}

    # putting it in place

    def _write(
        self,
        published: PublishedPath,
        changes: Mapping[PublishedPath, bytes],
        standing: bytes | None,
        tails: PublishedPath | None = None,
    ) -> Written:
        """Put ``changes`` in place, all or none, and sign for them and for the ``tails`` they name.

        Raises: RuleBroken (quota, reference, tails), OSError.
        """
        before = {each: read_or_none(self.files.path_of(each)) for each in changes}
        more = sum(weight(len(raw)) for raw in changes.values())
        more -= sum(weight(len(raw)) for raw in before.values() if raw is not None)
        if tails is not None and standing is None:
            more += weight(self._tails.size(tails.name, self.files.path_of(tails)))
        self._quota.check(published.folder, more)
        claimed = self._claim_tails(tails) if tails is not None else {}
        self._put_in_place(changes, before)
        self._quota.add(published.folder, more)
        self._sign(changes, claimed)
        outcome = Outcome.CREATED if standing is None else Outcome.REPLACED
        return Written(outcome, str(published), tag_of(changes[published]))

    def _put_in_place(
        self,
        changes: Mapping[PublishedPath, bytes],
        before: Mapping[PublishedPath, bytes | None],
    ) -> None:
        try:
            for each, raw in changes.items():
                path, stood = self.files.path_of(each), before[each]
                if stood is not None:
                    keep_version(path, self._versions, sha256(stood).hexdigest())
                write_whole(path, raw)
        except OSError:
            put_back({self.files.path_of(each): raw for each, raw in before.items()})
            raise

    def _unchanged(self, published: PublishedPath, raw: bytes) -> Written:
        """Answer a write of what stands; it may be one whose signature had failed."""
        target = self._tree.target(str(published))
        if target is None or target.hashes["sha256"] != sha256(raw).hexdigest():
            self._sign({published: raw})
        return Written(Outcome.UNCHANGED, str(published), tag_of(raw))

    def _sign(
        self,
        changes: Mapping[PublishedPath, bytes],
        claimed: Mapping[str, TargetFile] | None = None,
    ) -> None:
        targets = {str(path): target_of(str(path), raw) for path, raw in changes.items()}
        self._tree.sign({**targets, **(claimed or {})})


def _tails_of(resource: Resource) -> PublishedPath | None:
    """Return the tails file that a revocation registry definition names."""
    if resource.type is not ResourceType.REVOCATION_REGISTRY_DEFINITION:
        return None
    return tails_path(resource.content["value"]["tailsHash"])
