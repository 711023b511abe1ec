"""How much each issuer may publish, for every mirror fetches all of it.

A file counts with its length, a small one with ``LEAST``: a number of files costs a mirror too. A
tails file counts for each issuer whose revocation registries name it.
"""

from __future__ import annotations

from typing import Final

from acquis.errors import NotFound
from acquis.registry.content import ResourceType
from acquis.registry.mirror import PublishedFiles
from acquis.registry.paths import log_path, resource_path, tails_path
from acquis.registry.resource import parse_resource_id
from acquis.registry.rules import Rule, RuleBroken, broken
from acquis.registry.strict_json import parse_object

LEAST: Final = 16 * 1024  # bytes


class Quota:
    """What stands in each folder, counted at its first write and kept up; ``most`` bytes each.

    Whoever asks about a folder is the one writer of it.
    """

    def __init__(self, files: PublishedFiles, most: int) -> None:
        self._files = files
        self._most = most
        self._used: dict[str, int] = {}

    def check(self, folder: str, more: int) -> None:
        """Check that ``more`` may be added to ``folder``. Raises: RuleBroken (quota)."""
        if folder not in self._used:
            self._used[folder] = self._count(folder)
        if more > 0 and self._used[folder] + more > self._most:
            raise broken(
                Rule.QUOTA,
                f"The folder {folder} would hold more than the {self._most} bytes that the operator"
                " of this registry allows.",
                f"Le dossier {folder} contiendrait plus que les {self._most} octets que permet"
                " l’exploitant de ce registre.",
            )

    def add(self, folder: str, more: int) -> None:
        """Note that ``more``, which was checked, was added to ``folder``."""
        self._used[folder] += more

    def _count(self, folder: str) -> int:
        home = self._files.path_of(log_path(folder)).parent
        used = sum(weight(path.stat().st_size) for path in home.rglob("*") if path.is_file())
        return used + sum(self._weight_of_tails(name) for name in self._tails(folder))

    def _tails(self, folder: str) -> set[str]:
        """Return the hashes of the tails files that the revocation registries of ``folder`` name."""
        try:
            index = self._files.index_of(folder)
        except (NotFound, RuleBroken):
            return set()
        names = set()
        for each in index.ids(ResourceType.REVOCATION_REGISTRY_DEFINITION):
            path = self._files.path_of(resource_path(folder, parse_resource_id(each)[1]))
            if path.exists():
                names.add(parse_object(path.read_bytes())["content"]["value"]["tailsHash"])
        return names

    def _weight_of_tails(self, tails_hash: str) -> int:
        path = self._files.path_of(tails_path(tails_hash))
        return weight(path.stat().st_size) if path.exists() else 0


def weight(length: int) -> int:
    """Return what a file of ``length`` bytes counts."""
    return max(length, LEAST)
