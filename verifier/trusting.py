"""Trusting: what the verification may look at, read from the mirror and from nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final

from acquis.credentials.achievement import parse_achievement
from acquis.credentials.environment import (
    Entitlement,
    ListInForce,
    PublishedAchievement,
    PublishedCredentialDefinition,
    PublishedIssuer,
    PublishedRevocationRegistry,
    PublishedSchema,
    Standing,
    TrustListInForce,
)
from acquis.errors import NotFound
from acquis.registry.content import ResourceType
from acquis.registry.mirror import Mirror
from acquis.registry.resource import Resource
from acquis.registry.trust_list import Scope, TrustEntry, TrustList, parse_trust_list

_DAY: Final = 86400
_LISTS_HELD: Final = 20  # as many as anchors may be chosen


@dataclass(frozen=True, slots=True)
class _Held:
    """A trust list, read once: whose entries are found by DID."""

    in_force: TrustListInForce
    entries: Mapping[str, TrustEntry]


def _start_of(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


@dataclass(frozen=True, slots=True)
class MirrorEnvironment:
    """The environment of a verification (``acquis.credentials.environment``) on one mirror.

    Made for one look: each trust list is read from the mirror once, whatever it is asked.
    """

    mirror: Mirror
    anchors: tuple[str, ...]
    now: int
    grace: int
    mirror_max_age: int
    _lists: dict[str, _Held] = field(default_factory=dict, repr=False, compare=False)

    def resolve_refreshed_at(self, did: str) -> int | None:
        """Return when the registry of this DID last confirmed the copy."""
        return self.mirror.refreshed_at_of(did)

    def resolve_issuer(self, did: str) -> PublishedIssuer:
        """Return the issuer with this DID, also when it is deactivated."""
        found = self.mirror.resolve_did(did)
        compromised = [each.since for each in found.compromises]
        return PublishedIssuer(
            did=found.did,
            version_id=found.version_id,
            updated=int(found.updated.timestamp()),
            mirror_refreshed_at=self.mirror.refreshed_at_of(did),
            compromised_since=int(min(compromised).timestamp()) if compromised else None,
            deactivated=found.deactivated,
        )

    def resolve_credential_definition(self, definition_id: str) -> PublishedCredentialDefinition:
        """Return the credential definition with this id."""
        found = self.mirror.resolve_resource(definition_id, ResourceType.CREDENTIAL_DEFINITION)
        return PublishedCredentialDefinition(
            id=found.id,
            issuer=found.did,
            schema_id=found.content["schemaId"],
            revocable="revocation" in found.content["value"],
        )

    def resolve_schema(self, schema_id: str) -> PublishedSchema:
        """Return the schema with this id."""
        found = self.mirror.resolve_resource(schema_id, ResourceType.SCHEMA)
        return PublishedSchema(
            id=found.id,
            issuer=found.did,
            name=found.content["name"],
            version=found.content["version"],
            attributes=tuple(found.content["attrNames"]),
        )

    def resolve_achievement(self, achievement_id: str) -> PublishedAchievement:
        """Return the achievement with this id."""
        found = self.mirror.resolve_resource(achievement_id, ResourceType.ACHIEVEMENT)
        return PublishedAchievement(found.id, found.did, parse_achievement(found.content))

    def resolve_revocation_registry(self, registry_id: str) -> PublishedRevocationRegistry:
        """Return the revocation registry definition with this id."""
        found = self.mirror.resolve_resource(
            registry_id, ResourceType.REVOCATION_REGISTRY_DEFINITION
        )
        return PublishedRevocationRegistry(found.id, found.did, found.content["credDefId"])

    def resolve_list_in_force(self, registry_id: str, at: int) -> ListInForce:
        """Return the list of this registry in force at ``at``."""
        link, _ = self.mirror.resolve_status_list(registry_id, at)
        definition = self.mirror.resolve_resource(
            registry_id, ResourceType.REVOCATION_REGISTRY_DEFINITION
        )
        later = [each.timestamp for each in definition.links if each.timestamp > link.timestamp]
        return ListInForce(link.timestamp, min(later, default=None))

    def resolve_trust_list(self, anchor: str) -> TrustListInForce:
        """Return the newest trust list of this anchor, whether in force or not."""
        return self._held(anchor).in_force

    def resolve_standing(self, anchor: str, issuer: str) -> Standing:
        """Return how the issuer stands on the list of this anchor."""
        entry = self._held(anchor).entries.get(issuer)
        if entry is None:
            raise NotFound
        return Standing(issuer, entry.legal_name, tuple(map(_entitlement, entry.scopes)))

    def count_recognised(self, anchor: str) -> int:
        """Return how many institutions are on the list of this anchor."""
        return len(self._held(anchor).entries)

    def _held(self, anchor: str) -> _Held:
        held = self._lists.get(anchor)
        if held is None:
            held = self._lists[anchor] = self._read(anchor)
        return held

    def _read(self, anchor: str) -> _Held:
        found = self.mirror.trust_list(anchor)
        listed, entries = _parse(found)
        in_force = TrustListInForce(
            anchor=anchor,
            issued=_start_of(listed.issued),
            next_update=_start_of(listed.next_update) + _DAY - 1,
            mirror_refreshed_at=self.mirror.refreshed_at_of(anchor),
            version=listed.version,
            name=found.name,
        )
        return _Held(in_force, entries)


@lru_cache(maxsize=_LISTS_HELD)
def _parse(found: Resource) -> tuple[TrustList, Mapping[str, TrustEntry]]:
    """Parse a verified list, whose entries are found by DID; the same one is not parsed again."""
    listed = parse_trust_list(found.content)
    return listed, {each.issuer: each for each in listed.entries}


def _entitlement(scope: Scope) -> Entitlement:
    return Entitlement(
        framework=scope.framework,
        level_min=scope.level_min,
        level_max=scope.level_max,
        valid_from=scope.valid_from,
        valid_until=scope.valid_until,
        accreditation=scope.accreditation,
        accredited_by=scope.accredited_by,
    )
