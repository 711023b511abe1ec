"""What a registrar types on the award page, read into awards or into what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from acquis.credentials.achievement import Achievement
from acquis.credentials.attributes import Learner
from acquis.errors import InvalidInput
from acquis.text import Text
from issuer_agent.award_fields import (
    MOST_LEARNERS,
    UnverifiedAward,
    parse_award,
    parse_birth_date,
    parse_day,
    parse_name,
)
from issuer_agent.offering import Given

_BREAKS: Final = re.compile(r"\r\n|\r|\n")
_SEPARATORS: Final = ("\t", ";", ",")
_PLAIN: Final = ("given_name", "family_name", "birth_date", "awarded_on", "grade")

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
    keys = (str(each.key) for each in achievement.competencies)
    said = UnverifiedAward(
        **{name: typed.get(name, "") for name in _PLAIN},
        levels={key: typed[f"level_{key}"] for key in keys if f"level_{key}" in typed},
    )
    given, wrong = parse_award(said, achievement, today, language)
    if given is None:
        errors = {name.replace("levels.", "level_", 1): says for name, says in wrong.items()}
        return AwardForm(errors=errors)
    return AwardForm((given,))


def _parse_list(typed: Mapping[str, str], today: date, language: str) -> AwardForm:
    errors: dict[str, Text] = {}
    awarded_on = today
    try:
        awarded_on = parse_day(typed.get("awarded_on", ""), today)
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
    return Learner(parse_name(parts[0]), parse_name(parts[1]), parse_birth_date(birth, today))


def _twice(line: int) -> Text:
    return Text(
        f"the same learner as line {line}; for two people of one name give dates of birth",
        f"le même apprenant qu’à la ligne {line} ; pour deux homonymes, indiquez les dates de naissance",
    )
