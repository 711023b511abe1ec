"""The question of a saved presentation in words: what was asked, whose word that is, what was proved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from acquis.credentials.choice import NameAsked
from acquis.credentials.dates import day_in_words
from acquis.credentials.disclosure import competency_in_words, describe_choice
from acquis.credentials.report import Check, Outcome, worst
from acquis.credentials.request import CompetencyRequest, PresentationRequest
from acquis.text import Text
from verifier.offline import Judgement, name_competencies

_CLAIMED: Final = Text(
    "Asked, by the file’s own claim (--expect compares it with what you asked):",
    "Demandé, selon le fichier lui-même (--expect compare avec ce que vous avez demandé) :",
)
_EXPECTED: Final = Text("Asked, exactly as expected:", "Demandé, exactement comme attendu :")
_PROVED: Final = Text("proved", "prouvé")
_NOT_PROVED: Final = Text("not proved", "non prouvé")
_LEFT_OUT: Final = Text("left out by the learner", "non choisi par la personne")
_NAME: Final = Text("with the learner’s name", "avec le nom de la personne")
_VALID: Final = Text("still valid", "encore valide")
_VALID_UNASKED: Final = Text(
    "not asked: whether it is still valid", "non demandé : si elle est encore valide"
)


def write_question(found: Judgement) -> Iterator[Text]:
    """Yield what was asked: each competency with its key, its level and whether it was proved."""
    request = name_competencies(found.saved.request)
    yield _EXPECTED if found.is_question_expected else _CLAIMED
    for group, asked in request.competencies_of():
        words, answer = competency_in_words(asked), _answer(found, group, asked)
        yield Text(
            f"  {words.en} [{asked.key}]: {answer.en}", f"  {words.fr} [{asked.key}] : {answer.fr}"
        )
    for each in (*_terms(request), *describe_choice(request)):
        yield Text(f"  {each.en}", f"  {each.fr}")
    purpose = request.purpose
    yield Text(
        f"  for, in the words of the request: {purpose}",
        f"  pour, dans les mots de la demande : {purpose}",
    )


def _answer(found: Judgement, group: str, asked: CompetencyRequest) -> Text:
    """Say whether one competency was proved, and at which level where that is shown."""
    choice = found.saved.choice
    if choice is not None and group not in choice.competencies:
        return _LEFT_OUT
    checks = [each for each in found.report.checks if _is_competency(each, group)]
    outcome = worst([found.report.authentic, *(each.outcome for each in checks)])
    if not checks or outcome is not Outcome.VALID:
        return _NOT_PROVED
    if asked.minimum_level is not None:
        return _PROVED
    level = checks[0].evidence.get("level")
    return Text(f"level {level}", f"niveau {level}")


def _is_competency(check: Check, group: str) -> bool:
    return check.id == "competency" and check.subject == group


def _terms(request: PresentationRequest) -> Iterator[Text]:
    yield _VALID if request.still_valid else _VALID_UNASKED
    if request.awarded_since is not None:
        day = day_in_words(request.awarded_since)
        yield Text(f"awarded on {day.en} or later", f"délivrée le {day.fr} ou après")
    if request.learner_name is NameAsked.REQUIRED:
        yield _NAME
