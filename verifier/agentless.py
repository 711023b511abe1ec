"""The cryptographic verdict without an agent: the anoncreds library on documents of a mirror.

Steps and warnings are those of the agent (ACA-Py 1.7.0, ``anoncreds/verifier.py``), so that a
verdict means the same whoever gave it:

1. every document the presentation names is resolved; one that cannot be: no verdict;
2. a question of revocation about what cannot be revoked is dropped, and said (``RMV_…_NRI``);
3. timestamps: none in the future, none missing or superfluous; one outside the interval is said
   (``TS_OUT_NRI``);
4. every item asked is answered, by the value and the bound that the proof is about; an unrevealed
   one is said (``UNRVL_ATTR``);
5. the library verifies the proofs.

Where the agent is lax (the relation of a comparison, groups answered as single values, the numbers of
a proof by ``soundness``) this is not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import anoncreds

from acquis.credentials.attributes import encoded_value
from acquis.credentials.environment import CLOCK_SKEW
from acquis.credentials.facts import AgentVerdict
from acquis.credentials.presentation import Presentation, ProvedComparison, Shown, canonical_name
from acquis.credentials.proof_request import (
    AskedAttributes,
    AskedItems,
    AskedPredicate,
    Interval,
)
from acquis.credentials.soundness import find_unsound
from acquis.errors import AcquisError
from acquis.registry.content import ResourceType
from acquis.registry.mirror import Mirror
from acquis.registry.resource import Resource

_INCONSISTENT: Final = "VALUE_ERROR"
_NOT_PROVED: Final = "VERIFY_ERROR"


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked and what was answered, as JSON and as it was read."""

    proof_request: Mapping[str, Any]
    presentation: Mapping[str, Any]
    asked: AskedItems
    answered: Presentation


@dataclass(frozen=True, slots=True)
class _Documents:
    """What the credentials rest on, by id; ``lists`` by registry and time asked.

    ``revocable`` are the definitions whose credentials can be revoked.
    """

    schemas: Mapping[str, Resource]
    definitions: Mapping[str, Resource]
    registries: Mapping[str, Resource]
    lists: Mapping[tuple[str, int], Resource]
    revocable: frozenset[str]


class _Inconsistent(Exception):
    """The presentation contradicts the request or itself."""


def resolve_verdict(question: Question, mirror: Mirror, now: int) -> AgentVerdict:
    """Return what an agent would say of the presentation, with ``mirror`` as all it can read.

    ``now`` in Unix seconds. A document that the mirror lacks or refuses leaves no verdict (None).
    """
    try:
        documents = _resolve(question.answered, mirror)
    except AcquisError:
        return AgentVerdict(None)
    checking = _Checking(question, documents, now)
    warnings = list(checking.dropped())
    try:
        warnings += checking.check_timestamps()
        warnings += checking.check_answers()
    except _Inconsistent:
        return AgentVerdict(verified=False, warnings=_each_once(*warnings, _INCONSISTENT))
    if find_unsound(question.answered) is not None:
        return AgentVerdict(verified=False, warnings=_each_once(*warnings, _NOT_PROVED))
    try:
        verified = _verify(checking.amended(), question.presentation, documents)
    except anoncreds.AnoncredsError:
        return AgentVerdict(verified=False, warnings=_each_once(*warnings, _NOT_PROVED))
    return AgentVerdict(verified, _each_once(*warnings))


def _resolve(answered: Presentation, mirror: Mirror) -> _Documents:
    schemas: dict[str, Resource] = {}
    definitions: dict[str, Resource] = {}
    registries: dict[str, Resource] = {}
    lists: dict[tuple[str, int], Resource] = {}
    for each in answered.identifiers:
        definition, registry = each.credential_definition_id, each.revocation_registry_id
        schemas[each.schema_id] = mirror.resolve_resource(each.schema_id, ResourceType.SCHEMA)
        definitions[definition] = mirror.resolve_resource(
            definition, ResourceType.CREDENTIAL_DEFINITION
        )
        if registry:
            registries[registry] = mirror.resolve_resource(
                registry, ResourceType.REVOCATION_REGISTRY_DEFINITION
            )
            if each.timestamp:
                _, found = mirror.resolve_status_list(registry, each.timestamp)
                lists[registry, each.timestamp] = found
    revocable = frozenset(
        each for each, found in definitions.items() if found.content["value"].get("revocation")
    )
    return _Documents(schemas, definitions, registries, lists, revocable)


