"""The strict reader of a folder of published files: nothing is believed before it was verified.

Used by the mirror on its copy and by the registry host on its own files. It opens no connection.
What was verified is remembered (bounded) for as long as the files it came from stay the same, so
a second read costs a few ``stat`` calls; nothing negative is remembered.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import file_digest
from pathlib import Path

from acquis.errors import NotFound
from acquis.registry.content import ResourceType
from acquis.registry.did import WebvhDid, parse_did
from acquis.registry.did_log import MAX_LINE_BYTES, DidDocument, peek_did, verify_did_log
from acquis.registry.index import Index, parse_index
from acquis.registry.mirror.displaced import Displaced
from acquis.registry.multibase import encode_base58
from acquis.registry.paths import (
    PublishedPath,
    index_path,
    log_path,
    resource_path,
    tails_path,
    witness_path,
)
from acquis.registry.resource import Link, Resource, parse_resource_id, verify_resource
from acquis.registry.rules import Rule, RuleBroken, broken
from acquis.registry.status_list import link_in_force, verify_status_list
from acquis.text import Text

type Identity = tuple[int, int, int] | None
type Remembered = Callable[[str], str | None]  # a DID → highest version id of its log accepted

CACHE_BYTES = 64 * 1024 * 1024
_OVERHEAD = 1024  # bytes charged for an entry besides its content


class VerifiedCache:
    """What was verified, by key, with the identity of the files it came from; bounded by bytes."""

    def __init__(self, most_bytes: int = CACHE_BYTES) -> None:
        self._most = most_bytes
        self._held = 0
        self._entries: OrderedDict[object, tuple[object, object, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: object, identity: object) -> object | None:
        """Return what is held for ``key`` if it came from files of this ``identity``."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry[0] != identity:
                return None
            self._entries.move_to_end(key)
            return entry[1]

    def put(self, key: object, identity: object, value: object, weight: int) -> None:
        """Hold ``value`` (never None) for ``key``; the least recently used give way."""
        with self._lock:
            before = self._entries.pop(key, None)
            self._held += weight + _OVERHEAD - (before[2] if before else 0)
            self._entries[key] = (identity, value, weight + _OVERHEAD)
            while self._held > self._most and len(self._entries) > 1:
                _, dropped = self._entries.popitem(last=False)
                self._held -= dropped[2]


