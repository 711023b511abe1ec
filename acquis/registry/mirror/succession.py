"""What may replace what stands in the copy: nothing by which less could be read than before.

The registry host signs whatever it likes; these files are what it could take a good copy away with:

1. a DID log is the successor of the one that stands, sound, and lies where its DID says;
2. a witness file goes with the log that stands or with the one that comes with it;
3. a resource is the one of its path, sound, and keeps the links that stood;
4. an index has its form, is its folder's and still lists what it listed and the copy holds;
5. a tails file is the one that its name says.

A resource at a new path is not looked into: whoever reads it verifies it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import file_digest
from pathlib import Path

from acquis.errors import NotFound
from acquis.registry.content import ResourceType
from acquis.registry.did import parse_did
from acquis.registry.did_log import MAX_LINE_BYTES, DidDocument, verify_did_log
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
from acquis.registry.strict_json import parse_json, parse_object

type Staged = Mapping[PublishedPath, Path]


class Succession:
    """Compares staged files with those of the copy; ``remembered`` as for ``PublishedFiles``."""

    def __init__(self, files: PublishedFiles, remembered: Remembered) -> None:
        self._files = files
        self._remembered = remembered

    def check(self, published: PublishedPath, staged: Staged) -> str | None:
        """Check that the staged file may be put in place.

        Returns the version of a log, to be remembered once it is in place.
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

    def _standing(self, published: PublishedPath) -> Path | None:
        path = self._files.path_of(published)
        return path if path.exists() else None

    def _check_log(self, published: PublishedPath, path: Path, witness: Path | None) -> str:
        document = self._verify_log(published.folder, path, witness)
        parts = parse_did(document.did)
        if parts.folder != published.folder or parts.host != self._files.host:
            raise broken(
                Rule.PATH,
                "A DID log lies elsewhere than its DID says.",
                "Un journal de DID ne se trouve pas là où son DID le dit.",
            )
        return document.version_id

    def _verify_log(self, folder: str, path: Path, witness: Path | None) -> DidDocument:
        log = path.read_bytes()
        proofs = witness.read_bytes() if witness else None
        return verify_did_log(_did_of(log), log, proofs, *self._highest_version(folder))

    def _highest_version(self, folder: str) -> tuple[int, str | None]:
        """The one that is remembered, or that of the log that stands: a crash may part the two."""
        known = split_version(self._remembered(folder))
        standing = self._standing(log_path(folder))
        if standing is not None:
            try:
                document = self._files.resolve_did(_did_of(standing.read_bytes()))
            except (RuleBroken, NotFound):
                return known  # it is no log, or an older one than is remembered
            if document.version_number > known[0]:
                return document.version_number, document.version_id
        return known

    def _check_witness(self, published: PublishedPath, staged: Staged) -> None:
        """A log that comes with it is tried first; before any log nothing can be said."""
        log = log_path(published.folder)
        fresh, standing = staged.get(log), self._standing(log)
        if fresh is not None:
            try:
                self._verify_log(published.folder, fresh, staged[published])
            except RuleBroken:
                if standing is None:
                    raise
            else:
                return
        if standing is not None:
            self._verify_log(published.folder, standing, staged[published])

    def _check_resource(self, published: PublishedPath, path: Path) -> None:
        if self._standing(published) is None:
            return
        raw = path.read_bytes()
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
            standing = self._files.index_of(published.folder)
        except (RuleBroken, NotFound):
            standing = Index(following.did, {})
        lost = {
            each
            for kind in ResourceType
            for each in set(standing.ids(kind)) - set(following.ids(kind))
        }
        if (
            (parts.folder, parts.host) != (published.folder, self._files.host)
            or (standing.did != following.did and _holds(self._files.resolve_did, standing.did))
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


def _did_of(log: bytes) -> str:
    entry = parse_json(log.split(b"\n", 1)[0], MAX_LINE_BYTES)
    state = entry.get("state") if isinstance(entry, dict) else None
    return str(state.get("id")) if isinstance(state, dict) else ""
