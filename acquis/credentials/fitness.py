"""Fit: whether what was presented belongs to what the employer asked, and satisfies it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from acquis.credentials.assurance import award_days, level_claimed
from acquis.credentials.attributes import date_number
from acquis.credentials.documents import Documents
from acquis.credentials.facts import Answer, ExchangeFacts
from acquis.credentials.report import Aspect, Check, Evidence, Outcome
from acquis.credentials.request import day_of
from acquis.errors import InvalidInput
from acquis.text import Text


def _fit(
    check_id: str,
    answer: Answer,
    outcome: Outcome,
    en: str,
    fr: str,
    *,
    evidence: Mapping[str, Evidence] = MappingProxyType({}),
    as_of: int | None = None,
) -> Check:
    return Check(check_id, Aspect.FIT, outcome, Text(en, fr), answer.subject, evidence, as_of)


def check_readable() -> Check:
    """What came could be read: the facts are there."""
    says = Text(
        "Request and presentation can be read.",
        "La demande et la présentation sont lisibles.",
    )
    return Check("readable", Aspect.FIT, Outcome.VALID, says)


def check_unreadable(says: Text) -> Check:
    """What came cannot be read, and why; nothing of it is then looked at.

    That is no forgery: it is no answer.
    """
    says = Text(
        f"The presentation cannot be read. {says.en}",
        f"La présentation ne peut pas être lue. {says.fr}",
    )
    return Check("readable", Aspect.FIT, Outcome.INVALID, says)


def check_same_exchange(facts: ExchangeFacts) -> Check:
    """The answer came on the thread of our request, for the browser in which it was asked.

    A code shown in one browser never decides for another: who lures a recruiter's browser into
    showing a request of theirs, or a learner into answering one, gains nothing by it here.
    """
    bound = facts.exchange
    threads = bound.thread_expected, bound.thread_seen
    browsers = bound.session_expected, bound.session_seen
    evidence: dict[str, Evidence] = {
        "same_thread": _same(threads),
        "same_browser": _same(browsers),
    }
    if _same(threads) is False:
        outcome, en, fr = (
            Outcome.INVALID,
            "The answer belongs to another exchange than the one we began.",
            "La réponse relève d’un autre échange que celui que nous avons engagé.",
        )
    elif _same(browsers) is False:
        outcome, en, fr = (
            Outcome.INVALID,
            "The code that was scanned was shown in another browser than the one that asks.",
            "Le code lu était affiché dans un autre navigateur que celui qui demande.",
        )
    elif None in (*threads, *browsers):
        outcome, en, fr = (
            Outcome.INDETERMINATE,
            "It is not known in which exchange or for which browser the answer was made.",
            "On ne sait pas dans quel échange ni pour quel navigateur la réponse a été faite.",
        )
    else:
        outcome, en, fr = (
            Outcome.VALID,
            "The answer belongs to the exchange that was begun in this browser.",
            "La réponse relève de l’échange engagé dans ce navigateur.",
        )
    return Check("same-exchange", Aspect.FIT, outcome, Text(en, fr), evidence=evidence)


def _same(pair: tuple[str | None, str | None]) -> bool | None:
    expected, seen = pair
    return None if expected is None or seen is None else expected == seen


def check_enough(facts: ExchangeFacts) -> Check:
    """What was asked of the wallet is everything, or a choice that the employer left open.

    With every item of it proved (``all-answered``) at least as many are proved as were wanted.
    """
    request, choice = facts.request, facts.choice
    wanted = [group for group, _ in request.competencies_of(choice)]
    asked = [group.id for group in facts.asked.groups()]
    evidence: dict[str, Evidence] = {
        "required": request.fewest,
        "chosen": len([group for group, _ in request.wanted if group in asked]),
    }
    try:
        request.check_choice(request.full_choice if choice is None else choice)
    except InvalidInput as problem:
        says = Text(
            f"What was chosen is not what the request leaves open. {problem.says.en}",
            f"Ce qui a été choisi n’est pas ce que la demande laisse libre. {problem.says.fr}",
        )
        return Check("enough", Aspect.FIT, Outcome.INVALID, says, evidence=evidence)
    if sorted(asked) != sorted(wanted):
        says = Text(
            "The request that was sent asks for other competencies than those wanted or chosen.",
            "La demande envoyée porte sur d’autres compétences que celles voulues ou choisies.",
        )
        return Check("enough", Aspect.FIT, Outcome.INVALID, says, evidence=evidence)
    says = Text(
        "Everything that is wanted was asked, none of it left out.",
        "Tout ce qui est voulu a été demandé, sans exception.",
    )
    if choice is not None:
        says = Text(
            "The learner chose among what was asked, and chose enough.",
            "La personne a choisi parmi ce qui était demandé, et en nombre suffisant.",
        )
    return Check("enough", Aspect.FIT, Outcome.VALID, says, evidence=evidence)


def check_asked_credential(answer: Answer) -> Check:
    """The credential is of a kind that was asked for, and nothing was asked without saying which."""
    listed = [each.restrictions for each in answer.group.attributes]
    listed += [each.restrictions for each in answer.group.predicates]
    if not listed or not all(listed):
        return _fit(
            "asked-credential",
            answer,
            Outcome.INVALID,
            "The request did not say which credentials it accepts.",
            "La demande ne disait pas quelles attestations elle accepte.",
        )
    if answer.credential is None:
        return _fit(
            "asked-credential",
            answer,
            Outcome.INDETERMINATE,
            "It is not known which credential was used.",
            "On ne sait pas quelle attestation a été utilisée.",
        )
    used = answer.facts.presentation.identifiers[answer.credential].credential_definition_id
    wanted = (("cred_def_id", used),)
    evidence = {"credential_definition": used}
    if not all(wanted in restrictions for restrictions in listed):
        return _fit(
            "asked-credential",
            answer,
            Outcome.INVALID,
            "The credential is not one of those that were asked for.",
            "L’attestation n’est pas de celles qui étaient demandées.",
            evidence=evidence,
        )
    return _fit(
        "asked-credential",
        answer,
        Outcome.VALID,
        "The credential is one of those that were asked for.",
        "L’attestation est de celles qui étaient demandées.",
        evidence=evidence,
    )


def check_competency(answer: Answer, documents: Documents) -> Check:
    """The competency asked is one of the achievement's, and its level is proved or shown."""
    key, minimum = str(answer.asked.key), answer.asked.minimum_level
    evidence: dict[str, Evidence] = {"competency": key, "minimum_level": minimum}
    if not documents.sound or documents.achievement is None:
        return _fit(
            "competency",
            answer,
            Outcome.INDETERMINATE,
            "The achievement could not be read, so what the competency means is not known.",
            "La microcertification n’a pas pu être lue : on ne sait pas ce que désigne la compétence.",
            evidence=evidence,
            as_of=documents.check.as_of,
        )
    competency = documents.achievement.achievement.competency(key)
    proved = answer.least(key)
    if minimum is not None:
        holds = proved is not None and proved >= minimum
    else:
        level = level_claimed(answer)
        evidence["level"] = level
        holds = competency is not None and level is not None and level in competency.scale.levels
    if competency is None or not holds:
        return _fit(
            "competency",
            answer,
            Outcome.INVALID,
            "The competency asked for is not proved at the level asked.",
            "La compétence demandée n’est pas prouvée au niveau demandé.",
            evidence=evidence,
            as_of=documents.check.as_of,
        )
    return _fit(
        "competency",
        answer,
        Outcome.VALID,
        "The competency asked for is proved at the level asked.",
        "La compétence demandée est prouvée au niveau demandé.",
        evidence=evidence,
        as_of=documents.check.as_of,
    )


