"""The log of a DID: built so that it verifies, and refused when anything in it was changed."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from did_webvh.askar import AskarSigningKey
from did_webvh.core.proof import di_jcs_sign
from hypothesis import given
from hypothesis import strategies as st

from acquis.registry.did_log import (
    MAX_LINES,
    build_genesis,
    build_next_entry,
    key_commitment,
    parse_did,
    verify_did_log,
)
from acquis.registry.keys import SigningKey
from acquis.registry.rules import Rule, RuleBroken
from support.mutants import mutants
from support.registry import HOST, Issuer, seeded_key

ISSUER = Issuer(created=datetime(2026, 1, 1, tzinfo=UTC))
KEYS = [ISSUER.next, seeded_key("key 3"), seeded_key("key 4"), seeded_key("key 5")]
SECOND = build_next_entry(
    ISSUER.log.encode(), KEYS[0], KEYS[1], created=datetime(2026, 2, 1, tzinfo=UTC)
)
THIRD = build_next_entry(
    SECOND.encode(), KEYS[1], KEYS[2], created=datetime(2026, 3, 1, tzinfo=UTC)
)


def refusal_of(log: str | bytes, did: str = ISSUER.did, **facts: Any) -> Rule:
    raw = log.encode() if isinstance(log, str) else log
    with pytest.raises(RuleBroken) as refusal:
        verify_did_log(did, raw, **facts)
    assert refusal.value.says.en
    assert refusal.value.says.fr
    return refusal.value.rule


def test_a_new_log_verifies_and_lists_the_attest_key() -> None:
    document = verify_did_log(ISSUER.did, ISSUER.log.encode())
    assert document.version_number == 1
    assert document.assertion_keys() == {ISSUER.method: ISSUER.attest.multikey}
    assert document.updated == datetime(2026, 1, 1, tzinfo=UTC)
    assert not document.deactivated
    assert document.document["id"] == ISSUER.did
    first = json.loads(ISSUER.log)
    assert first["parameters"]["nextKeyHashes"] == [key_commitment(ISSUER.next.multikey)]
    assert first["parameters"]["updateKeys"] == [ISSUER.update.multikey]


def test_the_parts_of_a_did() -> None:
    parts = parse_did(ISSUER.did)
    assert (parts.host, parts.path, parts.folder) == (HOST, ("univ", "demo"), "univ/demo")
    assert str(parts) == ISSUER.did


def test_a_document_cannot_be_changed_by_its_reader() -> None:
    document = verify_did_log(ISSUER.did, ISSUER.log.encode())
    document.document["assertionMethod"].clear()
    document.assertion_keys().clear()
    assert document.document["assertionMethod"] == [ISSUER.method]
    assert document.assertion_keys()


def test_a_longer_log_verifies_to_its_last_version() -> None:
    document = verify_did_log(ISSUER.did, THIRD.encode())
    assert document.version_number == 3
    assert [each.split("-")[0] for each in document.version_ids] == ["1", "2", "3"]
    assert document.version_id == document.version_ids[-1]
    assert document.created == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_rotated_attest_key_is_listed_beside_the_old_one() -> None:
    fresh = seeded_key("fresh attest")
    document = ISSUER.document.document
    method = {
        "id": f"{ISSUER.did}#{fresh.multikey}",
        "type": "Multikey",
        "controller": ISSUER.did,
        "publicKeyMultibase": fresh.multikey,
    }
    document["verificationMethod"].append(method)
    document["assertionMethod"].append(method["id"])
    log = build_next_entry(ISSUER.log.encode(), KEYS[0], KEYS[1], document)
    keys = verify_did_log(ISSUER.did, log.encode()).assertion_keys()
    assert set(keys.values()) == {ISSUER.attest.multikey, fresh.multikey}


@pytest.mark.parametrize(
    "change",
    [
        {"controller": "did:web:elsewhere.example"},
        {"type": "JsonWebKey2020"},
        {"publicKeyMultibase": seeded_key("other").multikey},
        {"publicKeyMultibase": 5},
        {"id": "#key"},
    ],
)
def test_a_key_that_is_not_plainly_the_dids_own_does_not_attest(change: dict[str, Any]) -> None:
    document = ISSUER.document.document
    document["verificationMethod"][0] |= change
    document["assertionMethod"] = [document["verificationMethod"][0]["id"]]
    log = build_next_entry(ISSUER.log.encode(), KEYS[0], KEYS[1], document)
    assert verify_did_log(ISSUER.did, log.encode()).assertion_keys() == {}


def test_a_key_for_another_purpose_does_not_attest() -> None:
    document = ISSUER.document.document
    document["assertionMethod"] = []
    log = build_next_entry(ISSUER.log.encode(), KEYS[0], KEYS[1], document)
    assert verify_did_log(ISSUER.did, log.encode()).assertion_keys() == {}


def test_it_may_be_called_from_a_running_loop_and_from_threads() -> None:
    log = THIRD.encode()

    async def within() -> int:
        return verify_did_log(ISSUER.did, log).version_number

    assert asyncio.run(within()) == 3
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda _: verify_did_log(ISSUER.did, log).version_number, range(8))
        assert set(found) == {3}


def test_a_shorter_log_than_remembered_is_refused() -> None:
    assert refusal_of(SECOND, remembered_version=3) is Rule.LOG_ROLLBACK
    assert verify_did_log(ISSUER.did, THIRD.encode(), remembered_version=3).version_number == 3


def test_a_forked_log_is_refused_even_when_it_is_longer() -> None:
    remembered = verify_did_log(ISSUER.did, SECOND.encode())
    fork = build_next_entry(
        ISSUER.log.encode(), KEYS[0], KEYS[3], created=datetime(2026, 2, 2, tzinfo=UTC)
    )
    longer = build_next_entry(fork.encode(), KEYS[3], KEYS[2])
    assert verify_did_log(ISSUER.did, longer.encode()).version_number == 3
    facts = {"remembered_version": 2, "remembered_version_id": remembered.version_id}
    assert refusal_of(longer, **facts) is Rule.LOG_ROLLBACK
    assert verify_did_log(ISSUER.did, THIRD.encode(), None, 2, remembered.version_id)


def test_a_deactivated_did_has_no_keys_and_stays_deactivated() -> None:
    ended = build_next_entry(SECOND.encode(), KEYS[1], KEYS[2], deactivate=True)
    document = verify_did_log(ISSUER.did, ended.encode())
    assert document.deactivated
    assert document.assertion_keys() == {}
    lines = ended.splitlines()
    entry = json.loads(lines[-1])
    entry["parameters"]["deactivated"] = False
    revived = build_next_entry(ended.encode(), KEYS[2], KEYS[3])
    assert refusal_of(revived) is Rule.LOG_DEACTIVATED


def test_an_update_key_that_was_not_committed_to_is_refused() -> None:
    assert refusal_of(build_next_entry(SECOND.encode(), KEYS[3], KEYS[2])) is Rule.LOG_CHAIN
    assert refusal_of(build_next_entry(SECOND.encode(), KEYS[0], KEYS[2])) is Rule.LOG_CHAIN


@pytest.mark.parametrize(
    ("log", "rule"),
    [
        ("", Rule.LOG_FORM),
        ("\n", Rule.LOG_FORM),
        ("\n" + ISSUER.log, Rule.LOG_FORM),
        (ISSUER.log + "\n", Rule.LOG_FORM),
        (ISSUER.log.replace("\n", "\r\n"), Rule.LOG_FORM),
        ("{}\n", Rule.LOG_FORM),
        ("[]\n", Rule.LOG_FORM),
        ("{\n", Rule.JSON),
        ("\xff", Rule.JSON),
        (ISSUER.log[:-2], Rule.JSON),
        (ISSUER.log.replace('"versionId"', '"versionId": "x", "versionId"'), Rule.JSON),
        ("\n".join(THIRD.splitlines()[1:]) + "\n", Rule.LOG_CHAIN),
        ("\n".join(THIRD.splitlines()[::2]) + "\n", Rule.LOG_CHAIN),
        (THIRD + THIRD, Rule.LOG_CHAIN),
        (ISSUER.log * (MAX_LINES + 1), Rule.SIZE),
        ("x" * (256 * 1024 + 1), Rule.SIZE),
        ("x" * (5 * 1024 * 1024 + 1), Rule.SIZE),
    ],
)
def test_a_log_of_another_form_is_refused(log: str, rule: Rule) -> None:
    assert refusal_of(log) is rule


def test_a_log_for_another_did_is_refused() -> None:
    other = Issuer(folder="univ/other")
    assert refusal_of(other.log) is Rule.LOG_FORM
    moved = ISSUER.log.replace("univ:demo", "univ:other")
    assert refusal_of(moved, ISSUER.did.replace("univ:demo", "univ:other")) is Rule.LOG_CHAIN


@pytest.mark.parametrize(
    "did",
    [
        "",
        "did:web:registry.acquis.example",
        "did:webvh:short:registry.acquis.example:univ:demo",
        "did:webvh:{scid}:localhost:univ:demo",
        "did:webvh:{scid}:127.0.0.1:univ:demo",
        "did:webvh:{scid}:registry.acquis.example%3A8040:univ:demo",
        "did:webvh:{scid}:r.acquis.example:univ:demo",
        "did:webvh:{scid}:Registry.acquis.example:univ:demo",
        "did:webvh:{scid}:registry.acquis.example",
        "did:webvh:{scid}:registry.acquis.example:univ",
        "did:webvh:{scid}:registry.acquis.example:univ:demo:more",
        "did:webvh:{scid}:registry.acquis.example:..:demo",
        "did:webvh:{scid}:registry.acquis.example:univ:%2e%2e",
        "did:webvh:{scid}:registry.acquis.example:univ:a/b",
        "did:webvh:{scid}:registry.acquis.example:univ:demo\n",
        "did:webvh:{scid}:registry.acquis.example:univ:-demo",
        "did:webvh:{scid}:registry.acquis.example:univ:démo",
        None,
    ],
)
def test_a_did_of_another_form_is_refused(did: str | None) -> None:
    with pytest.raises(RuleBroken) as refusal:
        parse_did(did.replace("{scid}", "Qm" + "a" * 44) if did else did)  # type: ignore[arg-type]
    assert refusal.value.rule is Rule.DID_FORM


@pytest.mark.parametrize("number", [0, 1, 2])
def test_no_mutant_of_an_entry_is_accepted(number: int) -> None:
    lines = THIRD.splitlines()
    tried = 0
    for mutant in mutants(json.loads(lines[number])):
        raw = json.dumps(mutant)
        refusal_of("\n".join([*lines[:number], raw, *lines[number + 1 :]]) + "\n")
        tried += 1
    assert tried > 60


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_and_never_crash(raw: bytes) -> None:
    refusal_of(raw)


@given(st.integers(0, len(THIRD) - 1), st.integers(1, 255))
def test_a_log_with_one_byte_changed_never_says_something_else(place: int, change: int) -> None:
    raw = bytearray(THIRD.encode())
    raw[place] ^= change
    try:
        found = verify_did_log(ISSUER.did, bytes(raw))
    except RuleBroken:
        return
    assert found == verify_did_log(ISSUER.did, THIRD.encode())  # a space became another space


def test_a_genesis_is_only_built_for_what_can_be_published() -> None:
    for host, folder, attest in (
        ("localhost", "univ/demo", ISSUER.attest.multikey),
        (HOST, "demo", ISSUER.attest.multikey),
        (HOST, "../demo", ISSUER.attest.multikey),
        (HOST, "univ/demo", "z123"),
    ):
        with pytest.raises(RuleBroken):
            build_genesis(host, folder, ISSUER.update, ISSUER.next, attest)


class TestWitnesses:
    """A DID that names two of three witnesses; the library checks their proofs."""

    witnesses = [seeded_key(f"witness {number}") for number in range(3)]  # noqa: RUF012

    def witnessed(self) -> str:
        parameters = {
            "witness": {
                "threshold": 2,
                "witnesses": [{"id": f"did:key:{each.multikey}"} for each in self.witnesses],
            }
        }
        return build_next_entry(ISSUER.log.encode(), KEYS[0], KEYS[1], parameters=parameters)

    def signed_by(self, log: str, keys: list[SigningKey]) -> bytes:
        version = verify_unwitnessed(log)
        entry: dict[str, Any] = {"versionId": version}
        proofs = [
            di_jcs_sign(entry, AskarSigningKey.from_secret_bytes("ed25519", key.seed))
            for key in keys
        ]
        return json.dumps([{**entry, "proof": proofs}]).encode()

    def test_enough_of_them_are_needed_once_the_rule_is_in_force(self) -> None:
        log = build_next_entry(self.witnessed().encode(), KEYS[1], KEYS[2])
        assert refusal_of(log) is Rule.WITNESS
        assert refusal_of(log, witness=b"[]") is Rule.WITNESS
        one = self.signed_by(log, self.witnesses[:1])
        assert refusal_of(log, witness=one) is Rule.WITNESS
        stranger = self.signed_by(log, [self.witnesses[0], seeded_key("stranger")])
        assert refusal_of(log, witness=stranger) is Rule.WITNESS
        enough = self.signed_by(log, self.witnesses[1:])
        assert verify_did_log(ISSUER.did, log.encode(), enough).version_number == 3

    def test_a_proof_for_another_version_does_not_count(self) -> None:
        second = self.witnessed()
        log = build_next_entry(second.encode(), KEYS[1], KEYS[2])
        early = self.signed_by(second, self.witnesses)
        assert refusal_of(log, witness=early) is Rule.WITNESS


def verify_unwitnessed(log: str) -> str:
    version: str = json.loads(log.splitlines()[-1])["versionId"]
    return version