@dataclass(frozen=True, slots=True)
class _Checking:
    """One presentation on its way to the library."""

    question: Question
    documents: _Documents
    now: int

    @property
    def answered(self) -> Presentation:
        """What was answered."""
        return self.question.answered

    def dropped(self) -> Iterator[str]:
        """Yield a warning for each question of revocation about what cannot be revoked."""
        for each in self._items():
            number = self._credential_of(each.referent)
            if number is not None and each.non_revoked and not self._is_revocable(number):
                yield f"RMV_RFNT_NRI::{each.referent}"
        if self._is_nothing_revocable():
            yield "RMV_GLB_NRI"

    def amended(self) -> dict[str, Any]:
        """Return the request without those questions, as the library takes it."""
        request: dict[str, Any] = json.loads(json.dumps(self.question.proof_request))
        for kind in ("requested_attributes", "requested_predicates"):
            for referent, item in request[kind].items():
                number = self._credential_of(referent)
                if number is not None and not self._is_revocable(number):
                    item.pop("non_revoked", None)
                _widen(item)
        if self._is_nothing_revocable():
            request.pop("non_revoked", None)
        _widen(request)
        return request

    def check_timestamps(self) -> list[str]:
        """Return the warnings about times; raises ``_Inconsistent``."""
        for each in self.answered.identifiers:
            if not each.timestamp:
                continue
            if (
                each.credential_definition_id not in self.documents.revocable
                or each.timestamp > self.now + CLOCK_SKEW
                or each.revocation_registry_id not in self.documents.registries
            ):
                raise _Inconsistent
        warnings = []
        for item in self._items():
            number = self._credential_of(item.referent)
            if number is not None and self._is_revocable(number):
                warnings += self._check_time(item, number)
        return warnings

    def check_answers(self) -> list[str]:
        """Return the warnings about what was not answered; raises ``_Inconsistent``."""
        warnings = []
        for asked in self.question.asked.attributes:
            shown = self.answered.shown.get(asked.referent)
            if shown is not None:
                self._check_shown(asked, shown)
            elif asked.together:
                raise _Inconsistent
            elif asked.referent in self.answered.unrevealed:
                warnings.append(f"UNRVL_ATTR::{asked.referent}")
            elif asked.referent not in self.answered.self_attested or asked.restrictions:
                raise _Inconsistent
        for wanted in self.question.asked.predicates:
            self._check_proved(wanted)
        return warnings

    def _check_shown(self, asked: AskedAttributes, shown: Shown) -> None:
        signed = self.answered.sub_proofs[shown.credential].shown
        for name in asked.names:
            value = shown.values.get(name if asked.together else "")
            number = signed.get(canonical_name(name))
            if value is None or not number == value.encoded == encoded_value(value.raw):
                raise _Inconsistent

    def _check_proved(self, wanted: AskedPredicate) -> None:
        number = self.answered.proved.get(wanted.referent)
        comparison = ProvedComparison(canonical_name(wanted.name), wanted.relation, wanted.bound)
        if number is None or comparison not in self.answered.sub_proofs[number].comparisons:
            raise _Inconsistent

    def _check_time(self, item: AskedAttributes | AskedPredicate, number: int) -> list[str]:
        """A time where revocation is asked, and only there; inside the interval, or it is said."""
        timestamp = self.answered.identifiers[number].timestamp
        interval = item.non_revoked or self.question.asked.non_revoked
        if (timestamp is not None) != (interval is not None and interval != Interval()):
            raise _Inconsistent
        if timestamp is None or interval is None:
            return []
        since = 0 if interval.since in (None, interval.to) else interval.since
        until = self.now if interval.to is None else interval.to
        inside = (since or 0) < timestamp < until
        return [] if inside else [f"TS_OUT_NRI::{item.referent}"]

    def _items(self) -> Iterator[AskedAttributes | AskedPredicate]:
        yield from self.question.asked.attributes
        yield from self.question.asked.predicates

    def _credential_of(self, referent: str) -> int | None:
        return next(iter(self.answered.credentials_of((referent,))), None)

    def _is_revocable(self, number: int) -> bool:
        identifier = self.answered.identifiers[number]
        return identifier.credential_definition_id in self.documents.revocable

    def _is_nothing_revocable(self) -> bool:
        return all(
            each.timestamp is None and not self._is_revocable(number)
            for number, each in enumerate(self.answered.identifiers)
        )


def _widen(asking: dict[str, Any]) -> None:
    """An interval of one moment is asked as everything up to it: the library refuses it else."""
    interval = asking.get("non_revoked")
    if isinstance(interval, dict) and None is not interval.get("to") == interval.get("from"):
        interval["from"] = 0


def _verify(
    proof_request: Mapping[str, Any], presentation: Mapping[str, Any], documents: _Documents
) -> bool:
    """Return what the library says; raises ``anoncreds.AnoncredsError``."""
    loaded = anoncreds.Presentation.load(json.dumps(presentation))
    verified: bool = loaded.verify(
        json.dumps(proof_request),
        _texts(documents.schemas),
        _texts(documents.definitions),
        _texts(documents.registries),
        [each.raw_content.decode() for each in documents.lists.values()],
    )
    return verified is True


def _texts(resources: Mapping[str, Resource]) -> dict[str, str]:
    return {each: found.raw_content.decode() for each, found in resources.items()}


def _each_once(*warnings: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(warnings))