def check_still_valid(answer: Answer) -> Check:
    """The credential is within its validity on the day that counts."""
    bound, at = answer.least("valid_until"), answer.facts.judged_at
    if not answer.facts.request.still_valid:
        if answer.facts.validity_required:
            return _fit(
                "still-valid",
                answer,
                Outcome.INDETERMINATE,
                "The request does not ask whether it is still valid, which is required here.",
                "La demande ne porte pas sur sa validité actuelle, qui est exigée ici.",
                evidence={"valid_until_at_least": bound},
                as_of=at,
            )
        return _fit(
            "still-valid",
            answer,
            Outcome.VALID,
            "It was not asked to be still valid.",
            "Il n’était pas demandé qu’elle soit encore valide.",
        )
    if bound is None:
        return _fit(
            "still-valid",
            answer,
            Outcome.INVALID,
            "It was not proved that the credential is still valid.",
            "Il n’est pas prouvé que l’attestation est encore valide.",
        )
    today = None if at is None else date_number(day_of(at))
    evidence: dict[str, Evidence] = {"valid_until_at_least": bound, "on": today}
    if today is None or bound < today:
        return _fit(
            "still-valid",
            answer,
            Outcome.INDETERMINATE,
            "It was proved valid on an earlier day only.",
            "Sa validité n’est prouvée que pour un jour antérieur.",
            evidence=evidence,
            as_of=at,
        )
    return _fit(
        "still-valid",
        answer,
        Outcome.VALID,
        "The credential is still valid.",
        "L’attestation est encore valide.",
        evidence=evidence,
        as_of=at,
    )


def check_awarded_since(answer: Answer) -> Check:
    """The award is not earlier than asked, and not later than today."""
    since, days, asked_at = (
        answer.facts.request.awarded_since,
        award_days(answer),
        answer.facts.asked_at,
    )
    if since is None and answer.value("awarded_on") is None:
        return _fit(
            "awarded-since",
            answer,
            Outcome.VALID,
            "No earliest date of award was asked.",
            "Aucune date de délivrance minimale n’était demandée.",
        )
    if days is None or asked_at is None:
        return _fit(
            "awarded-since",
            answer,
            Outcome.INVALID,
            "The date of the award is not proved.",
            "La date de délivrance n’est pas prouvée.",
        )
    evidence: dict[str, Evidence] = {"awarded_from": date_number(days[0])}
    if (since is not None and days[0] < since) or days[0] > day_of(asked_at):
        return _fit(
            "awarded-since",
            answer,
            Outcome.INVALID,
            "The award is earlier than asked, or dated in the future.",
            "La délivrance est antérieure à la date demandée, ou datée dans le futur.",
            evidence=evidence,
        )
    return _fit(
        "awarded-since",
        answer,
        Outcome.VALID,
        "The date of the award is as asked.",
        "La date de délivrance est conforme à la demande.",
        evidence=evidence,
    )
