"""Which credential definitions can answer for a competency, by institutions that are recognised."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from acquis.credentials.candidates import candidate_of
from acquis.credentials.request import Candidate, CompetencyRequest, day_of
from acquis.errors import AcquisError, NotFound
from acquis.registry.content import ResourceType
from verifier.trusting import MirrorEnvironment


@dataclass(frozen=True, slots=True)
class Carrier:
    """A credential definition and whose it is."""

    credential_definition_id: str
    issuer: str


class Carriers:
    """Which definitions carry which competency, read again whenever the mirror changed."""

    def __init__(self) -> None:
        self._as_of: object = None
        self._by_name: Mapping[str, tuple[Carrier, ...]] = {}

    def of(self, environment: MirrorEnvironment, name: str) -> tuple[Carrier, ...]:
        """Return the definitions in the mirror whose schema has the attribute ``name``."""
        listed = tuple(environment.mirror.resources(ResourceType.CREDENTIAL_DEFINITION))
        as_of = (environment.mirror_refreshed_at, listed)  # two refreshes may share a second
        if as_of != self._as_of:
            found: dict[str, list[Carrier]] = defaultdict(list)
            for attribute, carrier in _each_carrier(environment, listed):
                found[attribute].append(carrier)
            self._by_name = {attribute: tuple(carriers) for attribute, carriers in found.items()}
            self._as_of = as_of
        return self._by_name.get(name, ())


def _each_carrier(
    environment: MirrorEnvironment, definition_ids: Iterable[str]
) -> Iterator[tuple[str, Carrier]]:
    for definition_id in definition_ids:
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
        candidate = candidate_of(
            carrier.credential_definition_id,
            standing,
            asked.key,
            asked.minimum_level,
            day_of(environment.now),
        )
        if candidate is not None:
            found.append(candidate)
    return tuple(found)