class PublishedFiles:
    """The published files of one host, in ``folder``; those of displaced DIDs in ``displaced``."""

    def __init__(
        self,
        host: str,
        folder: Path,
        *,
        cache: VerifiedCache | None = None,
        remembered: Remembered = lambda _did: None,
        displaced: Path | None = None,
    ) -> None:
        self.host = host
        self.cache = cache or VerifiedCache()
        self._folder = folder
        self._remembered = remembered
        self._displaced = Displaced(displaced or folder.with_name("displaced"))

    def path_of(self, published: PublishedPath) -> Path:
        """Return where a published file lies in this folder."""
        return self._folder / str(published)

    def resolve_did(self, did: str) -> DidDocument:
        """Return the verified document of a DID. Raises: NotFound, RuleBroken."""
        parts = self._own(did)
        identity = self._log_identity(parts)
        held = self.cache.get(("did", did), identity)
        if isinstance(held, DidDocument):
            return held
        log, witness = self._log_of(parts)
        document = verify_did_log(did, log, witness, *split_version(self._remembered(did)))
        self.cache.put(("did", did), identity, document, 2 * len(log))
        return document

    def holder(self, folder: str) -> str | None:
        """Return the DID whose log lies in an issuer's folder, by its own word; None: no log."""
        try:
            with self.path_of(log_path(folder)).open("rb") as file:
                return peek_did(file.readline(MAX_LINE_BYTES + 1))
        except (OSError, RuleBroken):
            return None

    def displace(self, folder: str) -> None:
        """Keep what is read of the DID in an issuer's folder before another's takes its place.

        What does not resolve is not kept. The caller keeps other processes out.
        """
        did = self.holder(folder)
        if did is not None:
            with suppress(RuleBroken, NotFound):
                self.resolve_did(did)
                self._displaced.keep(did, self._folder)

    def resolve_resource(self, resource_id: str, expected: ResourceType | None = None) -> Resource:
        """Return a verified resource. Raises: NotFound, RuleBroken."""
        did, digest = parse_resource_id(resource_id)
        parts = self._own(did)
        published = resource_path(parts.folder, digest)
        identity = (self._identity(published), *self._log_identity(parts))
        held = self.cache.get(resource_id, identity)
        if isinstance(held, Resource) and (expected is None or held.type is expected):
            return held
        raw = self._read(published)
        resource = verify_resource(raw, resource_id, self.resolve_did(did), expected)
        self.cache.put(resource_id, identity, resource, len(raw))
        return resource

    def resolve_status_list(self, definition_id: str, at: int) -> tuple[Link, Resource]:
        """Return the status list in force at ``at`` (Unix seconds) and its link.

        Raises: NotFound when none was in force; RuleBroken.
        """
        definition = self.resolve_resource(
            definition_id, ResourceType.REVOCATION_REGISTRY_DEFINITION
        )
        link = link_in_force(definition, at)
        if link is None:
            raise NotFound(
                Text(
                    "No status list of this revocation registry was in force at that time.",
                    "Aucune liste d’état de ce registre de révocation n’était en vigueur alors.",
                )
            )
        status_list = self.resolve_resource(link.id, ResourceType.STATUS_LIST)
        key = ("in force", definition_id, link)
        if self.cache.get(key, (id(definition), id(status_list))) is None:
            verify_status_list(definition, link, status_list)
            self.cache.put(key, (id(definition), id(status_list)), (definition, status_list), 0)
        return link, status_list

    def tails_file(self, tails_hash: str) -> Path:
        """Return where the verified tails file lies. Raises: NotFound, RuleBroken (tails)."""
        published = tails_path(tails_hash)
        identity = self._identity(published)
        path = self.path_of(published)
        if identity is None:
            raise _missing(published)
        if self.cache.get(("tails", tails_hash), identity) is None:
            with path.open("rb") as file:
                found = encode_base58(file_digest(file, "sha256").digest())
            if found != tails_hash:
                raise broken(
                    Rule.TAILS,
                    "The tails file is not the one that its name says.",
                    "Le fichier tails n’est pas celui que dit son nom.",
                )
            self.cache.put(("tails", tails_hash), identity, path, 0)
        return path

    def folders(self) -> Iterator[str]:
        """Yield the issuers' folders that have an index, in order of name."""
        for path in sorted(self._folder.glob("*/*/index.json")):
            yield f"{path.parent.parent.name}/{path.parent.name}"

    def index_of(self, folder: str) -> Index:
        """Return the index of an issuer's folder (a hint). Raises: NotFound, RuleBroken."""
        published = index_path(folder)
        identity = self._identity(published)
        held = self.cache.get(("index", folder), identity)
        if isinstance(held, Index):
            return held
        raw = self._read(published)
        index = parse_index(raw)
        parts = self._own(index.did)
        if parts.folder != folder:
            raise broken(
                Rule.PATH,
                "The index lies in another folder than its DID's.",
                "L’index se trouve dans un autre dossier que celui de son DID.",
            )
        self.cache.put(("index", folder), identity, index, 3 * len(raw))
        return index

    def index_for(self, did: str) -> Index:
        """Return the index of a DID, also of a displaced one (a hint).

        Raises: NotFound, RuleBroken.
        """
        parts = self._own(did)
        index = self.index_of(parts.folder)
        if index.did != did:
            index = self._displaced_index(parts.scid)
        return index

    def indexes(self) -> Iterator[Index]:
        """Yield the index of each DID, also of displaced ones (hints); not what cannot be read."""
        found: dict[str, Index] = {}
        for folder in self.folders():
            with suppress(RuleBroken, NotFound):
                index = self.index_of(folder)
                found[index.did] = index
        for scid in self._displaced.scids():
            with suppress(RuleBroken, NotFound):
                index = self._displaced_index(scid)
                found.setdefault(index.did, index)  # a DID that came back lists more
        yield from found.values()

    def identity_of_folder(self, did: str) -> object:
        """Return what changes whenever a file is put in place in the folder of a DID."""
        parts = self._own(did)
        index, resource = index_path(parts.folder), resource_path(parts.folder, "-")
        resources = _identity(self.path_of(resource).parent)
        return (*self._log_identity(parts), self._identity(index), resources)

    def _log_identity(self, parts: WebvhDid) -> tuple[Identity, ...]:
        log = log_path(parts.folder)
        witness = self._identity(witness_path(parts.folder))
        displaced = _identity(self._displaced.path_of(parts, log))
        return self._identity(log), witness, displaced

    def _log_of(self, parts: WebvhDid) -> tuple[bytes, bytes | None]:
        """Return the log and the witness file of a DID, from where they are its own.

        Raises: NotFound, RuleBroken.
        """
        log, witness = log_path(parts.folder), witness_path(parts.folder)
        raw = self._read(log)
        if peek_did(raw) in {str(parts), None}:
            return raw, self._read_present(witness, self.path_of(witness))
        kept = self._displaced.path_of(parts, log)
        if not kept.exists():
            raise broken(
                Rule.PATH,
                f"Another identity’s log lies in its folder ({parts.folder}).",
                f"Le journal d’une autre identité se trouve dans son dossier ({parts.folder}).",
            )
        present = self._read_present(witness, self._displaced.path_of(parts, witness))
        return self._read(log, kept), present

    def _displaced_index(self, scid: str) -> Index:
        path = self._displaced.index_of(scid)
        identity = _identity(path)
        held = self.cache.get(("displaced index", self.host, scid), identity)
        if isinstance(held, Index):
            return held
        raw = self._read(index_path(scid), path)
        index = parse_index(raw)
        self._own(index.did)
        self.cache.put(("displaced index", self.host, scid), identity, index, 3 * len(raw))
        return index

    def _own(self, did: str) -> WebvhDid:
        parts = parse_did(did)
        if parts.host != self.host:
            raise NotFound(
                Text(
                    f"The DID belongs to the registry {parts.host}, which is not read here.",
                    f"Le DID appartient au registre {parts.host}, qui n’est pas lu ici.",
                )
            )
        return parts

    def _identity(self, published: PublishedPath) -> Identity:
        return _identity(self.path_of(published))

    def _read_present(self, published: PublishedPath, path: Path) -> bytes | None:
        return self._read(published, path) if path.exists() else None

    def _read(self, published: PublishedPath, path: Path | None = None) -> bytes:
        try:
            with (path or self.path_of(published)).open("rb") as file:
                raw = file.read(published.max_bytes + 1)
        except OSError as error:
            raise _missing(published) from error
        if len(raw) > published.max_bytes:
            raise broken(
                Rule.SIZE,
                f"A published file is over its limit of {published.max_bytes} bytes.",
                f"Un fichier publié dépasse sa limite de {published.max_bytes} octets.",
            )
        return raw


def split_version(version_id: str | None) -> tuple[int, str | None]:
    """Return the number in a version id (0 when there is none), and the id itself."""
    number = (version_id or "").split("-", 1)[0]
    return (int(number), version_id) if number.isdecimal() else (0, None)


def _identity(path: Path) -> Identity:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _missing(published: PublishedPath) -> NotFound:
    return NotFound(
        Text(
            f"The registry’s copy holds no {published.kind.name.lower()} at {published}.",
            f"La copie du registre ne contient rien à l’emplacement {published}.",
        )
    )
