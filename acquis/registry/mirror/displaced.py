"""Displaced: the last good files of a DID in whose folder another DID's log lies now.

A folder is the host's to give; a DID is not: its SCID is in it. So a log of another DID may lie
where one lay before, and neither takes the other's good copy away. Log, witness file and index are
the files whose names do not say whose they are; everything else is named by a digest.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from acquis.registry.did import WebvhDid, parse_did
from acquis.registry.paths import FileKind, PublishedPath, index_path, log_path, witness_path


class Displaced:
    """A folder with, for each displaced DID, a folder named by its SCID."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path_of(self, parts: WebvhDid, published: PublishedPath) -> Path:
        """Return where a file of this DID lies, if it was displaced."""
        return self._folder / parts.scid / published.name

    def scids(self) -> Iterator[str]:
        """Yield the SCIDs of those whose index is kept, in order."""
        for path in sorted(self._folder.glob("*/index.json")):
            yield path.parent.name

    def index_of(self, scid: str) -> Path:
        """Return where the index of a displaced DID lies, if it had one."""
        return self._folder / scid / FileKind.INDEX.value

    def keep(self, did: str, files: Path) -> None:
        """Keep what lies in the folder of ``did`` below ``files``; the log last: it is read first."""
        parts = parse_did(did)
        folder = self._folder / parts.scid
        folder.mkdir(parents=True, exist_ok=True)
        for published in (
            index_path(parts.folder),
            witness_path(parts.folder),
            log_path(parts.folder),
        ):
            fresh, kept = folder / f".{published.name}.new", self.path_of(parts, published)
            fresh.unlink(missing_ok=True)
            try:
                os.link(files / str(published), fresh)
            except FileNotFoundError:
                kept.unlink(missing_ok=True)
            else:
                fresh.replace(kept)
                fresh.unlink(missing_ok=True)  # where both names were one file, rename does nothing
