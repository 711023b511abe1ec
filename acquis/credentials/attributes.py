"""What one credential says, as the flat texts AnonCreds signs.

Per competency the attested level, a decimal integer as text, so that "level at least 3" is
provable without the level; beside them the attributes every schema of ours carries. Dates are
the integers YYYYMMDD, so that they can be compared in a proof; 99991231 means no limit. What
does not apply is the empty string.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from types import MappingProxyType
from uuid import UUID

from acquis.credentials.achievement import Achievement, attribute_names
from acquis.credentials.competency import CompetencyKey
from acquis.credentials.naming import COMMON_ATTRIBUTES, NO_LIMIT
from acquis.credentials.wire import Node
from acquis.errors import InvalidInput
from acquis.text import Text


def date_number(day: date) -> int:
    """Write a day as the integer YYYYMMDD."""
    return day.year * 10_000 + day.month * 100 + day.day


def parse_date_number(number: str) -> date:
    """Read a day written YYYYMMDD; raises ``InvalidInput``."""
    if re.fullmatch(r"[0-9]{8}", number):
        try:
            return date(int(number[:4]), int(number[4:6]), int(number[6:]))
        except ValueError:
            pass
    raise InvalidInput(
        Text("Expected a day written YYYYMMDD.", "Un jour écrit AAAAMMJJ est attendu.")
    )


def encoded_value(raw: str) -> str:
    """Return the integer, as text, that AnonCreds signs for the text ``raw``.

    A 32-bit integer stands for itself; anything else is the SHA-256 digest of its UTF-8 bytes.
    """
    if re.fullmatch(r"[+-]?[0-9]{1,100}", raw):
        number = int(raw)
        if -(2**31) <= number < 2**31:
            return str(number)
    return str(int.from_bytes(sha256(raw.encode()).digest()))


@dataclass(frozen=True, slots=True, repr=False)
class Learner:
    """Who earned it; nothing of this is requested unless an employer asks for the name."""

    given_name: str
    family_name: str
    birth_date: date | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Award:
    """That one learner earned one published achievement.

    ``achievement_id`` is the resource id of the published achievement; ``credential_id`` a UUID.
    ``levels`` holds the levels that differ from those the achievement attests by default, by key.
    ``valid_until`` is technical validity (None: no limit), ``review_on`` says "re-assess by".
    """

    learner: Learner
    achievement_id: str
    credential_id: str
    awarded_on: date
    valid_until: date | None = None
    review_on: date | None = None
    levels: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    grade: str = ""
    language: str = "en"
    evidence_digest: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class CredentialAttributes:
    """What a credential of ours says, read back: levels by key, then the common attributes."""

    levels: Mapping[str, int]
    achievement_id: str
    achievement_name: str
    awarding_body: str
    issuer_country: str
    learner: Learner
    awarded_on: date
    valid_until: date | None
    review_on: date | None
    ects_hundredths: int | None
    workload_hours: int | None
    eqf_level: int | None
    assessment_type: tuple[str, ...]
    participation_form: str
    quality_assurance: str
    identity_verification: str
    grade: str
    language: str
    credential_id: str
    evidence_digest: str


def _refused(en: str, fr: str) -> InvalidInput:
    return InvalidInput(Text(en, fr))


def _check_award(achievement: Achievement, award: Award) -> None:
    for key, level in award.levels.items():
        competency = achievement.competency(key)
        if competency is None:
            raise _refused(
                f"The achievement has no competency {key[:130]}.",
                f"La microcertification n’a pas de compétence {key[:130]}.",
            )
        if competency.level_name(level) is None:
            raise _refused(
                f"The scale {competency.level_scale} has no level {level}.",
                f"L’échelle {competency.level_scale} n’a pas de niveau {level}.",
            )
    if award.valid_until is not None and award.valid_until < award.awarded_on:
        raise _refused(
            "The validity ends before the award.", "La validité se termine avant la délivrance."
        )
    try:
        UUID(award.credential_id)
    except ValueError as problem:
        raise _refused("A credential's number is a UUID.", "Le numéro est un UUID.") from problem
    for given in (award.learner.given_name, award.learner.family_name, award.achievement_id):
        Node(given, "award").text(500)


def _optional_number(day: date | None) -> str:
    return "" if day is None else str(date_number(day))


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def build_attributes(achievement: Achievement, award: Award) -> dict[str, str]:
    """Return the values of a credential, named exactly as ``attribute_names(achievement)``.

    Raises ``InvalidInput`` when the award contradicts the achievement or lacks the learner's name.
    """
    _check_award(achievement, award)
    name, body = achievement.name, achievement.awarding_body
    workload, stands = achievement.workload, achievement.qualification_level
    quality = achievement.quality_assurance
    common = {
        "achievement_id": award.achievement_id,
        "achievement_name": "" if name is None else name.text.in_language(award.language),
        "awarding_body": "" if body is None else body.name.text.in_language(award.language),
        "issuer_country": achievement.issuer_country or "",
        "given_name": award.learner.given_name,
        "family_name": award.learner.family_name,
        "birth_date": _optional_number(award.learner.birth_date),
        "awarded_on": str(date_number(award.awarded_on)),
        "valid_until": _optional_number(award.valid_until) or str(NO_LIMIT),
        "review_on": _optional_number(award.review_on),
        "ects_hundredths": _number(None if workload is None else workload.ects_hundredths),
        "workload_hours": _number(None if workload is None else workload.hours),
        "eqf_level": _number(stands.level if stands and stands.framework == "eqf" else None),
        "assessment_type": " ".join(achievement.assessment),
        "participation_form": achievement.participation or "",
        "quality_assurance": "" if quality is None else quality.assurance,
        "identity_verification": achievement.identity_verification or "",
        "grade": award.grade,
        "language": award.language,
        "credential_id": award.credential_id,
        "evidence_digest": award.evidence_digest,
    }
    levels = {
        str(each.key): str(award.levels.get(str(each.key), each.level))
        for each in achievement.competencies
    }
    return {name: {**levels, **common}[name] for name in attribute_names(achievement)}


def _read_date(values: Mapping[str, str], name: str) -> date | None:
    raw = values[name]
    return None if raw in ("", str(NO_LIMIT)) else parse_date_number(raw)


def _read_integer(values: Mapping[str, str], name: str) -> int | None:
    raw = values[name]
    if raw == "":
        return None
    if not re.fullmatch(r"[0-9]{1,9}", raw):
        raise _refused(f"“{name}” is not a number.", f"« {name} » n’est pas un nombre.")
    return int(raw)


def parse_attributes(values: Mapping[str, str]) -> CredentialAttributes:
    """Read the values of a credential of ours.

    Raises ``InvalidInput`` when a common attribute is missing, a name is not a competency's key
    or a value is not of its kind: such a credential is somebody else's and shown as it is.
    """
    missing = sorted(set(COMMON_ATTRIBUTES) - set(values))
    if missing:
        raise _refused(f"“{missing[0]}” is missing.", f"« {missing[0]} » manque.")
    levels: dict[str, int] = {}
    for name in values.keys() - COMMON_ATTRIBUTES.keys():
        key = str(CompetencyKey.parse(name))
        level = _read_integer(values, name)
        if level is None:
            raise _refused("A competency has no level.", "Une compétence n’a pas de niveau.")
        levels[key] = level
    awarded_on = _read_date(values, "awarded_on")
    if awarded_on is None:
        raise _refused("The date of the award is missing.", "La date de délivrance manque.")
    return CredentialAttributes(
        levels=MappingProxyType(dict(sorted(levels.items()))),
        learner=Learner(
            values["given_name"], values["family_name"], _read_date(values, "birth_date")
        ),
        awarded_on=awarded_on,
        valid_until=_read_date(values, "valid_until"),
        review_on=_read_date(values, "review_on"),
        ects_hundredths=_read_integer(values, "ects_hundredths"),
        workload_hours=_read_integer(values, "workload_hours"),
        eqf_level=_read_integer(values, "eqf_level"),
        assessment_type=tuple(values["assessment_type"].split()),
        **{name: values[name] for name in _PLAIN},
    )


_PLAIN = (
    *("achievement_id", "achievement_name", "awarding_body", "issuer_country"),
    *("participation_form", "quality_assurance", "identity_verification"),
    *("grade", "language", "credential_id", "evidence_digest"),
)
