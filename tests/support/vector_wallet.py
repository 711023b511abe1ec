"""The wallets of the test vectors: real credentials, and the presentations made of them.

The credentials are issued when one is first needed; nothing random of them is kept but what a
presentation holds.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from hashlib import sha256
from typing import Any

import anoncreds

from acquis.credentials.attributes import Learner
from acquis.registry.resource import digest_of
from support.scenario import PYTHON
from support.unsound_proofs import PublicKey
from support.vector_courses import (
    AID,
    DATA,
    FALSE_DATA,
    FIRST_LIST,
    LASTING,
    NOW,
    Course,
    Lists,
)
from support.vector_worlds import DATA_ACHIEVEMENT, achievement_id

AID_ACHIEVEMENT = str(AID.publish_achievement()["id"])
FALSE_ACHIEVEMENT = str(FALSE_DATA.publish_achievement()["id"])
LASTING_ACHIEVEMENT = str(LASTING.publish_achievement()["id"])
NOWHERE = f"{DATA.issuer.did}/resources/{digest_of({'published': 'never'})}"


def _secret(name: str) -> str:
    return str(int.from_bytes(sha256(f"vector link secret {name}".encode()).digest()[:31]))


ZOE, ADA, BOB = Learner("Zoé", "Müller"), Learner("Ada", "Lovelace"), Learner("Bob", "Martin")


@dataclass(frozen=True)
class Award:
    """One credential: of which course, for whom, in whose wallet, at which place of the registry."""

    course: Course
    index: int
    achievement: str = DATA_ACHIEVEMENT
    learner: Learner = ZOE
    wallet: str = "zoe"
    changes: Mapping[str, Any] = field(default_factory=dict)


AWARDS: Mapping[str, Award] = {
    "python": Award(DATA, 1),
    "python-low": Award(DATA, 2, changes={"levels": {str(PYTHON): 1}}),
    "python-expired": Award(DATA, 3, changes={"valid_until": date(2025, 9, 30)}),
    "python-last-day": Award(DATA, 4, changes={"valid_until": date(2025, 10, 1)}),
    "python-of-2019": Award(DATA, 5, changes={"awarded_on": date(2019, 6, 30)}),
    "python-of-2026": Award(DATA, 6, changes={"awarded_on": date(2026, 1, 1)}),
    "participation": Award(DATA, 7, achievement_id("participation")),
    "second-version": Award(DATA, 8, achievement_id("second-version")),
    "without-workload": Award(DATA, 9, achievement_id("without-workload")),
    "self-asserted": Award(DATA, 10, achievement_id("self-asserted")),
    "another-issuers": Award(DATA, 11, FALSE_ACHIEVEMENT),
    "of-no-achievement": Award(DATA, 12, NOWHERE),
    "level-nine": Award(DATA, 13, changes={"given": {str(PYTHON): "9"}}),
    "level-in-words": Award(DATA, 14, changes={"given": {str(PYTHON): "expert"}}),
    "python-expert": Award(DATA, 15, changes={"levels": {str(PYTHON): 5}}),
    "python-revoked": Award(DATA, 16),
    "python-of-2020": Award(DATA, 17, changes={"awarded_on": date(2020, 1, 1)}),
    "python-of-ada": Award(DATA, 18, learner=ADA),
    "first-aid": Award(AID, 1, AID_ACHIEVEMENT),
    "first-aid-of-ada": Award(AID, 2, AID_ACHIEVEMENT, ADA),
    "first-aid-of-bob": Award(AID, 3, AID_ACHIEVEMENT, BOB, "bob"),
    "look-alike": Award(FALSE_DATA, 1, FALSE_ACHIEVEMENT),
    "look-alike-copied": Award(FALSE_DATA, 2),
    "lasting": Award(LASTING, 0, LASTING_ACHIEVEMENT),
}


@cache
def _credential(name: str) -> anoncreds.Credential:
    award = AWARDS[name]
    attributes = award.course.award(award.learner, award.achievement, **award.changes)
    return award.course.issue(_secret(award.wallet), attributes, award.index)


@dataclass(frozen=True)
class Use:
    """Which credential answers a referent; whether its value is shown."""

    credential: str
    shown: bool = True


@dataclass(frozen=True)
class Spec:
    """A presentation to be made: for which request, from which credentials, against which lists.

    ``proved`` is False where the wallet brings no proof of non-revocation.
    """

    request: str
    uses: tuple[tuple[str, Use], ...]
    lists: Lists = FIRST_LIST
    attested: tuple[tuple[str, str], ...] = ()
    proved: bool = True


def spec_of(request: Mapping[str, Any], answers: Mapping[str, str | Use], **changes: Any) -> Spec:
    """Return the presentation that answers ``request``: group or referent → credential."""
    referents = [*request["requested_attributes"], *request["requested_predicates"]]
    uses = {}
    for referent in referents:
        given = answers.get(referent, answers.get(referent.partition("-")[0]))
        if given is not None and given != Use(""):
            uses[referent] = given if isinstance(given, Use) else Use(given)
    return Spec(json.dumps(request, sort_keys=True), tuple(uses.items()), **changes)


@cache
def make_presentation(spec: Spec) -> dict[str, Any]:
    """Return the presentation as the library makes it."""
    return make_otherwise(spec, {})


def held_by(name: str) -> tuple[dict[str, Any], PublicKey, str]:
    """Return a credential as its wallet has it, the issuer's key and the wallet's link secret."""
    award = AWARDS[name]
    key = PublicKey.of(award.course.definition["content"])
    return _credential(name).to_dict(), key, _secret(award.wallet)


def make_otherwise(
    spec: Spec, bent: Mapping[str, dict[str, Any]], secret: str | None = None
) -> dict[str, Any]:
    """Return the presentation made with other credentials than were issued, or another link secret."""
    request = json.loads(spec.request)
    chosen = anoncreds.PresentCredentials()
    loaded = {use.credential: _credential(use.credential) for _, use in spec.uses}
    loaded |= {name: anoncreds.Credential.load(each) for name, each in bent.items()}
    for referent, use in spec.uses:
        award = AWARDS[use.credential]
        lists = spec.lists if award.course is DATA else FIRST_LIST
        proof: dict[str, Any] = {}
        if award.course.revocable and spec.proved:
            state = _state(award.course, lists, award.index)
            proof = {"timestamp": lists[-1][0], "rev_state": state}
        credential = loaded[use.credential]
        if referent in request["requested_attributes"]:
            chosen.add_attributes(credential, referent, reveal=use.shown, **proof)
        else:
            chosen.add_predicates(credential, referent, **proof)
    courses = [AWARDS[use.credential].course for _, use in spec.uses]
    wallet = AWARDS[spec.uses[0][1].credential].wallet
    made: dict[str, Any] = json.loads(
        anoncreds.Presentation.create(
            spec.request,
            chosen,
            dict(spec.attested),
            secret or _secret(wallet),
            {each.schema["id"]: each.real_schema for each in courses},
            {each.definition["id"]: each.real_definition for each in courses},
        ).to_json()
    )
    return made


@cache
def _state(course: Course, lists: Lists, index: int) -> Any:
    return course.state(lists, index)


def joined(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Return two presentations of two people put together as if they were one."""
    made = copy.deepcopy(first)
    count = len(made["identifiers"])
    made["identifiers"] += second["identifiers"]
    made["proof"]["proofs"] += second["proof"]["proofs"]
    made["proof"]["aggregated_proof"]["c_list"] += second["proof"]["aggregated_proof"]["c_list"]
    for kind, said in second["requested_proof"].items():
        for referent, each in said.items():
            moved = {**each, "sub_proof_index": each["sub_proof_index"] + count}
            made["requested_proof"].setdefault(kind, {})[referent] = moved
    return made


__all__ = ["AWARDS", "NOW", "Spec", "Use", "joined", "make_presentation", "spec_of"]
