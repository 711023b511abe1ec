"""The mirror: a folder with a verified copy of each registry, shared by a service and its agent.

Reading goes to the folder only; no socket is opened. Refreshing is one process at a time (an
``flock`` on ``.lock``), and whoever waited for another's refresh is content with it.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from acquis.errors import AcquisError, NotFound, Unavailable
from acquis.registry.content import ResourceType
from acquis.registry.did import is_host, parse_did
from acquis.registry.did_log import DidDocument
from acquis.registry.mirror.reading import PublishedFiles, VerifiedCache
from acquis.registry.mirror.source import Source, SourceRefresh
from acquis.registry.resource import Link, Resource, parse_resource_id
from acquis.registry.rules import Rule, broken
from acquis.text import Text

REFRESH_SECONDS = 600.0  # the longest a whole refresh may take


@dataclass(frozen=True, slots=True)
class Refresh:
    """What a refresh did, over all sources.

    ``changed`` files were put in place; ``at`` (Unix seconds) is when the registries confirmed
    the copy, the oldest of them; ``received`` bytes came; ``refused`` are (path, rule) of what was
    published but must not replace what stands.
    """

    changed: int
    at: int
    received: int = 0
    refused: tuple[tuple[str, str], ...] = ()


class Mirror:
    """A folder with a verified copy of each registry in ``sources`` (DID host → base URL).

    ``trusted_root`` is the root.json that the registry's operator gave out, or a folder with one
    ``<host>.json`` each; it is pinned in the folder. Without it and without a pinned one nothing
    is ever trusted. Blocking; safe to share between threads.
    """

    def __init__(
        self,
        folder: Path,
        sources: Mapping[str, str],
        *,
        trusted_root: Path | None = None,
    ) -> None:
        self._folder = folder
        cache = VerifiedCache()
        self._sources: dict[str, Source] = {}
        for host, base_url in sources.items():
            if not is_host(host):
                raise broken(
                    Rule.DID_FORM,
                    "The name of a registry is a host name of a DID.",
                    "Le nom d’un registre est un nom d’hôte de DID.",
                )
            root = trusted_root
            if root is not None and root.is_dir():
                root = root / f"{host}.json"
            self._sources[host] = Source(host, base_url, folder / host, root, cache)

    @classmethod
    def open_copy(cls, folder: Path) -> Mirror:
        """Open a folder to be read only: every registry that has a copy in it.

        Raises: NotFound when there is none.
        """
        try:
            hosts = [each.name for each in folder.iterdir() if (each / "files").is_dir()]
        except OSError as error:
            raise _no_copy() from error
        hosts = sorted(filter(is_host, hosts))
        if not hosts:
            raise _no_copy()
        return cls(folder, {host: f"https://{host}" for host in hosts})

    def folders(self) -> Iterator[tuple[str, Path]]:
        """Yield each registry's host and where its published files lie."""
        for host in self._sources:
            yield host, self._folder / host / "files"

    def confirmed_at(self) -> dict[str, int | None]:
        """Return the moment each registry's signature vouches for (Unix seconds); None: never."""
        return {host: source.vouched_ns // 10**9 or None for host, source in self._sources.items()}

    @contextmanager
    def held(self, *, timeout: float = REFRESH_SECONDS) -> Iterator[None]:
        """Keep refreshes out, of this and of other processes, for the length of a with statement.

        Raises: Unavailable when one lasts longer than ``timeout`` seconds.
        """
        with self._locked(time.monotonic() + timeout):
            yield

    @property
    def refreshed_at(self) -> int | None:
        """When the registries last answered (Unix seconds), the oldest of them; None: never."""
        oldest = min((source.confirmed_ns for source in self._sources.values()), default=0)
        return oldest // 10**9 or None

    def refreshed_at_of(self, did: str) -> int | None:
        """Return the moment for which the registry of ``did`` vouches for the copy (Unix seconds).

        That is when it was last asked, or when it signed what it answered with if that is earlier:
        up to an hour where nothing is published, more where somebody holds newer answers back.
        None: never. Raises: NotFound when that registry is not read here; RuleBroken.
        """
        return self._source_of(did).vouched_ns // 10**9 or None

    def refresh(self, *, timeout: float = REFRESH_SECONDS) -> Refresh:
        """Bring the whole copy up to date, within ``timeout`` seconds.

        Raises: Unavailable when a registry could not be read (the others were; the last good copy
        stays); InvalidInput when the root of trust is missing.
        """
        asked_ns = time.time_ns()
        deadline = time.monotonic() + timeout
        done: list[SourceRefresh] = []
        failure: AcquisError | None = None
        with self._locked(deadline):
            for source in self._sources.values():
                confirmed_ns = source.confirmed_ns
                if asked_ns <= confirmed_ns <= time.time_ns():
                    done.append(SourceRefresh(changed=0, at=confirmed_ns // 10**9))
                    continue
                try:
                    done.append(source.refresh(deadline))
                except AcquisError as error:
                    failure = failure or error
        if failure is not None:
            raise failure
        return Refresh(
            changed=sum(each.changed for each in done),
            at=min((each.at for each in done), default=asked_ns // 10**9),
            received=sum(each.received for each in done),
            refused=tuple(refusal for each in done for refusal in each.refused),
        )

    def resolve_did(self, did: str) -> DidDocument:
        """Return the verified document of a DID. Raises: NotFound, RuleBroken."""
        return self._files_of(did).resolve_did(did)

    def resolve_resource(self, resource_id: str, expected: ResourceType | None = None) -> Resource:
        """Return a verified resource of the expected type. Raises: NotFound, RuleBroken."""
        did, _ = parse_resource_id(resource_id)
        return self._files_of(did).resolve_resource(resource_id, expected)

    def resolve_status_list(self, definition_id: str, at: int) -> tuple[Link, Resource]:
        """Return the status list of a revocation registry in force at ``at``, with its link.

        ``at`` is in Unix seconds. Raises: NotFound when none was in force; RuleBroken.
        """
        did, _ = parse_resource_id(definition_id)
        return self._files_of(did).resolve_status_list(definition_id, at)

    def tails_file(self, tails_hash: str) -> Path:
        """Return where the verified tails file lies. Raises: NotFound, RuleBroken (tails)."""
        missing: NotFound | None = None
        for source in self._sources.values():
            try:
                return source.files.tails_file(tails_hash)
            except NotFound as error:
                missing = error
        raise missing or _no_registry()

    def resources(self, resource_type: ResourceType) -> Iterator[str]:
        """Yield the ids of one type over all issuers, newest first for each; not yet verified.

        Also those of DIDs in whose folder another DID's log lies now: whose a folder is is the
        host's word. An index that cannot be read hides its issuer's resources, not the others'.
        """
        for source in self._sources.values():
            for index in source.files.indexes():
                yield from index.ids(resource_type)

    def trust_list(self, anchor_did: str) -> Resource:
        """Return the trust list of an anchor with the highest version, verified.

        The order of the index is the host's word; the version is the anchor's. What the index
        names and does not hold takes no other list away, and no list answers below one that a
        refresh has seen. Raises: NotFound, RuleBroken: the anchor's list could not be checked.
        """
        return self._source_of(anchor_did).lists.newest(anchor_did)

    def _source_of(self, did: str) -> Source:
        source = self._sources.get(parse_did(did).host)
        if source is None:
            raise _no_registry()
        return source

    def _files_of(self, did: str) -> PublishedFiles:
        return self._source_of(did).files

    @contextmanager
    def _locked(self, deadline: float) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("a") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as error:
                    if time.monotonic() > deadline:
                        raise Unavailable(
                            Text(
                                "Another process has been refreshing the mirror for too long.",
                                "Un autre processus met à jour le miroir depuis trop longtemps.",
                            )
                        ) from error
                    time.sleep(0.02)
            yield


def _no_copy() -> NotFound:
    return NotFound(
        Text(
            "This folder holds no copy of a registry.",
            "Ce dossier ne contient aucune copie d’un registre.",
        )
    )


def _no_registry() -> NotFound:
    return NotFound(Text("This registry is not read here.", "Ce registre n’est pas lu ici."))
