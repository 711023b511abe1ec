"""What an employer types on the page that asks, read into a request or into what is wrong with it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from acquis.credentials.choice import NameAsked
from acquis.credentials.request import MAX_COMPETENCIES, CompetencyRequest, PresentationRequest
from acquis.errors import InvalidInput
from acquis.text import Text
from verifier.competencies import Known, find_known

MOST_PURPOSE: Final = 200
_MOST_SEARCH: Final = 100
_MOST_TYPED: Final = 2_000
_OLDEST: Final = date(1900, 1, 1)
_LEVEL: Final = "level_"

_CHOOSE: Final = Text("Choose at least one competency", "Choisissez au moins une compétence")
_TOO_MANY: Final = Text(
    f"At most {MAX_COMPETENCIES} competencies in one request",
    f"Au plus {MAX_COMPETENCIES} compétences par demande",
)
_UNKNOWN: Final = Text(
    "A competency that is not known here was left out; search for it by name",
    "Une compétence inconnue ici a été laissée de côté ; cherchez-la par son nom",
)
_NO_SUCH_LEVEL: Final = Text("Choose one of the levels", "Choisissez un des niveaux")
_NOT_ALL_OPTIONAL: Final = Text(
    "Leave at least one competency that is not optional",
    "Laissez au moins une compétence qui ne soit pas facultative",
)
_NO_SUCH_NUMBER: Final = Text(
    "Choose one of these; those that are optional do not count",
    "Choisissez une de ces possibilités ; les compétences facultatives ne comptent pas",
)
_NO_SUCH_ANSWER: Final = Text("Choose one of the three", "Choisissez une des trois réponses")
_PURPOSE: Final = Text(
    f"Say what it is for, in at most {MOST_PURPOSE} characters",
    f"Dites à quoi cela sert, en {MOST_PURPOSE} caractères au plus",
)
_NOT_A_DAY: Final = Text(
    "Give a day as year-month-day, like 2024-05-17, or leave this empty",
    "Indiquez un jour sous la forme année-mois-jour, comme 2024-05-17, ou laissez vide",
)
_NOT_YET: Final = Text("This day has not come yet", "Ce jour n’est pas encore venu")


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form: kept through searching, adding and removing.

    ``keys`` are those of the competencies chosen, ``optional`` those of them that may be left out;
    ``levels`` is by key, ``""`` for any level; ``at_least`` is ``""`` for all.
    """

    q: str = ""
    keys: tuple[str, ...] = ()
    levels: Mapping[str, str] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    at_least: str = ""
    awarded_since: str = ""
    learner_name: str = ""
    purpose: str = ""

    @property
    def chosen(self) -> tuple[Known, ...]:
        """The competencies chosen that are known here."""
        found = (find_known(key) for key in self.keys)
        return tuple(each for each in found if each is not None)


def parse_typed(pairs: Iterable[tuple[str, str]]) -> Typed:
    """Read the form's fields, or the query's; what cannot be shown again is cut."""
    given = [(name, _shown_again(value)) for name, value in pairs]
    values = dict(given)
    keys = dict.fromkeys(value for name, value in given if name == "competency")
    return Typed(
        q=_one_line(values.get("q", ""))[:_MOST_SEARCH],
        keys=tuple(keys),
        levels={
            name.removeprefix(_LEVEL): value for name, value in given if name.startswith(_LEVEL)
        },
        optional=frozenset(value for name, value in given if name == "optional"),
        at_least=values.get("at_least", "").strip(),
        awarded_since=values.get("awarded_since", "").strip(),
        learner_name=values.get("learner_name", ""),
        purpose=values.get("purpose", ""),
    )


def typed_of(request: PresentationRequest) -> Typed:
    """Return the form as it stands when ``request`` was typed into it."""
    return Typed(
        keys=tuple(str(each.key) for each in request.competencies),
        levels={
            str(each.key): "" if each.minimum_level is None else str(each.minimum_level)
            for each in request.competencies
        },
        optional=frozenset(str(each.key) for each in request.competencies if each.optional),
        at_least="" if request.at_least is None else str(request.at_least),
        awarded_since="" if request.awarded_since is None else request.awarded_since.isoformat(),
        learner_name=request.learner_name.value,
        purpose=request.purpose,
    )


