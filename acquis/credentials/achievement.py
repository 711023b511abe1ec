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
from acquis.credentials.wire import Node
from acquis.credentials.words import Words, parse_optional_words, parse_words
from acquis.text import Text
from schemas import load_level_scale, load_vocabulary

MAX_COMPETENCIES = 40


@dataclass(frozen=True, slots=True)
class Link:
    """A page for those who want to know more."""

    name: Words
    url: str


@dataclass(frozen=True, slots=True)
class Stackability:
    """Whether the achievement stands alone or counts towards something larger (``kind``)."""

    kind: str
    towards: Words | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What a learner pays, in hundredths of ``currency`` (ISO 4217)."""

    hundredths: int
    currency: str


@dataclass(frozen=True, slots=True)
class Duration:
    """How long it takes a learner."""

    hours: int | None = None
    weeks: int | None = None


@dataclass(frozen=True, slots=True)
class AwardingBody:
    """Who awards (Annex I, element 4)."""

    name: Words
    website: str | None = None


@dataclass(frozen=True, slots=True)
class Workload:
    """The notional workload (Annex I, element 7): ECTS credits in hundredths, or hours, or both."""

    ects_hundredths: int | None = None
    hours: int | None = None


@dataclass(frozen=True, slots=True)
class QualificationLevel:
    """The level (Annex I, element 8): framework ``eqf``, ``qf-ehea``, or ``none`` with no level."""

    framework: str
    level: int | None = None


@dataclass(frozen=True, slots=True)
class QualityAssurance:
    """The type of quality assurance (Annex I, element 11): an assurance code and a statement."""

    assurance: str
    statement: Words


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
            "name": _words(self.name),
            "description": _words(self.description),
            "image": self.image,
            "achievementType": self.achievement_type,
            "tag": list(self.tags),
            "fieldOfStudy": self.field_of_study,
            "inLanguage": list(self.languages),
            "competencies": [each.content() for each in self.competencies],
            "criteria": _present({"narrative": _words(self.criteria)}),
            "related": [{"name": each.name.content(), "url": each.url} for each in self.related],
            "prerequisites": _words(self.prerequisites),
            "learnerIdentification": list(self.learner_identification),
            "issuerCountry": self.issuer_country,
            "issuingDate": self.issuing_date,
            "assessment": list(self.assessment),
            "participation": self.participation,
            "identityVerification": self.identity_verification,
            "grading": _words(self.grading),
            **self._parts(),
        }
        return _present(content)

    def _parts(self) -> dict[str, object]:
        parts: dict[str, object] = {}
        if (stack := self.stackability) is not None:
            parts["stackability"] = _present({"kind": stack.kind, "towards": _words(stack.towards)})
        if (price := self.price) is not None:
            parts["price"] = {"hundredths": price.hundredths, "currency": price.currency}
        if (lasts := self.duration) is not None:
            parts["duration"] = _present({"hours": lasts.hours, "weeks": lasts.weeks})
        if (body := self.awarding_body) is not None:
            parts["awardingBody"] = _present({"name": body.name.content(), "website": body.website})
        if (work := self.workload) is not None:
            parts["workload"] = _present(
                {"ectsHundredths": work.ects_hundredths, "hours": work.hours}
            )
        if (stands := self.qualification_level) is not None:
            parts["qualificationLevel"] = _present(
                {"framework": stands.framework, "level": stands.level}
            )
        if (quality := self.quality_assurance) is not None:
            parts["qualityAssurance"] = {
                "assurance": quality.assurance,
                "statement": quality.statement.content(),
            }
        return parts


def attribute_names(achievement: Achievement) -> tuple[str, ...]:
    """Return the names of the AnonCreds schema: one per competency, then what all schemas carry."""
    return (*(str(each.key) for each in achievement.competencies), *COMMON_ATTRIBUTES)


def _words(words: Words | None) -> dict[str, str] | None:
    return None if words is None else words.content()


def _present(content: Mapping[str, object]) -> dict[str, object]:
    absent: tuple[object, ...] = (None, [], {})
    return {name: each for name, each in content.items() if each not in absent}


_URL = r"https?://[^\s<>\"{}|\\^`]+"
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
            r"\d{1,5}(\.\d{1,5}){0,2}", Text("a version like 1.0.0", "une version comme 1.0.0")
        ),
        name=parse_optional_words(node, "name", 200),
        competencies=_parse_competencies(node),
        description=parse_optional_words(node, "description", 4_000),
        image=_optional_url(node, "image"),
        achievement_type=_code(node, "achievementType", "achievement-type") or "MicroCredential",
        tags=_texts(node, "tag"),
        field_of_study=_parse_field_of_study(node),
        languages=_parse_languages(node),
        criteria=_parse_criteria(node),
        related=_parse_related(node),
        stackability=_parse_stackability(node),
        prerequisites=parse_optional_words(node, "prerequisites", 4_000),
        price=_parse_price(node),
        duration=_parse_duration(node),
        learner_identification=_codes(node, "learnerIdentification", "learner-identification"),
        issuer_country=_parse_country(node),
        awarding_body=_parse_awarding_body(node),
        issuing_date=_code(node, "issuingDate", "issuing-date"),
        workload=_parse_workload(node),
        qualification_level=_parse_qualification_level(node),
        assessment=_parse_assessment(node),
        participation=_code(node, "participation", "participation"),
        quality_assurance=_parse_quality_assurance(node),
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


def _optional_url(node: Node, name: str) -> str | None:
    found = node.optional(name)
    says = Text("an http(s) address", "une adresse http(s)")
    return None if found is None else found.matching(_URL, says, 2_000)


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
    code = found.matching(r"\d{2,4}", says)
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


def _parse_related(node: Node) -> tuple[Link, ...]:
    found = node.optional("related")
    links = []
    for each in [] if found is None else found.elements(30):
        each.refuse_others(("name", "url"))
        url = each.member("url").matching(
            _URL, Text("an http(s) address", "une adresse http(s)"), 2_000
        )
        links.append(Link(parse_words(each.member("name"), 200), url))
    return tuple(links)


def _parse_stackability(node: Node) -> Stackability | None:
    found = node.optional("stackability")
    if found is None:
        return None
    found.refuse_others(("kind", "towards"))
    kind = found.member("kind").one_of(load_vocabulary("stackability").codes)
    return Stackability(kind, parse_optional_words(found, "towards", 500))


def _parse_price(node: Node) -> Price | None:
    found = node.optional("price")
    if found is None:
        return None
    found.refuse_others(("hundredths", "currency"))
    says = Text("a currency like EUR", "une devise comme EUR")
    return Price(
        found.member("hundredths").integer(0, 10**9),
        found.member("currency").matching(r"[A-Z]{3}", says),
    )


def _optional_integer(node: Node, name: str, least: int, most: int) -> int | None:
    found = node.optional(name)
    return None if found is None else found.integer(least, most)


def _parse_duration(node: Node) -> Duration | None:
    found = node.optional("duration")
    if found is None:
        return None
    found.refuse_others(("hours", "weeks"))
    duration = Duration(
        _optional_integer(found, "hours", 1, 100_000), _optional_integer(found, "weeks", 1, 1_000)
    )
    if duration == Duration():
        found.refuse("hours or weeks are missing.", "il manque les heures ou les semaines.")
    return duration


def _parse_country(node: Node) -> str | None:
    found = node.optional("issuerCountry")
    says = Text(
        "a country or region of ISO 3166 like FR or FR-IDF",
        "un pays ou une région ISO 3166 (FR, FR-IDF)",
    )
    return None if found is None else found.matching(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", says)


def _parse_awarding_body(node: Node) -> AwardingBody | None:
    found = node.optional("awardingBody")
    if found is None:
        return None
    found.refuse_others(("name", "website"))
    return AwardingBody(parse_words(found.member("name"), 200), _optional_url(found, "website"))


def _parse_workload(node: Node) -> Workload | None:
    found = node.optional("workload")
    if found is None:
        return None
    found.refuse_others(("ectsHundredths", "hours"))
    workload = Workload(
        _optional_integer(found, "ectsHundredths", 1, 100_000),
        _optional_integer(found, "hours", 1, 100_000),
    )
    if workload == Workload():
        found.refuse(
            "ECTS credits or hours are missing.", "il manque les crédits ECTS ou les heures."
        )
    return workload


def _parse_qualification_level(node: Node) -> QualificationLevel | None:
    found = node.optional("qualificationLevel")
    if found is None:
        return None
    found.refuse_others(("framework", "level"))
    framework = found.member("framework").one_of(load_vocabulary("qualification-framework").codes)
    if framework == "none":
        found.refuse_others(("framework",))
        return QualificationLevel("none")
    # QF-EHEA counts the short cycle as 0, then the first, second and third cycles.
    least, most = (1, max(load_level_scale("eqf").levels)) if framework == "eqf" else (0, 3)
    return QualificationLevel(framework, found.member("level").integer(least, most))


def _parse_assessment(node: Node) -> tuple[str, ...]:
    codes = _codes(node, "assessment", "assessment")
    if "none" in codes and len(codes) > 1:
        node.member("assessment").refuse(
            "“none” stands alone: either it was assessed or it was not.",
            "« none » reste seul : c’est évalué ou cela ne l’est pas.",
        )
    return codes


def _parse_quality_assurance(node: Node) -> QualityAssurance | None:
    found = node.optional("qualityAssurance")
    if found is None:
        return None
    found.refuse_others(("assurance", "statement"))
    return QualityAssurance(
        found.member("assurance").one_of(load_vocabulary("assurance").codes),
        parse_words(found.member("statement"), 2_000),
    )


def _parse_issuer(node: Node) -> str | None:
    found = node.optional("issuerId")
    says = Text("a DID", "un DID")
    return None if found is None else found.matching(r"did:[a-z0-9]+:[A-Za-z0-9._:%-]+", says)
