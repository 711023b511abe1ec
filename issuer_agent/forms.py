"""What a registrar types on the award page, read into awards or into what is wrong with it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from acquis.credentials.achievement import Achievement
from acquis.credentials.attributes import Learner
from acquis.errors import InvalidInput
from acquis.text import Text
from issuer_agent.offering import Given

MOST_LEARNERS: Final = 1000
MOST_NAME: Final = 100
MOST_GRADE: Final = 50

_OLDEST: Final = date(1900, 1, 1)
_BREAKS: Final = re.compile(r"\r\n|\r|\n")
_SEPARATORS: Final = ("\t", ";", ",")

_NAME = Text(
    f"Give a name of 1 to {MOST_NAME} characters",
    f"Indiquez un nom de 1 à {MOST_NAME} caractères",
)
_NOT_A_DAY = Text(
    "Give a day as year-month-day, like 2001-05-17",
    "Indiquez un jour sous la forme année-mois-jour, comme 2001-05-17",
)
_TOO_EARLY = Text("This day is before 1900", "Ce jour est antérieur à 1900")
_IN_THE_FUTURE = Text("This day has not come yet", "Ce jour n’est pas encore venu")
_LEVEL = Text("Choose one of the levels", "Choisissez un des niveaux")
_GRADE = Text(
    f"A grade has at most {MOST_GRADE} characters", f"Une note a au plus {MOST_GRADE} caractères"
)
_NOBODY = Text("Write one learner a line", "Écrivez un apprenant par ligne")
_TOO_MANY = Text(
    f"At most {MOST_LEARNERS} learners at once; nobody was awarded anything yet",
    f"Au plus {MOST_LEARNERS} apprenants à la fois ; rien n’a encore été délivré",
)
_FIELDS = Text(
    "given name, family name and, if you like, date of birth are expected",
    "prénom, nom et, si vous le souhaitez, date de naissance sont attendus",
)


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line of a list of learners that cannot be read; lines are counted from 1."""

    line: int
    says: Text


@dataclass(frozen=True, slots=True)
class AwardForm:
    """What was read: ``given`` is whole when nothing is wrong, empty otherwise.

    ``errors`` are by field (``""``: the form as a whole), ``rejected`` by line of the list.
    """

    given: tuple[Given, ...] = ()
    errors: Mapping[str, Text] = field(default_factory=dict)
    rejected: tuple[RejectedLine, ...] = ()


def parse_award_form(
    typed: Mapping[str, str], achievement: Achievement, today: date, language: str
) -> AwardForm:
    """Read the form for one learner (``kind=one``) or for a list (``kind=list``)."""
    if typed.get("kind") == "list":
        return _parse_list(typed, today, language)
    return _parse_one(typed, achievement, today, language)


def _parse_one(
    typed: Mapping[str, str], achievement: Achievement, today: date, language: str
) -> AwardForm:
    errors: dict[str, Text] = {}
    names = {}
    for part in ("given_name", "family_name"):
        try:
            names[part] = _parse_name(typed.get(part, ""))
        except InvalidInput as error:
            errors[part] = error.says
    days: dict[str, date | None] = {"birth_date": None}
    for part in ("birth_date", "awarded_on"):
        if part == "birth_date" and not typed.get(part, "").strip():
            continue
        try:
            days[part] = _parse_day(typed.get(part, ""), today)
        except InvalidInput as error:
            errors[part] = error.says
    grade = _one_line(typed.get("grade", ""))
    if len(grade) > MOST_GRADE or not _is_writing(grade):
        errors["grade"] = _GRADE
    levels, wrong = _parse_levels(typed, achievement)
    errors |= wrong
    awarded_on = days.get("awarded_on")
    if errors or awarded_on is None:
        return AwardForm(errors=errors)
    learner = Learner(names["given_name"], names["family_name"], days["birth_date"])
    return AwardForm((Given(learner, awarded_on, levels, grade, language),))


def _parse_levels(
    typed: Mapping[str, str], achievement: Achievement
) -> tuple[dict[str, int], dict[str, Text]]:
    """Return the levels that differ from the achievement's own, and what is wrong, by field."""
    levels: dict[str, int] = {}
    wrong: dict[str, Text] = {}
    for competency in achievement.competencies:
        key = str(competency.key)
        known = {str(level): level for level in competency.scale.levels}
        level = known.get(typed.get(f"level_{key}", str(competency.level)).strip())
        if level is None:
            wrong[f"level_{key}"] = _LEVEL
        elif level != competency.level:
            levels[key] = level
    return levels, wrong


def _parse_list(typed: Mapping[str, str], today: date, language: str) -> AwardForm:
    errors: dict[str, Text] = {}
    awarded_on = today
    try:
        awarded_on = _parse_day(typed.get("awarded_on", ""), today)
    except InvalidInput as error:
        errors[""] = error.says
    lines = [
        (number, line)
        for number, line in enumerate(_BREAKS.split(typed.get("learners", "")), start=1)
        if line.strip()
    ]
    if not lines:
        errors["learners"] = _NOBODY
    if len(lines) > MOST_LEARNERS:
        errors["learners"] = _TOO_MANY
        return AwardForm(errors=errors)
    learners: dict[Learner, int] = {}
    rejected = []
    for number, line in lines:
        try:
            learner = _parse_line(line, today)
            if learner in learners:
                raise InvalidInput(_twice(learners[learner]))
        except InvalidInput as error:
            rejected.append(RejectedLine(number, error.says))
        else:
            learners[learner] = number
    if errors or rejected:
        return AwardForm(errors=errors, rejected=tuple(rejected))
    return AwardForm(tuple(Given(each, awarded_on, language=language) for each in learners))


def _parse_line(line: str, today: date) -> Learner:
    separator = next((each for each in _SEPARATORS if each in line), None)
    parts = [line] if separator is None else [part.strip() for part in line.split(separator)]
    while len(parts) > 3 and not parts[-1]:  # a spreadsheet's empty columns
        parts.pop()
    if len(parts) not in {2, 3}:
        raise InvalidInput(_FIELDS)
    birth = parts[2] if len(parts) == 3 else ""
    return Learner(
        _parse_name(parts[0]), _parse_name(parts[1]), _parse_day(birth, today) if birth else None
    )


def _twice(line: int) -> Text:
    return Text(
        f"the same learner as line {line}; for two people of one name give dates of birth",
        f"le même apprenant qu’à la ligne {line} ; pour deux homonymes, indiquez les dates de naissance",
    )


def _parse_name(typed: str) -> str:
    name = _one_line(typed)
    if not 1 <= len(name) <= MOST_NAME or not _is_writing(name):
        raise InvalidInput(_NAME)
    return name


def _parse_day(typed: str, today: date) -> date:
    """Read a day; one that has begun somewhere on Earth is not in the future."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", typed.strip()):
        raise InvalidInput(_NOT_A_DAY)
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError as error:
        raise InvalidInput(_NOT_A_DAY) from error
    if day < _OLDEST:
        raise InvalidInput(_TOO_EARLY)
    if day > today + timedelta(days=1):
        raise InvalidInput(_IN_THE_FUTURE)
    return day


def _one_line(typed: str) -> str:
    return " ".join(typed.split())


def _is_writing(typed: str) -> bool:
    return not any(unicodedata.category(each) in {"Cc", "Cs"} for each in typed)
