"""The published documents one answer rests on, looked up once and compared with each other.

A credential definition, its schema and the achievement must all be the issuer's own and say the
same thing; what is missing from the mirror leaves the question open, what fails its signature
or contradicts the rest closes it. Of an issuer who closed its identity nothing is believed.
"""

from __future__ import annotations

from dataclasses import dataclass

from acquis.credentials.achievement import attribute_names
from acquis.credentials.annex_one import gaps
from acquis.credentials.environment import (
    Environment,
    PublishedAchievement,
    PublishedCredentialDefinition,
    PublishedSchema,
)
from acquis.credentials.facts import Answer
from acquis.credentials.identity import (
    Identity,
    closed_in_words,
    outcome_of_problem,
    version_evidence,
)
from acquis.credentials.report import Aspect, Check, Evidence, Outcome
from acquis.errors import AcquisError
from acquis.text import Text


@dataclass(frozen=True, slots=True)
class Documents:
    """What was found for one answer; a document that was not found is None."""

    definition: PublishedCredentialDefinition | None
    schema: PublishedSchema | None
    achievement: PublishedAchievement | None
    check: Check

    @property
    def sound(self) -> bool:
        """Whether all were found and agree."""
        return self.check.outcome is Outcome.VALID


def _disagreement(
    definition: PublishedCredentialDefinition,
    schema: PublishedSchema,
    published: PublishedAchievement,
    presented_schema_id: str,
) -> Text | None:
    achievement = published.achievement
    named = achievement.issuer in (None, published.issuer)
    findings = (
        (
            definition.issuer == schema.issuer == published.issuer and named,
            Text("they come from different issuers", "ils viennent d’émetteurs différents"),
        ),
        (
            definition.schema_id == schema.id == presented_schema_id,
            Text(
                "the schema is not the definition's", "le schéma n’est pas celui de la définition"
            ),
        ),
        (
            (schema.name, schema.version) == (achievement.slug, achievement.version),
            Text(
                "schema and achievement are not the same version",
                "schéma et microcertification ne sont pas de la même version",
            ),
        ),
        (
            sorted(schema.attributes) == sorted(attribute_names(achievement)),
            Text(
                "schema and achievement list different competencies",
                "schéma et microcertification citent des compétences différentes",
            ),
        ),
        (
            not gaps(achievement),
            Text(
                "the achievement lacks elements of Annex I",
                "la microcertification manque d’éléments de l’annexe I",
            ),
        ),
    )
    return next((says for holds, says in findings if not holds), None)


_UNCLEAR = Text(
    "It is not clear which credential and which achievement this rests on.",
    "On ne sait pas sur quelle attestation ni quelle microcertification ceci repose.",
)
_UNREAD = Text(
    "A document of the issuer could not be read from the mirror.",
    "Un document de l’émetteur n’a pas pu être lu dans le miroir.",
)
_AGREED = Text(
    "Definition, schema and achievement are the issuer's own and agree.",
    "Définition, schéma et microcertification sont bien de l’émetteur et concordent.",
)


def _judge(
    definition: PublishedCredentialDefinition,
    schema: PublishedSchema,
    published: PublishedAchievement,
    presented_schema_id: str,
) -> tuple[Outcome, Text]:
    disagreement = _disagreement(definition, schema, published, presented_schema_id)
    if disagreement is None:
        return Outcome.VALID, _AGREED
    return Outcome.INVALID, Text(
        f"Definition, schema and achievement contradict each other: {disagreement.en}.",
        f"Définition, schéma et microcertification se contredisent : {disagreement.fr}.",
    )


def resolve_documents(answer: Answer, identity: Identity, environment: Environment) -> Documents:
    """Look up what ``answer`` rests on and compare; never raises."""
    definition: PublishedCredentialDefinition | None = None
    schema: PublishedSchema | None = None
    published: PublishedAchievement | None = None
    evidence: dict[str, Evidence] = {}
    found = Outcome.INDETERMINATE, _UNCLEAR
    shown, issuer = answer.value("achievement_id"), identity.issuer
    if answer.credential is not None and shown is not None:
        identifier = answer.facts.presentation.identifiers[answer.credential]
        evidence["credential_definition"] = identifier.credential_definition_id
        evidence["schema"] = identifier.schema_id
        evidence["achievement"] = shown.raw[:2_000]
        try:
            if issuer is None or not issuer.deactivated:
                definition = environment.resolve_credential_definition(
                    identifier.credential_definition_id
                )
                evidence["issuer"] = definition.issuer
                schema = environment.resolve_schema(definition.schema_id)
                published = environment.resolve_achievement(shown.raw)
                found = _judge(definition, schema, published, identifier.schema_id)
            else:
                found = Outcome.INDETERMINATE, closed_in_words(issuer)
        except AcquisError as problem:
            evidence["problem"] = problem.code
            found = outcome_of_problem(problem), _UNREAD
    if issuer is not None:
        evidence |= version_evidence(issuer)
    check = Check(
        "issuer-documents",
        Aspect.AUTHENTIC,
        *found,
        answer.subject,
        evidence,
        None if issuer is None else issuer.mirror_refreshed_at,
    )
    return Documents(definition, schema, published, check)
