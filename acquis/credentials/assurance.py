"""Assurance: how it was assessed, and who stands behind the quality.

The question to the trust list is always "was this institution entitled, for this framework and
this level, on the day of the award?". An institution that is not on the list is unknown, which
leaves the question open; it is never called a forgery. One that is on the list without being
entitled is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from acquis.credentials.attributes import date_number, parse_date_number
from acquis.credentials.documents import Documents, outcome_of_problem
from acquis.credentials.environment import Environment, Recognition, entitled
from acquis.credentials.facts import Answer
from acquis.credentials.report import Aspect, Check, Evidence, Outcome
from acquis.credentials.request import day_of
from acquis.errors import AcquisError, InvalidInput, NotFound
from acquis.text import Text

CLOCK_SKEW = 300


def _assured(
    check_id: str,
    outcome: Outcome,
    en: str,
    fr: str,
    *,
    subject: str = "",
    evidence: Mapping[str, Evidence] = MappingProxyType({}),
    as_of: int | None = None,
) -> Check:
    return Check(check_id, Aspect.ASSURANCE, outcome, Text(en, fr), subject, evidence, as_of)


def check_trust_list(environment: Environment) -> Check:
    """The trust list the verifier chose was read and is in force."""
    try:
        found = environment.resolve_trust_list()
    except AcquisError as problem:
        return _assured(
            "trust-list",
            outcome_of_problem(problem),
            "The trust list could not be read from the mirror.",
            "La liste de confiance n’a pas pu être lue dans le miroir.",
            evidence={"problem": problem.code},
        )
    evidence: dict[str, Evidence] = {
        "anchor": found.anchor,
        "issued": found.issued,
        "next_update": found.next_update,
    }
    if environment.now > found.next_update or found.issued > environment.now + CLOCK_SKEW:
        return _assured(
            "trust-list",
            Outcome.INDETERMINATE,
            "The trust list is not in force: it has expired, or its date lies in the future.",
            "La liste de confiance n’est pas en vigueur : périmée, ou datée dans le futur.",
            evidence=evidence,
            as_of=found.issued,
        )
    return _assured(
        "trust-list",
        Outcome.VALID,
        "The trust list is in force.",
        "La liste de confiance est en vigueur.",
        evidence=evidence,
        as_of=found.issued,
    )


def level_claimed(answer: Answer) -> int | None:
    """Return the level the answer claims: the one asked, or the one shown; None when unreadable."""
    if answer.asked.minimum_level is not None:
        return answer.asked.minimum_level
    shown = answer.value(str(answer.asked.key))
    if shown is None or not shown.raw.isascii() or not shown.raw.isdigit() or len(shown.raw) > 3:
        return None
    return int(shown.raw)


def award_days(answer: Answer) -> tuple[date, date] | None:
    """Return the first and the last day on which the award may have been made; None if unknown."""
    asked_at = answer.facts.asked_at
    if asked_at is None:
        return None
    try:
        shown = answer.value("awarded_on")
        if shown is not None:
            day = parse_date_number(shown.raw)
            return day, day
        bound = answer.least("awarded_on")
        return None if bound is None else (parse_date_number(str(bound)), day_of(asked_at))
    except InvalidInput:
        return None


def check_issuer_recognised(
    answer: Answer, documents: Documents, environment: Environment
) -> Check:
    """The issuer is on the trust list and was entitled on every day the award may date from."""

    def found(outcome: Outcome, recognition: Recognition, en: str, fr: str) -> Check:
        evidence["recognition"] = recognition.value
        return _assured(
            "issuer-recognised",
            outcome,
            en,
            fr,
            subject=answer.subject,
            evidence=evidence,
            as_of=environment.mirror_refreshed_at,
        )

    evidence: dict[str, Evidence] = {"framework": answer.asked.key.framework}
    definition, level, days = documents.definition, level_claimed(answer), award_days(answer)
    if definition is None or level is None or days is None:
        return found(
            Outcome.INDETERMINATE,
            Recognition.COULD_NOT_CHECK,
            "Issuer, level or date of the award are not known well enough to check.",
            "Émetteur, niveau ou date de délivrance sont trop mal connus pour vérifier.",
        )
    evidence |= {"issuer": definition.issuer, "level": level}
    evidence |= {"awarded_from": date_number(days[0]), "awarded_to": date_number(days[1])}
    try:
        standing = environment.resolve_standing(definition.issuer)
    except NotFound:
        return found(
            Outcome.INDETERMINATE,
            Recognition.NOT_RECOGNISED,
            "The institution is not on the trust list you chose. That does not make it a forgery.",
            "L’établissement ne figure pas sur la liste de confiance choisie. Ce n’est pas un faux pour autant.",
        )
    except AcquisError as problem:
        return found(
            outcome_of_problem(problem),
            Recognition.COULD_NOT_CHECK,
            "The trust list could not be read from the mirror.",
            "La liste de confiance n’a pas pu être lue dans le miroir.",
        )
    evidence["legal_name"] = standing.legal_name
    if not entitled(standing, answer.asked.key.framework, level, *days):
        return found(
            Outcome.INVALID,
            Recognition.NOT_RECOGNISED,
            "The institution was not entitled, for this framework and level, on the day of the award.",
            "L’établissement n’était pas habilité, pour ce référentiel et ce niveau, le jour de la délivrance.",
        )
    return found(
        Outcome.VALID,
        Recognition.RECOGNISED,
        "The institution is recognised for this framework and level on the day of the award.",
        "L’établissement est reconnu pour ce référentiel et ce niveau le jour de la délivrance.",
    )


def check_assessed(answer: Answer, documents: Documents) -> Check:
    """The achievement was assessed; participation alone attests no level."""
    if not documents.sound or documents.achievement is None:
        return _assured(
            "assessed",
            Outcome.INDETERMINATE,
            "How it was assessed could not be read.",
            "Le mode d’évaluation n’a pas pu être lu.",
            subject=answer.subject,
        )
    achievement = documents.achievement.achievement
    evidence: dict[str, Evidence] = {"assessment": achievement.assessment}
    if not achievement.assessed:
        return _assured(
            "assessed",
            Outcome.INVALID,
            "Participation only: nothing was assessed.",
            "Participation seulement : rien n’a été évalué.",
            subject=answer.subject,
            evidence=evidence,
        )
    return _assured(
        "assessed",
        Outcome.VALID,
        "The learning outcomes were assessed.",
        "Les acquis ont été évalués.",
        subject=answer.subject,
        evidence=evidence,
    )


def check_quality_assured(answer: Answer, documents: Documents) -> Check:
    """Somebody beside the institution stands behind the assessment."""
    quality = None
    if documents.sound and documents.achievement is not None:
        quality = documents.achievement.achievement.quality_assurance
    if quality is None or quality.assurance == "self-asserted":
        return _assured(
            "quality-assured",
            Outcome.INDETERMINATE,
            "Nobody beside the institution is known to stand behind the assessment.",
            "On ne connaît personne d’autre que l’établissement qui se porte garant de l’évaluation.",
            subject=answer.subject,
            evidence={} if quality is None else {"assurance": quality.assurance},
        )
    return _assured(
        "quality-assured",
        Outcome.VALID,
        "A third party stands behind the assessment.",
        "Un tiers se porte garant de l’évaluation.",
        subject=answer.subject,
        evidence={"assurance": quality.assurance},
    )
