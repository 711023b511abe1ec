"""An achievement as the institution's pages show it: its line, its content, its publication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from acquis.credentials.achievement import Achievement, parse_achievement
from acquis.credentials.annex_one import ELEMENTS, Gap, gaps
from acquis.credentials.competency import Competency
from acquis.credentials.words import Words
from acquis.service.pages import Fact, Step
from acquis.text import Text
from issuer_agent.publishing import DRAFT, PUBLISHED, PUBLISHING, STEPS
from issuer_agent.store.tables import AchievementRow
from schemas import Framework, framework_names, load_framework, load_vocabulary

_MEMBERS: Final = (  # where a file says each of ELEMENTS
    *("learnerIdentification", "name", "issuerCountry", "awardingBody", "issuingDate"),
    *("competencies", "workload", "qualificationLevel", "assessment", "participation"),
    "qualityAssurance",
)
_NOT_GIVEN: Final = Text("Not given yet", "Pas encore indiqués")
_TRIED_AGAIN: Final = Text(
    "It did not work yet; it is being tried again",
    "Cela n’a pas encore fonctionné ; un nouvel essai est en cours",
)


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose: what the form sends, and what a person reads."""

    value: int | str
    label: Text


@dataclass(frozen=True, slots=True)
class AchievementLine:
    """An achievement in a list; ``competencies`` and ``awards`` are how many."""

    id: str
    name: Text
    version: str
    state: str
    competencies: int
    awards: int


@dataclass(frozen=True, slots=True)
class CompetencyView:
    """One competency with the levels that may be attested."""

    key: str
    name: Text
    statement: Text | None
    framework: Text
    uri: str | None
    level: int
    level_label: Text
    levels: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class AnnexElement:
    """One of the eleven elements of Annex I; ``value`` is None while it is missing."""

    number: int
    label: Text
    value: Text | None


@dataclass(frozen=True, slots=True)
class AchievementView:
    """An achievement on its own page."""

    id: str
    name: Text
    version: str
    state: str
    competencies: tuple[CompetencyView, ...]
    awards: int
    description: Text | None
    criteria: Text
    image: str | None
    resource_id: str | None
    published_at: datetime | None
    annex: tuple[AnnexElement, ...]


def name_of(row: AchievementRow) -> Text:
    """Return the name of an achievement; its slug while it has none."""
    name = row.content.get("name")
    return Words(**name).text if name else Text(row.slug, row.slug)


def build_line(row: AchievementRow, awards: int) -> AchievementLine:
    """Build the line of an achievement that was awarded ``awards`` times."""
    competencies = len(row.content.get("competencies", ()))
    return AchievementLine(row.id, name_of(row), row.version, row.state, competencies, awards)


def build_view(row: AchievementRow, awards: int) -> AchievementView:
    """Build what the page of an achievement shows of it.

    ``image`` is None: a page of ours loads nothing from another site.
    """
    achievement = parse_achievement(row.content)
    return AchievementView(
        id=row.id,
        name=name_of(row),
        version=row.version,
        state=row.state,
        competencies=tuple(_build_competency(each) for each in achievement.competencies),
        awards=awards,
        description=_text(achievement.description),
        criteria=_text(achievement.criteria) or _NOT_GIVEN,
        image=None,
        resource_id=row.resource_id,
        published_at=_published_at(row),
        annex=_build_annex(achievement),
    )


def missing(row: AchievementRow) -> tuple[Gap, ...]:
    """Return the elements of Annex I that an achievement lacks."""
    return gaps(parse_achievement(row.content))


def build_steps(row: AchievementRow) -> tuple[Step, ...]:
    """Build the steps of a publication; none before it was asked for."""
    if row.state == DRAFT:
        return ()
    progress = {item["step"]: item for item in row.progress}
    return tuple(_build_step(row, label, progress.get(name)) for name, label in STEPS.items())


def _build_step(row: AchievementRow, label: Text, item: Mapping[str, int | None] | None) -> Step:
    state: Literal["waiting", "running", "done", "failed"] = "waiting"
    if item is None:
        return Step(label, state)
    begun, ended = item["begun"] or 0, item["ended"]
    if ended is not None:
        return Step(label, "done", float(ended - begun) if ended > begun else None)
    state = "running" if row.state == PUBLISHING else "failed"
    return Step(label, state, detail=_TRIED_AGAIN if row.attempts and state == "running" else None)


