"""A DID with witnesses, two of three: through the reader, the host and the mirror alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from acquis.errors import NotFound
from acquis.registry.did_log import build_genesis, build_next_entry, verify_did_log
from acquis.registry.rules import Rule, RuleBroken
from registry_host.approvals import MOST_AHEAD
from registry_host.files import write_whole
from registry_host.waiting_proofs import MOST_BYTES, MOST_FILES
from support.registry import Issuer, RegistryServer, put, running_registry, seeded_key
from support.witnesses import (
    WitnessedIssuer,
    approve,
    spoil,
    version_ids,
    witness_did,
    witness_file,
)

_NUMBERS = count(1)
STRANGER = seeded_key("stranger-witness")


@pytest.fixture
def witnessed() -> WitnessedIssuer:
    return WitnessedIssuer(folder=f"univ/witnessed-{next(_NUMBERS)}")


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[RegistryServer]:
    with running_registry(tmp_path) as running:
        yield running


def proofs(case: str, issuer: WitnessedIssuer, version_id: str) -> list[dict[str, str]]:
    first, second, third = issuer.approvals(version_id)
    stranger = approve(STRANGER, version_id)
    return {
        "none": [],
        "one": [first],
        "two": [first, third],
        "three": [first, second, third],
        "one of two is badly signed": [first, spoil(second)],
        "two of three are badly signed": [spoil(first), second, spoil(third)],
        "a stranger makes the second": [first, stranger],
        "strangers only": [stranger, approve(seeded_key("another"), version_id)],
        "the same twice": [first, approve(issuer.witnesses[0], version_id)],
        "two, and a bad one and a stranger beside": [spoil(first), second, third, stranger],
        "for another version": issuer.approvals("1-QmbBYRkvJBNMR5Qpf9Nu7wSEa3VjnYXZqH8JgnZXJ7uDQp"),
    }[case]


ENOUGH = ("two", "three", "two, and a bad one and a stranger beside")
TOO_FEW = (
    "none",
    "one",
    "one of two is badly signed",
    "two of three are badly signed",
    "a stranger makes the second",
    "strangers only",
    "the same twice",
    "for another version",
)


@pytest.mark.parametrize("case", [*ENOUGH, *TOO_FEW])
def test_two_of_three_through_reader_host_and_mirror(
    server: RegistryServer, witnessed: WitnessedIssuer, case: str
) -> None:
    version_id = version_ids(witnessed.log)[0]
    raw = witness_file((version_id, proofs(case, witnessed, version_id)))
    folder, log = witnessed.folder, witnessed.log.encode()
    server.grants.grant(folder)
    mirror = server.mirror()
    with server.client() as client:
        assert client.put(f"/{folder}/did-witness.json", content=raw).status_code == 201
        answer = client.put(f"/{folder}/did.jsonl", content=log)
        if case in ENOUGH:
            assert answer.status_code == 201, answer.text
            assert verify_did_log(witnessed.did, log, raw).version_number == 1
            mirror.refresh()
            assert mirror.resolve_did(witnessed.did).version_number == 1
            assert put(client, witnessed.schema()).status_code == 201
            return
        assert (answer.status_code, answer.json()["rule"]) == (422, Rule.WITNESS)
        assert client.get(f"/{folder}/did.jsonl").status_code == 404
    with pytest.raises(RuleBroken) as refusal:
        verify_did_log(witnessed.did, log, raw)
    assert refusal.value.rule is Rule.WITNESS
    mirror.refresh()
    with pytest.raises(NotFound):
        mirror.resolve_did(witnessed.did)


def test_without_a_witness_file_a_witnessed_log_is_refused_and_taken_once_it_is_there(
    server: RegistryServer, witnessed: WitnessedIssuer
) -> None:
    folder = witnessed.folder
    server.grants.grant(folder)
    version_id = version_ids(witnessed.log)[0]
    with server.client() as client:
        refused = client.put(f"/{folder}/did.jsonl", content=witnessed.log)
        assert (refused.status_code, refused.json()["rule"]) == (422, Rule.WITNESS)
        few = witness_file((version_id, witnessed.approvals(version_id, 1)))
        assert client.put(f"/{folder}/did-witness.json", content=few).status_code == 201
        assert client.put(f"/{folder}/did.jsonl", content=witnessed.log).status_code == 422
        enough = witness_file((version_id, witnessed.approvals(version_id, 2)))
        assert client.put(f"/{folder}/did-witness.json", content=enough).status_code == 201
        assert client.put(f"/{folder}/did-witness.json", content=enough).status_code == 200
        assert client.put(f"/{folder}/did.jsonl", content=witnessed.log).status_code == 201


def test_proofs_ahead_of_the_next_entry_are_taken_and_the_mirror_follows(
    server: RegistryServer, witnessed: WitnessedIssuer
) -> None:
    folder = witnessed.folder
    server.grants.grant(folder)
    first = version_ids(witnessed.log)[0]
    approved = (first, witnessed.approvals(first))
    longer = build_next_entry(witnessed.log.encode(), witnessed.next, seeded_key("following"))
    second = version_ids(longer)[1]
    mirror = server.mirror()
    with server.client() as client:

        def put_proofs(*entries: tuple[str, list[dict[str, str]]]) -> int:
            raw = witness_file(*entries)
            return client.put(f"/{folder}/did-witness.json", content=raw).status_code

        assert put_proofs(approved) == 201
        assert client.put(f"/{folder}/did.jsonl", content=witnessed.log).status_code == 201
        mirror.refresh()
        assert client.put(f"/{folder}/did.jsonl", content=longer).status_code == 422
        # the proofs of the standing version cannot be dropped before the entry is there
        assert put_proofs((second, witnessed.approvals(second))) == 422
        assert put_proofs(approved, (second, witnessed.approvals(second, 2))) == 200
        mirror.refresh()
        assert mirror.resolve_did(witnessed.did).version_number == 1
        assert client.put(f"/{folder}/did.jsonl", content=longer).status_code == 200
        assert put_proofs((second, witnessed.approvals(second, 2))) == 200
        mirror.refresh()
        assert mirror.resolve_did(witnessed.did).version_number == 2


def test_a_mirror_that_slept_gets_the_entry_and_its_proofs_together(
    server: RegistryServer, witnessed: WitnessedIssuer
) -> None:
    folder = witnessed.folder
    server.grants.grant(folder)
    first = version_ids(witnessed.log)[0]
    approved = (first, witnessed.approvals(first))
    longer = build_next_entry(witnessed.log.encode(), witnessed.next, seeded_key("following"))
    second = version_ids(longer)[1]
    following = (second, witnessed.approvals(second))
    mirror = server.mirror()
    with server.client() as client:
        assert client.put(f"/{folder}/did-witness.json", content=witness_file(approved)).is_success
        assert client.put(f"/{folder}/did.jsonl", content=witnessed.log).is_success
        mirror.refresh()
        both = witness_file(approved, following)
        assert client.put(f"/{folder}/did-witness.json", content=both).is_success
        assert client.put(f"/{folder}/did.jsonl", content=longer).is_success
        only = witness_file(following)
        assert client.put(f"/{folder}/did-witness.json", content=only).is_success
    done = mirror.refresh()
    assert not any(path.startswith(folder) for path, _ in done.refused)
    assert mirror.resolve_did(witnessed.did).version_number == 2


def test_no_witness_file_makes_a_standing_log_unverifiable(
    server: RegistryServer, witnessed: WitnessedIssuer
) -> None:
    folder = witnessed.folder
    server.grants.grant(folder)
    version_id = version_ids(witnessed.log)[0]
    good = witness_file((version_id, witnessed.approvals(version_id, 2)))
    with server.client() as client:
        assert client.put(f"/{folder}/did-witness.json", content=good).is_success
        assert client.put(f"/{folder}/did.jsonl", content=witnessed.log).is_success
        for bad in (
            b"[]",
            witness_file((version_id, witnessed.approvals(version_id, 1))),
            witness_file((version_id, [spoil(each) for each in witnessed.approvals(version_id)])),
            witness_file((version_id, [approve(STRANGER, version_id)])),
        ):
            answer = client.put(f"/{folder}/did-witness.json", content=bad)
            assert (answer.status_code, answer.json()["rule"]) == (422, Rule.WITNESS)
        assert client.get(f"/{folder}/did-witness.json").content == good
        assert put(client, witnessed.schema()).is_success


def test_a_mirror_keeps_the_witness_file_without_which_its_log_would_not_hold(
    own_server: RegistryServer, witnessed: WitnessedIssuer
) -> None:
    """The host itself drops the proofs, and signs for it."""
    server, folder = own_server, witnessed.folder
    server.grants.grant(folder)
    version_id = version_ids(witnessed.log)[0]
    good = witness_file((version_id, witnessed.approvals(version_id, 2)))
    with server.client() as client:
        assert client.put(f"/{folder}/did-witness.json", content=good).is_success
        assert client.put(f"/{folder}/did.jsonl", content=witnessed.log).is_success
    mirror = server.mirror()
    mirror.refresh()
    server.stop()
    (server.settings.public / folder / "did-witness.json").write_bytes(b"[]")
    server.start()  # what stands is signed again at the start
    done = mirror.refresh()
    assert (f"{folder}/did-witness.json", str(Rule.WITNESS)) in done.refused
    assert mirror.resolve_did(witnessed.did).version_number == 1


def test_witnesses_named_by_a_later_entry_count_from_the_one_after(
    server: RegistryServer, witnessed: WitnessedIssuer
) -> None:
    """did:webvh v1.0: the rule in force is that of the entry before; the genesis has its own."""
    folder = witnessed.folder
    server.grants.grant(folder)
    did, bare = build_genesis(
        witnessed.host, folder, witnessed.update, witnessed.next, witnessed.attest.multikey
    )
    keys = [seeded_key(f"later-{n}") for n in range(2)]
    naming = build_next_entry(bare.encode(), witnessed.next, keys[0], parameters=witnessed.rule)
    after = build_next_entry(naming.encode(), keys[0], keys[1])
    third = version_ids(after)[2]
    with server.client() as client:
        assert client.put(f"/{folder}/did.jsonl", content=bare).status_code == 201
        assert client.put(f"/{folder}/did.jsonl", content=naming).status_code == 200
        assert client.put(f"/{folder}/did.jsonl", content=after).status_code == 422
        raw = witness_file((third, witnessed.approvals(third, 2)))
        assert client.put(f"/{folder}/did-witness.json", content=raw).status_code == 201
        assert client.put(f"/{folder}/did.jsonl", content=after).status_code == 200
    assert verify_did_log(did, after.encode(), raw).version_number == 3


def test_what_stands_before_a_log_has_the_form_and_is_small(
    server: RegistryServer, witnessed: WitnessedIssuer
) -> None:
    folder = witnessed.folder
    path = f"/{folder}/did-witness.json"
    version_id = version_ids(witnessed.log)[0]
    with server.client() as client:
        refused = client.put(path, content=b"[]")
        assert (refused.status_code, refused.json()["rule"]) == (403, Rule.GRANTED)
        server.grants.grant(folder)
        for body in (b"{}", b"[[]]", json.dumps([{"versionId": version_id}]).encode()):
            refused = client.put(path, content=body)
            assert (refused.status_code, refused.json()["rule"]) == (422, Rule.WITNESS)
        many = witness_file((version_id, witnessed.approvals(version_id) * 33))
        large = many[:-1] + b" " * MOST_BYTES + b"]"
        refused = client.put(path, content=large)
        assert (refused.status_code, refused.json()["rule"]) == (413, Rule.SIZE)
        assert client.put(path, content=many).status_code == 201
        assert client.get(path).status_code == 404  # nothing is published before the log


def test_a_witness_that_is_named_twice_does_not_count_twice() -> None:
    key = seeded_key("witness-0")
    issuer = WitnessedIssuer(witnesses=(key, key))
    version_id = version_ids(issuer.log)[0]
    raw = witness_file((version_id, [approve(key, version_id)]))
    assert witness_did(key) in issuer.log
    with pytest.raises(RuleBroken) as refusal:
        verify_did_log(issuer.did, issuer.log.encode(), raw)
    assert refusal.value.rule is Rule.WITNESS


@pytest.mark.parametrize("rule", [5, "x", [], {"witnesses": 5}, {"witnesses": [5]}, {"x": 1}])
def test_a_witness_rule_of_another_form_is_refused(rule: object) -> None:
    issuer = WitnessedIssuer()
    entry = json.loads(issuer.log)
    entry["parameters"]["witness"] = rule
    with pytest.raises(RuleBroken):
        verify_did_log(issuer.did, json.dumps(entry).encode())


def test_a_stranger_cannot_take_approvals_of_the_next_entry_away_nor_fill_the_file(
    server: RegistryServer, witnessed: WitnessedIssuer
) -> None:
    folder = witnessed.folder
    server.grants.grant(folder)
    first = version_ids(witnessed.log)[0]
    approved = (first, witnessed.approvals(first))
    longer = build_next_entry(witnessed.log.encode(), witnessed.next, seeded_key("following"))
    second = version_ids(longer)[1]
    one, two, three = witnessed.approvals(second)
    junk = [spoil(one), approve(STRANGER, second)]
    far = f"{MOST_AHEAD + 2}-{second[2:]}"
    with server.client() as client:

        def put_proofs(*entries: tuple[str, list[dict[str, str]]]) -> int:
            raw = witness_file(*entries)
            return client.put(f"/{folder}/did-witness.json", content=raw).status_code

        assert put_proofs(approved) == 201
        assert client.put(f"/{folder}/did.jsonl", content=witnessed.log).status_code == 201
        for useless in (
            [(second, [])],
            [(second, junk)],
            [(second, [one, spoil(two)])],
            [(second, [one, one])],
            [(version_ids(witnessed.log)[0], [approve(STRANGER, first)])],
            [(far, witnessed.approvals(far))],
            [("2-", []), ("junk" * 1000, [])],
        ):
            assert put_proofs(approved, *useless) == 422
        assert put_proofs(approved, (second, [one])) == 200
        assert put_proofs(approved, (second, [one, two])) == 200
        padded = witness_file(approved, (second, [one, two, three]))[:-1] + b" " * 9000 + b"]"
        assert client.put(f"/{folder}/did-witness.json", content=padded).status_code == 413
        kept = client.get(f"/{folder}/did-witness.json").content
        shuffled = client.put(
            f"/{folder}/did-witness.json", content=witness_file((second, [two, one]), approved)
        )
        assert (shuffled.status_code, shuffled.json()["outcome"]) == (200, "unchanged")
        assert client.get(f"/{folder}/did-witness.json").content == kept
        for fewer in ([one], [spoil(one), two], junk):
            assert put_proofs(approved, (second, fewer)) == 422
        assert put_proofs(approved) == 422
        assert put_proofs(approved, (second, [one]), (second, [two, three])) == 200
        assert client.put(f"/{folder}/did.jsonl", content=longer).status_code == 200
        assert put_proofs((second, [two, three])) == 422  # enough, and one that stands is missing
        assert put_proofs((second, [one, two, three])) == 200


def test_a_stranger_cannot_make_the_registry_or_its_mirrors_carry_witness_files(
    own_server: RegistryServer, witnessed: WitnessedIssuer
) -> None:
    """Before a log some small files wait, unpublished; where the log names nobody none is taken."""
    server, folder = own_server, witnessed.folder
    server.grants.grant(folder)
    version_id = version_ids(witnessed.log)[0]
    path, mirror = f"/{folder}/did-witness.json", server.mirror()
    approved = witnessed.approvals(version_id)

    def junk(number: int) -> tuple[str, list[dict[str, str]]]:
        return f"{number}-{version_id[2:]}", [approve(STRANGER, f"{number}")] * 90

    def kept() -> int:
        places = ("public/univ", "versions", "waiting")
        found = (each for name in places for each in (server.settings.folder / name).rglob("*"))
        return sum(each.stat().st_size for each in found if each.is_file())

    with server.client() as client:
        for number in range(2, MOST_FILES + 4):
            assert client.put(path, content=witness_file(junk(number))).is_success
        waiting = server.settings.folder / "waiting" / "proofs"
        assert len(list(waiting.glob("*/*/*"))) == MOST_FILES
        assert mirror.refresh().changed == 0
        server.stop()
        server.start()
        raw = witness_file(
            junk(2), (version_id, [spoil(approved[0]), approve(STRANGER, version_id), *approved])
        )
        assert client.put(path, content=raw).is_success
        assert client.put(f"/{folder}/did.jsonl", content=witnessed.log).status_code == 201
        assert client.get(path).json() == [{"versionId": version_id, "proof": approved}]
        mirror.refresh()
        assert mirror.resolve_did(witnessed.did)

        plain = Issuer(folder="univ/plain")
        server.grants.grant(plain.folder)
        path = f"/{plain.folder}/did-witness.json"
        assert client.put(path, content=witness_file(junk(2))).status_code == 201
        assert client.put(f"/{plain.folder}/did.jsonl", content=plain.log).status_code == 201
        before = kept()
        for number in range(2, 12):
            answer = client.put(path, content=witness_file(junk(number)))
            assert (answer.status_code, answer.json()["rule"]) == (422, Rule.WITNESS)
        assert (client.get(path).status_code, kept()) == (404, before)
    assert mirror.refresh().changed == 2  # a log and its index
    assert not list(waiting.glob("*/*/*"))


def test_a_witness_file_in_place_without_its_log_after_a_crash_goes_and_waits_again(
    own_server: RegistryServer, witnessed: WitnessedIssuer
) -> None:
    server, folder = own_server, witnessed.folder
    server.grants.grant(folder)
    version_id = version_ids(witnessed.log)[0]
    raw = witness_file((version_id, witnessed.approvals(version_id)))
    with server.client() as client:
        assert client.put(f"/{folder}/did-witness.json", content=raw).is_success
        server.stop()
        write_whole(server.settings.public / folder / "did-witness.json", raw)
        server.start()
        assert client.get(f"/{folder}/did-witness.json").status_code == 404
        assert client.put(f"/{folder}/did.jsonl", content=witnessed.log).status_code == 201
        assert client.get(f"/{folder}/did-witness.json").content == raw
