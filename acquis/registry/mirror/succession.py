"""What may replace what stands in the copy: nothing by which less could be read than before.

The registry host signs whatever it likes; these files are what it could take a good copy away with:

1. a DID log is sound, lies where its DID says and is the successor of the last one of that DID;
2. a witness file goes with the log that stands or with the one that comes with it;
3. a resource is the one of its path, sound, and keeps the links that stood;
4. an index has its form, is the DID's whose log stands and still lists what the last one of that
   DID listed and the copy holds;
5. a tails file is the one that its name says.

A folder is the host's to give away, so a log of another DID may take the place of one: whoever came
first, rightly or not, keeps nobody out. What was good of the other DID is displaced, not lost (see
``displaced``), is still read, and is what a later log or index of that DID is compared with.

A resource at a new path is not verified: whoever reads it does. But no resource, new or not, comes in
with a proof, a link or a list dated further ahead of our clock than a clock may differ (``dating``),
unless the same date stood: a thief with a key and a host in league could else see to it that no later
link is ever in force. It is looked at again by each refresh, and what came in stays whatever the
clock says.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from hashlib import file_digest
from pathlib import Path

from acquis.errors import NotFound
from acquis.registry.content import ResourceType
from acquis.registry.dating import peek_dates, verify_not_ahead
from acquis.registry.did import parse_did
from acquis.registry.did_log import DidDocument, peek_did, verify_did_log
from acquis.registry.index import Index, parse_index
from acquis.registry.mirror.reading import PublishedFiles, Remembered, split_version
from acquis.registry.multibase import encode_base58
from acquis.registry.paths import (
    FileKind,
    PublishedPath,
    log_path,
    resource_path,
    witness_path,
)
from acquis.registry.resource import parse_resource_id, verify_resource
from acquis.registry.rules import Rule, RuleBroken, broken
from acquis.registry.strict_json import parse_object

type Staged = Mapping[PublishedPath, Path]


class Succession:
    """Compares staged files with those of the copy; ``remembered`` as for ``PublishedFiles``."""

    def __init__(self, files: PublishedFiles, remembered: Remembered) -> None:
        self._files = files
        self._remembered = remembered

    def check(self, published: PublishedPath, staged: Staged) -> DidDocument | None:
        """Check that the staged file may be put in place.

        Returns the document of a log, its version to be remembered once it is in place.
        Raises: RuleBroken, NotFound.
        """
        path = staged[published]
        if published.kind is FileKind.LOG:
            return self._check_log(published, path, self._standing(witness_path(published.folder)))
        if published.kind is FileKind.WITNESS:
            self._check_witness(published, staged)
        elif published.kind is FileKind.RESOURCE:
            self._check_resource(published, path)
        elif published.kind is FileKind.INDEX:
            self._check_index(published, path)
        else:
            _check_tails(published, path)
        return None

    def displaces(self, published: PublishedPath, staged: Staged) -> bool:
        """Say whether a log of another DID than the one whose log stands comes with this file."""
        if published.kind not in {FileKind.LOG, FileKind.WITNESS}:
            return False
        fresh, holder = staged.get(log_path(published.folder)), self._files.holder(published.folder)
        if fresh is None or holder is None:
            return False
        try:
            return peek_did(fresh.read_bytes()) != holder
        except RuleBroken:
            return False  # it will be refused

    def _standing(self, published: PublishedPath) -> Path | None:
        path = self._files.path_of(published)
        return path if path.exists() else None

    def _check_log(self, published: PublishedPath, path: Path, witness: Path | None) -> DidDocument:
        document = self._verify_log(path, witness)
        parts = parse_did(document.did)
        if parts.folder != published.folder or parts.host != self._files.host:
            raise broken(
                Rule.PATH,
                "A DID log lies elsewhere than its DID says.",
                "Un journal de DID ne se trouve pas là où son DID le dit.",
            )
        return document

    def _verify_log(self, path: Path, witness: Path | None) -> DidDocument:
        log = path.read_bytes()
        proofs = witness.read_bytes() if witness else None
        did = str(peek_did(log))
        return verify_did_log(did, log, proofs, *self._highest_version(did))

    def _highest_version(self, did: str) -> tuple[int, str | None]:
        """The one that is remembered, or that of its log in the copy: a crash may part the two."""
        known = split_version(self._remembered(did))
        try:
            document = self._files.resolve_did(did)
        except (RuleBroken, NotFound):
            return known  # it has no log, or an older one than is remembered
        if document.version_number > known[0]:
            return document.version_number, document.version_id
        return known

    def _check_witness(self, published: PublishedPath, staged: Staged) -> None:
        """A log that comes with it is tried first; before any log nothing can be said."""
        log = log_path(published.folder)
        fresh, standing = staged.get(log), self._standing(log)
        if fresh is not None:
            try:
                self._check_log(log, fresh, staged[published])
            except RuleBroken:
                if standing is None:
                    raise
            else:
                return
        if standing is not None:
            self._verify_log(standing, staged[published])

    def _check_resource(self, published: PublishedPath, path: Path) -> None:
        raw, standing_at = path.read_bytes(), self._standing(published)
        stood = peek_dates(standing_at.read_bytes()) if standing_at else frozenset()
        verify_not_ahead(max(peek_dates(raw) - stood, default=0), time.time())
        if standing_at is None:
            return
        resource_id = str(parse_object(raw).get("id"))
        did, digest = parse_resource_id(resource_id)
        if resource_path(parse_did(did).folder, digest) != published:
            raise broken(
                Rule.RESOURCE_ID,
                "A resource lies elsewhere than its id says.",
                "Une ressource ne se trouve pas là où son identifiant le dit.",
            )
        following = verify_resource(raw, resource_id, self._files.resolve_did(did))
        try:
            standing = self._files.resolve_resource(resource_id)
        except RuleBroken:
            return  # what stands is not believed any more (its key was withdrawn)
        if following.links[: len(standing.links)] != standing.links:
            raise broken(
                Rule.LINKS,
                "Links that stood are missing.",
                "Des liens qui existaient manquent.",
            )

    def _check_index(self, published: PublishedPath, path: Path) -> None:
        following = parse_index(path.read_bytes())
        parts = parse_did(following.did)
        try:
            standing = self._files.index_for(following.did)
        except (RuleBroken, NotFound):
            standing = Index(following.did, {})
        lost = {
            each
            for kind in ResourceType
            for each in set(standing.ids(kind)) - set(following.ids(kind))
        }
        if (
            (parts.folder, parts.host) != (published.folder, self._files.host)
            or self._files.holder(published.folder) not in {following.did, None}
            or any(_holds(self._files.resolve_resource, each) for each in lost)
        ):
            raise broken(
                Rule.INDEX,
                "An index is another DID's, or leaves out what it listed.",
                "Un index est celui d’un autre DID, ou omet ce qu’il citait.",
            )


def _holds(resolve: Callable[[str], object], name: str) -> bool:
    """Say whether the copy can read ``name``; what an index only invented may go again."""
    try:
        resolve(name)
    except (RuleBroken, NotFound):
        return False
    return True


def _check_tails(published: PublishedPath, path: Path) -> None:
    with path.open("rb") as file:
        found = encode_base58(file_digest(file, "sha256").digest())
    if found != published.name:
        raise broken(
            Rule.TAILS,
            "The tails file is not the one that its name says.",
            "Le fichier tails n’est pas celui que dit son nom.",
        )
