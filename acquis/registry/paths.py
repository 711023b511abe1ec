"""Where each kind of published file lies below its registry; every other path is refused.

A path is compared with the forms below after no decoding at all: nothing with ``..``, ``%`` or an
empty part can match, so a path that was parsed is safe to join to a folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from acquis.registry.content import check_tails_hash
from acquis.registry.did import is_name
from acquis.registry.multibase import decode_digest
from acquis.registry.rules import Rule, RuleBroken, broken
from acquis.registry.strict_json import MAX_BYTES

MAX_TAILS_BYTES = 64 * 1024 * 1024

# Names that a namespace cannot have: they mean something else at the root of a registry.
RESERVED = frozenset({"tuf", "tails", "health", "ready", "static", "well-known", "docs", "api"})


class FileKind(StrEnum):
    """The kinds of published files; the value is the file's name where it has a fixed one."""

    LOG = "did.jsonl"
    WITNESS = "did-witness.json"
    INDEX = "index.json"
    RESOURCE = "resources"
    TAILS = "tails"


_FIXED = {kind.value: kind for kind in (FileKind.LOG, FileKind.WITNESS, FileKind.INDEX)}


@dataclass(frozen=True, slots=True)
class PublishedPath:
    """A path below a registry: its kind, the issuer's folder (empty for tails) and its last part."""

    kind: FileKind
    folder: str
    name: str

    def __str__(self) -> str:
        if self.kind is FileKind.TAILS:
            return f"tails/hash/{self.name}"
        if self.kind is FileKind.RESOURCE:
            return f"{self.folder}/resources/{self.name}"
        return f"{self.folder}/{self.name}"

    @property
    def max_bytes(self) -> int:
        """The most bytes a file of this kind may have."""
        return MAX_TAILS_BYTES if self.kind is FileKind.TAILS else MAX_BYTES


def parse_folder(folder: str) -> str:
    """Return ``namespace/issuer`` when it may be granted. Raises: RuleBroken (path)."""
    parts = folder.split("/") if isinstance(folder, str) else []
    if len(parts) != 2 or not all(is_name(part) for part in parts) or parts[0] in RESERVED:
        raise path_refusal()
    return folder


def parse_path(path: str) -> PublishedPath:
    """Return what ``path`` (no leading slash) names. Raises: RuleBroken (path)."""
    parts = path.split("/") if isinstance(path, str) and len(path) <= 512 else []
    if len(parts) == 3 and parts[:2] == ["tails", "hash"]:
        try:
            check_tails_hash(parts[2])
        except RuleBroken as error:
            raise path_refusal() from error
        return PublishedPath(FileKind.TAILS, "", parts[2])
    folder = parse_folder("/".join(parts[:2]))
    if len(parts) == 3 and parts[2] in _FIXED:
        return PublishedPath(_FIXED[parts[2]], folder, parts[2])
    if len(parts) == 4 and parts[2] == "resources":
        try:
            decode_digest(parts[3])
        except RuleBroken as error:
            raise path_refusal() from error
        return PublishedPath(FileKind.RESOURCE, folder, parts[3])
    raise path_refusal()


def log_path(folder: str) -> PublishedPath:
    """Return the path of the DID log in an issuer's folder."""
    return PublishedPath(FileKind.LOG, folder, FileKind.LOG.value)


def witness_path(folder: str) -> PublishedPath:
    """Return the path of the witness file in an issuer's folder."""
    return PublishedPath(FileKind.WITNESS, folder, FileKind.WITNESS.value)


def index_path(folder: str) -> PublishedPath:
    """Return the path of the index in an issuer's folder."""
    return PublishedPath(FileKind.INDEX, folder, FileKind.INDEX.value)


def resource_path(folder: str, digest: str) -> PublishedPath:
    """Return the path of a resource in an issuer's folder."""
    return PublishedPath(FileKind.RESOURCE, folder, digest)


def tails_path(tails_hash: str) -> PublishedPath:
    """Return the path of a tails file. Raises: RuleBroken (tails)."""
    check_tails_hash(tails_hash)
    return PublishedPath(FileKind.TAILS, "", tails_hash)


def path_refusal() -> RuleBroken:
    """Return the refusal of a path under which nothing is published."""
    return broken(
        Rule.PATH,
        "This path names nothing that a registry publishes.",
        "Ce chemin ne désigne rien de ce qu’un registre publie.",
    )
