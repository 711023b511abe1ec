"""Which credential definitions can answer for a competency, by institutions that are recognised."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from acquis.credentials.candidates import candidate_of, widest
from acquis.credentials.competency_names import name_competencies, rename
from acquis.credentials.proof_request import UnverifiedProofRequest, parse_proof_request
from acquis.credentials.recognition import ListState, read_trust_lists, resolve_standings
from acquis.credentials.request import (
    Candidate,
    CompetencyRequest,
    PresentationRequest,
    day_of,
)
from acquis.errors import AcquisError, NotFound
from acquis.registry.content import ResourceType
from acquis.registry.mirror import Achievements, Mirror
from acquis.text import Text
from verifier.trusting import MirrorEnvironment

_NO_ANCHOR: Final = Text(
    "No trust list was chosen here, so no institution is recognised",
    "Aucune liste de confiance n’est choisie ici : aucun établissement n’est reconnu",
)
_NO_LIST: Final = Text(
    "No trust list you rely on is in force in our copy of the registry",
    "Aucune liste de confiance choisie n’est en vigueur dans notre copie du registre",
)


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
        as_of = (_refreshes(environment, listed), listed)  # two refreshes may share a second
        if as_of != self._as_of:
            found: dict[str, list[Carrier]] = defaultdict(list)
            for attribute, carrier in _each_carrier(environment, listed):
                found[attribute].append(carrier)
            self._by_name = {attribute: tuple(carriers) for attribute, carriers in found.items()}
            self._as_of = as_of
        return self._by_name.get(name, ())


def _refreshes(
    environment: MirrorEnvironment, definition_ids: Iterable[str]
) -> dict[str, int | None]:
    """Return when each registry last confirmed the copy: one may stand still for long."""
    one_of_each = {each.split(":", 4)[3]: each.partition("/")[0] for each in definition_ids}
    return {host: environment.resolve_refreshed_at(did) for host, did in one_of_each.items()}


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

    Raises ``NotFound`` when no trust list is in force to ask.
    """
    lists = read_trust_lists(environment)
    if not any(each.state is ListState.IN_FORCE for each in lists):
        raise NotFound(_NO_LIST if lists else _NO_ANCHOR)
    today = day_of(environment.now)
    found = []
    for carrier in carriers.of(environment, str(asked.key)):
        offered = [
            candidate_of(
                carrier.credential_definition_id, standing, asked.key, asked.minimum_level, today
            )
            for _, standing in resolve_standings(carrier.issuer, lists, environment)
        ]
        candidate = widest([each for each in offered if each is not None])
        if candidate is not None:
            found.append(candidate)
    return tuple(found)


def rename_as_published(
    mirror: Mirror, request: PresentationRequest, proof_request: Mapping[str, object]
) -> PresentationRequest:
    """Return ``request`` with each competency called as the wallet that answers will call it.

    ``proof_request`` is what is asked for it: it says whose credentials are accepted.
    """
    asked = parse_proof_request(UnverifiedProofRequest(proof_request))
    return rename(request, name_competencies(asked, Achievements(mirror).of))
