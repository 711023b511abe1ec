"""What a verification looked at, kept: every answer of its environment, and answering from them again.

A decision rests on published documents that move on. So that it can be computed again, each answer
is written down as it was given, refusals included; whoever asks the same again gets the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from functools import cache
from types import UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

from acquis.credentials.achievement import Achievement, parse_achievement
from acquis.credentials.environment import (
    Environment,
    ListInForce,
    PublishedAchievement,
    PublishedCredentialDefinition,
    PublishedIssuer,
    PublishedRevocationRegistry,
    PublishedSchema,
    Standing,
    TrustListInForce,
)
from acquis.credentials.wire import Node, canonical_json
from acquis.errors import (
    AcquisError,
    AlreadyUsed,
    Conflict,
    Expired,
    IllegalTransition,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    TooLarge,
    Unavailable,
    Untrusted,
)
from acquis.text import Text

MAX_ANSWERS: Final = 1_000
_BEFORE_TIME: Final = -(2**63)

_PROBLEMS: Final[Mapping[str, type[AcquisError]]] = {
    each.code: each
    for each in (
        *(NotFound, Untrusted, InvalidInput, TooLarge, Unavailable),
        *(Expired, Conflict, AlreadyUsed, IllegalTransition, NotAllowed, NotSignedIn, AcquisError),
    )
}
_NOT_KEPT = Text(
    "This was not looked at when it was decided.",
    "Ceci n’a pas été consulté au moment de la décision.",
)
_ANSWERS: Final[Mapping[str, Any]] = {
    "refreshed_at": int | None,
    "issuer": PublishedIssuer,
    "credential_definition": PublishedCredentialDefinition,
    "schema": PublishedSchema,
    "achievement": PublishedAchievement,
    "revocation_registry": PublishedRevocationRegistry,
    "list_in_force": ListInForce,
    "trust_list": TrustListInForce,
    "standing": Standing,
}
"""What is asked of an environment, and of what type the answer is."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What an environment said: its clock and its rules, then each answer, by what was asked.

    An answer is ``{"found": …}`` or ``{"problem": code}``.
    """

    now: int
    grace: int
    mirror_max_age: int
    anchors: tuple[str, ...]
    answers: Mapping[str, Mapping[str, object]]

    def content(self) -> dict[str, object]:
        """Return the JSON form."""
        return {
            "now": self.now,
            "grace": self.grace,
            "mirror_max_age": self.mirror_max_age,
            "anchors": list(self.anchors),
            "answers": {asked: dict(given) for asked, given in sorted(self.answers.items())},
        }


def parse_recorded(content: object) -> Recorded:
    """Read ``Recorded.content()`` back; raises ``InvalidInput``."""
    node = Node(content, "environment")
    node.refuse_others(("now", "grace", "mirror_max_age", "anchors", "answers"))
    answers = node.member("answers").members()
    if len(answers) > MAX_ANSWERS:
        node.refuse(f"more than {MAX_ANSWERS} answers.", f"plus de {MAX_ANSWERS} réponses.")
    for each in answers.values():
        each.refuse_others(("found", "problem"))
        if len(each.members()) != 1:
            each.refuse("expected one answer.", "une seule réponse attendue.")
    return Recorded(
        now=node.member("now").integer(_BEFORE_TIME),
        grace=node.member("grace").integer(),
        mirror_max_age=node.member("mirror_max_age").integer(),
        anchors=tuple(each.text(2_000) for each in node.member("anchors").elements()),
        answers={
            asked: {name: member.value for name, member in each.members().items()}
            for asked, each in answers.items()
        },
    )


class _Asked(ABC):
    """The questions of ``Environment``, each handed to one method that answers it."""

    @abstractmethod
    def _answer(self, what: str, *about: str | int) -> Any:
        """Return the answer to one question."""

    def resolve_refreshed_at(self, did: str) -> int | None:
        """Return when the registry of this DID last confirmed the copy."""
        found: int | None = self._answer("refreshed_at", did)
        return found

    def resolve_issuer(self, did: str) -> PublishedIssuer:
        """Return the issuer with this DID."""
        found: PublishedIssuer = self._answer("issuer", did)
        return found

    def resolve_credential_definition(self, definition_id: str) -> PublishedCredentialDefinition:
        """Return the credential definition with this id."""
        found: PublishedCredentialDefinition = self._answer("credential_definition", definition_id)
        return found

    def resolve_schema(self, schema_id: str) -> PublishedSchema:
        """Return the schema with this id."""
        found: PublishedSchema = self._answer("schema", schema_id)
        return found

    def resolve_achievement(self, achievement_id: str) -> PublishedAchievement:
        """Return the achievement with this id."""
        found: PublishedAchievement = self._answer("achievement", achievement_id)
        return found

    def resolve_revocation_registry(self, registry_id: str) -> PublishedRevocationRegistry:
        """Return the revocation registry definition with this id."""
        found: PublishedRevocationRegistry = self._answer("revocation_registry", registry_id)
        return found

    def resolve_list_in_force(self, registry_id: str, at: int) -> ListInForce:
        """Return the list of this registry in force at ``at``."""
        found: ListInForce = self._answer("list_in_force", registry_id, at)
        return found

    def resolve_trust_list(self, anchor: str) -> TrustListInForce:
        """Return the newest trust list of this anchor."""
        found: TrustListInForce = self._answer("trust_list", anchor)
        return found

    def resolve_standing(self, anchor: str, issuer: str) -> Standing:
        """Return how the issuer stands on the list of this anchor."""
        found: Standing = self._answer("standing", anchor, issuer)
        return found


class RecordedEnvironment(_Asked):
    """An ``Environment`` that answers what was answered before, and nothing else."""

    def __init__(self, recorded: Recorded) -> None:
        self._recorded = recorded

    @property
    def now(self) -> int:
        """The moment of verifying."""
        return self._recorded.now

    @property
    def grace(self) -> int:
        """For how many seconds a superseded revocation list was still accepted."""
        return self._recorded.grace

    @property
    def mirror_max_age(self) -> int:
        """How many seconds old the copy of a registry could be."""
        return self._recorded.mirror_max_age

    @property
    def anchors(self) -> tuple[str, ...]:
        """The trust anchors that were chosen."""
        return self._recorded.anchors

    def _answer(self, what: str, *about: str | int) -> Any:
        return _replay(self._recorded.answers.get(_name(what, about)), what)


class RecordingEnvironment(_Asked):
    """An ``Environment`` that asks another one and writes each answer down.

    Each question is asked once: a verification rests on one answer, and that is the one kept.
    """

    def __init__(self, environment: Environment) -> None:
        self.now, self.grace = environment.now, environment.grace
        self.mirror_max_age, self.anchors = environment.mirror_max_age, environment.anchors
        self._environment = environment
        self._answers: dict[str, dict[str, object]] = {}

    def recorded(self) -> Recorded:
        """Return what was answered so far."""
        return Recorded(
            self.now, self.grace, self.mirror_max_age, self.anchors, dict(self._answers)
        )

    def _answer(self, what: str, *about: str | int) -> Any:
        name = _name(what, about)
        if name not in self._answers:
            resolve: Callable[..., object] = getattr(self._environment, f"resolve_{what}")
            try:
                self._answers[name] = {"found": _write(resolve(*about))}
            except AcquisError as problem:
                self._answers[name] = {"problem": problem.code}
        return _replay(self._answers[name], what)


def _name(what: str, about: tuple[str | int, ...]) -> str:
    return canonical_json([what, *about])


def _replay(given: Mapping[str, object] | None, what: str) -> object:
    if given is None:
        raise Unavailable(_NOT_KEPT)
    if "problem" in given:
        raise _PROBLEMS.get(str(given["problem"]), Unavailable)()
    return _read(Node(given["found"], what), _ANSWERS[what])


def _write(value: Any) -> object:
    """Return one answer as JSON."""
    if isinstance(value, Achievement):
        return value.content()
    if is_dataclass(value):
        return {each.name: _write(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    return [_write(each) for each in value] if isinstance(value, tuple) else value


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    """Return the types of a dataclass's fields; to work them out takes longer than to read it."""
    return get_type_hints(kind)


def _read(node: Node, kind: Any) -> Any:  # noqa: PLR0911 - one line for each type there is
    """Read one answer back as ``kind``; raises ``InvalidInput``."""
    if get_origin(kind) is UnionType:
        return None if node.value is None else _read(node, get_args(kind)[0])
    if get_origin(kind) is tuple:
        return tuple(_read(each, get_args(kind)[0]) for each in node.elements())
    if kind is Achievement:
        return parse_achievement({name: each.value for name, each in node.members().items()})
    if is_dataclass(kind):
        build: Any = kind
        hints = _hints(build)
        node.refuse_others(hints)
        return build(**{name: _read(node.member(name), hints[name]) for name in hints})
    if kind is date:
        return node.date()
    if kind is bool:
        return node.boolean()
    if kind is int:
        return node.integer(_BEFORE_TIME)
    if not isinstance(node.value, str):
        node.refuse("expected text.", "du texte attendu.")
    return node.value
