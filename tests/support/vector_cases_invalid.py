"""The invalid cases: each wrong in one way, each with the harm if it were accepted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from acquis.credentials.choice import Choice
from support.scenario import PYTHON, SQL
from support.vector_cases import (
    BARE,
    ELSEWHERE,
    INVALID,
    LEAN,
    NAME_REQUIRED,
    ONE,
    TRUE,
    Ask,
    Case,
    Said,
    add_at,
    alone,
    ask,
    but,
    case,
    first_aid,
    left_open,
    of_definition,
    python,
    remove_at,
    replace_at,
    sql,
    unrestricted,
    with_attribute,
    without_referents,
)
from support.vector_cases_refuted import REFUTED_CASES
from support.vector_cases_unsound import UNSOUND_CASES
from support.vector_courses import DATA, FALSE_DATA
from support.vector_wallet import Use

WITH_NAME = ask(python(None), still_valid=False, recognised_from=None, learner_name=NAME_REQUIRED)
OTHER_NONCE = "604462909807314587353087"
REFUSED_BY_AGENT = {"agent-verdict": INVALID, "not-revoked/c1": INVALID}
"""What the agent refuses was not proved to stand by the revocation list either."""

_SHOWN = "/requested_proof/revealed_attr_groups/c1/values"


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
    case(
        "other-nonce",
        "The answer to another session's request",
        "La réponse à la demande d’une autre session",
        "The agent verified the presentation against a request with another nonce.",
        "A presentation overheard in another session opens this one for whoever replays it.",
        expects=alone("same-request"),
        answered=ask(nonce=OTHER_NONCE).proof_request,
        made_for=ask(nonce=OTHER_NONCE).proof_request,
    ),
    case(
        "non-revocation-stripped",
        "Non-revocation dropped from the request",
        "La non-révocation retirée de la demande",
        "The request the agent verified against no longer asks non-revocation.",
        "A revoked credential passes, because nobody asks any more whether it stands.",
        expects=alone("same-request"),
        answered=but(ONE.proof_request, non_revoked=None),
        agent="library",
    ),
    case(
        "name-not-asked",
        "The name is wanted and was not asked",
        "Le nom est voulu et n’a pas été demandé",
        "The request that was sent leaves out the name that the employer wants.",
        "An employer believes that the name of the person in front of them was checked.",
        expects=alone("same-request/c1"),
        asked=Ask(ask(learner_name=NAME_REQUIRED).request, ONE.proof_request),
    ),
)

_CHOICE = ask(python(None), sql(), still_valid=False, recognised_from=None, at_least=1)
_ONLY_SQL = without_referents(_CHOICE.proof_request, "c1")
_OPTIONAL = replace(sql(), optional=True)
_WITH_OPTIONAL = ask(python(None), _OPTIONAL, still_valid=False, recognised_from=None)

EXCHANGE = (
    case(
        "another-thread",
        "The answer came on another thread than our request",
        "La réponse est venue sur un autre fil que notre demande",
        "The agent's record names another exchange than the one that was begun.",
        "An answer given in one exchange decides another one.",
        expects=alone("same-exchange"),
        exchange={"thread_seen": ELSEWHERE},
    ),
    case(
        "another-browser",
        "The code that was scanned was shown in another browser",
        "Le code lu était affiché dans un autre navigateur",
        "The request was asked in one browser and its code shown in another one.",
        "Whoever lures a learner into scanning a code is shown as that learner in their browser.",
        expects=alone("same-exchange"),
        exchange={"session_seen": ELSEWHERE},
    ),
    case(
        "optional-alone",
        "Only what was optional was chosen",
        "Seul le facultatif a été choisi",
        "Python is wanted and SQL optional; the learner chose SQL and leaves out Python.",
        "What may be left out is taken for what must be there.",
        expects=alone("enough"),
        asked=Ask(_WITH_OPTIONAL.request, without_referents(_WITH_OPTIONAL.proof_request, "c1")),
        choice=Choice(("c2",)),
        answers={"c2": "python"},
    ),
    case(
        "fewer-asked-than-wanted",
        "The request asked fewer competencies than are wanted",
        "La demande visait moins de compétences que voulu",
        "Python and SQL are wanted, and no choice was offered; only SQL was asked.",
        "The employer reads “both” and got one.",
        expects=alone("enough"),
        asked=Ask(
            ask(python(None), sql(), still_valid=False, recognised_from=None).request,
            _ONLY_SQL,
        ),
        choice=Choice(("c2",)),
        answers={"c2": "python"},
    ),
)

AGENT = (
    case(
        "altered-proof",
        "One number of the proof was changed",
        "Un nombre de la preuve a été changé",
        "A number of the proof of the signature is not the one the wallet computed.",
        "Anybody can invent a credential and claim any competency.",
        expects=REFUSED_BY_AGENT,
        changes=(replace_at("/proof/proofs/0/primary_proof/eq_proof/e", "1234567"),),
    ),
    case(
        "replayed-from-another-verifier",
        "A presentation made for another verifier",
        "Une présentation faite pour un autre vérificateur",
        "The wallet answered another verifier's nonce; that one forwards the answer.",
        "A dishonest employer presents its applicants' credentials elsewhere as its own.",
        expects=REFUSED_BY_AGENT,
        made_for=ask(nonce=OTHER_NONCE).proof_request,
    ),
    case(
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
    case(
        "agent-says-unrevealed",
        "The agent says true, and that a value was left unrevealed",
        "L’agent dit vrai, et qu’une valeur n’a pas été montrée",
        "The agent's verdict is true; its remark says that something was not shown.",
        "“True” is taken for everything asked, though part of it was never shown.",
        expects=alone("agent-warnings"),
        agent=Said(verified=True, warnings=("UNRVL_ATTR::c1",)),
    ),
    case(
        "agent-says-value-error",
        "The agent says true, and that a value is inconsistent",
        "L’agent dit vrai, et qu’une valeur est incohérente",
        "The agent's verdict is true beside a remark that contradicts it.",
        "A fault of an agent that reports both lets a forged value through.",
        expects=alone("agent-warnings"),
        agent=Said(verified=True, warnings=("VALUE_ERROR::c1",)),
    ),
)

ANSWERS = (
    case(
        "left-unrevealed",
        "A value that was asked is left unrevealed",
        "Une valeur demandée n’est pas montrée",
        "The wallet proves that it has the value without showing it; the library says true.",
        "An employer who asked for a name gets none and reads “verified”.",
        expects=alone("all-answered/c1"),
        asked=_NAME_ALONE,
        answers=_NAME_HIDDEN,
        agent="library",
    ),
    case(
        "left-unrevealed-remarked",
        "A value is left unrevealed, and ACA-Py says true with a remark",
        "Une valeur n’est pas montrée, et ACA-Py dit vrai avec une remarque",
        "The same presentation as ACA-Py sees it: true, and a remark that is easy to miss.",
        "An employer who asked for a name gets none and reads “verified”.",
        expects={"all-answered/c1": INVALID, "agent-warnings": INVALID},
        asked=_NAME_ALONE,
        answers=_NAME_HIDDEN,
    ),
    case(
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
    case(
        "self-attested-despite-restrictions",
        "A value typed by the holder where the institution's was asked",
        "Une valeur saisie par le détenteur, là où celle de l’établissement était demandée",
        "The item is answered with a typed text; an agent that let it pass would say true.",
        "The holder's own word is read as the institution's.",
        expects=alone("all-answered/c1"),
        asked=_NAME_ALONE,
        changes=(
            remove_at("/requested_proof/revealed_attrs/c1-awarded"),
            add_at("/requested_proof/self_attested_attrs/c1-awarded", "Zoé"),
        ),
        agent=TRUE,
    ),
    case(
        "lower-level-proved",
        "A lower level is proved than the one asked",
        "Un niveau inférieur à celui demandé est prouvé",
        "The proof says “level 1 or more” where level 3 was asked.",
        "A beginner passes for a professional.",
        expects=alone("all-answered/c1"),
        asked=BARE,
        made_for=_other_predicate(str(PYTHON), ">=", 1),
        answers={"c1": "python-low"},
        agent="library",
    ),
    case(
        "level-of-another-competency",
        "The level of another competency is proved",
        "Le niveau d’une autre compétence est prouvé",
        "The comparison asked about Python is answered with one about SQL.",
        "Being good at one thing passes for being good at another.",
        expects=alone("all-answered/c1"),
        asked=BARE,
        made_for=_other_predicate(str(SQL), ">=", 3),
        answers={"c1": "python-low"},
        agent="library",
    ),
    case(
        "level-of-another-attribute",
        "A number that is no level is compared",
        "Un nombre qui n’est pas un niveau est comparé",
        "The comparison asked about Python is answered with the ECTS credits.",
        "A number such as 600 hundredths of a credit passes for a level above every level.",
        expects=alone("all-answered/c1"),
        asked=BARE,
        made_for=_other_predicate("ects_hundredths", ">=", 3),
        answers={"c1": "python-low"},
        agent="library",
    ),
    case(
        "comparison-renamed",
        "A comparison of another value under the name that was asked",
        "La comparaison d’une autre valeur sous le nom demandé",
        "The ECTS credits are compared and the comparison renamed; library and ACA-Py say true.",
        "Any number in any credential passes for the level that was asked.",
        expects=alone("values-signed"),
        asked=BARE,
        made_for=_other_predicate("ects_hundredths", ">=", 3),
        answers={"c1": "python-low"},
        changes=(
            replace_at(
                "/proof/proofs/0/primary_proof/ge_proofs/0/predicate/attr_name", str(PYTHON)
            ),
        ),
    ),
    case(
        "comparison-turned-round",
        "The comparison is turned round",
        "La comparaison est inversée",
        "The proof says “level 3 or less” where “3 or more” was asked.",
        "Whoever knows least passes first.",
        expects=alone("all-answered/c1"),
        asked=BARE,
        made_for=_other_predicate(str(PYTHON), "<=", 3),
        answers={"c1": "python-low"},
    ),
    case(
        "unasked-comparison",
        "Something is said that nobody asked",
        "Quelque chose est dit que personne n’a demandé",
        "The presentation lists one comparison more than was asked.",
        "A result shows as verified what was never asked and never checked.",
        expects=alone("all-answered"),
        asked=LEAN,
        changes=(add_at("/requested_proof/predicates/c9-level", {"sub_proof_index": 0}),),
        agent=TRUE,
    ),
    case(
        "level-text-changed",
        "Another level is written than the one that was signed",
        "Un autre niveau est écrit que celui qui a été signé",
        "Only the text was changed, not the signed integer; the library does not compare them.",
        "A level 3 reads as level 5 beside a verdict “true”.",
        expects=alone("values-signed"),
        asked=LEAN,
        changes=(replace_at(f"{_SHOWN}/{PYTHON}/raw", "5"),),
        agent="library",
    ),
    case(
        "name-text-changed",
        "Another name is written than the one that was signed",
        "Un autre nom est écrit que celui qui a été signé",
        "Only the text of the given name was changed; the library does not compare it.",
        "Somebody shows a friend's credential under their own name.",
        expects=alone("values-signed"),
        asked=WITH_NAME,
        changes=(replace_at(f"{_SHOWN}/given_name/raw", "Ada"),),
        agent="library",
    ),
    case(
        "name-and-number-changed",
        "Another name is written, with the integer that belongs to it",
        "Un autre nom est écrit, avec l’entier qui lui correspond",
        "Text and integer beside it agree with each other and not with what was signed.",
        "A reader that compares only these two takes the wrong name for the signed one.",
        expects=alone("values-signed"),
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
    case(
        "two-names",
        "Two credentials with two names in one wallet",
        "Deux attestations à deux noms dans un même portefeuille",
        "Two people share a link secret; the names that are shown differ.",
        "Two people pool their competencies and one of them is hired.",
        expects=alone("holder-binding"),
        asked=_TWO_NAMED,
        answers={"c1": "python", "c2": "first-aid-of-ada"},
    ),
    case(
        "two-people-put-together",
        "Two people's presentations put together",
        "Les présentations de deux personnes réunies",
        "The parts were made with two link secrets; an agent that missed it would say true.",
        "Two people pool their competencies and one of them is hired.",
        expects=alone("holder-binding"),
        asked=_TWO,
        joined_with=(
            without_referents(_TWO.proof_request, "c2"),
            without_referents(_TWO.proof_request, "c1"),
        ),
        answers={"c1": "python", "c2": "first-aid-of-bob"},
        agent=TRUE,
    ),
    case(
        "one-competency-from-two-credentials",
        "One competency answered from two credentials",
        "Une compétence répondue par deux attestations",
        "Achievement and day come from one credential, the level from another.",
        "A level earned long ago elsewhere is shown under the better institution's name.",
        expects=_NO_ONE_CREDENTIAL,
        asked=BARE,
        answers={"c1": "python-low", "c1-level": "python-expert"},
    ),
    case(
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

_UNREADABLE = {"readable": INVALID}
_READ_TWICE = "Two readers see two different presentations in the same bytes."


def _unreadable(name: str, en: str, fr: str, wrong: str, harm: str, text: str) -> Case:
    return case(name, en, fr, wrong, harm, expects=_UNREADABLE, text=text, asked=LEAN)


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
    *UNSOUND_CASES,
    *HOLDER,
    *REFUTED_CASES,
    *FORM,
)
