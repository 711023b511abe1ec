"""The newest trust list of an anchor in a copy: never one below the newest that was seen in it.

What the index names and does not hold takes no other list away; but where a list was seen and is
not there any more, an older one is no answer. A list by a key that its anchor gave up since binds
nobody: whoever stole the key could have given it any version.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from acquis.errors import AcquisError, NotFound
from acquis.registry.content import ResourceType
from acquis.registry.mirror.notes import load_notes, save_notes
from acquis.registry.mirror.reading import PublishedFiles
from acquis.registry.resource import Resource
from acquis.registry.rules import Rule, RuleBroken, broken
from acquis.text import Text


@dataclass(frozen=True, slots=True)
class _Seen:
    """The newest list that was seen: its version, its id and the verification method of its proof."""

    version: int
    id: str
    method: str


class NewestLists:
    """The trust lists among ``files``; the newest that were seen are noted at ``notes``."""

    def __init__(self, files: PublishedFiles, notes: Path) -> None:
        self._files = files
        self._notes = notes

    def newest(self, anchor: str) -> Resource:
        """Return the list of an anchor with the highest version, verified.

        Raises: NotFound, RuleBroken: nothing holds, or only what is older than was seen.
        """
        identity = (self._files.identity_of_folder(anchor), self._seen(anchor))
        key = ("newest list", anchor)
        held = self._files.cache.get(key, identity)
        if isinstance(held, str):
            try:
                return self._files.resolve_resource(held, ResourceType.TRUST_LIST)
            except (RuleBroken, NotFound):
                pass  # it was verified and is not what it was: look at all of them
        version, found = self._search(anchor)
        seen = self._binding(anchor)
        if seen is not None and version < seen.version:
            raise broken(
                Rule.TRUST_LIST,
                f"Version {seen.version} of this trust list was seen and cannot be read any more;"
                " no older one is an answer.",
                f"La version {seen.version} de cette liste de confiance a été vue et n’est plus"
                " lisible ; aucune plus ancienne n’est une réponse.",
            )
        if found is None:
            raise NotFound(
                Text(
                    "This anchor has published no trust list.",
                    "Cette ancre n’a publié aucune liste de confiance.",
                )
            )
        self._files.cache.put(key, identity, found.id, len(found.id))
        return found

    def remember(self, folder: str) -> None:
        """Note the newest list of the anchor in ``folder`` where there is one."""
        try:
            anchor = self._files.index_of(folder).did
            version, found = self._search(anchor)
            seen = self._binding(anchor)
        except (RuleBroken, NotFound):
            return
        if found is not None and (seen is None or version > seen.version):
            noted = [version, found.id, found.verification_method]
            save_notes(self._notes, {**load_notes(self._notes), anchor: noted})

    def _search(self, anchor: str) -> tuple[int, Resource | None]:
        """Return the highest version that holds and its list, the one that was seen first of them.

        (0, None) when none is named. Raises: NotFound, RuleBroken: why none that is named holds,
        unless one was seen.
        """
        seen = self._seen(anchor)
        found: list[tuple[int, Resource]] = []
        refusal: AcquisError | None = None
        for resource_id in dict.fromkeys([*([seen.id] if seen else []), *self._named(anchor)]):
            try:
                found.append(_versioned(self._files, resource_id))
            except (RuleBroken, NotFound) as error:
                refusal = error
        if refusal is not None and not found and self._binding(anchor) is None:
            raise refusal
        return max(found, key=lambda each: each[0], default=(0, None))

    def _named(self, anchor: str) -> tuple[str, ...]:
        try:
            return self._files.index_for(anchor).ids(ResourceType.TRUST_LIST)
        except (RuleBroken, NotFound):
            if self._seen(anchor) is not None:
                return ()
            self._files.resolve_did(anchor)  # a DID that cannot be read says more
            raise

    def _binding(self, anchor: str) -> _Seen | None:
        """Return the newest list that was seen, unless its anchor gave up the key that signed it."""
        seen = self._seen(anchor)
        if seen is None or seen.method not in self._files.resolve_did(anchor).assertion_keys():
            return None
        return seen

    def _seen(self, anchor: str) -> _Seen | None:
        match load_notes(self._notes).get(anchor):
            case [int(version), str(resource_id), str(method)]:
                return _Seen(version, resource_id, method)
        return None


def _versioned(files: PublishedFiles, resource_id: str) -> tuple[int, Resource]:
    found = files.resolve_resource(resource_id, ResourceType.TRUST_LIST)
    version = found.content.get("version")
    if type(version) is not int:
        raise broken(
            Rule.TRUST_LIST,
            "A trust list without a version was published.",
            "Une liste de confiance sans version a été publiée.",
        )
    return version, found
