"""Authentic: the checks of signature, issuer, holder and status.

An agent that says "true" has checked the mathematics. It has not checked that each thing asked
was really shown, that one credential answers one question, nor that the revocation list proved
against is the one in force; that is done here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from acquis.credentials.attributes import encoded_value
from acquis.credentials.environment import CLOCK_SKEW, Environment, is_recent
from acquis.credentials.facts import Answer, ExchangeFacts
from acquis.credentials.presentation import Presentation, ProvedComparison, canonical_name
from acquis.credentials.proof_request import AskedGroup
from acquis.credentials.report import Aspect, Check, Evidence, Outcome
from acquis.errors import AcquisError
from acquis.text import Text


def _authentic(
    check_id: str,
    outcome: Outcome,
    en: str,
    fr: str,
    *,
    subject: str = "",
    evidence: Mapping[str, Evidence] = MappingProxyType({}),
    as_of: int | None = None,
) -> Check:
    return Check(check_id, Aspect.AUTHENTIC, outcome, Text(en, fr), subject, evidence, as_of)


def check_same_request(facts: ExchangeFacts) -> Check:
    """The agent verified against the request we built, nonce and all, and it asks what we want."""
    nonce = {"nonce": facts.asked.nonce}
    if facts.asked != facts.answered:
        return _authentic(
            "same-request",
            Outcome.INVALID,
            "The presentation answers another request than the one we made.",
            "La présentation répond à une autre demande que la nôtre.",
            evidence=nonce,
        )
    names = {"achievement_id"}
    names |= {"given_name", "family_name"} if facts.request.asks_name(facts.choice) else set()
    for answer in facts.answers():
        if not names <= set(answer.group.names):
            return _authentic(
                "same-request",
                Outcome.INVALID,
                "The request that was sent does not ask everything that is wanted.",
                "La demande envoyée ne demande pas tout ce qui est voulu.",
                subject=answer.subject,
                evidence=nonce,
            )
    return _authentic(
        "same-request",
        Outcome.VALID,
        "The presentation answers exactly our request.",
        "La présentation répond exactement à notre demande.",
        evidence=nonce,
    )


def check_agent_verdict(facts: ExchangeFacts) -> Check:
    """The agent's cryptographic check: true, false, or nothing."""
    match facts.agent.verified:
        case True:
            found = (
                Outcome.VALID,
                "The signatures and proofs hold.",
                "Signatures et preuves tiennent.",
            )
        case False:
            found = (
                Outcome.INVALID,
                "The agent refused the signatures or the proofs.",
                "L’agent a refusé les signatures ou les preuves.",
            )
        case None:
            found = (
                Outcome.INDETERMINATE,
                "The agent has not said whether the proofs hold.",
                "L’agent n’a pas dit si les preuves tiennent.",
            )
    return _authentic("agent-verdict", *found)


def _answered_problem(group: AskedGroup, presentation: Presentation) -> tuple[str, str, str] | None:
    for asked in group.attributes:
        if asked.referent in presentation.self_attested:
            return asked.referent, "was typed by the holder", "a été saisi par le détenteur"
        if asked.referent in presentation.unrevealed:
            return asked.referent, "was left unrevealed", "n’a pas été montré"
        shown = presentation.shown.get(asked.referent)
        names = set(asked.names) if asked.together else {""}
        if shown is None or set(shown.values) != names:
            return asked.referent, "was not answered", "est resté sans réponse"
    for wanted in group.predicates:
        number = presentation.proved.get(wanted.referent)
        comparison = ProvedComparison(canonical_name(wanted.name), wanted.relation, wanted.bound)
        if number is None or comparison not in presentation.sub_proofs[number].comparisons:
            return wanted.referent, "was not proved", "n’a pas été prouvé"
    return None


def _unasked(facts: ExchangeFacts) -> bool:
    """Whether the presentation brings referents or credentials nobody asked for."""
    presentation = facts.presentation
    attributes = {each.referent for each in facts.asked.attributes}
    predicates = {each.referent for each in facts.asked.predicates}
    brought = presentation.shown.keys() | presentation.unrevealed | presentation.self_attested
    used = presentation.credentials_of((*attributes, *predicates))
    return (
        not brought <= attributes
        or not presentation.proved.keys() <= predicates
        or used != frozenset(range(len(presentation.identifiers)))
    )


def check_all_answered(facts: ExchangeFacts) -> Check:
    """Everything asked is really shown or proved; nothing unrevealed, self-attested or added."""
    for group in facts.asked.groups():
        problem = _answered_problem(group, facts.presentation)
        if problem is not None:
            referent, en, fr = problem
            return _authentic(
                "all-answered",
                Outcome.INVALID,
                f"Something that was asked {en}.",
                f"Un élément demandé {fr}.",
                subject=group.id,
                evidence={"referent": referent},
            )
    if _unasked(facts):
        return _authentic(
            "all-answered",
            Outcome.INVALID,
            "The presentation holds something that was not asked.",
            "La présentation contient quelque chose qui n’a pas été demandé.",
        )
    return _authentic(
        "all-answered",
        Outcome.VALID,
        "Everything that was asked is shown or proved.",
        "Tout ce qui est demandé est montré ou prouvé.",
    )


