"""What must hold of the numbers of a proof: of every honest one, and of no other that is called true."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import anoncreds
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquis.credentials.presentation import UnverifiedPresentation, parse_presentation
from acquis.credentials.report import Outcome
from acquis.credentials.soundness import BITS, check_proof_sound, find_unsound
from acquis.errors import InvalidInput
from support.proof_forms import FIELD, listed
from support.scenario import PYTHON, SQL, Scenario
from support.vector_courses import AID, DATA, FIRST_LIST, LASTING, Course
from support.vector_wallet import AID_ACHIEVEMENT, DATA_ACHIEVEMENT, LASTING_ACHIEVEMENT, ZOE
from support.vectors import load, names, presentation_of

SECRET = str(2**255 + 12_345)
LARGE = "x" * 300  # signed as a digest of 256 bits
COURSES = {"data": DATA, "aid": AID, "lasting": LASTING}
ACHIEVEMENTS = {"data": DATA_ACHIEVEMENT, "aid": AID_ACHIEVEMENT, "lasting": LASTING_ACHIEVEMENT}
PLACES = {
    "e": ("eq_proof", "e"),
    "v": ("eq_proof", "v"),
    "m2": ("eq_proof", "m2"),
    "m": ("eq_proof", "m", "master_secret"),
    "u": ("ge_proofs", 0, "u", "2"),
    "r": ("ge_proofs", 0, "r", "DELTA"),
    "alpha": ("ge_proofs", 0, "alpha"),
    "commitment": ("ge_proofs", 0, "t", "3"),
}

type Json = dict[str, Any]


@cache
def credential(name: str, **given: str) -> tuple[Course, Any]:
    course = COURSES[name]
    attributes = course.award(ZOE, ACHIEVEMENTS[name], given=given)
    return course, course.issue(SECRET, attributes, 20)


def present(asked: dict[str, tuple[list[str], list[tuple[str, str, int]]]], **given: str) -> Json:
    """Return a real presentation: of each credential, what is shown and what is compared."""
    request: Json = {"name": "x", "version": "1", "nonce": "123456789"}
    request |= {"requested_attributes": {}, "requested_predicates": {}, "non_revoked": {"to": 1}}
    chosen, courses = anoncreds.PresentCredentials(), []
    for name, (shown, compared) in asked.items():
        course, held = credential(name, **given)
        courses.append(course)
        proof: Json = {}
        if course.revocable and name != "aid":
            proof = {"timestamp": FIRST_LIST[-1][0], "rev_state": course.state(FIRST_LIST, 20)}
        if shown:
            request["requested_attributes"][name] = {"names": shown}
            chosen.add_attributes(held, name, **proof)
        for number, (of, relation, bound) in enumerate(compared):
            predicate = {"name": of, "p_type": relation, "p_value": bound}
            request["requested_predicates"][f"{name}-{number}"] = predicate
            chosen.add_predicates(held, f"{name}-{number}", **proof)
    schemas = {each.schema["id"]: each.real_schema for each in courses}
    definitions = {each.definition["id"]: each.real_definition for each in courses}
    made = anoncreds.Presentation.create(
        json.dumps(request), chosen, {}, SECRET, schemas, definitions
    )
    found: Json = json.loads(made.to_json())
    return found


def every_honest_one() -> Iterator[tuple[str, Json]]:
    for kind in ("valid", "indeterminate"):
        for name in names(kind):
            yield name, presentation_of(load(kind, name))
    dates = [("awarded_on", relation, 20240630) for relation in (">=", "<=")]
    far = [("awarded_on", ">=", -(2**31) + 20240631), ("valid_until", "<", 2**31 - 1)]
    level = [(str(PYTHON), ">=", 1), (str(SQL), ">", 0)]
    yield "nothing compared", present({"data": (["grade"], [])})
    yield "nothing shown", present({"lasting": ([], level[:1])})
    yield "many comparisons", present({"data": (["grade", "language"], [*dates, *far, *level])})
    yield "several", present({each: (["grade"], dates) for each in ("aid", "data", "lasting")})
    below = [("grade", "<=", 0), ("grade", ">=", -(2**31)), ("language", ">", 2**31 - 2)]
    yield "extremes", present({"data": ([], below)}, grade=str(1 - 2**31), language=str(2**31 - 1))
    yield "negative and hidden", present({"data": (["language"], [])}, grade="-7")
    yield "large values", present({"data": (["grade"], dates)}, grade=LARGE, evidence_digest=LARGE)


def numbers(presentation: Json) -> Any:
    return parse_presentation(UnverifiedPresentation(presentation))


def unsound(presentation: Json) -> Any:
    found = find_unsound(numbers(presentation))
    return None if found is None else dict(found.evidence)


@cache
def real() -> Json:
    return presentation_of(load("valid", "one-competency"))


def test_every_honest_proof_is_sound_and_no_bound_is_wider_than_it_must_be() -> None:
    widest = dict.fromkeys(BITS, 0)
    counted = 0
    for name, each in every_honest_one():
        assert unsound(each) is None, name
        assert listed(each["proof"]) == each["proof"]["aggregated_proof"]["c_list"]
        counted += 1
        for sub_proof in numbers(each).sub_proofs:
            for kind, found in sub_proof.numbers.responses.items():
                widest[kind] = max(widest[kind], *(one.bit_length() for one in found), 0)
    assert counted > 70
    assert {kind: BITS[kind] - found for kind, found in widest.items()} == dict.fromkeys(BITS, 1)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from([*PLACES]), st.integers(0, 2**300), st.booleans())
def test_a_number_outside_what_is_honest_is_refused(kind: str, beyond: int, below: bool) -> None:
    changed = copy.deepcopy(real())
    at: Any = changed["proof"]["proofs"][0]["primary_proof"]
    *steps, last = PLACES[kind]
    for step in steps:
        at = at[step]
    at[last] = str(-beyond - 1 if below else 2 ** BITS.get(kind, 2_050) + beyond)
    changed["proof"]["aggregated_proof"]["c_list"] = listed(changed["proof"])
    assert unsound(changed) == {"credential": 0, "number": kind}


@pytest.mark.parametrize("number", ["0", "1", "-1"])
def test_a_commitment_to_nothing_is_refused(number: str) -> None:
    changed = copy.deepcopy(real())
    equality = changed["proof"]["proofs"][0]["primary_proof"]["eq_proof"]
    equality["a_prime"] = number
    assert unsound(changed) == {"credential": 0, "number": "commitment"}


@pytest.mark.parametrize("number", [str(2**256), "-1"])
def test_a_challenge_that_is_no_hash_is_refused(number: str) -> None:
    changed = copy.deepcopy(real())
    changed["proof"]["aggregated_proof"]["c_hash"] = number
    assert unsound(changed) == {"number": "c_hash"}


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_what_was_hashed_is_every_commitment_and_nothing_else(data: st.DataObject) -> None:
    changed = copy.deepcopy(real())
    found = changed["proof"]["aggregated_proof"]["c_list"]
    place = data.draw(st.integers(0, len(found) - 1))
    match data.draw(
        st.sampled_from(["bit", "left out", "twice", "more", "moved", "zero", "joined"])
    ):
        case "bit":
            at = data.draw(st.integers(0, len(found[place]) - 1))
            found[place][at] ^= 1 << data.draw(st.integers(0, 7))
        case "left out":
            del found[place]
        case "twice":
            found.insert(place, found[place])
        case "more":
            found.append(data.draw(st.lists(st.integers(0, 255), max_size=3)))
        case "moved":
            other = (place + data.draw(st.integers(1, len(found) - 1))) % len(found)
            found[place], found[other] = found[other], found[place]
        case "zero":
            found[place].insert(0, 0)
        case "joined":
            found[place - 1 :] = [[each for one in found[place - 1 :] for each in one] + [0]]
    assert "hashed" in unsound(changed)


@pytest.mark.parametrize("name", ["e", "d", "a", "g", "w", "s", "u"])
def test_another_point_is_refused_and_the_same_one_written_otherwise_is_not(name: str) -> None:
    changed = copy.deepcopy(real())
    points = changed["proof"]["proofs"][0]["non_revoc_proof"]["c_list"]
    coordinates = [int(each, 16) for each in points[name].split(" ")[1::2]]

    def write(numbers: list[int]) -> None:
        points[name] = " ".join(f"1 {each % FIELD:064X}" for each in numbers)

    write([3 * each for each in coordinates])
    assert unsound(changed) is None
    for place in range(len(coordinates)):
        write([each + (at == place) for at, each in enumerate(coordinates)])
        assert "hashed" in unsound(changed)
    write([0] * len(coordinates))
    assert "hashed" in unsound(changed)


@pytest.mark.parametrize("name", ["two-from-one-credential", "two-from-two-registries"])
def test_every_sub_proof_is_looked_at(name: str) -> None:
    """The last one of a presentation too."""
    changed = copy.deepcopy(load("presentations", name))
    assert unsound(changed) is None
    last = len(changed["proof"]["proofs"]) - 1
    equality = changed["proof"]["proofs"][last]["primary_proof"]["eq_proof"]
    equality["a_prime"] = str(int(equality["a_prime"]) - 1)
    assert "hashed" in unsound(changed)
    equality["e"] = str(2 ** BITS["e"])
    assert unsound(changed) == {"credential": last, "number": "e"}


LENIENT = (
    "007",
    "+5",
    "-0",
    "--5",
    " 5",
    "5 ",
    "5\n",
    "5x",
    "1_0",
    "1e3",
    "0x5",
    "٥",
    "9" * 1_001,
    [5],
)


@pytest.mark.parametrize("written", LENIENT, ids=repr)
def test_a_number_is_read_in_one_way_only(written: object) -> None:
    changed = copy.deepcopy(real())
    changed["proof"]["proofs"][0]["primary_proof"]["eq_proof"]["v"] = written
    with pytest.raises(InvalidInput):
        numbers(changed)


@pytest.mark.parametrize("written", [[256], [-1], [True], ["1"], [1.0], "AQ==", None, {}], ids=repr)
def test_what_was_hashed_is_bytes(written: object) -> None:
    changed = copy.deepcopy(real())
    changed["proof"]["aggregated_proof"]["c_list"][3] = written
    with pytest.raises(InvalidInput):
        numbers(changed)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "4 0",
        f"0 {1:064X}",
        f"4 {4 * FIELD:064X}",
        f"4 {1:064x} ",
        f"4  {1:063X}",
        f"1000 {1:064X}",
    ],
)
def test_a_point_is_read_in_one_way_only(written: str) -> None:
    changed = copy.deepcopy(real())
    points = changed["proof"]["proofs"][0]["non_revoc_proof"]["c_list"]
    points["g"] = " ".join([written, *points["g"].split(" ")[2:]])
    with pytest.raises(InvalidInput):
        numbers(changed)


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ((), "m2"),
        (("aggregated_proof",), "x"),
        (("proofs", 0), "x"),
        (("proofs", 0, "primary_proof"), "ne_proofs"),
        (("proofs", 0, "primary_proof", "eq_proof"), "m1"),
        (("proofs", 0, "primary_proof", "ge_proofs", 0), "x"),
        (("proofs", 0, "primary_proof", "ge_proofs", 0, "u"), "DELTA"),
        (("proofs", 0, "primary_proof", "ge_proofs", 0, "r"), "4"),
        (("proofs", 0, "primary_proof", "ge_proofs", 0, "t"), "delta"),
        (("proofs", 0, "primary_proof", "ge_proofs", 0, "predicate"), "x"),
        (("proofs", 0, "non_revoc_proof"), "x"),
        (("proofs", 0, "non_revoc_proof", "x_list"), "m2"),
        (("proofs", 0, "non_revoc_proof", "c_list"), "x"),
    ],
    ids=str,
)
def test_a_member_that_nobody_knows_is_refused(place: tuple[Any, ...], name: str) -> None:
    """The library takes ``m1`` for the link secret, and took ``m2`` for what ties the status."""
    changed = copy.deepcopy(real())
    at: Any = changed["proof"]
    for step in place:
        at = at[step]
    at[name] = "5"
    with pytest.raises(InvalidInput):
        numbers(changed)


def test_the_check_says_what_it_found_in_both_languages() -> None:
    scenario = Scenario()
    assert check_proof_sound(scenario.facts()).outcome is Outcome.VALID

    def bend(answered: Json) -> None:
        answered["proof"]["aggregated_proof"]["c_list"].pop()

    found = check_proof_sound(scenario.facts(bend))
    assert (found.id, found.outcome, found.subject) == ("proof-sound", Outcome.INVALID, "")
    assert "never have been signed" in found.reason.en
    assert "jamais été signé" in found.reason.fr
