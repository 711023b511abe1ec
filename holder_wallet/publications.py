"""What the mirror of the registry says about a credential: its achievement, its issuer, its status.

Everything here reads files (call it in a thread) and fails at nothing: what the mirror has not got,
or what does not hold, is None or unknown, and a page says what it can without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final

from acquis.credentials.achievement import Achievement, parse_achievement
from acquis.credentials.attributes import CredentialAttributes, parse_attributes
from acquis.credentials.competency import CompetencyKey
from acquis.errors import AcquisError
from acquis.registry.content import ResourceType
from acquis.registry.mirror import Mirror
from acquis.registry.resource import Resource
from acquis.registry.trust_list import TrustEntry, TrustList, parse_trust_list
from acquis.text import Text

_ANCHORS_HELD: Final = 20  # as many as may be chosen


class Standing(StrEnum):
    """Whether a credential can still be used, as far as the mirror knows."""

    VALID = "valid"
    REVOKED = "revoked"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Status:
    """How a credential stands; ``as_of`` is when the registry last confirmed what this rests on."""

    standing: Standing
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer by its DID; the rest is a trust anchor's word, None where no anchor says anything.

    ``recognised_by`` is who accredited it for all the competencies at hand on the day of the award;
    one anchor must answer for all of them.
    """

    did: str
    legal_name: str | None = None
    website: str | None = None
    recognised_by: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Described:
    """A credential, offered or held, with what is published about it.

    ``says`` is None when it is not of our kind; ``achievement`` when the mirror has not got it or
    when it is not this issuer's own.
    """

    attributes: Mapping[str, str]
    says: CredentialAttributes | None
    achievement: Achievement | None
    issuer: Issuer

    @property
    def labels(self) -> dict[str, Text]:
        """The names of its competencies by key, as its issuer publishes them."""
        if self.achievement is None:
            return {}
        return {str(each.key): each.name.text for each in self.achievement.competencies}


def labels_of(described: Iterable[Described]) -> dict[str, Text]:
    """Return the names of all their competencies by key; the first to name one is believed."""
    labels: dict[str, Text] = {}
    for each in described:
        labels = each.labels | labels
    return labels


class Publications:
    """One look at the mirror: ``anchors`` are the trust anchors' DIDs, ``now`` Unix seconds."""

    def __init__(self, mirror: Mirror, anchors: Sequence[str], now: int) -> None:
        self._mirror = mirror
        self._anchors = anchors
        self._now = now
        self._today = datetime.fromtimestamp(now, UTC).date()

    def describe(self, credential_definition_id: str, attributes: Mapping[str, str]) -> Described:
        """Say what is known about a credential with these attributes."""
        held = {_unicode(name): _unicode(value) for name, value in attributes.items()}
        issuer = credential_definition_id.partition("/resources/")[0]
        try:
            says = parse_attributes(held)
        except AcquisError:
            return Described(held, None, None, self._issuer(issuer, None))
        achievement = self._achievement(says.achievement_id, issuer)
        return Described(held, says, achievement, self._issuer(issuer, says))

    def status(
        self, registry_id: str | None, index: int | None, valid_until: date | None
    ) -> Status:
        """Say how a credential stands; without a revocation registry it cannot be revoked."""
        if registry_id is None or index is None:
            ended = valid_until is not None and valid_until < self._today
            return Status(Standing.EXPIRED if ended else Standing.VALID)
        try:
            _, found = self._mirror.resolve_status_list(registry_id, self._now)
            confirmed = self._mirror.refreshed_at_of(found.did)
        except AcquisError:
            return Status(Standing.UNKNOWN)
        as_of = None if confirmed is None else datetime.fromtimestamp(confirmed, UTC)
        bits = found.content["revocationList"]
        if index >= len(bits):
            return Status(Standing.UNKNOWN, as_of)
        if bits[index]:
            return Status(Standing.REVOKED, as_of)
        if valid_until is not None and valid_until < self._today:
            return Status(Standing.EXPIRED, as_of)
        return Status(Standing.VALID, as_of)

    def _achievement(self, achievement_id: str, issuer: str) -> Achievement | None:
        try:
            found = self._mirror.resolve_resource(achievement_id, ResourceType.ACHIEVEMENT)
            # Anybody may write the id of a famous achievement into a credential.
            return parse_achievement(found.content) if found.did == issuer else None
        except AcquisError:
            return None

    def _issuer(self, did: str, says: CredentialAttributes | None) -> Issuer:
        """Describe the issuer by the first anchor that recognises it, else by one that knows it."""
        described = [self._described_by(anchor, did, says) for anchor in self._anchors]
        known = [each for each in described if each is not None]
        recognised = [each for each in known if each.recognised_by is not None]
        return (recognised or known or [Issuer(did)])[0]

    def _described_by(
        self, anchor: str, did: str, says: CredentialAttributes | None
    ) -> Issuer | None:
        try:
            trusted = _read_trust_list(self._mirror.trust_list(anchor))
        except AcquisError:
            return None
        entry = trusted.entry_of(did)
        if entry is None or trusted.is_overdue(self._today):
            return None
        return Issuer(did, entry.legal_name, entry.website, _accreditors(trusted, entry, says))


@lru_cache(maxsize=_ANCHORS_HELD)
def _read_trust_list(found: Resource) -> TrustList:
    return parse_trust_list(found.content)


def _accreditors(
    trusted: TrustList, entry: TrustEntry, says: CredentialAttributes | None
) -> str | None:
    """Return by whom the issuer is accredited for every competency, None unless it is for each."""
    if says is None or not says.levels or says.awarded_on > trusted.next_update:
        return None
    names: dict[str, None] = {}
    for key, level in says.levels.items():
        framework = CompetencyKey.parse(key).framework
        covering = [
            scope.accredited_by
            for scope in entry.scopes
            if scope.covers(framework, level, says.awarded_on)
        ]
        if not covering:
            return None
        names[covering[0]] = None
    return ", ".join(names)


def _unicode(text: str) -> str:
    """Return ``text`` with what no page can show replaced (half a surrogate pair)."""
    return text.encode("utf-8", "replace").decode()
