"""The invalid cases: each wrong in one way, each with the harm if it were accepted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from acquis.credentials.choice import Choice
from acquis.text import Text
from support.scenario import PYTHON, SQL
from support.vector_cases import (
    ELSEWHERE,
    INDETERMINATE,
    INVALID,
    NAME_REQUIRED,
    Ask,
    Case,
    Said,
    add_at,
    ask,
    but,
    first_aid,
    left_open,
    of_definition,
    of_documents,
    python,
    remove_at,
    replace_at,
    sql,
    unrestricted,
    with_attribute,
    with_bound,
    without_referents,
)
from support.vector_courses import AID, DATA, FALSE_DATA, LASTING, LIST_AT, NOW
from support.vector_wallet import Use
from support.vector_worlds import superseded

ONE = ask()
LEAN = ask(python(None), still_valid=False, recognised_from=None)
"""Level and day of the award are shown and nothing is compared: the smallest presentation."""

BARE = ask(still_valid=False, recognised_from=None)
WITH_NAME = ask(python(None), still_valid=False, recognised_from=None, learner_name=NAME_REQUIRED)
TRUE = Said(verified=True)
OTHER_NONCE = "604462909807314587353087"
REFUSED_BY_AGENT = {"agent-verdict": INVALID, "not-revoked/c1": INVALID}
"""What the agent refuses was not proved to stand by the revocation list either."""

_SHOWN = "/requested_proof/revealed_attr_groups/c1/values"


def _case(name: str, en: str, fr: str, wrong: str, harm: str, **changes: Any) -> Case:
    return Case(name, Text(en, fr), wrong, harm, **changes)


def _alone(check: str) -> dict[str, str]:
    return {check: INVALID}


def _other_predicate(name: str, relation: str, bound: int) -> dict[str, Any]:
    made = but(BARE.proof_request)
    made["requested_predicates"]["c1-level"] |= {
        "name": name,
        "p_type": relation,
        "p_value": bound,
    }
    return made


_NAME_ALONE = Ask(LEAN.request, with_attribute(LEAN.proof_request, "c1-awarded", "given_name"))
_NAME_OPEN = Ask(LEAN.request, unrestricted(_NAME_ALONE.proof_request, "c1-awarded"))
_NAME_HIDDEN = {"c1": "python", "c1-awarded": Use("python", shown=False)}

REQUEST = (
    _case(
        "other-nonce",
        "The answer to another session's request",
        "La réponse à la demande d’une autre session",
        "The agent verified the presentation against a request with another nonce.",
        "A presentation overheard in another session opens this one for whoever replays it.",
        expects=_alone("same-request"),
        answered=ask(nonce=OTHER_NONCE).proof_request,
        made_for=ask(nonce=OTHER_NONCE).proof_request,
    ),
    _case(
        "non-revocation-stripped",
        "Non-revocation dropped from the request",
        "La non-révocation retirée de la demande",
        "The request the agent verified against no longer asks non-revocation.",
        "A revoked credential passes, because nobody asks any more whether it stands.",
        expects=_alone("same-request"),
        answered=but(ONE.proof_request, non_revoked=None),
        agent="library",
    ),
    _case(
        "name-not-asked",
        "The name is wanted and was not asked",
        "Le nom est voulu et n’a pas été demandé",
        "The request that was sent leaves out the name that the employer wants.",
        "An employer believes that the name of the person in front of them was checked.",
        expects=_alone("same-request/c1"),
        asked=Ask(ask(learner_name=NAME_REQUIRED).request, ONE.proof_request),
    ),
)

_CHOICE = ask(python(None), sql(), still_valid=False, recognised_from=None, at_least=1)
_ONLY_SQL = without_referents(_CHOICE.proof_request, "c1")
_OPTIONAL = replace(sql(), optional=True)
_WITH_OPTIONAL = ask(python(None), _OPTIONAL, still_valid=False, recognised_from=None)

EXCHANGE = (
    _case(
        "another-thread",
        "The answer came on another thread than our request",
        "La réponse est venue sur un autre fil que notre demande",
        "The agent's record names another exchange than the one that was begun.",
        "An answer given in one exchange decides another one.",
        expects=_alone("same-exchange"),
        exchange={"thread_seen": ELSEWHERE},
    ),
    _case(
        "another-browser",
        "The code that was scanned was shown in another browser",
        "Le code lu était affiché dans un autre navigateur",
        "The request was asked in one browser and its code shown in another one.",
        "Whoever lures a learner into scanning a code is shown as that learner in their browser.",
        expects=_alone("same-exchange"),
        exchange={"session_seen": ELSEWHERE},
    ),
    _case(
        "optional-alone",
        "Only what was optional was chosen",
        "Seul le facultatif a été choisi",
        "Python is wanted and SQL optional; the learner chose SQL and leaves out Python.",
        "What may be left out is taken for what must be there.",
        expects=_alone("enough"),
        asked=Ask(_WITH_OPTIONAL.request, without_referents(_WITH_OPTIONAL.proof_request, "c1")),
        choice=Choice(("c2",)),
        answers={"c2": "python"},
    ),
    _case(
        "fewer-asked-than-wanted",
        "The request asked fewer competencies than are wanted",
        "La demande visait moins de compétences que voulu",
        "Python and SQL are wanted, and no choice was offered; only SQL was asked.",
        "The employer reads “both” and got one.",
        expects=_alone("enough"),
        asked=Ask(
            ask(python(None), sql(), still_valid=False, recognised_from=None).request,
            _ONLY_SQL,
        ),
        choice=Choice(("c2",)),
        answers={"c2": "python"},
    ),
)

AGENT = (
    _case(
        "altered-proof",
        "One number of the proof was changed",
        "Un nombre de la preuve a été changé",
        "A number of the proof of the signature is not the one the wallet computed.",
        "Anybody can invent a credential and claim any competency.",
        expects=REFUSED_BY_AGENT,
        changes=(replace_at("/proof/proofs/0/primary_proof/eq_proof/e", "1234567"),),
    ),
    _case(
        "replayed-from-another-verifier",
        "A presentation made for another verifier",
        "Une présentation faite pour un autre vérificateur",
        "The wallet answered another verifier's nonce; that one forwards the answer.",
        "A dishonest employer presents its applicants' credentials elsewhere as its own.",
        expects=REFUSED_BY_AGENT,
        made_for=ask(nonce=OTHER_NONCE).proof_request,
    ),
    _case(
        "forged-with-other-keys",
        "Signed with other keys and named as the institution's",
        "Signée avec d’autres clés, au nom de l’établissement",
        "A forger signs with keys of its own and writes the institution's ids over its own.",
        "A diploma mill issues credentials in the name of any institution.",
        expects=REFUSED_BY_AGENT,
        asked=LEAN,
        made_for=ask(
            python(None), still_valid=False, recognised_from=None, courses=(FALSE_DATA,)
        ).proof_request,
        answers={"c1": "look-alike-copied"},
        changes=(
            replace_at("/identifiers/0/schema_id", DATA.schema["id"]),
            replace_at("/identifiers/0/cred_def_id", DATA.definition["id"]),
            replace_at("/identifiers/0/rev_reg_id", DATA.registry_id),
        ),
    ),
    _case(
        "agent-says-unrevealed",
        "The agent says true, and that a value was left unrevealed",
        "L’agent dit vrai, et qu’une valeur n’a pas été montrée",
        "The agent's verdict is true; its remark says that something was not shown.",
        "“True” is taken for everything asked, though part of it was never shown.",
        expects=_alone("agent-warnings"),
        agent=Said(verified=True, warnings=("UNRVL_ATTR::c1",)),
    ),
    _case(
        "agent-says-value-error",
        "The agent says true, and that a value is inconsistent",
        "L’agent dit vrai, et qu’une valeur est incohérente",
        "The agent's verdict is true beside a remark that contradicts it.",
        "A fault of an agent that reports both lets a forged value through.",
        expects=_alone("agent-warnings"),
        agent=Said(verified=True, warnings=("VALUE_ERROR::c1",)),
    ),
)

ANSWERS = (
    _case(
        "left-unrevealed",
        "A value that was asked is left unrevealed",
        "Une valeur demandée n’est pas montrée",
        "The wallet proves that it has the value without showing it; the library says true.",
        "An employer who asked for a name gets none and reads “verified”.",
        expects=_alone("all-answered/c1"),
        asked=_NAME_ALONE,
        answers=_NAME_HIDDEN,
        agent="library",
    ),
    _case(
        "left-unrevealed-remarked",
        "A value is left unrevealed, and ACA-Py says true with a remark",
        "Une valeur n’est pas montrée, et ACA-Py dit vrai avec une remarque",
        "The same presentation as ACA-Py sees it: true, and a remark that is easy to miss.",
        "An employer who asked for a name gets none and reads “verified”.",
        expects={"all-answered/c1": INVALID, "agent-warnings": INVALID},
        asked=_NAME_ALONE,
        answers=_NAME_HIDDEN,
    ),
    _case(
        "self-attested",
        "A value typed by the holder",
        "Une valeur saisie par le détenteur",
        "The item had no restrictions, so the wallet may answer with any text; ACA-Py says true.",
        "The holder's own word is read as the institution's.",
        expects={"all-answered/c1": INVALID, "asked-credential/c1": INVALID},
        asked=_NAME_OPEN,
        answers={"c1": "python", "c1-awarded": Use("")},
        attested={"c1-awarded": "Zoé"},
    ),
    _case(
        "self-attested-despite-restrictions",
        "A value typed by the holder where the institution's was asked",
        "Une valeur saisie par le détenteur, là où celle de l’établissement était demandée",
        "The item is answered with a typed text; an agent that let it pass would say true.",
        "The holder's own word is read as the institution's.",
        expects=_alone("all-answered/c1"),
        asked=_NAME_ALONE,
        changes=(
            remove_at("/requested_proof/revealed_attrs/c1-awarded"),
            add_at("/requested_proof/self_attested_attrs/c1-awarded", "Zoé"),
        ),
        agent=TRUE,
    ),
    _case(
        "lower-level-proved",
        "A lower level is proved than the one asked",
        "Un niveau inférieur à celui demandé est prouvé",
        "The proof says “level 1 or more” where level 3 was asked.",
        "A beginner passes for a professional.",
        expects=_alone("all-answered/c1"),
        asked=BARE,
        made_for=_other_predicate(str(PYTHON), ">=", 1),
        answers={"c1": "python-low"},
        agent="library",
    ),
    _case(
        "level-of-another-competency",
        "The level of another competency is proved",
        "Le niveau d’une autre compétence est prouvé",
        "The comparison asked about Python is answered with one about SQL.",
        "Being good at one thing passes for being good at another.",
        expects=_alone("all-answered/c1"),
        asked=BARE,
        made_for=_other_predicate(str(SQL), ">=", 3),
        answers={"c1": "python-low"},
        agent="library",
    ),
    _case(
        "level-of-another-attribute",
        "A number that is no level is compared",
        "Un nombre qui n’est pas un niveau est comparé",
        "The comparison asked about Python is answered with the ECTS credits.",
        "A number such as 600 hundredths of a credit passes for a level above every level.",
        expects=_alone("all-answered/c1"),
        asked=BARE,
        made_for=_other_predicate("ects_hundredths", ">=", 3),
        answers={"c1": "python-low"},
        agent="library",
    ),
    _case(
        "comparison-renamed",
        "A comparison of another value under the name that was asked",
        "La comparaison d’une autre valeur sous le nom demandé",
        "The ECTS credits are compared and the comparison renamed; library and ACA-Py say true.",
        "Any number in any credential passes for the level that was asked.",
        expects=_alone("values-signed"),
        asked=BARE,
        made_for=_other_predicate("ects_hundredths", ">=", 3),
        answers={"c1": "python-low"},
        changes=(
            replace_at(
                "/proof/proofs/0/primary_proof/ge_proofs/0/predicate/attr_name", str(PYTHON)
            ),
        ),
    ),
    _case(
        "comparison-turned-round",
        "The comparison is turned round",
        "La comparaison est inversée",
        "The proof says “level 3 or less” where “3 or more” was asked.",
        "Whoever knows least passes first.",
        expects=_alone("all-answered/c1"),
        asked=BARE,
        made_for=_other_predicate(str(PYTHON), "<=", 3),
        answers={"c1": "python-low"},
    ),
    _case(
        "unasked-comparison",
        "Something is said that nobody asked",
        "Quelque chose est dit que personne n’a demandé",
        "The presentation lists one comparison more than was asked.",
        "A result shows as verified what was never asked and never checked.",
        expects=_alone("all-answered"),
        asked=LEAN,
        changes=(add_at("/requested_proof/predicates/c9-level", {"sub_proof_index": 0}),),
        agent=TRUE,
    ),
    _case(
        "level-text-changed",
        "Another level is written than the one that was signed",
        "Un autre niveau est écrit que celui qui a été signé",
        "Only the text was changed, not the signed integer; the library does not compare them.",
        "A level 3 reads as level 5 beside a verdict “true”.",
        expects=_alone("values-signed"),
        asked=LEAN,
        changes=(replace_at(f"{_SHOWN}/{PYTHON}/raw", "5"),),
        agent="library",
    ),
    _case(
        "name-text-changed",
        "Another name is written than the one that was signed",
        "Un autre nom est écrit que celui qui a été signé",
        "Only the text of the given name was changed; the library does not compare it.",
        "Somebody shows a friend's credential under their own name.",
        expects=_alone("values-signed"),
        asked=WITH_NAME,
        changes=(replace_at(f"{_SHOWN}/given_name/raw", "Ada"),),
        agent="library",
    ),
    _case(
        "name-and-number-changed",
        "Another name is written, with the integer that belongs to it",
        "Un autre nom est écrit, avec l’entier qui lui correspond",
        "Text and integer beside it agree with each other and not with what was signed.",
        "A reader that compares only these two takes the wrong name for the signed one.",
        expects=_alone("values-signed"),
        asked=WITH_NAME,
        changes=(
            replace_at(f"{_SHOWN}/given_name/raw", "7"),
            replace_at(f"{_SHOWN}/given_name/encoded", "7"),
        ),
        agent=TRUE,
    ),
)

_TWO = ask(python(None), first_aid(None), still_valid=False, recognised_from=None)
_TWO_NAMED = ask(
    python(None),
    first_aid(None),
    still_valid=False,
    recognised_from=None,
    learner_name=NAME_REQUIRED,
)
_NO_ONE_CREDENTIAL = {
    "one-credential/c1": INVALID,
    **left_open("mirror-age", "issuer-identity", "issuer-documents", "asked-credential"),
    **of_definition(),
}

HOLDER = (
    _case(
        "two-names",
        "Two credentials with two names in one wallet",
        "Deux attestations à deux noms dans un même portefeuille",
        "Two people share a link secret; the names that are shown differ.",
        "Two people pool their competencies and one of them is hired.",
        expects=_alone("holder-binding"),
        asked=_TWO_NAMED,
        answers={"c1": "python", "c2": "first-aid-of-ada"},
    ),
    _case(
        "two-people-put-together",
        "Two people's presentations put together",
        "Les présentations de deux personnes réunies",
        "The parts were made with two link secrets; an agent that missed it would say true.",
        "Two people pool their competencies and one of them is hired.",
        expects=_alone("holder-binding"),
        asked=_TWO,
        joined_with=(
            without_referents(_TWO.proof_request, "c2"),
            without_referents(_TWO.proof_request, "c1"),
        ),
        answers={"c1": "python", "c2": "first-aid-of-bob"},
        agent=TRUE,
    ),
    _case(
        "one-competency-from-two-credentials",
        "One competency answered from two credentials",
        "Une compétence répondue par deux attestations",
        "Achievement and day come from one credential, the level from another.",
        "A level earned long ago elsewhere is shown under the better institution's name.",
        expects=_NO_ONE_CREDENTIAL,
        asked=BARE,
        answers={"c1": "python-low", "c1-level": "python-expert"},
    ),
    _case(
        "one-competency-from-two-people",
        "One competency answered from two people's credentials",
        "Une compétence répondue par les attestations de deux personnes",
        "The name comes from one person's credential, the level from another's.",
        "The name of one person stands beside the competency of another.",
        expects=_NO_ONE_CREDENTIAL,
        asked=ask(still_valid=False, recognised_from=None, learner_name=NAME_REQUIRED),
        answers={"c1": "python-low", "c1-level": "python-of-ada"},
    ),
)

_NO_DEFINITION = {"issuer-documents/c1": INVALID, **of_definition()}
_DOCUMENTS_DISAGREE = {"issuer-documents/c1": INVALID, **of_documents()}

DOCUMENTS = (
    _case(
        "forged-did-log",
        "A forged history of the institution's identity",
        "Un historique falsifié de l’identité de l’établissement",
        "Somebody put another key into the DID log; its hash chain no longer holds.",
        "Whoever can write to a copy of the registry becomes any institution.",
        expects={"issuer-identity/c1": INVALID, **_NO_DEFINITION},
        world="forged-log",
    ),
    _case(
        "definition-signed-by-another",
        "A credential definition signed by somebody else",
        "Une définition d’attestation signée par quelqu’un d’autre",
        "The published definition bears a signature that is not the institution's.",
        "A registry's host replaces an institution's keys by its own.",
        expects=_NO_DEFINITION,
        world="definition-signed-by-another",
    ),
    _case(
        "compromised-and-not-signed-again",
        "Documents signed with a key reported as compromised",
        "Des documents signés d’une clé signalée comme compromise",
        "The institution reported the key; what is published still bears only its signature.",
        "The thief of a key goes on publishing in the institution's name.",
        expects=_NO_DEFINITION,
        world="compromised-not-signed-again",
    ),
    _case(
        "achievement-said-otherwise",
        "An achievement changed after it was signed",
        "Une microcertification modifiée après sa signature",
        "The published words are not those that the digest in their id names.",
        "Any course is given a greater name after the award.",
        expects=_DOCUMENTS_DISAGREE,
        world="achievement-said-otherwise",
    ),
    _case(
        "achievement-of-another-version",
        "The achievement is of another version than the schema",
        "La microcertification est d’une autre version que le schéma",
        "The credential names version 2.0.0; it was issued under version 1.0.0.",
        "What was learned in one version is read by the demands of another.",
        expects=_DOCUMENTS_DISAGREE,
        asked=LEAN,
        answers={"c1": "second-version"},
    ),
    _case(
        "achievement-of-another-issuer",
        "The achievement is another institution's",
        "La microcertification est celle d’un autre établissement",
        "The credential names an achievement that somebody else published under the same name.",
        "A recognised institution's signature is shown beside somebody else's words.",
        expects=_DOCUMENTS_DISAGREE,
        asked=LEAN,
        answers={"c1": "another-issuers"},
    ),
    _case(
        "achievement-without-workload",
        "The achievement lacks an element of Annex I",
        "Il manque à la microcertification un élément de l’annexe I",
        "The notional workload is missing from the published achievement.",
        "An hour's webinar cannot be told from a semester's course.",
        expects=_DOCUMENTS_DISAGREE,
        asked=LEAN,
        answers={"c1": "without-workload"},
    ),
    _case(
        "schema-of-another",
        "The presentation names another schema than the definition's",
        "La présentation nomme un autre schéma que celui de la définition",
        "The presentation says the look-alike's schema; the definition says the institution's.",
        "Values are read under another schema's meaning.",
        expects=_DOCUMENTS_DISAGREE,
        asked=LEAN,
        changes=(replace_at("/identifiers/0/schema_id", FALSE_DATA.schema["id"]),),
    ),
)

_NOT_REVOKED = _alone("not-revoked/c1")
_ANY_HARM = "A credential that was withdrawn for fraud still opens the door."

STATUS = (
    _case(
        "revoked-proved-by-an-old-list",
        "Revoked, and proved against a list from before",
        "Révoquée, et prouvée d’après une liste d’avant",
        "A modified wallet uses the list from before the revocation; the agent says true.",
        _ANY_HARM,
        expects=_NOT_REVOKED,
        answers={"c1": "python-revoked"},
        world="revoked",
    ),
    _case(
        "revoked-and-honest",
        "Revoked, and honestly presented against the list in force",
        "Révoquée, et présentée honnêtement d’après la liste en vigueur",
        "The proof against the list in force cannot hold; the agent says false.",
        _ANY_HARM,
        expects={"not-revoked/c1": INVALID, "agent-verdict": INVALID},
        asked=LEAN,
        answers={"c1": "python-revoked"},
        lists=superseded(NOW - 1_800, revoked=(16,)),
        world="revoked",
    ),
    _case(
        "one-second-over-the-grace",
        "Proved against a list replaced one second longer ago than the grace",
        "Prouvée d’après une liste remplacée une seconde de trop",
        "The list was superseded 301 seconds before the request; the grace is 300.",
        "The grace that is declared is not the grace that is given.",
        expects=_NOT_REVOKED,
        world="superseded-over-grace",
    ),
    _case(
        "superseded-without-grace",
        "Proved against a superseded list where no grace is allowed",
        "Prouvée d’après une liste remplacée, sans délai admis",
        "A newer list came a minute before the request, and the employer allows no grace.",
        "An employer who allows nothing old is given something old.",
        expects=_NOT_REVOKED,
        world="superseded-a-minute-ago",
        grace=0,
    ),
    _case(
        "superseded-twice",
        "Two newer lists came, the last one within the grace",
        "Deux listes plus récentes sont parues, la dernière dans le délai",
        "What counts is when the list proved against was replaced, not when the last one came.",
        "Publishing often would keep every old list good for ever.",
        expects=_NOT_REVOKED,
        world="superseded-twice",
    ),
    _case(
        "list-after-the-request",
        "Proved against a list later than the request",
        "Prouvée d’après une liste postérieure à la demande",
        "The list dates from a second after the moment that was asked about.",
        "A time in the future, which nobody can check, passes for the present.",
        expects=_NOT_REVOKED,
        asked=LEAN,
        lists=superseded(NOW + 1),
        world="superseded-after-asking",
        agent=TRUE,
    ),
    _case(
        "no-such-list",
        "The proof names a moment at which no list was published",
        "La preuve nomme un moment où aucune liste n’est parue",
        "The timestamp is a second later than the list's.",
        "A wallet makes up a list in which it is not revoked.",
        expects=_NOT_REVOKED,
        changes=(replace_at("/identifiers/0/timestamp", LIST_AT + 1),),
        agent=TRUE,
    ),
    _case(
        "no-timestamp",
        "The presentation names no revocation list",
        "La présentation ne nomme aucune liste de révocation",
        "The timestamp is missing; an agent that does not miss it would say true.",
        _ANY_HARM,
        expects=_NOT_REVOKED,
        changes=(remove_at("/identifiers/0/timestamp"),),
        agent=TRUE,
    ),
    _case(
        "no-proof-of-non-revocation",
        "Non-revocation is claimed and not proved",
        "La non-révocation est affirmée et pas prouvée",
        "The list is named and the proof against it left out.",
        _ANY_HARM,
        expects=_NOT_REVOKED,
        changes=(replace_at("/proof/proofs/0/non_revoc_proof", None),),
        agent=TRUE,
    ),
    _case(
        "registry-of-another-definition",
        "Non-revocation proved in another credential's registry",
        "La non-révocation prouvée dans le registre d’une autre attestation",
        "The registry named belongs to another credential definition.",
        "Whoever was revoked in one registry proves to stand in another.",
        expects=_NOT_REVOKED,
        changes=(replace_at("/identifiers/0/rev_reg_id", AID.registry_id),),
        agent=TRUE,
    ),
    _case(
        "registry-signed-by-another",
        "A revocation registry signed by somebody else",
        "Un registre de révocation signé par quelqu’un d’autre",
        "The published registry bears a signature that is not the institution's.",
        "A registry's host takes revocations back.",
        expects=_NOT_REVOKED,
        world="registry-signed-by-another",
    ),
    _case(
        "list-signed-by-another",
        "A revocation list signed by somebody else",
        "Une liste de révocation signée par quelqu’un d’autre",
        "The published list bears a signature that is not the institution's.",
        "A registry's host takes revocations back.",
        expects=_NOT_REVOKED,
        world="list-signed-by-another",
    ),
    _case(
        "second-look-after-a-new-list",
        "An old presentation looked at again after a newer list",
        "Une présentation ancienne examinée après une nouvelle liste",
        "Judged as of 400 seconds later; the list was replaced a second after the request.",
        "A presentation that was kept stays good for ever, whatever was revoked since.",
        expects=_NOT_REVOKED,
        world="superseded-after-asking",
        now=NOW + 405,
        status_at=NOW + 400,
    ),
)

_UNENTITLED = _alone("issuer-recognised/c1")
_NOT_ENTITLED = "An award counts as recognised training though the institution had no right to it."

ASSURANCE = (
    _case(
        "recognised-since-later",
        "The institution was recognised only after the award",
        "L’établissement n’a été reconnu qu’après la délivrance",
        "The entitlement begins the day after the award.",
        _NOT_ENTITLED,
        expects=_UNENTITLED,
        asked=LEAN,
        world="recognised-later",
    ),
    _case(
        "recognition-had-ended",
        "The institution's recognition had ended before the award",
        "La reconnaissance avait pris fin avant la délivrance",
        "The entitlement ended the day before the award.",
        _NOT_ENTITLED,
        expects=_UNENTITLED,
        asked=LEAN,
        world="recognised-until",
    ),
    _case(
        "recognition-with-a-gap",
        "The award may date from the one day without recognition",
        "La délivrance peut dater du seul jour sans reconnaissance",
        "The day is proved only to be 2020 or later; on one day since, nobody was entitled.",
        _NOT_ENTITLED,
        expects=_UNENTITLED,
        world="recognised-with-a-gap",
    ),
    _case(
        "awarded-before-recognition",
        "Awarded before the institution was recognised at all",
        "Délivrée avant toute reconnaissance de l’établissement",
        "The award of 2019 is shown; the first entitlement is of 2020.",
        _NOT_ENTITLED,
        expects=_UNENTITLED,
        asked=LEAN,
        answers={"c1": "python-of-2019"},
    ),
    _case(
        "recognised-for-another-framework",
        "The institution is recognised for another framework",
        "L’établissement est reconnu pour un autre référentiel",
        "The entitlement is for RNCP, the competency is of ESCO.",
        _NOT_ENTITLED,
        expects=_UNENTITLED,
        world="other-framework",
    ),
    _case(
        "recognised-for-lower-levels",
        "The institution is recognised for lower levels only",
        "L’établissement n’est reconnu que pour des niveaux inférieurs",
        "The entitlement ends at level 2, level 3 is claimed.",
        _NOT_ENTITLED,
        expects=_UNENTITLED,
        world="lower-levels",
    ),
    _case(
        "participation-only",
        "Nothing was assessed",
        "Rien n’a été évalué",
        "The achievement that the credential names says: participation, no assessment.",
        "Having been in the room passes for being able to do it.",
        expects=_alone("assessed/c1"),
        asked=LEAN,
        answers={"c1": "participation"},
    ),
)

_YESTERDAY = with_bound(ONE.proof_request, "c1-awarded", 20200101)

FIT = (
    _case(
        "asked-of-anybody",
        "The request did not say whose credentials it accepts",
        "La demande ne disait pas de qui elle accepte les attestations",
        "One comparison was asked without restrictions; anybody's credential may answer it.",
        "A level that a wallet's owner issued to themselves counts.",
        expects=_alone("asked-credential/c1"),
        asked=Ask(BARE.request, unrestricted(BARE.proof_request, "c1-level")),
    ),
    _case(
        "not-one-of-those-asked",
        "A credential of a kind that was not asked for",
        "Une attestation d’un genre qui n’était pas demandé",
        "The request accepts one credential definition, the presentation is of another.",
        "An employer who trusts one course is shown another.",
        expects=_alone("asked-credential/c1"),
        asked=ask(python(None), still_valid=False, recognised_from=None, courses=(LASTING,)),
        made_for=LEAN.proof_request,
        agent=TRUE,
    ),
    _case(
        "asked-a-lower-level",
        "The request asked a lower level than is wanted",
        "La demande visait un niveau inférieur à celui voulu",
        "Level 4 is wanted, level 3 was asked and proved.",
        "The employer reads “level 4” and got level 3.",
        expects=_alone("competency/c1"),
        asked=Ask(ask(python(4)).request, ONE.proof_request),
    ),
    _case(
        "asked-another-competency",
        "The request asked another competency than is wanted",
        "La demande visait une autre compétence que celle voulue",
        "SQL is wanted, Python was asked and proved.",
        "The employer reads “SQL” and got Python.",
        expects=_alone("competency/c1"),
        asked=Ask(ask(sql(3)).request, ONE.proof_request),
    ),
    _case(
        "level-off-the-scale",
        "The level shown is none of the scale",
        "Le niveau montré n’est pas de l’échelle",
        "The credential says level 9 on a scale of five.",
        "A level that means nothing looks better than every real one.",
        expects=_alone("competency/c1"),
        asked=LEAN,
        answers={"c1": "level-nine"},
        world="any-level",
    ),
    _case(
        "level-in-words",
        "The level shown is a word",
        "Le niveau montré est un mot",
        "The credential says “expert” where a whole number is expected.",
        "Whatever an issuer writes counts as a level.",
        expects={"competency/c1": INVALID, "issuer-recognised/c1": INDETERMINATE},
        asked=LEAN,
        answers={"c1": "level-in-words"},
    ),
    _case(
        "expired-and-not-asked",
        "Expired, and the request did not ask",
        "Échue, et la demande n’en disait rien",
        "The employer wants it valid today; the request that was sent does not ask that.",
        "A certificate that ran out is taken for one that holds.",
        expects=_alone("still-valid/c1"),
        asked=Ask(ask(python(None), recognised_from=None).request, LEAN.proof_request),
        answers={"c1": "python-expired"},
    ),
    _case(
        "awarded-earlier-than-wanted",
        "The request asked an earlier day of award than is wanted",
        "La demande visait une délivrance plus ancienne que celle voulue",
        "Awarded since July 2024 is wanted, since 2020 was asked and proved.",
        "What was learned long ago is taken for fresh.",
        expects=_alone("awarded-since/c1"),
        asked=Ask(ask(awarded_since=date(2024, 7, 1)).request, _YESTERDAY),
    ),
    _case(
        "date-shown-and-too-early",
        "The day of the award is shown and earlier than wanted",
        "Le jour de la délivrance est montré, et trop ancien",
        "Awarded on 30 June 2024 where July 2024 or later is wanted.",
        "What was learned long ago is taken for fresh.",
        expects=_alone("awarded-since/c1"),
        asked=Ask(
            ask(python(None), still_valid=False, awarded_since=date(2024, 7, 1)).request,
            LEAN.proof_request,
        ),
    ),
    _case(
        "awarded-in-the-future",
        "Dated in the future",
        "Datée dans le futur",
        "The award is dated three months after the request.",
        "A credential promised for later counts as earned today.",
        expects=_alone("awarded-since/c1"),
        asked=LEAN,
        answers={"c1": "python-of-2026"},
    ),
)

_UNREADABLE = {"readable": INVALID}
_READ_TWICE = "Two readers see two different presentations in the same bytes."


def _unreadable(name: str, en: str, fr: str, wrong: str, harm: str, text: str) -> Case:
    return _case(name, en, fr, wrong, harm, expects=_UNREADABLE, text=text, asked=LEAN)


_EMPTY = '"requested_proof": {}, "proof": {"proofs": []}'
FORM = (
    _unreadable(
        "duplicate-keys",
        "A member stands twice",
        "Un membre figure deux fois",
        "“identifiers” stands twice, with different content.",
        _READ_TWICE,
        '{"identifiers": [], "identifiers": [1], ' + _EMPTY + "}",
    ),
    _unreadable(
        "deep-nesting",
        "Nested too deep",
        "Trop profondément imbriquée",
        "Two thousand lists inside each other.",
        "One presentation stops the verifier for everybody.",
        '{"identifiers": ' + "[" * 2_000 + "]" * 2_000 + ", " + _EMPTY + "}",
    ),
    _unreadable(
        "number-with-a-fraction",
        "A number with a fraction",
        "Un nombre à virgule",
        "A timestamp is written 1759316400.0.",
        _READ_TWICE,
        '{"identifiers": [{"schema_id": "s", "cred_def_id": "d", "timestamp": 1759316400.0}], '
        + _EMPTY
        + "}",
    ),
    _unreadable(
        "text-for-a-number",
        "Text where a number belongs",
        "Un texte à la place d’un nombre",
        "A timestamp is written as text.",
        "A comparison of a text with a time says whatever the language makes of it.",
        '{"identifiers": [{"schema_id": "s", "cred_def_id": "d", "timestamp": "now"}], '
        + _EMPTY
        + "}",
    ),
    _unreadable(
        "no-credential",
        "A presentation of nothing",
        "Une présentation de rien",
        "It rests on no credential at all.",
        "Nothing false was found, because there was nothing: “verified”.",
        '{"identifiers": [], ' + _EMPTY + "}",
    ),
    _unreadable(
        "not-an-object",
        "Not a presentation at all",
        "Pas une présentation du tout",
        "A list where an object belongs.",
        "A crash of the reader is taken for an answer.",
        "[[], {}]",
    ),
)

INVALID_CASES: tuple[Case, ...] = (
    *REQUEST,
    *EXCHANGE,
    *AGENT,
    *ANSWERS,
    *HOLDER,
    *DOCUMENTS,
    *STATUS,
    *ASSURANCE,
    *FIT,
    *FORM,
)
