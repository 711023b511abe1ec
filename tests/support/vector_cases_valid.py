"""The valid cases: what an honest employer must be able to accept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from acquis.credentials.choice import Choice, NameAsked
from acquis.credentials.narrowing import narrow_proof_request
from acquis.text import Text
from support.vector_cases import (
    INDETERMINATE,
    NAME_REQUIRED,
    SAME_EXCHANGE,
    Ask,
    Case,
    ask,
    first_aid,
    python,
    sql,
    without_referents,
)
from support.vector_courses import AGENCY, MINISTRY, NOW
from support.vector_worlds import superseded

_EITHER = ask(python(None), sql(), still_valid=False, recognised_from=None, at_least=1)
_OPTIONAL = ask(
    python(None),
    replace(sql(), optional=True),
    still_valid=False,
    recognised_from=None,
    learner_name=NameAsked.OPTIONAL,
)
BOTH_ANCHORS = (AGENCY.did, MINISTRY.did)
SHOWN_DATE = ask(recognised_from=None)

_ONE = Case("one-competency", Text("One competency at a level", "Une compétence à un niveau"))
_TWO = {"c1": "python", "c2": "first-aid"}


def _like_one(name: str, en: str, fr: str, **changes: object) -> Case:
    return replace(_ONE, id=name, title=Text(en, fr), **changes)  # type: ignore[arg-type]


VALID: tuple[Case, ...] = (
    _ONE,
    _like_one(
        "strict-policy",
        "Everything holds, a third party's quality assurance too",
        "Tout tient, l’assurance qualité d’un tiers aussi",
        policy="strict",
    ),
    _like_one(
        "level-shown",
        "Without a minimum the level itself is shown",
        "Sans minimum, le niveau lui-même est montré",
        asked=ask(python(None)),
    ),
    _like_one(
        "two-from-one-credential",
        "Two competencies from one credential",
        "Deux compétences d’une seule attestation",
        asked=ask(python(), sql()),
        answers={"c1": "python", "c2": "python"},
    ),
    _like_one(
        "two-from-two-registries",
        "Two competencies of two institutions in two registries, with the name",
        "Deux compétences de deux établissements, dans deux registres, avec le nom",
        asked=ask(python(), first_aid(), learner_name=NAME_REQUIRED),
        answers=_TWO,
    ),
    _like_one(
        "name-required",
        "The learner's name is asked for and shown",
        "Le nom de l’apprenant est demandé et montré",
        asked=ask(learner_name=NAME_REQUIRED),
    ),
    _like_one(
        "awarded-since",
        "Awarded since a day, proved without the date",
        "Délivrée depuis un jour, prouvé sans la date",
        asked=ask(awarded_since=date(2024, 1, 1)),
    ),
    _like_one(
        "date-shown",
        "The date of the award is shown and decides by itself",
        "La date de délivrance est montrée et décide à elle seule",
        asked=SHOWN_DATE,
    ),
    _like_one(
        "recognised-that-day-only",
        "The institution was recognised on the day of the award and on no other",
        "L’établissement était reconnu le jour de la délivrance et aucun autre",
        asked=SHOWN_DATE,
        world="recognised-that-day",
    ),
    _like_one(
        "recognised-in-turns",
        "One entitlement follows the other without a day between",
        "Une habilitation suit l’autre sans un jour d’écart",
        world="recognised-in-turns",
    ),
    _like_one(
        "awarded-on-the-first-day",
        "Awarded on the first day of the institution's recognition",
        "Délivrée le premier jour de la reconnaissance",
        answers={"c1": "python-of-2020"},
    ),
    _like_one(
        "validity-not-asked",
        "An expired credential, where nobody asked that it be still valid",
        "Une attestation échue, sans que la validité soit demandée",
        asked=ask(still_valid=False),
        answers={"c1": "python-expired"},
    ),
    _like_one(
        "last-day-of-validity",
        "Presented on the last day of its validity",
        "Présentée le dernier jour de sa validité",
        answers={"c1": "python-last-day"},
    ),
    _like_one(
        "higher-level-hidden",
        "A level above the one asked, which stays hidden",
        "Un niveau au-dessus du minimum, qui reste caché",
        answers={"c1": "python-expert"},
    ),
    _like_one(
        "superseded-within-grace",
        "Proved against a list replaced exactly as long ago as the grace",
        "Prouvée d’après une liste remplacée juste au bout du délai admis",
        world="superseded-within-grace",
    ),
    _like_one(
        "superseded-after-asking",
        "A newer list was published after the employer asked",
        "Une liste plus récente est parue après la demande",
        world="superseded-after-asking",
    ),
    _like_one(
        "no-grace-and-list-in-force",
        "Without any grace, against the list in force",
        "Sans délai admis, d’après la liste en vigueur",
        grace=0,
    ),
    _like_one(
        "another-was-revoked",
        "Another learner's credential was revoked; this one stands by the new list",
        "L’attestation d’un autre est révoquée ; celle-ci vaut d’après la nouvelle liste",
        world="revoked",
        lists=superseded(NOW - 1_800, revoked=(16,)),
    ),
    _like_one(
        "list-of-the-second",
        "The list dates from the very second of asking, which ACA-Py remarks upon",
        "La liste date de la seconde même de la demande, ce qu’ACA-Py signale",
        world="list-of-the-second",
        lists=superseded(NOW),
    ),
    _like_one(
        "after-key-rotation",
        "The institution has a second key; the first one still stands",
        "L’établissement a une seconde clé ; la première vaut encore",
        world="rotated",
    ),
    _like_one(
        "after-compromise",
        "A key was compromised; everything was signed again with another",
        "Une clé était compromise ; tout a été signé de nouveau avec une autre",
        world="compromised",
    ),
    _like_one(
        "second-anchor-recognises",
        "Of two anchors the second recognises the institution",
        "De deux ancres, la seconde reconnaît l’établissement",
        anchors=BOTH_ANCHORS,
    ),
    _like_one(
        "one-list-overdue",
        "Of two trust lists one is overdue and the other recognises",
        "De deux listes de confiance, l’une est périmée et l’autre reconnaît",
        asked=ask(first_aid()),
        answers={"c1": "first-aid"},
        world="list-overdue",
        anchors=BOTH_ANCHORS,
    ),
    _like_one(
        "last-day-of-the-list",
        "The trust list is in force for the last day",
        "La liste de confiance vaut pour le dernier jour",
        world="list-last-day",
    ),
    _like_one(
        "copy-just-in-time",
        "Our copy of the registry is exactly as old as it may be",
        "Notre copie du registre a juste l’âge permis",
        world="copy-just-in-time",
    ),
    _like_one(
        "another-registry-is-old",
        "The copy of a registry that nothing rests on is too old",
        "La copie d’un registre qui ne sert pas est trop ancienne",
        world="old-copy-of-campus",
    ),
    _like_one(
        "self-asserted-quality",
        "Only the institution stands behind the quality: told, and left to the employer",
        "L’établissement seul se porte garant : c’est dit, et laissé à l’employeur",
        answers={"c1": "self-asserted"},
        expects={"quality-assured/c1": INDETERMINATE},
    ),
    _like_one(
        "one-of-two-chosen",
        "One of two competencies was to be proved; the learner chose the second",
        "Une compétence sur deux était à prouver ; la personne a choisi la seconde",
        asked=Ask(_EITHER.request, without_referents(_EITHER.proof_request, "c1")),
        choice=Choice(("c2",)),
        answers={"c2": "python"},
    ),
    _like_one(
        "optional-left-out",
        "The learner left out what was optional, the name too",
        "La personne a laissé de côté le facultatif, nom compris",
        asked=Ask(
            _OPTIONAL.request,
            narrow_proof_request(_OPTIONAL.proof_request, _OPTIONAL.request, Choice(("c1",))),
        ),
        choice=Choice(("c1",)),
    ),
    _like_one(
        "full-request-to-another-wallet",
        "A wallet that cannot choose proves everything, the optional too",
        "Un portefeuille qui ne sait pas choisir prouve tout, facultatif compris",
        asked=_OPTIONAL,
        answers={"c1": "python", "c2": "python"},
    ),
    _like_one(
        "saved-presentation",
        "Read from a file: it came by no exchange, which the policy for files does not require",
        "Lue d’un fichier : venue par aucun échange, ce que la politique des fichiers n’exige pas",
        expects={"same-exchange": INDETERMINATE},
        exchange=dict.fromkeys(SAME_EXCHANGE),
        policy="file",
    ),
    _like_one(
        "second-look-the-same-day",
        "Looked at again some minutes later, the same list in force",
        "Examinée de nouveau quelques minutes plus tard, la même liste en vigueur",
        now=NOW + 600,
        status_at=NOW + 600,
    ),
)
