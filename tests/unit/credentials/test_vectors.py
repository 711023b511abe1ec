"""The test vectors: judged from their files on the whole way, and made again to mean the same."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from acquis.credentials.basis import parse_basis, recompute
from acquis.credentials.verify import CHECK_IDS
from support.vector_agent import Agents, Published
from support.vector_generator import make_files, meaning
from support.vectors import (
    FOLDER,
    KINDS,
    Mirrors,
    judge,
    load,
    load_vectors,
    names,
    presentation_of,
)

VECTORS = load_vectors()
BY_ID = {vector["id"]: vector for vector in VECTORS}
OF_KIND = {kind: names(kind) for kind in KINDS}
OUTCOMES = {"valid": "accepted", "invalid": "refused", "indeterminate": "could-not-tell"}

LEFT_OPEN_BY_DOCUMENTS = {"assessed", "quality-assured", "competency"}
LEFT_OPEN_BY_DEFINITION = LEFT_OPEN_BY_DOCUMENTS | {"not-revoked", "issuer-recognised"}
FOLLOWS = {
    # What the agent refused was not proved to stand by the revocation list either.
    "agent-verdict": {"not-revoked"},
    # A revoked credential shows itself by the agent's refusal alone.
    "not-revoked": {"agent-verdict", "agent-warnings", "issuer-recognised"},
    # What is missing has no credential of which anything could be said; ACA-Py may remark it, and
    # only what was asked of anybody can be typed by the holder.
    "all-answered": {"agent-warnings", "asked-credential"},
    "one-credential": {"mirror-age", "issuer-identity", "issuer-documents", "asked-credential"}
    | LEFT_OPEN_BY_DEFINITION,
    "issuer-identity": {"issuer-documents"} | LEFT_OPEN_BY_DEFINITION,
    "issuer-documents": LEFT_OPEN_BY_DEFINITION,
    # A level that is no number is covered by no entitlement.
    "competency": {"issuer-recognised"},
    "trust-list": {"issuer-recognised"},
}
"""What cannot hold where a check does not, for the same reason; nothing else may go with it."""


@pytest.fixture(scope="module")
def mirrors(tmp_path_factory: pytest.TempPathFactory) -> Mirrors:
    return Mirrors(tmp_path_factory.mktemp("worlds"))


@pytest.fixture(scope="module")
def agents() -> Agents:
    return Agents(Published.of(load("worlds", name) for name in names("worlds")))


@pytest.mark.parametrize("name", BY_ID)
def test_each_vector_is_judged_as_it_says_and_the_same_again_from_its_basis(
    name: str, mirrors: Mirrors
) -> None:
    vector = BY_ID[name]
    judged = judge(vector, mirrors.of(vector["world"]))
    expected = vector["expected"]
    assert judged.not_valid == expected["not_valid"]
    assert judged.outcome == expected["outcome"]
    if expected["named"] is not None:
        assert expected["named"] in judged.decision.because
    if judged.basis is not None:
        kept = json.loads(json.dumps(judged.basis.parts()))
        report, decision = recompute(parse_basis(kept))
        assert report.json() == judged.report.json()
        assert decision == judged.decision


def test_the_agents_still_say_what_stands_beside_each_vector(agents: Agents) -> None:
    for vector in VECTORS:
        if vector["alone"] is None:
            assert "presentation_text" in vector
            continue
        against = vector["answered"] or vector["proof_request"]
        alone = agents.ask(against, presentation_of(vector))
        assert alone == vector["alone"], vector["id"]
        told = {name: vector["agent"][name] for name in ("verified", "warnings")}
        if vector["agent"]["by"] == "acapy":
            assert told == alone["acapy"], vector["id"]
        elif vector["agent"]["by"] == "library":
            assert told == {"verified": alone["library"], "warnings": []}, vector["id"]


def test_every_valid_vector_rests_on_what_acapy_really_says() -> None:
    for name in OF_KIND["valid"]:
        assert BY_ID[name]["agent"]["by"] == "acapy"
        assert BY_ID[name]["alone"]["library"] is True
        assert BY_ID[name]["alone"]["acapy"]["verified"] is True


def test_made_again_the_vectors_mean_the_same() -> None:
    made = make_files(ask_agents=False)
    kept = {
        str(file.relative_to(FOLDER)): json.loads(file.read_bytes())
        for kind in (*KINDS, "worlds", "presentations")
        for file in (FOLDER / kind).iterdir()
    }
    assert made.keys() == kept.keys()
    for path, content in made.items():
        found = kept[path]
        if path.startswith("worlds/"):
            assert found == content, path
            continue
        said = {} if "alone" in content else {name: found[name] for name in _said(path)}
        assert meaning(found) == meaning({**content, **said}), path


def _said(path: str) -> tuple[str, ...]:
    """Return the members that hold what the agents say, which the test above asks them."""
    return () if path.startswith("presentations/") else ("agent", "alone")


def test_each_is_of_the_form_that_is_described() -> None:
    schema = json.loads((FOLDER / "vector.schema.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for kind in KINDS:
        for name in OF_KIND[kind]:
            vector = BY_ID[name]
            assert [error.message for error in validator.iter_errors(vector)] == [], name
            assert vector["id"] == name
            assert vector["expected"]["outcome"] == OUTCOMES[kind]
            assert (vector["expected"]["named"] is None) == (kind == "valid")
            assert (vector["harm"] is None) == (vector["wrong"] is None) == (kind == "valid")


def test_there_are_enough_no_two_are_called_alike_and_each_check_is_named() -> None:
    ids = Counter(name for kind in KINDS for name in OF_KIND[kind])
    assert [name for name, count in ids.items() if count > 1] == []
    assert len(VECTORS) == len(BY_ID) >= 60
    titles = Counter(vector["title"]["en"] for vector in VECTORS)
    assert [title for title, count in titles.items() if count > 1] == []
    named = {vector["expected"]["named"] for vector in VECTORS} - {None}
    assert named == set(CHECK_IDS)


def test_an_invalid_vector_fails_by_its_named_check_and_by_what_follows_from_it_only() -> None:
    for vector in VECTORS:
        expected = vector["expected"]
        named = expected["named"]
        if named is None:
            continue
        found = _by_check(expected["not_valid"])
        wanted = "invalid" if expected["outcome"] == "refused" else "indeterminate"
        assert wanted in found[named], vector["id"]
        assert found.keys() - {named} <= FOLLOWS.get(named, set()), vector["id"]


def test_most_invalid_vectors_are_wrong_in_one_check_alone() -> None:
    red = [
        [
            check
            for check, found in _by_check(BY_ID[name]["expected"]["not_valid"]).items()
            if "invalid" in found
        ]
        for name in OF_KIND["invalid"]
    ]
    assert sum(len(checks) == 1 for checks in red) >= 0.9 * len(red)


def test_what_an_agent_alone_would_accept_is_among_what_is_refused_here() -> None:
    accepted = [
        name
        for name in OF_KIND["invalid"]
        if BY_ID[name]["alone"] and BY_ID[name]["alone"]["acapy"]["verified"]
    ]
    assert {
        "revoked-proved-by-an-old-list",
        "comparison-turned-round",
        "one-competency-from-two-people",
        "left-unrevealed-remarked",
        "self-attested",
        "two-names",
        "signature-from-nothing",
        "computed-backwards",
        "two-people-one-computed-secret",
        "passed-on-by-another-verifier",
        "link-secret-under-an-older-name",
        "number-that-is-read-in-two-ways",
    } <= set(accepted)


def test_the_keys_say_that_they_are_for_tests_and_nothing_is_too_large() -> None:
    for file in (FOLDER / "keys").glob("*.json"):
        assert json.loads(file.read_bytes())["warning"].startswith("Test keys")
        assert file.name.endswith(".test-keys.json")
    assert sum(file.stat().st_size for file in FOLDER.rglob("*") if file.is_file()) < 3_100_000


def _by_check(not_valid: dict[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, outcome in not_valid.items():
        found.setdefault(name.partition("/")[0], set()).add(outcome)
    return found