def check_values_signed(facts: ExchangeFacts) -> Check:
    """Each value shown is the one whose integer was signed, and so is each value compared."""
    presentation = facts.presentation
    for sub_proof in presentation.sub_proofs:
        for comparison in sub_proof.strangers:
            return _authentic(
                "values-signed",
                Outcome.INVALID,
                "A comparison was proved of another value than the one it names.",
                "Une comparaison a été prouvée pour une autre valeur que celle qu’elle nomme.",
                evidence={"attribute": comparison.name},
            )
    for asked in facts.asked.attributes:
        shown = presentation.shown.get(asked.referent)
        if shown is None:
            continue
        signed = presentation.sub_proofs[shown.credential].shown
        for name in asked.names:
            value = shown.values.get(name if asked.together else "")
            number = signed.get(canonical_name(name))
            if value is None or not number == value.encoded == encoded_value(value.raw):
                return _authentic(
                    "values-signed",
                    Outcome.INVALID,
                    "A value shown is not the one that was signed.",
                    "Une valeur montrée n’est pas celle qui a été signée.",
                    evidence={"referent": asked.referent, "attribute": name},
                )
    return _authentic(
        "values-signed",
        Outcome.VALID,
        "Every value shown or compared is the one that was signed.",
        "Chaque valeur montrée ou comparée est celle qui a été signée.",
    )


def check_one_credential(answer: Answer) -> Check:
    """All answers for one competency come from one credential."""
    count = len(answer.credentials)
    if count == 1:
        return _authentic(
            "one-credential",
            Outcome.VALID,
            "All answers for this competency come from one credential.",
            "Toutes les réponses pour cette compétence viennent d’une seule attestation.",
            subject=answer.subject,
        )
    return _authentic(
        "one-credential",
        Outcome.INVALID,
        "The answers for one competency do not come from one credential.",
        "Les réponses pour une compétence ne viennent pas d’une seule attestation.",
        subject=answer.subject,
        evidence={"credentials": count},
    )


def check_holder_binding(facts: ExchangeFacts) -> Check:
    """Every credential used is bound to the same holder, and bears the same name where shown."""
    secrets = {each.link_secret_response for each in facts.presentation.sub_proofs}
    people = {
        (given.raw, family.raw)
        for answer in facts.answers()
        if (given := answer.value("given_name")) and (family := answer.value("family_name"))
    }
    if None in secrets:
        outcome, en, fr = (
            Outcome.INDETERMINATE,
            "It could not be seen that the credentials belong to one holder.",
            "On n’a pas pu voir que les attestations appartiennent à un seul détenteur.",
        )
    elif len(secrets) > 1 or len(people) > 1:
        outcome, en, fr = (
            Outcome.INVALID,
            "The credentials belong to different holders.",
            "Les attestations appartiennent à des détenteurs différents.",
        )
    else:
        outcome, en, fr = (
            Outcome.VALID,
            "Every credential used belongs to the holder who presents.",
            "Chaque attestation utilisée appartient au détenteur qui présente.",
        )
    evidence = {"credentials": len(facts.presentation.identifiers)}
    return _authentic("holder-binding", outcome, en, fr, evidence=evidence)


def check_mirror_age(answer: Answer, environment: Environment) -> Check:
    """Our copy of the registry of this credential's issuer is recent enough.

    Each registry ages by itself: another one that does not answer is no matter here.
    """

    def found(outcome: Outcome, en: str, fr: str, as_of: int | None = None) -> Check:
        return _authentic(
            "mirror-age",
            outcome,
            en,
            fr,
            subject=answer.subject,
            evidence=evidence,
            as_of=as_of,
        )

    issuer, refreshed = answer.issuer, None
    evidence: dict[str, Evidence] = {"max_age": environment.mirror_max_age}
    if issuer is not None:
        evidence["issuer"] = issuer
        try:
            refreshed = environment.resolve_refreshed_at(issuer)
        except AcquisError as problem:
            evidence["problem"] = problem.code
    if refreshed is None or refreshed > environment.now + CLOCK_SKEW:
        return found(
            Outcome.INDETERMINATE,
            "It is not known when our copy of the institution's registry was refreshed.",
            "On ne sait pas quand notre copie du registre de l’établissement a été rafraîchie.",
        )
    evidence["age"] = max(0, environment.now - refreshed)
    if not is_recent(refreshed, environment):
        return found(
            Outcome.INDETERMINATE,
            "The mirror of the institution's registry is too old to tell.",
            "Le miroir du registre de l’établissement est trop ancien pour conclure.",
            refreshed,
        )
    return found(
        Outcome.VALID,
        "The mirror of the institution's registry is recent.",
        "Le miroir du registre de l’établissement est récent.",
        refreshed,
    )
