"""The words and parts of which the cases of the test vectors are made."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any, Literal

from acquis.credentials.achievement import attribute_names
from acquis.credentials.choice import Choice, NameAsked
from acquis.credentials.request import (
    Candidate,
    CompetencyRequest,
    PresentationRequest,
    build_proof_request,
)
from acquis.text import Text
from support.scenario import FIRST_AID, NONCE, PYTHON, SQL
from support.vector_courses import (
    AID,
    DATA,
    FIRST_LIST,
    MINISTRY,
    NOW,
    Course,
    Lists,
)
from support.vector_wallet import Use

INVALID, INDETERMINATE = "invalid", "indeterminate"
NAME_REQUIRED = NameAsked.REQUIRED
RECOGNISED_FROM = date(2020, 1, 1)
THREAD = sha256(b"vector thread").hexdigest()
BROWSER = sha256(b"vector browser").hexdigest()
ELSEWHERE = sha256(b"vector elsewhere").hexdigest()
SAME_EXCHANGE: Mapping[str, str | None] = {
    "thread_expected": THREAD,
    "thread_seen": THREAD,
    "session_expected": BROWSER,
    "session_seen": BROWSER,
}
PURPOSE = "A job as a data analyst"

type Kind = Literal["valid", "invalid", "indeterminate"]
type ProofRequest = dict[str, Any]
type Expected = Mapping[str, str]


def python(level: int | None = 3) -> CompetencyRequest:
    """Return "Python, at this level or more"; without a level it is shown."""
    return CompetencyRequest(PYTHON, Text("Python", "Python"), level)


def sql(level: int | None = None) -> CompetencyRequest:
    """Return "SQL"; without a level it is shown."""
    return CompetencyRequest(SQL, Text("SQL", "SQL"), level)


def first_aid(level: int | None = 2) -> CompetencyRequest:
    """Return "first aid", at this level or more."""
    return CompetencyRequest(FIRST_AID, Text("first aid", "premiers secours"), level)


@dataclass(frozen=True)
class Ask:
    """What an employer asks, and the AnonCreds request that was built and kept for it."""

    request: PresentationRequest
    proof_request: ProofRequest


def ask(
    *competencies: CompetencyRequest,
    courses: tuple[Course, ...] = (DATA, AID),
    recognised_from: date | None = RECOGNISED_FROM,
    nonce: str = NONCE,
    at: int = NOW,
    **changes: Any,
) -> Ask:
    """Return a request, built as the verifier builds it from these candidates."""
    request = PresentationRequest(competencies or (python(),), PURPOSE, **changes)
    candidates = {
        each.key: [
            Candidate(course.definition["id"], recognised_from)
            for course in courses
            if str(each.key) in attribute_names(course.achievement)
        ]
        for each in request.competencies
    }
    return Ask(request, build_proof_request(request, candidates, nonce, at))


def but(proof_request: Mapping[str, Any], **changes: Any) -> ProofRequest:
    """Return a copy of an AnonCreds request with other members; None takes one away."""
    made = {**copy.deepcopy(dict(proof_request)), **changes}
    return {name: each for name, each in made.items() if each is not None}


def without_referents(proof_request: ProofRequest, *referents: str) -> ProofRequest:
    """Return a copy of an AnonCreds request that does not ask these referents."""
    made = copy.deepcopy(proof_request)
    for kind in ("requested_attributes", "requested_predicates"):
        made[kind] = {name: each for name, each in made[kind].items() if name not in referents}
    return made


def with_bound(proof_request: ProofRequest, referent: str, bound: int) -> ProofRequest:
    """Return a copy of an AnonCreds request with another bound in one comparison."""
    made = copy.deepcopy(proof_request)
    made["requested_predicates"][referent]["p_value"] = bound
    return made


def with_attribute(proof_request: ProofRequest, referent: str, name: str) -> ProofRequest:
    """Return a copy of an AnonCreds request with one value more, asked by itself."""
    made = copy.deepcopy(proof_request)
    restrictions = made["requested_attributes"]["c1"]["restrictions"]
    made["requested_attributes"][referent] = {"name": name, "restrictions": restrictions}
    return made


def unrestricted(proof_request: ProofRequest, *referents: str) -> ProofRequest:
    """Return a copy of an AnonCreds request that does not say who may answer these referents."""
    made = copy.deepcopy(proof_request)
    for kind in ("requested_attributes", "requested_predicates"):
        for name, each in made[kind].items():
            if name in referents:
                del each["restrictions"]
    return made


def replace_at(path: str, value: Any) -> dict[str, Any]:
    """Return one change of a presentation."""
    return {"op": "replace", "path": path, "value": value}


def remove_at(path: str) -> dict[str, Any]:
    """Return one change of a presentation."""
    return {"op": "remove", "path": path}


def add_at(path: str, value: Any) -> dict[str, Any]:
    """Return one change of a presentation."""
    return {"op": "add", "path": path, "value": value}


@dataclass(frozen=True)
class Said:
    """Words put into an agent's mouth, where no agent of ours says them."""

    verified: bool | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """One vector to be made; what is not said is as in the first valid one.

    ``exchange`` replaces what ties the answer to the session, which otherwise agrees.

    ``expects`` holds what is not VALID, the named check first; everything else must be VALID, so
    that a check that is added later needs no word here. ``answers`` says for each group (or
    referent) which credential answers it. ``made_for`` is the request the wallet answered and
    ``answered`` the one the agent says it verified against, where they are not the one kept;
    ``forged`` makes the presentation where no wallet would.
    """

    id: str
    title: Text
    wrong: str = ""
    harm: str = ""
    expects: Expected = field(default_factory=dict)
    asked: Ask = field(default_factory=ask)
    answers: Mapping[str, str | Use] = field(default_factory=lambda: {"c1": "python"})
    lists: Lists = FIRST_LIST
    attested: Mapping[str, str] = field(default_factory=dict)
    proved: bool = True
    made_for: ProofRequest | None = None
    answered: ProofRequest | None = None
    joined_with: tuple[ProofRequest, ProofRequest] | None = None
    forged: Callable[[Case], dict[str, Any]] | None = None
    changes: tuple[dict[str, Any], ...] = ()
    text: str | None = None
    world: str = "base"
    now: int = NOW + 5
    anchors: tuple[str, ...] = (MINISTRY.did,)
    grace: int = 300
    mirror_max_age: int = 3_600
    policy: str = "standard"
    status_at: int | None = None
    choice: Choice | None = None
    exchange: Mapping[str, str | None] = field(default_factory=dict)
    agent: Literal["acapy", "library"] | Said = "acapy"


def left_open(*checks: str, subject: str = "c1") -> dict[str, str]:
    """Return checks of one competency that cannot be made."""
    return {f"{check}/{subject}": INDETERMINATE for check in checks}


def of_documents(subject: str = "c1") -> dict[str, str]:
    """Return what is left open where the issuer's documents do not hold."""
    return left_open("assessed", "quality-assured", "competency", subject=subject)


def of_definition(subject: str = "c1") -> dict[str, str]:
    """Return what is left open where the credential definition cannot be read."""
    unknown = left_open("not-revoked", "issuer-recognised", subject=subject)
    return {**unknown, **of_documents(subject)}


ONE = ask()
LEAN = ask(python(None), still_valid=False, recognised_from=None)
"""Level and day of the award are shown and nothing is compared: the smallest presentation."""

BARE = ask(still_valid=False, recognised_from=None)
TRUE = Said(verified=True)


def case(name: str, en: str, fr: str, wrong: str, harm: str, **changes: Any) -> Case:
    """Return a case that is not valid."""
    return Case(name, Text(en, fr), wrong, harm, **changes)


def alone(check: str) -> dict[str, str]:
    """Return that one check is invalid, and everything else valid."""
    return {check: INVALID}
