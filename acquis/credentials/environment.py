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

CLOCK_SKEW = 300
"""Seconds another machine's clock may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class PublishedIssuer:
    """An issuer's DID whose log was verified whole; times in Unix seconds.

    ``updated`` is the time of its last version, ``mirror_refreshed_at`` when its registry last
    confirmed our copy (None: never), ``compromised_since`` the earliest moment since which the
    issuer reported one of its keys as compromised (None: it reported none).
    """

    did: str
    version_id: str
    updated: int
    mirror_refreshed_at: int | None
    compromised_since: int | None = None
    deactivated: bool = False


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
    """What an issuer is recognised for: one framework, levels and days, both ends included.

    ``accreditation`` says by what act, ``accredited_by`` by whom.
    """

    framework: str
    level_min: int
    level_max: int
    valid_from: date
    valid_until: date | None = None
    accreditation: str = ""
    accredited_by: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How an issuer stands on the trust list of one anchor."""

    issuer: str
    legal_name: str
    entitlements: tuple[Entitlement, ...]


@dataclass(frozen=True, slots=True)
class TrustListInForce:
    """The trust list of an anchor that its answers come from; times in Unix seconds.

    ``mirror_refreshed_at`` is when the anchor's registry last confirmed our copy, None when never;
    ``name`` is what the anchor calls its list.
    """

    anchor: str
    issued: int
    next_update: int
    mirror_refreshed_at: int | None
    version: int = 1
    name: str = ""


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
    def mirror_max_age(self) -> int:
        """How many seconds old our copy of a registry may be."""
        ...

    @property
    def anchors(self) -> tuple[str, ...]:
        """The DIDs of the trust anchors the verifier chose, in its order."""
        ...

    def resolve_refreshed_at(self, did: str) -> int | None:
        """Return when the registry of this DID last confirmed our copy; None when never.

        Registries are confirmed each by itself: one that does not answer ages only its own DIDs.
        """
        ...

    def resolve_issuer(self, did: str) -> PublishedIssuer:
        """Return the issuer with this DID, also when its DID is deactivated."""
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

    def resolve_trust_list(self, anchor: str) -> TrustListInForce:
        """Return the newest trust list of this anchor, whether in force or not."""
        ...

    def resolve_standing(self, anchor: str, issuer: str) -> Standing:
        """Return how the issuer stands on the list of this anchor; ``NotFound``: not on it."""
        ...


def is_recent(refreshed_at: int | None, environment: Environment) -> bool:
    """Say whether a copy confirmed at ``refreshed_at`` is young enough; one never confirmed is not."""
    now = environment.now
    if refreshed_at is None or refreshed_at > now + CLOCK_SKEW:
        return False
    return now - refreshed_at <= environment.mirror_max_age


def entitling(
    standing: Standing, framework: str, level: int, earliest: date, latest: date
) -> tuple[Entitlement, ...]:
    """Return the entitlements that cover every day from ``earliest`` to ``latest``, if they do.

    Several may take turns; a single day without one is enough for none at all.
    """
    fitting = sorted(
        (
            each
            for each in standing.entitlements
            if each.framework == framework and each.level_min <= level <= each.level_max
        ),
        key=lambda each: each.valid_from,
    )
    used: list[Entitlement] = []
    day = earliest
    for each in fitting:
        if each.valid_from > day or earliest > latest:
            return ()
        if each.valid_until is None or each.valid_until >= latest:
            return (*used, each)
        if each.valid_until >= day:
            used.append(each)
            day = each.valid_until + timedelta(days=1)
    return ()


def entitled(standing: Standing, framework: str, level: int, earliest: date, latest: date) -> bool:
    """Say whether the issuer was entitled on every day from ``earliest`` to ``latest``."""
    return bool(entitling(standing, framework, level, earliest, latest))
