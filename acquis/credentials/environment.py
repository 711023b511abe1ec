"""What a verification may look at besides the presentation: published documents, lists, the clock.

The verifier's service implements ``Environment`` on its mirror; a test on dictionaries. Nothing
here opens a connection. A ``resolve_`` method raises ``NotFound`` when the mirror does not hold
the document, ``Untrusted`` or ``InvalidInput`` when it holds one that fails its checks,
``Unavailable`` when it could not look; nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol

from acquis.credentials.achievement import Achievement


@dataclass(frozen=True, slots=True)
class PublishedCredentialDefinition:
    """A credential definition whose signature and digest were checked; ``issuer`` is its DID."""

    id: str
    issuer: str
    schema_id: str
    revocable: bool


@dataclass(frozen=True, slots=True)
class PublishedSchema:
    """A schema whose signature and digest were checked."""

    id: str
    issuer: str
    name: str
    version: str
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PublishedAchievement:
    """An achievement whose signature and digest were checked; ``issuer`` published it."""

    id: str
    issuer: str
    achievement: Achievement


@dataclass(frozen=True, slots=True)
class PublishedRevocationRegistry:
    """A revocation registry definition whose signature and digest were checked."""

    id: str
    issuer: str
    credential_definition_id: str


@dataclass(frozen=True, slots=True)
class ListInForce:
    """The revocation list in force at some moment: since when, and until when (None: still)."""

    timestamp: int
    superseded_at: int | None = None


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What an issuer is recognised for: one framework, levels and days, both ends included."""

    framework: str
    level_min: int
    level_max: int
    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How an issuer stands on the trust list the verifier chose."""

    issuer: str
    legal_name: str
    entitlements: tuple[Entitlement, ...]


@dataclass(frozen=True, slots=True)
class TrustListInForce:
    """The trust list the answers of ``resolve_standing`` come from; times in Unix seconds."""

    anchor: str
    issued: int
    next_update: int


class Recognition(StrEnum):
    """Whether an issuer was entitled; an unknown issuer is not recognised, never "invalid"."""

    RECOGNISED = "recognised"
    NOT_RECOGNISED = "not-recognised"
    COULD_NOT_CHECK = "could-not-check"


class Environment(Protocol):
    """What the pipeline may look at; all times in Unix seconds."""

    @property
    def now(self) -> int:
        """The moment of verifying."""
        ...

    @property
    def grace(self) -> int:
        """For how many seconds a superseded revocation list is still accepted (default 300)."""
        ...

    @property
    def mirror_refreshed_at(self) -> int | None:
        """When the mirror was last refreshed; None when never."""
        ...

    @property
    def mirror_max_age(self) -> int:
        """How many seconds old the mirror may be."""
        ...

    def resolve_credential_definition(self, definition_id: str) -> PublishedCredentialDefinition:
        """Return the credential definition with this id."""
        ...

    def resolve_schema(self, schema_id: str) -> PublishedSchema:
        """Return the schema with this id."""
        ...

    def resolve_achievement(self, achievement_id: str) -> PublishedAchievement:
        """Return the achievement with this id."""
        ...

    def resolve_revocation_registry(self, registry_id: str) -> PublishedRevocationRegistry:
        """Return the revocation registry definition with this id."""
        ...

    def resolve_list_in_force(self, registry_id: str, at: int) -> ListInForce:
        """Return the list of this registry in force at ``at``; ``NotFound`` before the first."""
        ...

    def resolve_trust_list(self) -> TrustListInForce:
        """Return the trust list of the anchor the verifier chose."""
        ...

    def resolve_standing(self, issuer: str) -> Standing:
        """Return how the issuer stands on that trust list; ``NotFound`` when it is not on it."""
        ...


def entitled(standing: Standing, framework: str, level: int, earliest: date, latest: date) -> bool:
    """Say whether the issuer was entitled on every day from ``earliest`` to ``latest``.

    Several entitlements may take turns; a single day without one is enough for a no.
    """
    fitting = sorted(
        (
            each
            for each in standing.entitlements
            if each.framework == framework and each.level_min <= level <= each.level_max
        ),
        key=lambda each: each.valid_from,
    )
    day = earliest
    for each in fitting:
        if each.valid_from > day:
            return False
        if each.valid_until is None or each.valid_until >= latest:
            return earliest <= latest
        day = max(day, each.valid_until + timedelta(days=1))
    return False
