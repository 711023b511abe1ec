"""Who may publish: the folders the operator granted. A grant is a name; keys come with the DID."""

from __future__ import annotations

import json
import time
from pathlib import Path

from acquis.registry.paths import parse_folder
from registry_host.files import read_or_none, write_whole
from registry_host.refusals import NotGranted


class Grants:
    """The granted folders, in a file that the command writes while the host is running."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def folders(self) -> dict[str, int]:
        """Return folder → when it was granted (Unix seconds)."""
        raw = read_or_none(self._path)
        granted: dict[str, int] = json.loads(raw) if raw else {}
        return granted

    def grant(self, folder: str) -> bool:
        """Grant ``namespace/issuer``; False when it was granted before. Raises: RuleBroken."""
        granted = self.folders()
        if parse_folder(folder) in granted:
            return False
        granted[folder] = int(time.time())
        write_whole(self._path, json.dumps(granted, indent=1, sort_keys=True).encode())
        return True

    def check(self, folder: str) -> None:
        """Raise NotGranted when ``folder`` was not granted."""
        if folder not in self.folders():
            raise NotGranted(folder)
