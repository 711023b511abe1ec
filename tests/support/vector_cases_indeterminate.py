"""The indeterminate cases: what could not be checked, which is neither valid nor invalid."""

from __future__ import annotations

from typing import Any

from support.vector_cases import (
    BARE,
    INDETERMINATE,
    LEAN,
    ONE,
    TRUE,
    Ask,
    Case,
    Said,
    ask,
    but,
    case,
    first_aid,
    of_definition,
    of_documents,
    python,
    remove_at,
    with_bound,
    without_referents,
)
from support.vector_courses import AGENCY, DATA, FALSE_DATA, LASTING, MINISTRY, NOW

_BOTH_ANCHORS = (AGENCY.did, MINISTRY.did)
_LASTING = ask(python(None), still_valid=False, recognised_from=None, courses=(LASTING,))
_LASTING_ITEM = but(_LASTING.proof_request)
_LASTING_ITEM["requested_attributes"]["c1"]["non_revoked"] = {"to": NOW}


def _open(*checks: str) -> dict[str, str]:
    return dict.fromkeys(checks, INDETERMINATE)


_UNSAID = "What nobody checked is taken for checked."
AGENT = (
    case(
        "thread-unknown",
        "It is not known on which thread the answer came",
        "On ne sait pas sur quel fil la réponse est venue",
        "The agent's record does not name the exchange.",
        "An answer given in one exchange decides another one.",
        expects=_open("same-exchange"),
        exchange={"thread_seen": None},
    ),
    case(
        "browser-unknown",
        "It is not known in which browser the code was shown",
        "On ne sait pas dans quel navigateur le code était affiché",
        "Nothing says where the code was shown that was scanned.",
        "Whoever lures a learner into scanning a code is shown as that learner.",
        expects=_open("same-exchange"),
        exchange={"session_seen": None},
    ),
    case(
        "agent-says-nothing",
        "The agent has not said whether the proofs hold",
        "L’agent n’a pas dit si les preuves tiennent",
        "There is no verdict of the agent.",
        "An invented presentation is accepted because the agent was down.",
        expects=_open("agent-verdict", "not-revoked/c1"),
        agent=Said(verified=None),
    ),
    case(
        "agent-remark-unknown",
        "The agent makes a remark nobody knows here",
        "L’agent fait une remarque inconnue ici",
        "A later version of the agent remarks something new beside “true”.",
        "The first agent that weakens a check in a new way does it unseen.",
        expects=_open("agent-warnings"),
        agent=Said(verified=True, warnings=("BRAND_NEW::c1",)),
    ),
    case(
        "agent-dropped-one-interval",
        "The agent dropped the question of revocation for one item",
        "L’agent a retiré la question de la révocation pour un élément",
        "The remark RMV_RFNT_NRI stands beside “true”.",
        "Revocation was asked, dropped on the quiet, and nobody notices.",
        expects=_open("agent-warnings"),
        agent=Said(verified=True, warnings=("RMV_RFNT_NRI::c1",)),
    ),
    case(
        "agent-list-outside-interval",
        "The agent says the list lies outside the time asked",
        "L’agent dit la liste hors de la période demandée",
        "The remark TS_OUT_NRI stands beside “true”.",
        "A status of another time passes for that of today.",
        expects=_open("agent-warnings"),
        agent=Said(verified=True, warnings=("TS_OUT_NRI::c1",)),
    ),
    case(
        "not-revocable",
        "A kind of credential that cannot be revoked",
        "Un genre d’attestation qui n’est pas révocable",
        "ACA-Py drops the question of revocation and says true, with a remark.",
        "A credential that nobody can withdraw counts as one that was not withdrawn.",
        expects=_open("not-revoked/c1", "agent-warnings"),
        asked=_LASTING,
        answers={"c1": "lasting"},
    ),
    case(
        "not-revocable-unremarked",
        "Not revocable, and the library says true without a word",
        "Non révocable, et la bibliothèque dit vrai sans un mot",
        "The library alone says nothing about the question it did not answer.",
        "A credential that nobody can withdraw counts as one that was not withdrawn.",
        expects=_open("not-revoked/c1"),
        asked=_LASTING,
        answers={"c1": "lasting"},
        agent="library",
    ),
    case(
        "not-revocable-asked-for-one-item",
        "Not revocable, and asked about for one item",
        "Non révocable, et demandé pour un élément",
        "ACA-Py drops the question for the item and for the whole, and says true.",
        "A credential that nobody can withdraw counts as one that was not withdrawn.",
        expects=_open("not-revoked/c1", "agent-warnings"),
        asked=Ask(_LASTING.request, _LASTING_ITEM),
        answers={"c1": "lasting"},
    ),
    case(
        "no-link-secret-to-compare",
        "It cannot be seen that the credentials are one holder's",
        "On ne voit pas que les attestations sont d’un seul détenteur",
        "One part shows no response for the link secret.",
        "A wallet hides that two people's credentials were put together.",
        expects=_open("holder-binding"),
        changes=(remove_at("/proof/proofs/0/primary_proof/eq_proof/m/master_secret"),),
        agent=TRUE,
    ),
)

