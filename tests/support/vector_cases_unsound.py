"""The invalid cases whose proofs the AnonCreds library and ACA-Py call true, and which prove nothing."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from support.scenario import PYTHON
from support.unsound_proofs import (
    computed_backwards,
    invented,
    lengthened,
    passed_on,
    pooled,
    under_an_older_name,
)
from support.vector_cases import (
    INVALID,
    LEAN,
    NAME_REQUIRED,
    Case,
    alone,
    ask,
    but,
    case,
    first_aid,
    python,
    with_bound,
)
from support.vector_wallet import held_by, make_otherwise, make_presentation, spec_of

_EXPERT = ask(python(5), still_valid=False, recognised_from=None, learner_name=NAME_REQUIRED)
_TWO = ask(python(None), first_aid(None), still_valid=False, recognised_from=None)
_ANYTHING = {str(PYTHON): "5", "given_name": "Mallory", "family_name": "Forger"}

type Json = dict[str, Any]


def _invented(case: Case) -> Json:
    bent = invented(*held_by("python-low"), _ANYTHING)
    return make_otherwise(spec_of(case.asked.proof_request, case.answers), {"python-low": bent})


def _pooled(case: Case) -> Json:
    names = ("python", "first-aid-of-bob")
    bent, secret = pooled([held_by(each) for each in names])
    spec = spec_of(case.asked.proof_request, case.answers)
    return make_otherwise(spec, dict(zip(names, bent, strict=True)), secret)


def _bent(change: Callable[[Json], None]) -> Callable[[Case], Json]:
    """Return how an honest answer, to another request where one is said, is changed."""

    def forge(case: Case) -> Json:
        asked = case.made_for or case.asked.proof_request
        made = copy.deepcopy(make_presentation(spec_of(asked, case.answers)))
        change(made)
        return made

    return forge


def _backwards(presentation: Json) -> None:
    _, key, _ = held_by("python")
    computed_backwards(presentation, key, {"given_name": "Mallory"}, {str(PYTHON): 2})


def _two_readings(presentation: Json) -> None:
    equality = presentation["proof"]["proofs"][0]["primary_proof"]["eq_proof"]
    equality["e"] += " or another number"


UNSOUND_CASES = (
    case(
        "signature-from-nothing",
        "A signature that nobody made",
        "Une signature que personne n’a faite",
        "The exponent of the signature is 1, so that anybody can compute it for any values.",
        "Whoever has one award of a course shows any name and any level of it.",
        expects=alone("proof-sound"),
        asked=_EXPERT,
        answers={"c1": "python-low"},
        forged=_invented,
    ),
    case(
        "computed-backwards",
        "Name and level were changed after the proof was made",
        "Nom et niveau changés après la fabrication de la preuve",
        "The blinded signature is not the one that was hashed, but what the equation leaves.",
        "Whoever sees one answer turns it into another person's, at any level.",
        expects=alone("proof-sound"),
        asked=_EXPERT,
        made_for=with_bound(_EXPERT.proof_request, "c1-level", 3),
        forged=_bent(_backwards),
    ),
    case(
        "two-people-one-computed-secret",
        "Two people's credentials under one computed link secret",
        "Les attestations de deux personnes sous un même secret calculé",
        "A link secret was computed that equals each of the two up to a multiple of an exponent.",
        "Two people pool their competencies without telling each other their secrets.",
        expects=alone("proof-sound"),
        asked=_TWO,
        answers={"c1": "python", "c2": "first-aid-of-bob"},
        forged=_pooled,
    ),
    case(
        "passed-on-by-another-verifier",
        "An answer to another verifier, whose nonce ends with ours",
        "Une réponse à un autre vérificateur, dont le nonce finit par le nôtre",
        "What stood before our nonce in the other one was moved to the list of what is hashed.",
        "An employer presents its applicants' credentials elsewhere as its own.",
        expects=alone("proof-sound"),
        asked=LEAN,
        made_for=but(LEAN.proof_request, nonce=lengthened(LEAN.proof_request["nonce"])),
        forged=_bent(passed_on),
    ),
    case(
        "link-secret-under-an-older-name",
        "The answer for the link secret stands under two names",
        "La réponse pour le secret figure sous deux noms",
        "The library takes the number under the older name, and we would look at the other.",
        "Holders are compared by a number that was not verified.",
        expects={"readable": INVALID},
        asked=LEAN,
        forged=_bent(under_an_older_name),
    ),
    case(
        "number-that-is-read-in-two-ways",
        "A number with words behind it",
        "Un nombre suivi de mots",
        "The library reads the digits and leaves out what follows.",
        "Two readers see two different numbers in one proof.",
        expects={"readable": INVALID},
        asked=LEAN,
        forged=_bent(_two_readings),
    ),
)