def _published_at(row: AchievementRow) -> datetime | None:
    ended = [item["ended"] for item in row.progress if item["ended"] is not None]
    if row.state != PUBLISHED or not ended:
        return None
    return datetime.fromtimestamp(max(ended), UTC)


def _build_competency(competency: Competency) -> CompetencyView:
    is_page = competency.uri.startswith(("http://", "https://"))
    framework = _known_framework(competency.framework)
    return CompetencyView(
        key=str(competency.key),
        name=competency.name.text,
        statement=_text(competency.statement),
        framework=_same(competency.framework) if framework is None else framework.name,
        uri=competency.uri if is_page else None,
        level=competency.level,
        level_label=level_label(competency, competency.level),
        levels=tuple(
            Choice(level, level_label(competency, level)) for level in competency.scale.levels
        ),
    )


def level_label(competency: Competency, level: int) -> Text:
    """Return a level with its number and the word its scale has for it."""
    word = competency.level_name(level) or Text("?", "?")
    return Text(f"level {level}, {word.en}", f"niveau {level}, {word.fr}")


def _known_framework(name: str) -> Framework | None:
    return load_framework(name) if name in framework_names() else None


def build_required() -> tuple[Fact, ...]:
    """Build what a file must say before an achievement can be published, each with its member."""
    return (
        Fact(Text("Short name, in lower case", "Nom court, en minuscules"), "slug"),
        Fact(Text("Version, like 1.0.0", "Version, comme 1.0.0"), "version"),
        *(Fact(_capital(each), name) for each, name in zip(ELEMENTS, _MEMBERS, strict=True)),
    )


def _build_annex(achievement: Achievement) -> tuple[AnnexElement, ...]:
    lacking = {gap.number for gap in gaps(achievement)}
    values = (
        _labels("learner-identification", achievement.learner_identification),
        _text(achievement.name),
        _same(achievement.issuer_country or ""),
        _text(achievement.awarding_body.name if achievement.awarding_body else None),
        _labels("issuing-date", [achievement.issuing_date or ""]),
        join([each.name.text for each in achievement.competencies], " · "),
        workload_text(achievement),
        _qualification(achievement),
        _labels("assessment", achievement.assessment),
        _labels("participation", [achievement.participation or ""]),
        _quality(achievement),
    )
    return tuple(
        AnnexElement(number, _capital(label), None if number in lacking else value)
        for number, (label, value) in enumerate(zip(ELEMENTS, values, strict=True), start=1)
    )


def workload_text(achievement: Achievement) -> Text | None:
    """Return the workload in ECTS credits, hours or both."""
    workload = achievement.workload
    if workload is None:
        return None
    parts = []
    if workload.ects_hundredths is not None:
        whole, rest = divmod(workload.ects_hundredths, 100)
        decimals = f"{rest:02}".rstrip("0")
        parts.append(
            Text(
                f"{whole}.{decimals} ECTS" if decimals else f"{whole} ECTS",
                f"{whole},{decimals} ECTS" if decimals else f"{whole} ECTS",
            )
        )
    if workload.hours is not None:
        parts.append(Text(f"{workload.hours} hours", f"{workload.hours} heures"))
    return join(parts)


def _qualification(achievement: Achievement) -> Text | None:
    stands = achievement.qualification_level
    if stands is None:
        return None
    framework = load_vocabulary("qualification-framework").codes[stands.framework]
    if stands.level is None:
        return framework
    return Text(f"{framework.en}, level {stands.level}", f"{framework.fr}, niveau {stands.level}")


def _quality(achievement: Achievement) -> Text | None:
    quality = achievement.quality_assurance
    if quality is None:
        return None
    assurance = load_vocabulary("assurance").codes[quality.assurance]
    return join([assurance, quality.statement.text], ". ")


def _labels(vocabulary: str, codes: Sequence[str]) -> Text | None:
    known = load_vocabulary(vocabulary).codes
    return join([known[code] for code in codes if code in known])


def join(texts: Sequence[Text], between: str = ", ") -> Text | None:
    """Return ``texts`` one after the other, or None when there is none."""
    if not texts:
        return None
    return Text(between.join(each.en for each in texts), between.join(each.fr for each in texts))


def _text(words: Words | None) -> Text | None:
    return None if words is None else words.text


def _same(value: str) -> Text:
    return Text(value, value)


def _capital(text: Text) -> Text:
    return Text(text.en[:1].upper() + text.en[1:], text.fr[:1].upper() + text.fr[1:])
