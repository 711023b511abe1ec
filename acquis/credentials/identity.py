"""The issuer's DID: whether it stands, and what it says happened to its keys.

The whole log was verified, its version and its time are told. Two things it may say:

- *A key was compromised since some moment.* This is told and it is VALID. The DID document lists
  the key as revoked, so whatever it signed no longer verifies, before that moment or after it; all
  that this report rests on is signed with another key of the same DID, and was signed again where
  the old key had signed it. The credential itself is signed with the key of its credential
  definition, which is another key: if that one was lost too, the issuer revokes what it signed and
  the check of revocation says so. An employer who wants to know more is told since when.
- *The identity was closed.* Nobody speaks for that DID any more: its documents and its revocation
  lists can no longer be believed, which says nothing against an award made before. So it is
  INDETERMINATE, never accepted and never called a forgery.
"""

from __future__ import annotations

from dataclasses import dataclass

from acquis.credentials.dates import moment_in_words
from acquis.credentials.environment import Environment, PublishedIssuer
from acquis.credentials.facts import Answer
from acquis.credentials.report import Aspect, Check, Evidence, Outcome
from acquis.errors import AcquisError, InvalidInput, Untrusted
from acquis.text import Text

CHECK_ID = "issuer-identity"

_UNCLEAR = Text(
    "It is not clear which institution this rests on.",
    "On ne sait pas sur quel établissement ceci repose.",
)
_UNREAD = Text(
    "The institution's identity could not be read from the mirror.",
    "L’identité de l’établissement n’a pas pu être lue dans le miroir.",
)
_REFUSED = Text(
    "The published identity of the institution does not hold: its history does not verify.",
    "L’identité publiée de l’établissement ne tient pas : son historique n’est pas vérifiable.",
)
_STANDS = Text(
    "The institution's identity stands, by its whole history.",
    "L’identité de l’établissement tient, d’après tout son historique.",
)


@dataclass(frozen=True, slots=True)
class Identity:
    """The issuer of one answer, None where it could not be read."""

    issuer: PublishedIssuer | None
    check: Check

    @property
    def closed(self) -> bool:
        """Whether nobody speaks for this DID any more."""
        return self.issuer is not None and self.issuer.deactivated


def outcome_of_problem(problem: AcquisError) -> Outcome:
    """A document that fails its checks is INVALID; one that is missing leaves the question open."""
    fails = isinstance(problem, Untrusted | InvalidInput)
    return Outcome.INVALID if fails else Outcome.INDETERMINATE


def closed_in_words(issuer: PublishedIssuer) -> Text:
    """Say that the institution closed its identity, and what that does not mean."""
    on = moment_in_words(issuer.updated)
    return Text(
        f"The institution closed its identity on {on.en}: what it published can no longer be "
        "relied on here. That does not make the credential a forgery.",
        f"L’établissement a fermé son identité le {on.fr}\u00a0: on ne peut plus se fier ici à ce "
        "qu’il a publié. L’attestation n’est pas un faux pour autant.",
    )


def resolve_identity(answer: Answer, environment: Environment) -> Identity:
    """Look up the DID the credential's definition is named under; never raises."""
    if answer.issuer is None:
        return Identity(None, _check(answer, Outcome.INDETERMINATE, _UNCLEAR, {}))
    evidence: dict[str, Evidence] = {"issuer": answer.issuer}
    try:
        issuer = environment.resolve_issuer(answer.issuer)
    except AcquisError as problem:
        evidence["problem"] = problem.code
        outcome = outcome_of_problem(problem)
        says = _REFUSED if outcome is Outcome.INVALID else _UNREAD
        return Identity(None, _check(answer, outcome, says, evidence))
    evidence |= version_evidence(issuer)
    outcome, says = Outcome.VALID, _STANDS
    if issuer.compromised_since is not None:
        evidence["compromised_since"] = issuer.compromised_since
        says = _compromised_in_words(issuer.compromised_since)
    if issuer.deactivated:
        evidence["closed"] = issuer.updated
        outcome, says = Outcome.INDETERMINATE, closed_in_words(issuer)
    return Identity(
        issuer, _check(answer, outcome, says, evidence, as_of=issuer.mirror_refreshed_at)
    )


def version_evidence(issuer: PublishedIssuer) -> dict[str, Evidence]:
    """Return which version of the issuer's DID log was relied on, and how fresh our copy was."""
    return {
        "did_version": issuer.version_id,
        "did_updated": issuer.updated,
        "refreshed_at": issuer.mirror_refreshed_at,
    }


def _compromised_in_words(since: int) -> Text:
    moment = moment_in_words(since)
    return Text(
        f"The issuer reported a compromise since {moment.en}; what it publishes was signed again "
        "since then, with another key.",
        f"L’émetteur a signalé une compromission depuis le {moment.fr}\u00a0; ce qu’il publie a été "
        "signé de nouveau depuis, avec une autre clé.",
    )


def _check(
    answer: Answer,
    outcome: Outcome,
    says: Text,
    evidence: dict[str, Evidence],
    *,
    as_of: int | None = None,
) -> Check:
    return Check(CHECK_ID, Aspect.AUTHENTIC, outcome, says, answer.subject, evidence, as_of)