_WITHOUT_DATE = ask(python(None), still_valid=False)
_REVOKED = "A revoked credential proved against a list from before; the agent says true."


def _asked_as(name: str, en: str, fr: str, interval: dict[str, int] | None, **more: Any) -> Case:
    request = but(BARE.proof_request, non_revoked=interval)
    return case(
        name,
        en,
        fr,
        f"{_REVOKED} The request asked non-revocation as {interval}.",
        "A credential that was withdrawn for fraud still opens the door.",
        expects=_open("not-revoked/c1"),
        asked=Ask(BARE.request, request),
        answers={"c1": "python-revoked"},
        world="revoked",
        **more,
    )


STATUS = (
    _asked_as(
        "interval-of-one-moment",
        "Non-revocation asked for one moment, from = to",
        "Non-révocation demandée pour un instant, from = to",
        {"from": NOW, "to": NOW},
    ),
    _asked_as(
        "interval-from-the-beginning",
        "Non-revocation asked from the beginning, from = 0",
        "Non-révocation demandée depuis le début, from = 0",
        {"from": 0, "to": NOW},
    ),
    _asked_as(
        "interval-of-a-day",
        "Non-revocation asked for the last day",
        "Non-révocation demandée pour le dernier jour",
        {"from": NOW - 86_400, "to": NOW},
    ),
    case(
        "non-revocation-not-asked",
        "Non-revocation was not asked",
        "La non-révocation n’a pas été demandée",
        "The request we built and kept has no interval at all.",
        "A credential that was withdrawn for fraud still opens the door.",
        expects=_open("not-revoked/c1", "issuer-recognised/c1"),
        asked=Ask(_WITHOUT_DATE.request, but(_WITHOUT_DATE.proof_request, non_revoked=None)),
        answers={"c1": "python-revoked"},
        world="revoked",
        proved=False,
    ),
    case(
        "status-list-absent",
        "Our copy lacks the revocation list",
        "Notre copie n’a pas la liste de révocation",
        "The registry links to a list that the mirror does not hold.",
        "Whoever keeps a list from us decides what is revoked.",
        expects=_open("not-revoked/c1"),
        world="without-status-list",
    ),
    case(
        "revocation-registry-absent",
        "Our copy lacks the revocation registry",
        "Notre copie n’a pas le registre de révocation",
        "The presentation names a registry that the mirror does not hold.",
        "Whoever keeps a registry from us decides what is revoked.",
        expects=_open("not-revoked/c1"),
        world="without-registry",
    ),
    case(
        "valid-until-yesterday",
        "Validity was asked and proved for yesterday",
        "La validité a été demandée et prouvée pour hier",
        "An expired credential proves that it was still valid the day before the request.",
        "A certificate that ran out is taken for one that holds.",
        expects=_open("still-valid/c1"),
        asked=Ask(ONE.request, with_bound(ONE.proof_request, "c1-valid", 20250930)),
        answers={"c1": "python-expired"},
    ),
    case(
        "second-look-the-next-day",
        "An old presentation looked at again the next day",
        "Une présentation ancienne examinée le lendemain",
        "It was proved valid on the day before only.",
        "A certificate that ran out overnight is taken for one that holds.",
        expects=_open("still-valid/c1"),
        now=NOW + 86_405,
        status_at=NOW + 86_400,
        mirror_max_age=200_000,
    ),
)

