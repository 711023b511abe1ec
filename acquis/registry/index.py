"""The index of an issuer: what stands in its folder, by type, newest first.

Written by the registry host and signed by nobody but it: a hint of where to look. Whatever it
names is verified when it is read. Status lists are not in it; the links of their registry are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from acquis.registry.content import ResourceType
from acquis.registry.did import parse_did
from acquis.registry.resource import Resource, parse_resource_id
from acquis.registry.rules import Rule, RuleBroken, broken
from acquis.registry.strict_json import MAX_BYTES, MAX_VALUES, most_values, parse_object


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One resource of an index."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """The resources of one DID by type, newest first."""

    did: str
    entries: Mapping[ResourceType, tuple[IndexEntry, ...]]

    def ids(self, resource_type: ResourceType) -> tuple[str, ...]:
        """Return the ids of one type, newest first."""
        return tuple(entry.id for entry in self.entries.get(resource_type, ()))

    def with_resource(self, resource: Resource) -> Index:
        """Return the index with ``resource`` first of its type; unchanged when it stands."""
        listed = self.entries.get(resource.type, ())
        if resource.type is ResourceType.STATUS_LIST or resource.id in self.ids(resource.type):
            return self
        first = IndexEntry(id=resource.id, name=resource.name)
        return Index(self.did, {**self.entries, resource.type: (first, *listed)})


def build_index(index: Index) -> bytes:
    """Return the bytes of ``index.json``. Raises: RuleBroken (size) when no reader takes as many."""
    document = {
        "did": index.did,
        "resources": {
            str(kind): [{"id": entry.id, "name": entry.name} for entry in entries]
            for kind, entries in index.entries.items()
        },
    }
    raw = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    if len(raw) > MAX_BYTES or most_values(raw) > MAX_VALUES:
        raise broken(
            Rule.SIZE,
            "The index of this issuer is full: no reader takes a longer one.",
            "L’index de cet émetteur est plein : aucun lecteur n’en accepte un plus long.",
        )
    return raw


def parse_index(raw: bytes) -> Index:
    """Return the index; every id in it is one of its DID.

    Raises: RuleBroken (json, size, did-form, resource-form, resource-id).
    """
    document = parse_object(raw)
    did, resources = document.get("did"), document.get("resources")
    if set(document) != {"did", "resources"} or not isinstance(resources, dict):
        raise _refusal()
    parse_did(did)  # type: ignore[arg-type]  # refuses what is no text
    entries: dict[ResourceType, tuple[IndexEntry, ...]] = {}
    for kind, listed in resources.items():
        if kind not in set(ResourceType) or not isinstance(listed, list):
            raise _refusal()
        entries[ResourceType(kind)] = tuple(_parse_entry(entry, str(did)) for entry in listed)
    return Index(str(did), entries)


def _parse_entry(entry: object, did: str) -> IndexEntry:
    if (
        not isinstance(entry, dict)
        or not all(isinstance(entry.get(key), str) for key in ("id", "name"))
        or parse_resource_id(entry["id"])[0] != did
    ):
        raise _refusal()
    return IndexEntry(id=entry["id"], name=entry["name"])


def _refusal() -> RuleBroken:
    return broken(
        Rule.RESOURCE_FORM,
        "The index of an issuer has not the expected form.",
        "L’index d’un émetteur n’a pas la forme attendue.",
    )
