"""What a registrar says of an award, by form or by program, read within the same bounds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
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
_NO_COMPETENCY = Text(
    "Name competencies of this achievement only",
    "N’indiquez que des compétences de cette microcertification",
)
_GRADE = Text(
    f"A grade has at most {MOST_GRADE} characters", f"Une note a au plus {MOST_GRADE} caractères"
)


@dataclass(frozen=True, slots=True, repr=False)
class UnverifiedAward:
    """What is said of one award, as it came; levels by the key of the competency."""

    given_name: str = ""
    family_name: str = ""
    birth_date: str = ""
    awarded_on: str = ""
    levels: Mapping[str, str] = field(default_factory=dict)
    grade: str = ""


def parse_award(
    said: UnverifiedAward, achievement: Achievement, today: date, language: str
) -> tuple[Given | None, Mapping[str, Text]]:
    """Return the award, or None with what is wrong, by field; a level's field is ``levels.<key>``."""
    wrong: dict[str, Text] = {}

    def read[T](name: str, parse: Callable[[], T]) -> T | None:
        try:
            return parse()
        except InvalidInput as error:
            wrong[name] = error.says
            return None

    given_name = read("given_name", lambda: parse_name(said.given_name))
    family_name = read("family_name", lambda: parse_name(said.family_name))
    birth_date = read("birth_date", lambda: parse_birth_date(said.birth_date, today))
    awarded_on = read("awarded_on", lambda: parse_day(said.awarded_on, today))
    grade = read("grade", lambda: _parse_grade(said.grade))
    levels, wrong_levels = _parse_levels(said.levels, achievement)
    wrong |= wrong_levels
    if given_name is None or family_name is None or awarded_on is None or grade is None or wrong:
        return None, wrong
    learner = Learner(given_name, family_name, birth_date)
    return Given(learner, awarded_on, levels, grade, language), {}


def parse_name(typed: str) -> str:
    """Read a given or a family name, set on one line."""
    name = _one_line(typed)
    if not 1 <= len(name) <= MOST_NAME or not _is_writing(name):
        raise InvalidInput(_NAME)
    return name


def parse_day(typed: str, today: date) -> date:
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


def parse_birth_date(typed: str, today: date) -> date | None:
    """Read a day that may be left out."""
    return parse_day(typed, today) if typed.strip() else None


def _parse_grade(typed: str) -> str:
    grade = _one_line(typed)
    if len(grade) > MOST_GRADE or not _is_writing(grade):
        raise InvalidInput(_GRADE)
    return grade


def _parse_levels(
    said: Mapping[str, str], achievement: Achievement
) -> tuple[dict[str, int], dict[str, Text]]:
    """Return the levels that differ from the achievement's own, and what is wrong, by field."""
    levels: dict[str, int] = {}
    wrong: dict[str, Text] = {}
    known = {str(each.key): each for each in achievement.competencies}
    if said.keys() - known.keys():
        wrong["levels"] = _NO_COMPETENCY
    for key, competency in known.items():
        choices = {str(level): level for level in competency.scale.levels}
        level = choices.get(said.get(key, str(competency.level)).strip())
        if level is None:
            wrong[f"levels.{key}"] = _LEVEL
        elif level != competency.level:
            levels[key] = level
    return levels, wrong


def _one_line(typed: str) -> str:
    return " ".join(typed.split())


def _is_writing(typed: str) -> bool:
    return not any(unicodedata.category(each) in {"Cc", "Cs"} for each in typed)