_OPEN_DEFINITION = {**_open("issuer-documents/c1"), **of_definition()}
_OPEN_DOCUMENTS = {**_open("issuer-documents/c1"), **of_documents()}

DOCUMENTS = (
    case(
        "identity-closed",
        "The institution closed its identity",
        "L’établissement a fermé son identité",
        "The DID is deactivated: nobody speaks for it any more.",
        "Whoever holds the keys of a school that closed goes on awarding.",
        expects={**_open("issuer-identity/c1"), **_OPEN_DEFINITION},
        world="closed",
    ),
    case(
        "did-log-absent",
        "Our copy lacks the institution's DID log",
        "Notre copie n’a pas le journal du DID de l’établissement",
        "Nothing tells which keys are the institution's.",
        "Documents are believed without knowing whose they are.",
        expects={**_open("issuer-identity/c1"), **_OPEN_DEFINITION},
        world="without-log",
    ),
    case(
        "definition-absent",
        "Our copy lacks the credential definition",
        "Notre copie n’a pas la définition d’attestation",
        "The presentation names a definition that the mirror does not hold.",
        _UNSAID,
        expects=_OPEN_DEFINITION,
        world="without-definition",
    ),
    case(
        "schema-absent",
        "Our copy lacks the schema",
        "Notre copie n’a pas le schéma",
        "The definition names a schema that the mirror does not hold.",
        _UNSAID,
        expects=_OPEN_DOCUMENTS,
        world="without-schema",
    ),
    case(
        "achievement-absent",
        "Our copy lacks the achievement",
        "Notre copie n’a pas la microcertification",
        "The credential names an achievement that the mirror does not hold.",
        _UNSAID,
        expects=_OPEN_DOCUMENTS,
        world="without-achievement",
    ),
    case(
        "achievement-never-published",
        "The credential names an achievement nobody published",
        "L’attestation nomme une microcertification jamais publiée",
        "The id in the signed credential leads nowhere.",
        "A level of nobody knows what is taken for a level of what was asked.",
        expects=_OPEN_DOCUMENTS,
        asked=LEAN,
        answers={"c1": "of-no-achievement"},
    ),
)

_OLD = "What was revoked or struck off since our copy was made is accepted."
MIRROR = (
    case(
        "mirror-too-old",
        "Our copy of the registry is one second too old",
        "Notre copie du registre a une seconde de trop",
        "The registry confirmed our copy an hour and a second ago; an hour is allowed.",
        _OLD,
        expects=_open("mirror-age/c1"),
        world="old-copy",
    ),
    case(
        "mirror-never-confirmed",
        "No registry ever confirmed our copy",
        "Aucun registre n’a jamais confirmé notre copie",
        "It is not known how old our copy is.",
        _OLD,
        expects=_open("mirror-age/c1"),
        world="never-confirmed",
    ),
    case(
        "mirror-of-tomorrow",
        "Our copy says it was confirmed tomorrow",
        "Notre copie se dit confirmée demain",
        "The time of the copy lies in the future, so it says nothing of its age.",
        "A copy that was dated ahead stays young for ever.",
        expects=_open("mirror-age/c1"),
        world="copy-of-tomorrow",
    ),
    case(
        "one-of-two-mirrors-too-old",
        "Of two registries the copy of one is too old",
        "De deux registres, la copie de l’un est trop ancienne",
        "The second competency rests on a registry that has not answered for two hours.",
        _OLD,
        expects=_open("mirror-age/c2"),
        asked=ask(python(None), first_aid(None), still_valid=False, recognised_from=None),
        answers={"c1": "python", "c2": "first-aid"},
        world="old-copy-of-campus",
    ),
)

