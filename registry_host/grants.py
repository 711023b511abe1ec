"""Who may publish: the folders the operator granted, each to one DID or to whoever comes first.

``grants.json`` holds, for each folder, since when, and to which SCID if the operator said so. It is
written by the command while the host is running: whole, and by one process at a time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from acquis.errors import Conflict, NotFound, Unavailable
from acquis.registry.did import parse_did
from acquis.registry.paths import parse_folder
from acquis.service.file_lock import in_turn
from acquis.text import Text
from registry_host.files import read_or_none, write_whole
from registry_host.refusals import GrantedToAnother, NotGranted

GRANTS: Final = "grants.json"  # in the folder of the registry


@dataclass(frozen=True, slots=True)
class Grant:
    """A folder that may be published in, ``since`` (Unix seconds).

    ``scid`` is that of the one DID it was granted to; None: of whichever publishes its log first.
    """

    since: int
    scid: str | None = None


class Grants:
    """The granted folders, in a file that the command writes while the host is running."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def folders(self) -> dict[str, Grant]:
        """Return folder → its grant. Raises: Unavailable when the file is damaged."""
        raw = read_or_none(self._path)
        try:
            kept: Any = json.loads(raw) if raw else {}
            return {folder: _parse_grant(each) for folder, each in dict(kept).items()}
        except (ValueError, TypeError, KeyError) as error:
            raise _damaged(self._path) from error

    def grant(self, folder: str, scid: str | None = None) -> bool:
        """Grant ``namespace/issuer`` to the DID of ``scid``, or to whoever publishes there first.

        A grant to whoever comes first may still be bound; none is loosened. Returns False when
        there was nothing to change. Raises: RuleBroken (path, did-form), Conflict when it was
        granted to another DID.
        """
        parse_folder(folder)
        if scid is not None:
            parse_did(f"did:webvh:{scid}:registry.example:{folder.replace('/', ':')}")
        with self._changing() as granted:
            standing = granted.get(folder)
            if standing is not None:
                if scid in {None, standing.scid}:
                    return False
                if standing.scid is not None:
                    raise _bound(folder, standing.scid)
            granted[folder] = Grant(standing.since if standing else int(time.time()), scid)
        return True

    def revoke(self, folder: str, public: Path) -> None:
        """Take back the grant of ``folder``; nothing may stand there below ``public``.

        Raises: NotFound, Conflict.
        """
        with self._changing() as granted:
            if any((public / parse_folder(folder)).glob("*")):
                raise _taken(folder)
            if granted.pop(folder, None) is None:
                raise NotFound(Text(f"{folder} is not granted.", f"{folder} n’est pas accordé."))

    def check(self, folder: str) -> None:
        """Raise NotGranted when ``folder`` was not granted."""
        if folder not in self.folders():
            raise NotGranted(folder)

    def check_did(self, folder: str, did: str) -> None:
        """Raise NotGranted when ``did`` may not publish the first log in ``folder``."""
        self.check(folder)
        scid = self.folders()[folder].scid
        if scid not in {None, parse_did(did).scid}:
            raise GrantedToAnother(folder)

    def held(self) -> AbstractContextManager[None]:
        """Keep every change out for the length of a with statement, waiting for one under way."""
        return in_turn(self._path.with_name(f".{self._path.name}.lock"))

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Grant]]:
        with self.held():
            granted = self.folders()
            before = dict(granted)
            yield granted
            if granted != before:
                kept = {folder: _build_grant(each) for folder, each in granted.items()}
                write_whole(self._path, json.dumps(kept, indent=1, sort_keys=True).encode())


def _parse_grant(kept: Any) -> Grant:
    if isinstance(kept, int):
        return Grant(kept)
    return Grant(int(kept["since"]), str(kept["scid"]))


def _build_grant(grant: Grant) -> int | dict[str, int | str]:
    """Return what is kept; a grant to whoever comes first is its moment, as it always was."""
    return grant.since if grant.scid is None else {"since": grant.since, "scid": grant.scid}


def _damaged(path: Path) -> Unavailable:
    return Unavailable(
        Text(
            f"The list of grants is damaged; bring {path.name} back from a copy of the folder.",
            f"La liste des accords est endommagée ; reprenez {path.name} d’une copie du dossier.",
        )
    )


def _taken(folder: str) -> Conflict:
    return Conflict(
        Text(
            f"Something is published in {folder}; what readers rely on is not taken back.",
            f"{folder} contient des publications ; on ne reprend pas ce qui fait foi.",
        )
    )


def _bound(folder: str, scid: str) -> Conflict:
    return Conflict(
        Text(
            f"{folder} is granted to another DID ({scid}); take that back first:"
            f" acquis registry revoke-grant {folder}",
            f"{folder} est accordé à un autre DID ({scid}) ; reprenez-le d’abord :"
            f" acquis registry revoke-grant {folder}",
        )
    )