def add_key(typed: Typed, key: str) -> Typed:
    """Return the form with one more competency; what was searched for is done with."""
    return replace(typed, keys=tuple(dict.fromkeys((*typed.keys, key))), q="")


def remove_key(typed: Typed, key: str) -> Typed:
    """Return the form without one competency."""
    return replace(typed, keys=tuple(each for each in typed.keys if each != key))


def check_choice(typed: Typed) -> tuple[Typed, dict[str, Text]]:
    """Return the form with what can be asked for, and what is wrong with the rest, by field."""
    known = tuple(str(each.key) for each in typed.chosen)
    errors = {} if len(known) == len(typed.keys) else {"competency": _UNKNOWN}
    if len(known) > MAX_COMPETENCIES:
        errors["competency"] = _TOO_MANY
    return replace(typed, keys=known[:MAX_COMPETENCIES]), errors


def parse_ask_form(typed: Typed, today: date) -> tuple[PresentationRequest | None, dict[str, Text]]:
    """Return the request, or None and what is wrong with the form, by field."""
    typed, errors = check_choice(typed)
    if not typed.keys and not errors:
        errors["competency"] = _CHOOSE
    asked = []
    for known in typed.chosen:
        key = str(known.key)
        given = typed.levels.get(key, "")
        level = _read(errors, f"{_LEVEL}{key}", _parse_level, given, known)
        asked.append(CompetencyRequest(known.key, known.label, level, key in typed.optional))
    wanted = sum(str(each.key) not in typed.optional for each in typed.chosen)
    if typed.chosen and not wanted:
        errors.setdefault("competency", _NOT_ALL_OPTIONAL)
    at_least = _read(errors, "at_least", _parse_at_least, typed.at_least, wanted)
    name = _read(errors, "learner_name", _parse_name, typed.learner_name) or NameAsked.NO
    since = _read(errors, "awarded_since", _parse_day, typed.awarded_since, today)
    purpose = _one_line(typed.purpose)
    if not 1 <= len(purpose) <= MOST_PURPOSE or not _is_writing(purpose):
        errors["purpose"] = _PURPOSE
    if errors:
        return None, errors
    return PresentationRequest(tuple(asked), purpose, since, name, at_least=at_least), {}


def _read[**P, T](
    errors: dict[str, Text], name: str, parse: Callable[P, T], *given: P.args, **more: P.kwargs
) -> T | None:
    """Return what ``parse`` reads; None, with what is wrong noted under ``name``, when it cannot."""
    try:
        return parse(*given, **more)
    except InvalidInput as error:
        errors[name] = error.says
        return None


def _parse_at_least(value: str, wanted: int) -> int | None:
    """Return how many of ``wanted`` competencies will do; None for all of them."""
    numbers = {str(number): number for number in range(1, wanted)}
    if value in {"", str(wanted)}:
        return None
    if value not in numbers:
        raise InvalidInput(_NO_SUCH_NUMBER)
    return numbers[value]


def _parse_name(value: str) -> NameAsked:
    known = {each.value: each for each in NameAsked}
    if value and value not in known:
        raise InvalidInput(_NO_SUCH_ANSWER)
    return known.get(value, NameAsked.NO)


def _parse_level(value: str, known: Known) -> int | None:
    if not value:
        return None
    levels = {str(level): level for level in known.scale.levels}
    if value not in levels:
        raise InvalidInput(_NO_SUCH_LEVEL)
    return levels[value]


def _parse_day(value: str, today: date) -> date | None:
    if not value:
        return None
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise InvalidInput(_NOT_A_DAY)
    try:
        day = date.fromisoformat(value)
    except ValueError as error:
        raise InvalidInput(_NOT_A_DAY) from error
    if day < _OLDEST:
        raise InvalidInput(_NOT_A_DAY)
    if day > today:
        raise InvalidInput(_NOT_YET)
    return day


def _shown_again(value: str) -> str:
    return value[:_MOST_TYPED].encode("utf-8", "replace").decode()


def _one_line(value: str) -> str:
    return " ".join(value.split())


def _is_writing(value: str) -> bool:
    return not any(unicodedata.category(each) in {"Cc", "Cs"} for each in value)
