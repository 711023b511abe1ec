"""An achievement in its own words, as an employer reads it beside the result."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Final

from acquis.credentials.achievement import Achievement
from acquis.credentials.environment import PublishedAchievement
from acquis.credentials.particulars import QualityAssurance, Workload
from acquis.credentials.words import Words
from acquis.service.pages import Fact
from acquis.text import Text
from schemas import load_vocabulary
from verifier.evidence_views import write_labels

_UNNAMED: Final = Text("Achievement", "Microcertification")


@dataclass(frozen=True, slots=True)
class CompetencyWords:
    """One competency of the achievement; ``proved`` when this candidate was believed to have it."""

    name: Text
    statement: Text | None
    proved: bool


@dataclass(frozen=True, slots=True)
class AchievementWords:
    """A published achievement; ``issuer`` as the trust list names it, else as it says itself."""

    name: Text
    issuer: Text
    criteria: Text | None
    assessment: Text | None
    quality_assurance: Text | None
    facts: tuple[Fact, ...]
    competencies: tuple[CompetencyWords, ...]
    resource_id: str


def build_achievement(
    published: PublishedAchievement, legal_name: str | None, proved: Set[str]
) -> AchievementWords:
    """Build the words; ``proved`` holds the keys of the competencies that were."""
    achievement = published.achievement
    return AchievementWords(
        name=_text(achievement.name) or _UNNAMED,
        issuer=_issuer(published, legal_name),
        criteria=_text(achievement.criteria),
        assessment=write_labels("assessment", achievement.assessment)
        if achievement.assessment
        else None,
        quality_assurance=_quality(achievement.quality_assurance),
        facts=_facts(achievement, legal_name),
        competencies=tuple(
            CompetencyWords(each.name.text, _text(each.statement), str(each.key) in proved)
            for each in achievement.competencies
        ),
        resource_id=published.id,
    )


def _issuer(published: PublishedAchievement, legal_name: str | None) -> Text:
    body = published.achievement.awarding_body
    if legal_name is not None:
        return Text(legal_name, legal_name)
    if body is None:
        return Text(published.issuer, published.issuer)
    name = body.name.text
    return Text(f"{name.en} (by its own account)", f"{name.fr} (selon ses propres dires)")


def _facts(achievement: Achievement, legal_name: str | None) -> tuple[Fact, ...]:
    body = None if achievement.awarding_body is None else achievement.awarding_body.name.text
    if body is not None and legal_name in (body.en, body.fr):
        body = None
    country = achievement.issuer_country
    found = (
        (Text("Awarding body", "Organisme certificateur"), body),
        (Text("Country", "Pays"), None if country is None else Text(country, country)),
        (Text("Workload", "Charge de travail"), _workload(achievement.workload)),
        (Text("Level of qualification", "Niveau de certification"), _qualification(achievement)),
        (
            Text("Form of participation", "Forme de participation"),
            _label("participation", achievement.participation),
        ),
        (
            Text("Supervision and identity check", "Surveillance et contrôle d’identité"),
            _label("identity-verification", achievement.identity_verification),
        ),
        (Text("Grading", "Notation"), _text(achievement.grading)),
    )
    return tuple(Fact(label, value) for label, value in found if value is not None)


def _workload(workload: Workload | None) -> Text | None:
    if workload is None:
        return None
    parts = []
    if workload.ects_hundredths is not None:
        number = f"{workload.ects_hundredths / 100:.2f}".rstrip("0").rstrip(".")
        parts.append(Text(f"{number} ECTS", f"{number.replace('.', ',')} ECTS"))
    if workload.hours is not None:
        parts.append(Text(f"{workload.hours} hours", f"{workload.hours} heures"))
    return Text(", ".join(each.en for each in parts), ", ".join(each.fr for each in parts))


def _qualification(achievement: Achievement) -> Text | None:
    level = achievement.qualification_level
    if level is None or level.level is None:
        return None
    framework = load_vocabulary("qualification-framework").codes[level.framework]
    return Text(f"{framework.en}, level {level.level}", f"{framework.fr}, niveau {level.level}")


def _quality(quality: QualityAssurance | None) -> Text | None:
    if quality is None:
        return None
    label, says = write_labels("assurance", (quality.assurance,)), quality.statement.text
    return Text(f"{label.en}. {says.en}", f"{label.fr}. {says.fr}")


def _label(vocabulary: str, code: str | None) -> Text | None:
    return None if code is None else write_labels(vocabulary, (code,))


def _text(words: Words | None) -> Text | None:
    return None if words is None else words.text
