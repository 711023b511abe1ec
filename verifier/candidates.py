"""Which credential definitions can answer for a competency, by institutions that are recognised."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from acquis.credentials.competency import CompetencyKey
from acquis.credentials.environment import Entitlement, Standing
from acquis.credentials.request import Candidate, CompetencyRequest
from acquis.errors import AcquisError, NotFound
from acquis.registry.content import ResourceType
from verifier.trusting import MirrorEnvironment


@dataclass(frozen=True, slots=True)
class Carrier:
    """A credential definition and whose it is."""

    credential_definition_id: str
    issuer: str


class Carriers:
    """Which definitions carry which competency, read again whenever the mirror was refreshed."""

    def __init__(self) -> None:
        self._as_of: int | None = None
        self._by_name: Mapping[str, tuple[Carrier, ...]] = {}

    def of(self, environment: MirrorEnvironment, name: str) -> tuple[Carrier, ...]:
        """Return the definitions in the mirror whose schema has the attribute ``name``."""
        as_of = environment.mirror_refreshed_at
        if as_of != self._as_of:
            found: dict[str, list[Carrier]] = defaultdict(list)
            for attribute, carrier in _each_carrier(environment):
                found[attribute].append(carrier)
            self._by_name = {attribute: tuple(carriers) for attribute, carriers in found.items()}
            self._as_of = as_of
        return self._by_name.get(name, ())


def _each_carrier(environment: MirrorEnvironment) -> Iterator[tuple[str, Carrier]]:
    for definition_id in environment.mirror.resources(ResourceType.CREDENTIAL_DEFINITION):
        try:
            definition = environment.resolve_credential_definition(definition_id)
            schema = environment.resolve_schema(definition.schema_id)
        except AcquisError:
            continue  # a document that does not hold answers for nothing
        for attribute in schema.attributes:
            yield attribute, Carrier(definition_id, definition.issuer)


def find_candidates(
    environment: MirrorEnvironment, carriers: Carriers, asked: CompetencyRequest
) -> tuple[Candidate, ...]:
    """Return the definitions that may answer ``asked``: they carry it and their issuer is entitled.

    Raises ``NotFound`` or ``Unavailable`` when there is no trust list to ask.
    """
    environment.trust_list()
    found = []
    for carrier in carriers.of(environment, str(asked.key)):
        try:
            standing = environment.resolve_standing(carrier.issuer)
        except NotFound:
            continue
        fitting = _fitting(standing, asked.key, asked.minimum_level)
        if not fitting:
            continue
        only = fitting[0] if len(fitting) == 1 else None
        found.append(
            Candidate(
                carrier.credential_definition_id,
                recognised_from=only.valid_from if only else None,
                recognised_until=only.valid_until if only else None,
            )
        )
    return tuple(found)


def _fitting(
    standing: Standing, key: CompetencyKey, minimum_level: int | None
) -> list[Entitlement]:
    return [
        each
        for each in standing.entitlements
        if each.framework == key.framework
        and (minimum_level is None or each.level_min <= minimum_level <= each.level_max)
    ]
