"""One registry's copy: brought up to date whole, by ``tuf.ngclient``, or left as it was.

What lies in the folder of a source::

    files/          the copy: the paths of the registry
    tuf/            python-tuf's own metadata cache
    staging/        files that were fetched, named by their SHA-256, before they are put in place
    root.json       the pinned root of trust
    applied.json    which version of each hash bin the copy holds, when the registry last confirmed
                    it, and when what it confirmed with was signed
    displaced/      the last good files of DIDs in whose folders other DIDs' logs lie now
    remembered.json the highest version of each DID's log that was ever accepted
    lists.json      the newest trust list of each anchor that was ever seen

A refresh (1) lets python-tuf verify root, timestamp and snapshot; (2) loads the hash bins whose
version changed and so learns the name of every file in them; (3) fetches what differs into
staging; (4) puts it in place by renames: tails, witness files, logs, new resources, replaced
resources, indexes, so that nothing is seen before what it refers to; (5) notes the bins as
applied. A crash in between is repaired by the next refresh. What must not replace what stands (see
``succession``) is not put in place: the last good copy stays, it is said, and the next refresh looks
at it again. A refresh that ran out of time or of bytes ends so too, unconfirmed, and the next one goes
on. Nothing that was once published is deleted here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from tuf.api.exceptions import DownloadError, RepositoryError, SlowRetrievalError
from tuf.api.metadata import (  # type: ignore[attr-defined]  # its documented names
    Metadata,
    SuccinctRoles,
)
from tuf.ngclient.updater import Updater

from acquis.errors import InvalidInput, NotFound, Unavailable
from acquis.registry.dating import MOST_AHEAD
from acquis.registry.did_log import DidDocument
from acquis.registry.mirror.download import BoundedFetcher, check_base_url
from acquis.registry.mirror.newest_list import NewestLists
from acquis.registry.mirror.notes import load_notes, save_notes, write_synced
from acquis.registry.mirror.reading import PublishedFiles, VerifiedCache
from acquis.registry.mirror.staging import Staging, Wanted, holds
from acquis.registry.mirror.succession import Succession
from acquis.registry.paths import FileKind, parse_path
from acquis.registry.rules import Rule, RuleBroken
from acquis.text import Text

_ATTEMPTS = 3
_PAUSE = 0.05  # seconds before the second attempt, doubled for each further one
_MOST_FILES = 2_000_000
_MOST_AHEAD_NS = int(MOST_AHEAD.total_seconds()) * 10**9
MOST_BYTES = 32 * 1024**3
"""Bytes of files that differ, in one refresh."""
TIMESTAMP_VALID: Final = timedelta(hours=24)
"""For how long each timestamp of a registry is valid; a part of the publication format."""

_SYNC_ALL = 64  # from this many files on, one sync of everything replaces one per file


@dataclass(frozen=True, slots=True)
class SourceRefresh:
    """What one refresh did: files put in place, bytes received, paths that were refused and why."""

    changed: int
    at: int
    received: int = 0
    refused: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _Applied:
    """Which bins the copy holds, when the registry last confirmed it (nanoseconds), and when the
    timestamp it confirmed it with was signed (0: not known).
    """

    bins: dict[str, int] = field(default_factory=dict)
    confirmed_ns: int = 0
    signed_ns: int = 0

    @property
    def vouched_ns(self) -> int:
        """For which moment the registry's signature vouches for the copy; 0 for never.

        A host, or whoever stands before it, can answer with the timestamp of hours ago for as
        long as that is valid. So not the answer counts but when it was signed.
        """
        return min(self.confirmed_ns, self.signed_ns or self.confirmed_ns)


class Source:
    """The copy of one registry, ``host``, read from ``base_url`` into ``folder``."""

    def __init__(
        self,
        host: str,
        base_url: str,
        folder: Path,
        trusted_root: Path | None,
        cache: VerifiedCache,
    ) -> None:
        self._base_url = check_base_url(base_url)
        self._folder = folder
        self._trusted_root = trusted_root
        self.files = PublishedFiles(
            host,
            folder / "files",
            cache=cache,
            remembered=self.remembered,
            displaced=folder / "displaced",
        )
        self.lists = NewestLists(self.files, folder / "lists.json")
        self._succession = Succession(self.files, self.remembered)
        self._staging = Staging(folder / "staging", self._base_url)

    @property
    def confirmed_ns(self) -> int:
        """When the registry last confirmed this copy, in Unix nanoseconds; 0 for never."""
        return self._load_applied().confirmed_ns

    @property
    def vouched_ns(self) -> int:
        """For which moment the registry's signature vouches for this copy; 0 for never."""
        return self._load_applied().vouched_ns

    def remembered(self, did: str) -> str | None:
        """Return the highest version id ever accepted for the log of a DID."""
        version_id = load_notes(self._folder / "remembered.json").get(did)
        return version_id if isinstance(version_id, str) else None

    def refresh(self, deadline: float) -> SourceRefresh:
        """Bring the copy up to date. The caller holds the mirror's lock.

        ``deadline`` is of ``time.monotonic``. Raises: Unavailable; the last good copy stays.
        """
        for name in ("files", "tuf", "staging"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        root = self._load_root()
        failure: Exception | None = None
        for attempt in range(_ATTEMPTS):
            fetcher = BoundedFetcher(self._base_url, deadline)
            try:
                return self._refresh_once(root, fetcher)
            except (RepositoryError, DownloadError, OSError, ValueError, KeyError) as error:
                failure = error
            finally:
                fetcher.close()
            if time.monotonic() > deadline or attempt == _ATTEMPTS - 1:
                break
            time.sleep(_PAUSE * 2**attempt)
        kind = type(failure).__name__
        raise Unavailable(
            Text(
                f"The copy of the registry could not be brought up to date ({kind});"
                " the last good one stays.",
                f"La copie du registre n’a pas pu être mise à jour ({kind}) ;"
                " la dernière bonne copie est conservée.",
            )
        ) from failure

    def _refresh_once(self, root: bytes, fetcher: BoundedFetcher) -> SourceRefresh:
        updater = Updater(
            metadata_dir=str(self._folder / "tuf"),
            metadata_base_url=f"{self._base_url}/tuf",
            fetcher=fetcher,
            bootstrap=root,
        )
        confirmed_ns = time.time_ns()
        updater.refresh()
        applied = self._load_applied()
        bins = self._bin_versions()
        changed = [name for name, version in bins.items() if applied.bins.get(name) != version]
        differing, unwanted = self._differing(updater, changed)
        wanted = self._within_budget(differing)
        self._staging.fetch(wanted, fetcher)
        refused = list(self._put_in_place(wanted, fetcher.deadline))
        if len(wanted) < len(differing):
            raise _too_much()
        again = {each.bin for each, _ in refused}  # what it waits for may be there next time
        held = {name: version for name, version in bins.items() if name not in again}
        signed_ns = self._signed_ns()
        if signed_ns > confirmed_ns + _MOST_AHEAD_NS:  # valid for longer than any: it vouches for
            signed_ns = applied.vouched_ns or 1  # nothing, and the copy stays as old as it was
            unwanted.append(("tuf/timestamp.json", str(Rule.DATED_AHEAD)))
        self._save_applied(_Applied(held, confirmed_ns, signed_ns))
        return SourceRefresh(
            changed=len(wanted) - len(refused),
            at=confirmed_ns // 10**9,
            received=fetcher.received,
            refused=(*((str(each.published), rule) for each, rule in refused), *unwanted),
        )

    def _signed_ns(self) -> int:
        signed = self._verified("timestamp").signed.expires - TIMESTAMP_VALID
        return int(signed.timestamp()) * 10**9

    # (2) the names of the files, from the signed hash bins

    def _bin_versions(self) -> dict[str, int]:
        snapshot = self._verified("snapshot").signed
        return {
            name.removesuffix(".json"): meta.version
            for name, meta in snapshot.meta.items()
            if name != "targets.json"
        }

    def _names(self, updater: Updater, changed: list[str]) -> Iterator[tuple[str, str]]:
        """Yield each file's name and its bin's."""
        if not changed:
            return
        top = self._verified("targets").signed
        roles = top.delegations.succinct_roles if top.delegations else None
        if roles is None:
            raise RepositoryError("the registry has no hash bins")
        probes = _probes(roles)
        found = 0
        for name in changed:
            if name not in probes:
                raise RepositoryError("a hash bin is not delegated")
            updater.get_targetinfo(probes[name])  # python-tuf loads, verifies and keeps the bin
            targets = self._verified(name).signed.targets
            found += len(targets)
            if found > _MOST_FILES:
                raise RepositoryError("too many files")
            yield from ((target, name) for target in targets)

    def _differing(
        self, updater: Updater, changed: list[str]
    ) -> tuple[list[Wanted], list[tuple[str, str]]]:
        """Return the files that differ; paths that are not to be fetched, whatever comes, and why."""
        wanted: list[Wanted] = []
        unwanted: list[tuple[str, str]] = []
        for name, bin_name in self._names(updater, changed):
            target = updater.get_targetinfo(name)
            try:
                published = parse_path(name)
                if target is not None and not holds(self.files.path_of(published), target):
                    wanted.append(Wanted(published, target, bin_name))
            except RuleBroken as error:
                unwanted.append((name, str(error.rule)))
        return wanted, unwanted

    def _within_budget(self, wanted: list[Wanted]) -> list[Wanted]:
        """Return as much of it as one refresh takes, in the order in which it is put in place."""
        left, taken = MOST_BYTES, list[Wanted]()
        for each in sorted(wanted, key=self._rank):
            left -= each.target.length
            if left < 0 and taken:
                break
            taken.append(each)
        return taken

    def _verified(self, role: str) -> Metadata[Any]:
        """Return metadata that python-tuf has just verified and kept."""
        return Metadata.from_bytes((self._folder / "tuf" / f"{role}.json").read_bytes())

    # (4) putting it in place

    def _put_in_place(self, wanted: list[Wanted], deadline: float) -> Iterator[tuple[Wanted, str]]:
        """Put in place what was fetched, in this order; yield what was refused and why.

        Raises: SlowRetrievalError after ``deadline``; the next refresh goes on with what is staged.
        """
        staged = self._staging.paths(wanted)
        _sync(staged.values())
        folders: set[str] = set()
        late = False
        for number, each in enumerate(wanted):
            late = number > 0 and time.monotonic() > deadline  # one at least: it does get on
            if late:
                break
            folders |= {each.published.folder} - {""}  # tails lie in none
            target = self.files.path_of(each.published)
            try:
                if self._succession.displaces(each.published, staged):
                    self.lists.remember(each.published.folder)
                    self.files.displace(each.published.folder)
                document = self._succession.check(each.published, staged)
            except (RuleBroken, NotFound) as error:
                yield each, str(getattr(error, "rule", error.code))
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            staged[each.published].replace(target)
            if document is not None:  # only now: what is remembered must be there to be read
                self._remember(document)
        for folder in folders:
            self.lists.remember(folder)
        if late:
            raise SlowRetrievalError
        self._staging.clear()

    def _remember(self, document: DidDocument) -> None:
        path = self._folder / "remembered.json"
        save_notes(path, {**load_notes(path), document.did: document.version_id})

    def _rank(self, wanted: Wanted) -> tuple[int, str, str]:
        published = wanted.published
        replaced = self.files.path_of(published).exists()
        order = {
            FileKind.TAILS: 0,
            FileKind.WITNESS: 1,
            FileKind.LOG: 2,
            FileKind.RESOURCE: 4 if replaced else 3,
            FileKind.INDEX: 5,
        }
        return order[published.kind], published.folder, published.name

    # the notes

    def _load_root(self) -> bytes:
        pinned = self._folder / "root.json"
        if self._trusted_root is not None:
            try:
                root = self._trusted_root.read_bytes()
            except OSError as error:
                raise _no_root() from error
            if not pinned.exists() or pinned.read_bytes() != root:
                write_synced(pinned, root)
            return root
        if not pinned.exists():
            raise _no_root()
        return pinned.read_bytes()

    def _load_applied(self) -> _Applied:
        noted = load_notes(self._folder / "applied.json")
        bins, confirmed = noted.get("bins"), noted.get("confirmed_ns")
        signed = noted.get("signed_ns", 0)
        if not isinstance(bins, dict) or not isinstance(confirmed, int):
            return _Applied()
        return _Applied(bins, confirmed, signed if isinstance(signed, int) else 0)

    def _save_applied(self, applied: _Applied) -> None:
        save_notes(
            self._folder / "applied.json",
            {
                "bins": applied.bins,
                "confirmed_ns": applied.confirmed_ns,
                "signed_ns": applied.signed_ns,
            },
        )


@lru_cache(maxsize=8)
def _probes(roles: SuccinctRoles) -> dict[str, str]:
    """Return, for each hash bin, a name that falls into it (no file has that name)."""
    probes: dict[str, str] = {}
    number = 0
    while len(probes) < roles.number_of_bins:
        name = f"probe/{number}"
        probes.setdefault(roles.get_role_for_target(name), name)
        number += 1
    return probes


def _sync(paths: Collection[Path]) -> None:
    """Make sure that what was fetched survives a power cut before it is noted as applied."""
    if len(paths) > _SYNC_ALL:
        os.sync()
        return
    for path in paths:
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _no_root() -> InvalidInput:
    return InvalidInput(
        Text(
            "The registry’s root of trust (root.json) is missing; its operator gives it out.",
            "La racine de confiance du registre (root.json) manque ; son exploitant la remet.",
        )
    )


def _too_much() -> Unavailable:
    return Unavailable(
        Text(
            f"The registry lists more than {MOST_BYTES} bytes of new files, the most that one refresh"
            " takes; the next one goes on.",
            f"Le registre annonce plus de {MOST_BYTES} octets de nouveaux fichiers, le maximum"
            " d’une mise à jour ; la suivante continuera.",
        )
    )
