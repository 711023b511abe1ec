"""The gate: what Annex I of the Council Recommendation 2022/C 243/02 wants in every micro-credential.

Eleven elements are mandatory. Two of them, who the learner is and the date of issuing, are
filled in at each award; the achievement says which identification and which date it will be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from acquis.credentials.achievement import Achievement
from acquis.errors import InvalidInput
from acquis.text import Text


@dataclass(frozen=True, slots=True)
class Gap:
    """An element that is missing: its number in Annex I and what to add."""

    number: int
    says: Text


def _identifies_the_learner(achievement: Achievement) -> bool:
    return {"given-name", "family-name"} <= set(achievement.learner_identification)


def _has_a_workload(achievement: Achievement) -> bool:
    workload = achievement.workload
    return workload is not None and (
        workload.ects_hundredths is not None or workload.hours is not None
    )


_ELEMENTS: tuple[tuple[Text, Text, Callable[[Achievement], bool]], ...] = (
    (
        Text("identification of the learner", "identification de l’apprenant"),
        Text(
            "say that the credential names the learner (given name and family name)",
            "indiquez que l’attestation nomme l’apprenant (prénom et nom de famille)",
        ),
        _identifies_the_learner,
    ),
    (
        Text("title of the micro-credential", "intitulé de la microcertification"),
        Text("give the achievement a name", "donnez un nom à la microcertification"),
        lambda a: a.name is not None,
    ),
    (
        Text("country or region of the issuer", "pays ou région de l’émetteur"),
        Text("give the country or region", "indiquez le pays ou la région"),
        lambda a: a.issuer_country is not None,
    ),
    (
        Text("awarding body", "organisme certificateur"),
        Text("name the awarding body", "nommez l’organisme qui délivre"),
        lambda a: a.awarding_body is not None,
    ),
    (
        Text("date of issuing", "date de délivrance"),
        Text(
            "say what the date of issuing stands for",
            "indiquez ce que désigne la date de délivrance",
        ),
        lambda a: a.issuing_date is not None,
    ),
    (
        Text("learning outcomes", "acquis d’apprentissage"),
        Text("add at least one competency", "ajoutez au moins une compétence"),
        lambda a: bool(a.competencies),
    ),
    (
        Text("notional workload", "charge de travail théorique"),
        Text("give ECTS credits, or hours", "indiquez des crédits ECTS, ou des heures"),
        _has_a_workload,
    ),
    (
        Text("level, if applicable", "niveau, le cas échéant"),
        Text(
            "give the level (EQF, QF-EHEA) or say that none applies",
            "indiquez le niveau (CEC, QF-EHEA) ou qu’aucun ne s’applique",
        ),
        lambda a: a.qualification_level is not None,
    ),
    (
        Text("type of assessment", "type d’évaluation"),
        Text(
            "say how it is assessed (“none” if it is not)",
            "indiquez le type d’évaluation (« none » s’il n’y en a pas)",
        ),
        lambda a: bool(a.assessment),
    ),
    (
        Text("form of participation", "forme de participation"),
        Text("give the form of participation", "indiquez la forme de participation"),
        lambda a: a.participation is not None,
    ),
    (
        Text("type of quality assurance", "type d’assurance qualité"),
        Text("say who stands behind the quality", "indiquez qui se porte garant de la qualité"),
        lambda a: a.quality_assurance is not None,
    ),
)

ELEMENTS: tuple[Text, ...] = tuple(name for name, _, _ in _ELEMENTS)
"""The names of the eleven mandatory elements, in the order of Annex I."""


def gaps(achievement: Achievement) -> tuple[Gap, ...]:
    """Return every mandatory element of Annex I that ``achievement`` lacks, by number."""
    return tuple(
        Gap(
            number,
            Text(
                f"Annex I, element {number} ({name.en}): {advice.en}.",
                f"Annexe I, élément {number} ({name.fr}) : {advice.fr}.",
            ),
        )
        for number, (name, advice, present) in enumerate(_ELEMENTS, start=1)
        if not present(achievement)
    )


def verify_complete(achievement: Achievement) -> None:
    """Raise ``InvalidInput`` listing every gap; return when the achievement may be published."""
    missing = gaps(achievement)
    if missing:
        raise InvalidInput(
            Text(
                "This cannot be published yet. " + " ".join(gap.says.en for gap in missing),
                "Ceci ne peut pas encore être publié. " + " ".join(gap.says.fr for gap in missing),
            )
        )
