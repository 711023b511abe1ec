"""Changing the keys of a DID: what was listed stays believed, what was reported never is again."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquis.errors import NotFound
from acquis.registry.did_keys import RELATIONSHIPS, assertion_keys, compromises
from acquis.registry.did_log import KeyCompromise, build_next_entry, verify_did_log
from acquis.registry.resource import sign_resource, verify_resource
from acquis.registry.rotation import with_attest_key, with_compromised_key
from acquis.registry.rules import Rule, RuleBroken
from support.registry import Issuer, seeded_key

FOUNDED = datetime(2026, 1, 1, tzinfo=UTC)
SINCE = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
ISSUER = Issuer(created=FOUNDED)
DOCUMENT = ISSUER.document.document
NEW = seeded_key("new attest key")
NEW_METHOD = f"{ISSUER.did}#{NEW.multikey}"

instants = st.floats(0, 4e9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
changes = st.lists(
    st.tuples(st.integers(0, 5), st.one_of(st.none(), instants)), min_size=1, max_size=12
)


def published(document: dict[str, Any]) -> str:
    """The issuer's log with ``document`` as its second version."""
    return build_next_entry(
        ISSUER.log.encode(),
        ISSUER.next,
        seeded_key("key 3"),
        document,
        created=FOUNDED + timedelta(days=60),
    )


def test_an_ordinary_rotation_keeps_what_the_old_key_signed() -> None:
    rotated = with_attest_key(DOCUMENT, NEW.multikey)
    document = verify_did_log(ISSUER.did, published(rotated).encode())
    assert list(document.assertion_keys()) == [ISSUER.method, NEW_METHOD]
    assert document.compromises == ()
    assert document.document["authentication"][-1] == NEW_METHOD
    old = ISSUER.schema()
    again = sign_resource(old, NEW, NEW_METHOD, SINCE)
    for resource in (old, again):
        found = verify_resource(json.dumps(resource).encode(), old["id"], document)
        assert found.id == old["id"]


def test_what_a_compromised_key_signed_is_refused_until_it_is_signed_again() -> None:
    drilled = with_compromised_key(with_attest_key(DOCUMENT, NEW.multikey), ISSUER.method, SINCE)
    document = verify_did_log(ISSUER.did, published(drilled).encode())
    assert document.assertion_keys() == {NEW_METHOD: NEW.multikey}
    assert document.compromises == (KeyCompromise(ISSUER.method, SINCE),)
    old = ISSUER.schema()
    with pytest.raises(RuleBroken) as refusal:
        verify_resource(json.dumps(old).encode(), old["id"], document)
    assert refusal.value.rule is Rule.PROOF_KEY
    again = sign_resource(old, NEW, NEW_METHOD, SINCE)
    assert verify_resource(json.dumps(again).encode(), old["id"], document).id == old["id"]


def test_a_compromised_key_asserts_nothing_even_when_it_is_listed() -> None:
    drilled = with_compromised_key(DOCUMENT, ISSUER.method, SINCE)
    for relationship in ("assertionMethod", "authentication"):
        drilled[relationship] = [ISSUER.method]
    assert verify_did_log(ISSUER.did, published(drilled).encode()).assertion_keys() == {}


@pytest.mark.parametrize("name", ["beside", "under another name", "inside a relationship"])
def test_a_report_about_a_key_holds_wherever_it_stands(name: str) -> None:
    document = copy.deepcopy(DOCUMENT)
    report = {**document["verificationMethod"][0], "revoked": "2026-02-03T04:05:06Z"}
    if name == "beside":
        document["verificationMethod"].append(report)
    elif name == "under another name":
        document["verificationMethod"].append({**report, "id": f"{ISSUER.did}#old"})
    else:
        document["keyAgreement"] = [report]
    found = verify_did_log(ISSUER.did, published(document).encode())
    assert found.assertion_keys() == {}
    assert [each.since for each in found.compromises] == [SINCE]


@pytest.mark.parametrize(
    "revoked",
    [
        None,
        True,
        1770091506,
        "",
        "soon",
        "2026-02-03",
        "2026-02-03T04:05:06",
        "2026-02-03T04:05:06+00:00",
        "2026-02-03T04:05:06.000Z",
        "2026-13-03T04:05:06Z",
        "2026-02-30T04:05:06Z",
        "2026-02-03T04:05:06Z\n",
        "٢٠٢٦-02-03T04:05:06Z",
        ["2026-02-03T04:05:06Z"],
    ],
)
def test_a_log_with_a_malformed_report_is_refused(revoked: object) -> None:
    document = copy.deepcopy(DOCUMENT)
    document["verificationMethod"][0]["revoked"] = revoked
    with pytest.raises(RuleBroken) as refusal:
        verify_did_log(ISSUER.did, published(document).encode())
    assert refusal.value.rule is Rule.LOG_FORM


def test_a_report_about_nothing_is_refused() -> None:
    document = copy.deepcopy(DOCUMENT)
    document["verificationMethod"].append({"revoked": "2026-02-03T04:05:06Z"})
    with pytest.raises(RuleBroken) as refusal:
        verify_did_log(ISSUER.did, published(document).encode())
    assert refusal.value.rule is Rule.LOG_FORM


def test_a_key_that_the_document_has_not_cannot_be_reported() -> None:
    with pytest.raises(NotFound):
        with_compromised_key(DOCUMENT, NEW_METHOD, SINCE)


def test_only_an_ed25519_key_can_be_added() -> None:
    with pytest.raises(RuleBroken) as refusal:
        with_attest_key(DOCUMENT, "zNotAKey")
    assert refusal.value.rule is Rule.MULTIBASE


@given(changes)
def test_any_changes_leave_a_document_that_says_what_was_done(
    steps: list[tuple[int, datetime | None]],
) -> None:
    """A step adds the key of that number, or reports it (when it is there) since that time."""
    document: dict[str, Any] = DOCUMENT
    added = [ISSUER.attest.multikey]
    reported: dict[str, datetime] = {}
    for number, since in steps:
        multikey = seeded_key(f"rotated {number}").multikey
        before = copy.deepcopy(document)
        if since is None:
            changed = with_attest_key(document, multikey)
            assert with_attest_key(changed, multikey) == changed
            added += [multikey] if multikey not in added else []
        elif multikey in added:
            changed = with_compromised_key(document, f"{ISSUER.did}#{multikey}", since)
            whole = since.replace(microsecond=0)
            reported[multikey] = min(whole, reported.get(multikey, whole))
        else:
            continue
        assert document == before
        document = changed
    assert [key for _, key in assertion_keys(document)] == [
        key for key in added if key not in reported
    ]
    said = {each.method.rsplit("#", 1)[-1]: each.since for each in compromises(document)}
    assert said == reported
    for relationship in RELATIONSHIPS:
        assert not {f"{ISSUER.did}#{key}" for key in reported} & set(document.get(relationship, ()))
