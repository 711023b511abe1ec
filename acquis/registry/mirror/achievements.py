"""Which published achievements a credential definition of the same institution may be of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from acquis.errors import AcquisError
from acquis.registry.content import ResourceType
from acquis.registry.mirror.folder import Mirror


class Achievements:
    """One look at a mirror; nothing is read before it is asked for."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self._ids: dict[str, list[str]] | None = None

    def of(self, definition_id: str) -> Iterator[Mapping[str, Any]]:
        """Yield the contents of those whose name and version the definition's schema bears.

        A document that is not there, or does not hold, yields nothing.
        """
        try:
            definition = self._mirror.resolve_resource(
                definition_id, ResourceType.CREDENTIAL_DEFINITION
            )
            schema = self._mirror.resolve_resource(
                definition.content["schemaId"], ResourceType.SCHEMA
            )
        except AcquisError:
            return
        if schema.did != definition.did:
            return
        for content in self._published_by(definition.did):
            named = content.get("slug"), content.get("version")
            if named == (schema.content["name"], schema.content["version"]):
                yield content

    def _published_by(self, did: str) -> Iterator[Mapping[str, Any]]:
        if self._ids is None:
            self._ids = defaultdict(list)
            for each in self._mirror.resources(ResourceType.ACHIEVEMENT):
                self._ids[each.partition("/")[0]].append(each)
        for each in self._ids.get(did, ()):
            try:
                yield self._mirror.resolve_resource(each, ResourceType.ACHIEVEMENT).content
            except AcquisError:
                continue
