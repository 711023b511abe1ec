"""The achievement: the block that is awarded, as it is written, checked and published.

The words are those of Open Badges 3.0 where they exist. A draft may lack what Annex I of the
Council Recommendation 2022/C 243/02 asks for (``annex_one.gaps`` says what); what is there must
be right. A published version is immutable: a change is a new version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acquis.credentials.competency import Competency, parse_competency
from acquis.credentials.naming import COMMON_ATTRIBUTES
from acquis.credentials.particulars import (
    AwardingBody,
    Duration,
    Link,
    Particular,
    Price,
    QualificationLevel,
    QualityAssurance,
    Stackability,
    Workload,
    optional_url,
    parse_awarding_body,
    parse_duration,
    parse_price,
    parse_qualification_level,
    parse_quality_assurance,
    parse_related,
    parse_stackability,
    parse_workload,
    present,
    words_content,
)
from acquis.credentials.wire import Node
from acquis.credentials.words import Words, parse_optional_words, parse_words
from acquis.text import Text
from schemas import load_vocabulary

MAX_COMPETENCIES = 40


@dataclass(frozen=True, slots=True)
class Achievement:
    """An achievement version, complete or a draft; ``issuer`` is the DID that publishes it."""

    slug: str
    version: str
    name: Words | None = None
    competencies: tuple[Competency, ...] = ()
    description: Words | None = None
    image: str | None = None
    achievement_type: str = "MicroCredential"
    tags: tuple[str, ...] = ()
    field_of_study: str | None = None
    languages: tuple[str, ...] = ()
    criteria: Words | None = None
    related: tuple[Link, ...] = ()
    stackability: Stackability | None = None
    prerequisites: Words | None = None
    price: Price | None = None
    duration: Duration | None = None
    learner_identification: tuple[str, ...] = ()
    issuer_country: str | None = None
    awarding_body: AwardingBody | None = None
    issuing_date: str | None = None
    workload: Workload | None = None
    qualification_level: QualificationLevel | None = None
    assessment: tuple[str, ...] = ()
    participation: str | None = None
    quality_assurance: QualityAssurance | None = None
    identity_verification: str | None = None
    grading: Words | None = None
    issuer: str | None = None

    def competency(self, key: str) -> Competency | None:
        """Return the competency whose key is ``key``, or None."""
        return next((each for each in self.competencies if str(each.key) == key), None)

    @property
    def assessed(self) -> bool:
        """Whether anything was assessed; participation alone is shown apart."""
        return bool(self.assessment) and "none" not in self.assessment

    def content(self) -> dict[str, object]:
        """Return the JSON form (objects, lists, text and integers only), absent members left out."""
        content = {
            "issuerId": self.issuer,
            "slug": self.slug,
            "version": self.version,
            "name": words_content(self.name),
            "description": words_content(self.description),
            "image": self.image,
            "achievementType": self.achievement_type,
            "tag": list(self.tags),
            "fieldOfStudy": self.field_of_study,
            "inLanguage": list(self.languages),
            "competencies": [each.content() for each in self.competencies],
            "criteria": present({"narrative": words_content(self.criteria)}),
            "related": [each.content() for each in self.related],
            "prerequisites": words_content(self.prerequisites),
            "learnerIdentification": list(self.learner_identification),
            "issuerCountry": self.issuer_country,
            "issuingDate": self.issuing_date,
            "assessment": list(self.assessment),
            "participation": self.participation,
            "identityVerification": self.identity_verification,
            "grading": words_content(self.grading),
            "stackability": _part(self.stackability),
            "price": _part(self.price),
            "duration": _part(self.duration),
            "awardingBody": _part(self.awarding_body),
            "workload": _part(self.workload),
            "qualificationLevel": _part(self.qualification_level),
            "qualityAssurance": _part(self.quality_assurance),
        }
        return present(content)


def attribute_names(achievement: Achievement) -> tuple[str, ...]:
    """Return the names of the AnonCreds schema: one per competency, then what all schemas carry."""
    return (*(str(each.key) for each in achievement.competencies), *COMMON_ATTRIBUTES)


def _part(part: Particular | None) -> dict[str, object] | None:
    return None if part is None else part.content()


_MEMBERS = (
    *("issuerId", "slug", "version", "name", "description", "image", "achievementType", "tag"),
    *("fieldOfStudy", "inLanguage", "competencies", "criteria", "related", "prerequisites"),
    *("learnerIdentification", "issuerCountry", "issuingDate", "assessment", "participation"),
    *("identityVerification", "grading", "stackability", "price", "duration", "awardingBody"),
    *("workload", "qualificationLevel", "qualityAssurance"),
)


def parse_achievement(content: Mapping[str, object]) -> Achievement:
    """Read an achievement, complete or a draft, from its JSON form.

    What is absent stays absent; what is there is checked to the leaf against the code lists of
    ``schemas/vocabularies``. Raises ``InvalidInput`` with the place and what was expected.
    """
    node = Node(dict(content), "achievement")
    node.refuse_others(_MEMBERS)
    return Achievement(
        slug=node.member("slug").matching(
            r"[a-z0-9]+(-[a-z0-9]+)*",
            Text("a-z, 0-9 and single hyphens", "a-z, 0-9 et des tirets"),
            80,
        ),
        version=node.member("version").matching(
            r"[0-9]{1,5}(\.[0-9]{1,5}){0,2}",
            Text("a version like 1.0.0", "une version comme 1.0.0"),
        ),
        name=parse_optional_words(node, "name", 200),
        competencies=_parse_competencies(node),
        description=parse_optional_words(node, "description", 4_000),
        image=optional_url(node, "image"),
        achievement_type=_code(node, "achievementType", "achievement-type") or "MicroCredential",
        tags=_texts(node, "tag"),
        field_of_study=_parse_field_of_study(node),
        languages=_parse_languages(node),
        criteria=_parse_criteria(node),
        related=parse_related(node),
        stackability=parse_stackability(node),
        prerequisites=parse_optional_words(node, "prerequisites", 4_000),
        price=parse_price(node),
        duration=parse_duration(node),
        learner_identification=_codes(node, "learnerIdentification", "learner-identification"),
        issuer_country=_parse_country(node),
        awarding_body=parse_awarding_body(node),
        issuing_date=_code(node, "issuingDate", "issuing-date"),
        workload=parse_workload(node),
        qualification_level=parse_qualification_level(node),
        assessment=_parse_assessment(node),
        participation=_code(node, "participation", "participation"),
        quality_assurance=parse_quality_assurance(node),
        identity_verification=_code(node, "identityVerification", "identity-verification"),
        grading=parse_optional_words(node, "grading", 1_000),
        issuer=_parse_issuer(node),
    )


def _code(node: Node, name: str, vocabulary: str) -> str | None:
    found = node.optional(name)
    return None if found is None else found.one_of(load_vocabulary(vocabulary).codes)


def _codes(node: Node, name: str, vocabulary: str) -> tuple[str, ...]:
    found = node.optional(name)
    if found is None:
        return ()
    known = load_vocabulary(vocabulary).codes
    codes = tuple(each.one_of(known) for each in found.elements(len(known)))
    if len(set(codes)) != len(codes):
        found.refuse("a code appears twice.", "un code figure deux fois.")
    return codes


def _texts(node: Node, name: str) -> tuple[str, ...]:
    found = node.optional(name)
    return () if found is None else tuple(each.text(80) for each in found.elements(30))


def _parse_competencies(node: Node) -> tuple[Competency, ...]:
    found = node.optional("competencies")
    if found is None:
        return ()
    competencies = tuple(parse_competency(each) for each in found.elements(MAX_COMPETENCIES))
    if len({each.key for each in competencies}) != len(competencies):
        found.refuse("a competency appears twice.", "une compétence figure deux fois.")
    return competencies


def _parse_field_of_study(node: Node) -> str | None:
    found = node.optional("fieldOfStudy")
    if found is None:
        return None
    says = Text("an ISCED-F code of 2 to 4 digits", "un code CITE-F de 2 à 4 chiffres")
    code = found.matching(r"[0-9]{2,4}", says)
    found_broad = Node(code[:2], found.place)
    found_broad.one_of(load_vocabulary("field-of-study").codes)
    return code


def _parse_languages(node: Node) -> tuple[str, ...]:
    found = node.optional("inLanguage")
    says = Text("a language tag like fr", "une étiquette de langue comme fr")
    if found is None:
        return ()
    return tuple(
        each.matching(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", says, 35) for each in found.elements(20)
    )


def _parse_criteria(node: Node) -> Words | None:
    found = node.optional("criteria")
    if found is None:
        return None
    found.refuse_others(("narrative",))
    return parse_words(found.member("narrative"), 10_000)


def _parse_country(node: Node) -> str | None:
    found = node.optional("issuerCountry")
    says = Text(
        "a country or region of ISO 3166 like FR or FR-IDF",
        "un pays ou une région ISO 3166 (FR, FR-IDF)",
    )
    return None if found is None else found.matching(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", says)


def _parse_assessment(node: Node) -> tuple[str, ...]:
    codes = _codes(node, "assessment", "assessment")
    if "none" in codes and len(codes) > 1:
        node.member("assessment").refuse(
            "“none” stands alone: either it was assessed or it was not.",
            "« none » reste seul : c’est évalué ou cela ne l’est pas.",
        )
    return codes


def _parse_issuer(node: Node) -> str | None:
    found = node.optional("issuerId")
    says = Text("a DID", "un DID")
    return None if found is None else found.matching(r"did:[a-z0-9]+:[A-Za-z0-9._:%-]+", says)
