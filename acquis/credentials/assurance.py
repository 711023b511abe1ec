"""Assurance: how it was assessed, and who stands behind the quality.

Who is recognised is the word of the trust anchors the verifier chose, put together as
``acquis.credentials.recognition`` says; here it is told, with the lists it rests on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from acquis.credentials.attributes import date_number, parse_date_number
from acquis.credentials.documents import Documents
from acquis.credentials.environment import Environment, Recognition
from acquis.credentials.facts import Answer
from acquis.credentials.recognition import (
    AnchorAnswer,
    AnchorList,
    AnchorSays,
    ClaimedAward,
    ListState,
    ask_anchor,
    conclude_recognition,
)
from acquis.credentials.report import Aspect, Check, Evidence, Outcome
from acquis.credentials.request import day_of
from acquis.errors import InvalidInput
from acquis.text import Text


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


def check_trust_lists(lists: Sequence[AnchorList]) -> Check:
    """Of the trust lists the verifier chose at least one is in force; each is told with its dates.

    The others answer nothing, which each answer that would need them says for itself.
    """
    in_force = [each for each in lists if each.state is ListState.IN_FORCE]
    evidence: dict[str, Evidence] = {"lists": tuple(each.record() for each in lists)}
    dates = [each.found.issued for each in in_force or lists if each.found is not None]
    as_of = min(dates, default=None)
    if not lists:
        en, fr = (
            "No trust list was chosen, so no institution can be recognised.",
            "Aucune liste de confiance n’est choisie : aucun établissement ne peut être reconnu.",
        )
    elif not in_force:
        en, fr = _not_in_force(lists)
    elif len(in_force) < len(lists):
        en = f"{len(in_force)} of the {len(lists)} trust lists you rely on can be used."
        fr = f"{len(in_force)} des {len(lists)} listes de confiance choisies sont utilisables."
    elif len(lists) == 1:
        en, fr = "The trust list is in force.", "La liste de confiance est en vigueur."
    else:
        en = f"The {len(lists)} trust lists you rely on are in force."
        fr = f"Les {len(lists)} listes de confiance choisies sont en vigueur."
    outcome = Outcome.VALID if in_force else Outcome.INDETERMINATE
    return _assured("trust-list", outcome, en, fr, evidence=evidence, as_of=as_of)


def _not_in_force(lists: Sequence[AnchorList]) -> tuple[str, str]:
    states = {each.state for each in lists}
    if states <= {ListState.OVERDUE, ListState.NOT_YET}:
        return (
            "The trust list is not in force: it has expired, or its date lies in the future.",
            "La liste de confiance n’est pas en vigueur : périmée, ou datée dans le futur.",
        )
    if states == {ListState.OLD_COPY}:
        return (
            "Our copy of the trust list is too old to tell.",
            "Notre copie de la liste de confiance est trop ancienne pour conclure.",
        )
    if len(lists) == 1:
        return (
            "The trust list could not be read from the mirror.",
            "La liste de confiance n’a pas pu être lue dans le miroir.",
        )
    return (
        "None of the trust lists you rely on can be used.",
        "Aucune des listes de confiance choisies n’est utilisable.",
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
    """Return the first and the last day on which the award may have been made; None if unknown.

    A date that is only bounded may be any up to the moment that counts: when a saved presentation
    was asked for is its own word, so what it proves may have been awarded since.
    """
    judged_at = answer.facts.judged_at
    if judged_at is None:
        return None
    try:
        shown = answer.value("awarded_on")
        if shown is not None:
            day = parse_date_number(shown.raw)
            return day, day
        bound = answer.least("awarded_on")
        return None if bound is None else (parse_date_number(str(bound)), day_of(judged_at))
    except InvalidInput:
        return None


def check_issuer_recognised(
    answer: Answer, documents: Documents, lists: Sequence[AnchorList], environment: Environment
) -> Check:
    """One anchor entitles the issuer on every day the award may date from; which, and why."""
    framework = answer.asked.key.framework
    evidence: dict[str, Evidence] = {"framework": framework}
    definition, level, days = documents.definition, level_claimed(answer), award_days(answer)
    if definition is None or level is None or days is None:
        evidence["recognition"] = Recognition.COULD_NOT_CHECK.value
        return _assured(
            "issuer-recognised",
            Outcome.INDETERMINATE,
            "Issuer, level or date of the award are not known well enough to check.",
            "Émetteur, niveau ou date de délivrance sont trop mal connus pour vérifier.",
            subject=answer.subject,
            evidence=evidence,
        )
    evidence |= {"issuer": definition.issuer, "level": level}
    evidence |= {"awarded_from": date_number(days[0]), "awarded_to": date_number(days[1])}
    award = ClaimedAward(definition.issuer, framework, level, *days)
    answers = [ask_anchor(each, award, environment) for each in lists]
    recognition, outcome = conclude_recognition(answers)
    is_since_asked = outcome is Outcome.INVALID and _was_entitled_when_asked(
        answer, award, lists, environment
    )
    if is_since_asked:
        recognition, outcome = Recognition.COULD_NOT_CHECK, Outcome.INDETERMINATE
    evidence["recognition"] = recognition.value
    evidence["anchors"] = tuple(each.record() for each in answers)
    relied_on = _relied_on(answers)
    if relied_on is not None:
        evidence |= _named(relied_on)
    found = None if relied_on is None else relied_on.listed.found
    says = _recognition_in_words(recognition, outcome, relied_on, len(lists))
    if is_since_asked:
        says = _ENDED_SINCE
    return Check(
        "issuer-recognised",
        Aspect.ASSURANCE,
        outcome,
        says,
        answer.subject,
        evidence,
        None if found is None else found.mirror_refreshed_at,
    )


_ENDED_SINCE = Text(
    "The institution was entitled until the presentation was asked for, but not on every day since; "
    "that the award is not later is the file's own word.",
    "L’établissement était habilité jusqu’à la demande de la présentation, mais pas chaque jour "
    "depuis ; que la délivrance n’est pas postérieure, seul le fichier le dit.",
)


def _was_entitled_when_asked(
    answer: Answer, award: ClaimedAward, lists: Sequence[AnchorList], environment: Environment
) -> bool:
    """Say whether only the days since it was asked, by the file's own word, lack an entitlement."""
    asked_at, judged_at = answer.facts.asked_at, answer.facts.judged_at
    if asked_at is None or asked_at == judged_at or award.earliest == award.latest:
        return False
    until = replace(award, latest=day_of(asked_at))
    answers = [ask_anchor(each, until, environment) for each in lists]
    return conclude_recognition(answers)[1] is Outcome.VALID


