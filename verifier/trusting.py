"""Trusting: what the verification may look at, read from the mirror and from nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from acquis.credentials.achievement import parse_achievement
from acquis.credentials.environment import (
    Entitlement,
    ListInForce,
    PublishedAchievement,
    PublishedCredentialDefinition,
    PublishedRevocationRegistry,
    PublishedSchema,
    Standing,
    TrustListInForce,
)
from acquis.errors import NotFound
from acquis.registry.content import ResourceType
from acquis.registry.mirror import Mirror
from acquis.registry.trust_list import TrustList, parse_trust_list
from acquis.text import Text

_DAY: Final = 86400
_NO_ANCHOR: Final = Text(
    "No trust list was chosen here, so no institution is recognised",
    "Aucune liste de confiance n’est choisie ici : aucun établissement n’est reconnu",
)


def _start_of(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


@dataclass(frozen=True, slots=True)
class MirrorEnvironment:
    """The environment of a verification (``acquis.credentials.environment``) on one mirror."""

    mirror: Mirror
    anchor: str
    now: int
    grace: int
    mirror_max_age: int

    @property
    def mirror_refreshed_at(self) -> int | None:
        """When the mirror was last refreshed."""
        return self.mirror.refreshed_at

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

    def resolve_trust_list(self) -> TrustListInForce:
        """Return the trust list of the anchor the verifier chose."""
        found = self.trust_list()
        return TrustListInForce(
            self.anchor, _start_of(found.issued), _start_of(found.next_update) + _DAY - 1
        )

    def resolve_standing(self, issuer: str) -> Standing:
        """Return how the issuer stands on that trust list."""
        for entry in self.trust_list().entries:
            if entry.issuer == issuer:
                return Standing(
                    issuer,
                    entry.legal_name,
                    tuple(
                        Entitlement(
                            scope.framework,
                            scope.level_min,
                            scope.level_max,
                            scope.valid_from,
                            scope.valid_until,
                        )
                        for scope in entry.scopes
                    ),
                )
        raise NotFound

    def trust_list(self) -> TrustList:
        """Return the anchor's list itself; raises ``NotFound`` when none was chosen or mirrored."""
        if not self.anchor:
            raise NotFound(_NO_ANCHOR)
        return parse_trust_list(self.mirror.trust_list(self.anchor).content)
