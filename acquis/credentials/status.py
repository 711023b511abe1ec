"""Whether a credential still stands: the list its proof names, against the list in force.

A wallet can prove "not revoked" against any list ever published, and the agent says "true". So
the timestamp in the presentation must be that of the list in force at the moment of asking, or
of one that was superseded within a declared grace (wallets cache lists). Older is stale and
refused; a list later than asked is never used.

Which credential stands is the library's to say, and it cannot say it against its holder: the number
that ties the proof of status to the signature is compared modulo the order of a curve, and may be so
large (``m2`` in ``soundness``) that whoever holds two credentials of one definition can prove either
by the other's status. Nothing in such a proof is out of the ordinary.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from acquis.credentials.dates import moment_in_words
from acquis.credentials.documents import Documents
from acquis.credentials.environment import Environment, PublishedCredentialDefinition
from acquis.credentials.facts import Answer, ExchangeFacts
from acquis.credentials.identity import outcome_of_problem
from acquis.credentials.proof_request import AskedGroup, Interval
from acquis.credentials.report import Aspect, Check, Evidence, Outcome
from acquis.errors import AcquisError
from acquis.text import Text

CHECK_ID = "not-revoked"


@dataclass(frozen=True, slots=True)
class _Finding:
    outcome: Outcome
    reason: Text
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    as_of: int | None = None


_UNKNOWN_CREDENTIAL = _Finding(
    Outcome.INDETERMINATE,
    Text(
        "It is not known which credential's status to check.",
        "On ne sait pas de quelle attestation contrôler l’état.",
    ),
)
_NOT_ASKED = _Finding(
    Outcome.INDETERMINATE,
    Text(
        "The request did not ask for proof that the credential is not revoked.",
        "La demande n’exigeait pas la preuve de non-révocation.",
    ),
)
_NOT_REVOCABLE = _Finding(
    Outcome.INDETERMINATE,
    Text(
        "This kind of credential cannot be revoked, so its status could not be checked.",
        "Ce type d’attestation n’est pas révocable : son état n’a pas pu être contrôlé.",
    ),
)
_NOT_PROVED = _Finding(
    Outcome.INVALID,
    Text(
        "It was not proved that the credential is not revoked.",
        "Il n’est pas prouvé que l’attestation n’est pas révoquée.",
    ),
)


def check_not_revoked(answer: Answer, documents: Documents, environment: Environment) -> Check:
    """The credential was proved not revoked against the list in force, or one within the grace."""
    finding = _find(answer, documents, environment)
    return Check(
        CHECK_ID,
        Aspect.AUTHENTIC,
        finding.outcome,
        finding.reason,
        answer.subject,
        finding.evidence,
        finding.as_of,
    )


def _asks_status(facts: ExchangeFacts, group: AskedGroup) -> bool:
    """Whether non-revocation was asked in the one form that is sound: for all, ``{"to": …}``."""
    own = [each.non_revoked for each in group.attributes]
    own += [each.non_revoked for each in group.predicates]
    return (
        facts.asked_at is not None
        and facts.asked.non_revoked == Interval(None, facts.asked_at)
        and not any(own)
    )


def _find(answer: Answer, documents: Documents, environment: Environment) -> _Finding:
    definition = documents.definition
    if answer.credential is None or definition is None:
        return _UNKNOWN_CREDENTIAL
    if not _asks_status(answer.facts, answer.group):
        return _NOT_ASKED
    if not definition.revocable:
        return _NOT_REVOCABLE
    identifier = answer.facts.presentation.identifiers[answer.credential]
    registry_id, timestamp = identifier.revocation_registry_id, identifier.timestamp
    proof = answer.facts.presentation.sub_proofs[answer.credential]
    if registry_id is None or timestamp is None or not proof.non_revocation:
        return _NOT_PROVED
    named = _Named(definition.issuer, registry_id, timestamp)
    found = _judge_registry(answer.facts, definition, named, environment)
    if found.outcome is Outcome.VALID and answer.facts.agent.verified is not True:
        return _unproved(found, named, refused=answer.facts.agent.verified is False)
    return found


@dataclass(frozen=True, slots=True)
class _Named:
    """The registry and the list the proof names, and whose the registry must be."""

    issuer: str
    registry_id: str
    timestamp: int


def _unproved(found: _Finding, named: _Named, *, refused: bool) -> _Finding:
    """The right list is named, but the proof against it did not hold, or was not looked at.

    A revoked credential shows itself in no other way: its holder can name the list in force, but
    cannot prove to stand by it.
    """
    moment = moment_in_words(named.timestamp)
    reason = Text(
        f"Not proved to stand by the revocation list in force, that of {moment.en}: "
        "the credential is revoked, or the proof was altered.",
        "Rien ne prouve qu’elle vaut d’après la liste de révocation en vigueur, "
        f"celle du {moment.fr} : l’attestation est révoquée, ou la preuve a été altérée.",
    )
    if not refused:
        reason = Text(
            "The proof of non-revocation has not been checked by the agent.",
            "La preuve de non-révocation n’a pas été contrôlée par l’agent.",
        )
    outcome = Outcome.INVALID if refused else Outcome.INDETERMINATE
    return _Finding(outcome, reason, found.evidence, found.as_of)


def _judge_registry(
    facts: ExchangeFacts,
    definition: PublishedCredentialDefinition,
    named: _Named,
    environment: Environment,
) -> _Finding:
    try:
        registry = environment.resolve_revocation_registry(named.registry_id)
        owner = (registry.issuer, registry.credential_definition_id)
        if owner == (definition.issuer, definition.id):
            return _judge_list(named, facts, environment)
    except AcquisError as problem:
        return _Finding(
            outcome_of_problem(problem),
            Text(
                "The revocation list could not be read from the mirror.",
                "La liste de révocation n’a pas pu être lue dans le miroir.",
            ),
            {"registry": named.registry_id, "problem": problem.code},
        )
    return _Finding(
        Outcome.INVALID,
        Text(
            "The revocation registry belongs to another credential definition.",
            "Le registre de révocation relève d’une autre définition d’attestation.",
        ),
        {"registry": named.registry_id},
    )


_LATER = Text(
    "The proof names a revocation list later than the request.",
    "La preuve nomme une liste de révocation postérieure à la demande.",
)
_NO_SUCH_LIST = Text(
    "No revocation list was published at the time the proof names.",
    "Aucune liste de révocation n’a été publiée au moment que nomme la preuve.",
)
_IN_FORCE = Text(
    "Not revoked, by the revocation list in force.",
    "Non révoquée, d’après la liste de révocation en vigueur.",
)
_WITHIN_GRACE = Text(
    "Not revoked, by a revocation list replaced within the grace allowed.",
    "Non révoquée, d’après une liste de révocation remplacée dans le délai admis.",
)
_STALE = Text(
    "Stale revocation evidence: a newer revocation list was in force, and the credential was not "
    "proved to stand by it.",
    "Preuve de non-révocation périmée : une liste plus récente était en vigueur, et rien ne "
    "prouve que l’attestation vaut encore d’après elle.",
)


def _judge_list(named: _Named, facts: ExchangeFacts, environment: Environment) -> _Finding:
    timestamp = named.timestamp
    asked, at = facts.asked_at or 0, facts.judged_at or 0
    evidence: dict[str, Evidence] = {
        "registry": named.registry_id,
        "list": timestamp,
        "asked": asked,
        "at": at,
        "refreshed_at": environment.resolve_refreshed_at(named.issuer),
    }
    if timestamp > asked:
        return _Finding(Outcome.INVALID, _LATER, evidence)
    found = environment.resolve_list_in_force(named.registry_id, timestamp)
    if found.timestamp != timestamp:
        return _Finding(Outcome.INVALID, _NO_SUCH_LIST, evidence)
    superseded = found.superseded_at
    if superseded is None or superseded > at:
        return _Finding(Outcome.VALID, _IN_FORCE, evidence, timestamp)
    evidence |= {"superseded": superseded, "grace": environment.grace}
    if at - superseded <= environment.grace and environment.grace > 0:
        return _Finding(Outcome.VALID, _WITHIN_GRACE, evidence, timestamp)
    return _Finding(Outcome.INVALID, _STALE, evidence, timestamp)