def _relied_on(answers: Sequence[AnchorSays]) -> AnchorSays | None:
    """Return the anchor whose word counts: the first that recognises, else that knows the issuer."""
    for wanted in (AnchorAnswer.RECOGNISES, AnchorAnswer.NOT_ENTITLED):
        for each in answers:
            if each.answer is wanted:
                return each
    return None


def _named(says: AnchorSays) -> dict[str, Evidence]:
    """Return whom the anchor names, and, where it recognises, by which list and accreditation."""
    evidence: dict[str, Evidence] = {"legal_name": says.legal_name}
    if says.answer is AnchorAnswer.RECOGNISES and says.listed.found is not None:
        evidence |= {
            "anchor": says.listed.anchor,
            "anchor_name": says.listed.name,
            "accredited_by": says.accredited_by,
            "accreditation": says.accreditation,
            "list_version": says.listed.found.version,
            "issued": says.listed.found.issued,
            "next_update": says.listed.found.next_update,
            "refreshed_at": says.listed.found.mirror_refreshed_at,
        }
    return evidence


def _recognition_in_words(
    recognition: Recognition, outcome: Outcome, relied_on: AnchorSays | None, chosen: int
) -> Text:
    if recognition is Recognition.RECOGNISED and relied_on is not None:
        anchor, by = relied_on.listed.name, " · ".join(relied_on.accredited_by)
        return Text(
            "The institution is recognised for this framework and level on the day of the award "
            f"by “{anchor}”" + (f" (accredited by {by})." if by else "."),
            "L’établissement est reconnu pour ce référentiel et ce niveau le jour de la délivrance "
            f"par « {anchor} »" + (f" (accrédité par {by})." if by else "."),
        )
    if not chosen:
        return Text(
            "No trust list was chosen, so whether the institution is recognised is not known.",
            "Aucune liste de confiance n’est choisie : on ne sait pas si l’établissement est reconnu.",
        )
    if recognition is Recognition.COULD_NOT_CHECK:
        return Text(
            "Whether the institution was recognised on the day of the award could not be checked: "
            "a trust list you rely on is missing, too old, unreadable or not in force.",
            "Impossible de vérifier si l’établissement était reconnu le jour de la délivrance : une "
            "liste de confiance choisie manque, est trop ancienne, illisible ou pas en vigueur.",
        )
    if outcome is Outcome.INVALID:
        return Text(
            "The institution was not entitled, for this framework and level, on the day of the "
            "award. That does not make it a forgery.",
            "L’établissement n’était pas habilité, pour ce référentiel et ce niveau, le jour de la "
            "délivrance. Ce n’est pas un faux pour autant.",
        )
    if chosen > 1:
        return Text(
            f"The institution is not on any of the {chosen} trust lists you rely on. That does "
            "not make it a forgery.",
            f"L’établissement ne figure sur aucune des {chosen} listes de confiance choisies. Ce "
            "n’est pas un faux pour autant.",
        )
    return Text(
        "The institution is not on the trust list you chose. That does not make it a forgery.",
        "L’établissement ne figure pas sur la liste de confiance choisie. Ce n’est pas un faux "
        "pour autant.",
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
            as_of=documents.check.as_of,
        )
    return _assured(
        "assessed",
        Outcome.VALID,
        "The learning outcomes were assessed.",
        "Les acquis ont été évalués.",
        subject=answer.subject,
        evidence=evidence,
        as_of=documents.check.as_of,
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
            as_of=documents.check.as_of,
        )
    return _assured(
        "quality-assured",
        Outcome.VALID,
        "A third party stands behind the assessment.",
        "Un tiers se porte garant de l’évaluation.",
        subject=answer.subject,
        evidence={"assurance": quality.assurance},
        as_of=documents.check.as_of,
    )