_NO_LIST = _open("trust-list", "issuer-recognised/c1")
_ANYBODY = "A diploma mill that was struck off goes on being recognised."
TRUST = (
    case(
        "trust-list-overdue",
        "The trust list is overdue",
        "La liste de confiance est périmée",
        "A newer list should have been published yesterday.",
        _ANYBODY,
        expects=_NO_LIST,
        world="list-overdue",
    ),
    case(
        "trust-list-of-tomorrow",
        "The trust list is dated tomorrow",
        "La liste de confiance est datée de demain",
        "The list is not yet in force.",
        "A list prepared and never put in force counts.",
        expects=_NO_LIST,
        world="list-of-tomorrow",
    ),
    case(
        "trust-list-absent",
        "The anchor published no trust list",
        "L’ancre n’a publié aucune liste de confiance",
        "There is no list to ask.",
        "Everybody is recognised where nobody says who is.",
        expects=_NO_LIST,
        world="without-list",
    ),
    case(
        "trust-list-signed-by-another",
        "The trust list is signed by somebody else",
        "La liste de confiance est signée par quelqu’un d’autre",
        "The list bears a signature that is not the anchor's, so the anchor said nothing.",
        "A registry's host decides who is recognised.",
        expects=_NO_LIST,
        world="trust-list-signed-by-another",
    ),
    case(
        "trust-list-from-an-old-copy",
        "Our copy of the trust list is too old",
        "Notre copie de la liste de confiance est trop ancienne",
        "The anchor's registry has not answered for two hours.",
        _ANYBODY,
        expects=_NO_LIST,
        world="old-copy-of-trust",
    ),
    case(
        "no-anchor-chosen",
        "The employer chose no trust anchor",
        "L’employeur n’a choisi aucune ancre de confiance",
        "Nobody is relied on to say who is recognised.",
        "Everybody is recognised where nobody says who is.",
        expects=_NO_LIST,
        anchors=(),
    ),
    case(
        "one-list-overdue-the-other-silent",
        "Of two lists one is overdue and the other does not know the institution",
        "De deux listes, l’une est périmée et l’autre ignore l’établissement",
        "The anchor that knew the institution cannot be asked.",
        _ANYBODY,
        expects=_open("issuer-recognised/c1"),
        world="list-overdue",
        anchors=_BOTH_ANCHORS,
    ),
    case(
        "struck-off",
        "The institution is no longer on the list",
        "L’établissement ne figure plus sur la liste",
        "The newest list does not know it. That is no verdict on the award.",
        _ANYBODY,
        expects=_open("issuer-recognised/c1"),
        world="struck-off",
    ),
    case(
        "look-alike",
        "A look-alike with the same names",
        "Un sosie aux mêmes noms",
        "Another DID publishes the same achievement under the same name; no list knows it.",
        "A diploma mill called like the institute is taken for it.",
        expects=_open("issuer-recognised/c1"),
        asked=ask(
            python(None), still_valid=False, recognised_from=None, courses=(DATA, FALSE_DATA)
        ),
        answers={"c1": "look-alike"},
    ),
    case(
        "day-of-award-unknown",
        "The day of the award is neither shown nor bounded",
        "Le jour de la délivrance n’est ni montré ni borné",
        "The request we kept asked nothing about the day.",
        "An award of before the recognition counts.",
        expects=_open("issuer-recognised/c1"),
        asked=Ask(ONE.request, without_referents(ONE.proof_request, "c1-awarded")),
    ),
    case(
        "quality-asserted-by-itself",
        "Nobody but the institution stands behind the quality, which this employer requires",
        "Seul l’établissement se porte garant, et cet employeur exige plus",
        "The achievement says “self-asserted”; the strict policy asks a third party.",
        "An institution's word about itself counts as somebody else's.",
        expects=_open("quality-assured/c1"),
        asked=LEAN,
        answers={"c1": "self-asserted"},
        policy="strict",
    ),
)

INDETERMINATE_CASES: tuple[Case, ...] = (*AGENT, *STATUS, *DOCUMENTS, *MIRROR, *TRUST)
