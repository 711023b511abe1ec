"""An attested resource: signed so that it verifies, and refused when any leaf was changed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from did_webvh.askar import AskarVerifyingKey
from did_webvh.core.proof import di_jcs_verify
from hypothesis import given, settings
from hypothesis import strategies as st

from acquis.registry.content import tails_location
from acquis.registry.multibase import decode_multibase, encode_multibase
from acquis.registry.resource import (
    Link,
    Resource,
    ResourceType,
    build_proof_input,
    build_resource,
    digest_of,
    parse_resource_id,
    proof_options,
    secure,
    sign_resource,
    verify_resource,
)
from acquis.registry.rules import Rule, RuleBroken
from support.mutants import mutants
from support.registry import Issuer, tails

ISSUER = Issuer(created=datetime(2026, 1, 1, tzinfo=UTC))
DOCUMENT = ISSUER.document
TAILS_HASH = tails()[1]
SCHEMA = ISSUER.schema()
CREDENTIAL_DEFINITION = ISSUER.credential_definition(SCHEMA["id"])
BARE_DEFINITION = ISSUER.registry_definition(CREDENTIAL_DEFINITION["id"], TAILS_HASH)
LISTS = [ISSUER.status_list(BARE_DEFINITION["id"], at) for at in (1000, 2000)]
LINKS = tuple(Link(each["id"], each["content"]["timestamp"]) for each in LISTS)
DEFINITION = ISSUER.registry_definition(CREDENTIAL_DEFINITION["id"], TAILS_HASH, LINKS)
ACHIEVEMENT = ISSUER.sign(
    build_resource(
        ISSUER.did, ResourceType.ACHIEVEMENT, "python", {"issuerId": ISSUER.did, "slug": "python"}
    )
)
ALL = {
    ResourceType.SCHEMA: SCHEMA,
    ResourceType.CREDENTIAL_DEFINITION: CREDENTIAL_DEFINITION,
    ResourceType.REVOCATION_REGISTRY_DEFINITION: DEFINITION,
    ResourceType.STATUS_LIST: LISTS[0],
    ResourceType.ACHIEVEMENT: ACHIEVEMENT,
}


def verified(resource: dict[str, Any], expected: ResourceType | None = None) -> Resource:
    return verify_resource(json.dumps(resource).encode(), resource["id"], DOCUMENT, expected)


def refusal_of(resource: Any, resource_id: str | None = None) -> Rule:
    raw = resource if isinstance(resource, bytes) else json.dumps(resource).encode()
    with pytest.raises(RuleBroken) as refusal:
        verify_resource(raw, resource_id or resource["id"], DOCUMENT)
    return refusal.value.rule


@pytest.mark.parametrize("kind", ALL)
def test_what_was_built_and_signed_verifies(kind: ResourceType) -> None:
    resource = verified(ALL[kind], kind)
    assert resource.id == ALL[kind]["id"]
    assert (resource.did, resource.type) == (ISSUER.did, kind)
    assert resource.content == ALL[kind]["content"]
    assert resource.name == ALL[kind]["metadata"]["resourceName"]
    assert resource.verification_method == ISSUER.method
    assert parse_resource_id(resource.id) == (ISSUER.did, digest_of(resource.content))
    assert resource.digest == digest_of(resource.content)


def test_links_are_read_in_order_and_are_outside_the_digest() -> None:
    assert verified(DEFINITION).links == LINKS
    assert verified(BARE_DEFINITION).links == ()
    assert DEFINITION["id"] == BARE_DEFINITION["id"]


def test_a_resource_cannot_be_changed_by_its_reader() -> None:
    resource = verified(SCHEMA)
    resource.content["attrNames"].clear()
    assert resource.content == SCHEMA["content"]


def test_the_proof_is_what_another_implementation_verifies() -> None:
    key = AskarVerifyingKey.from_multikey(ISSUER.attest.multikey)
    di_jcs_verify(SCHEMA, SCHEMA["proof"], key)
    with pytest.raises(ValueError, match="Signature"):
        di_jcs_verify({**SCHEMA, "extra": 1}, SCHEMA["proof"], key)


def test_a_signature_made_elsewhere_is_the_same() -> None:
    created = datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
    options = proof_options(ISSUER.method, created)
    signature = ISSUER.attest.sign(build_proof_input(SCHEMA, options))
    resource = secure(SCHEMA, options, signature)
    assert resource == sign_resource(SCHEMA, ISSUER.attest, ISSUER.method, created)
    assert verified(resource).proof_created == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize("kind", ALL)
def test_no_mutant_of_a_resource_is_accepted(kind: ResourceType) -> None:
    resource_id = ALL[kind]["id"]
    tried = 0
    for mutant in mutants(ALL[kind]):
        refusal_of(json.dumps(mutant).encode(), resource_id)
        tried += 1
    assert tried > 80


@pytest.mark.parametrize("kind", ALL)
def test_no_mutant_that_is_signed_again_passes_for_the_same_id(kind: ResourceType) -> None:
    """The issuer itself cannot change what an id means (only links may grow)."""
    resource = ALL[kind]
    for content in mutants(resource["content"]):
        if isinstance(content, dict):
            refusal_of(ISSUER.sign({**resource, "content": content}), resource["id"])


@given(st.integers(0, len(json.dumps(SCHEMA)) - 1), st.integers(1, 255))
@settings(max_examples=300)
def test_a_resource_with_one_byte_changed_never_says_something_else(
    place: int, change: int
) -> None:
    raw = bytearray(json.dumps(SCHEMA).encode())
    raw[place] ^= change
    try:
        found = verify_resource(bytes(raw), SCHEMA["id"], DOCUMENT)
    except RuleBroken:
        return
    assert found == verified(SCHEMA)


def test_a_resource_signed_by_another_did_is_refused() -> None:
    stranger = Issuer(folder="univ/other", name="stranger")
    method = f"{ISSUER.did}#{stranger.attest.multikey}"
    now = datetime.now(UTC)
    forged = sign_resource(SCHEMA, stranger.attest, method, now)
    assert refusal_of(forged) is Rule.PROOF_KEY
    forged = sign_resource(SCHEMA, stranger.attest, stranger.method, now)
    assert refusal_of(forged) is Rule.PROOF_KEY
    forged = sign_resource(SCHEMA, stranger.attest, ISSUER.method, now)
    assert refusal_of(forged) is Rule.PROOF_SIGNATURE
    with pytest.raises(RuleBroken) as refusal:
        verify_resource(json.dumps(SCHEMA).encode(), SCHEMA["id"], stranger.document)
    assert refusal.value.rule is Rule.PROOF_KEY


def test_a_resource_of_one_id_does_not_pass_for_another() -> None:
    other = ISSUER.schema("2.0")
    assert refusal_of(other, SCHEMA["id"]) is Rule.RESOURCE_ID
    assert refusal_of({**other, "id": SCHEMA["id"]}, SCHEMA["id"]) is Rule.RESOURCE_ID
    renamed = {**other, "id": SCHEMA["id"], "metadata": SCHEMA["metadata"]}
    assert refusal_of(ISSUER.sign(renamed), SCHEMA["id"]) is Rule.DIGEST


def test_another_type_than_expected_is_refused() -> None:
    with pytest.raises(RuleBroken) as refusal:
        verified(SCHEMA, ResourceType.CREDENTIAL_DEFINITION)
    assert refusal.value.rule is Rule.TYPE
    metadata = {**SCHEMA["metadata"], "resourceType": "anonCredsCredDef"}
    assert refusal_of(ISSUER.sign({**SCHEMA, "metadata": metadata})) is Rule.CONTENT_FORM
    metadata = {**SCHEMA["metadata"], "resourceType": "somethingElse"}
    assert refusal_of(ISSUER.sign({**SCHEMA, "metadata": metadata})) is Rule.TYPE


def test_content_of_another_issuer_is_refused() -> None:
    other = Issuer(folder="univ/other")
    content = {**SCHEMA["content"], "issuerId": other.did}
    with pytest.raises(RuleBroken) as refusal:
        build_resource(ISSUER.did, ResourceType.SCHEMA, "x", content)
    assert refusal.value.rule is Rule.ISSUER


@pytest.mark.parametrize(
    "links",
    [
        (Link(LISTS[0]["id"], 2000), Link(LISTS[1]["id"], 1000)),
        (Link(LISTS[0]["id"], 1000), Link(LISTS[1]["id"], 1000)),
        (Link(LISTS[0]["id"], 1000), Link(LISTS[0]["id"], 2000)),
        (Link(LISTS[0]["id"], 0),),
        (Link(Issuer(folder="univ/other").did + "/resources/" + LISTS[0]["id"][-47:], 1000),),
    ],
)
def test_links_that_do_not_grow_are_refused(links: tuple[Link, ...]) -> None:
    entries = [{"type": "anonCredsStatusList", "id": x.id, "timestamp": x.timestamp} for x in links]
    assert refusal_of(ISSUER.sign({**DEFINITION, "links": entries})) is Rule.LINKS
    with pytest.raises(RuleBroken):
        ISSUER.registry_definition(CREDENTIAL_DEFINITION["id"], TAILS_HASH, links)


@pytest.mark.parametrize("links", [{}, "x", [1], [{}], [{"id": "x"}], None])
def test_links_of_another_form_are_refused(links: object) -> None:
    assert refusal_of(ISSUER.sign({**DEFINITION, "links": links})) is Rule.LINKS
    assert refusal_of(ISSUER.sign({**SCHEMA, "links": []})) is Rule.LINKS


@pytest.mark.parametrize(
    "change",
    [
        {"type": "Ed25519Signature2020"},
        {"cryptosuite": "eddsa-rdfc-2022"},
        {"proofPurpose": "authentication"},
        {"created": "2026-01-01T00:00:00"},
        {"created": "2026-01-01T00:00:00.5Z"},
        {"created": "2026-13-01T00:00:00Z"},
        {"created": "٢٠٢٦-01-01T00:00:00Z"},
        {"expires": "2027-01-01T00:00:00Z"},
        {"challenge": "x"},
    ],
)
def test_a_proof_of_another_form_is_refused(change: dict[str, str]) -> None:
    options = {**proof_options(ISSUER.method, datetime.now(UTC)), **change}
    signature = ISSUER.attest.sign(build_proof_input(SCHEMA, options))
    assert refusal_of(secure(SCHEMA, options, signature)) is Rule.PROOF_FORM


def test_a_proof_is_one_object() -> None:
    assert refusal_of({**SCHEMA, "proof": [SCHEMA["proof"]]}) is Rule.PROOF_FORM
    assert refusal_of({**SCHEMA, "proof": None}) is Rule.PROOF_FORM


def test_a_signature_has_one_spelling() -> None:
    value = SCHEMA["proof"]["proofValue"]
    raw = decode_multibase(value)
    # the order of the group added to the second half: the same signature for lax verifiers
    order = 2**252 + 27742317777372353535851937790883648493
    scalar = int.from_bytes(raw[32:], "little") + order
    malleated = encode_multibase(raw[:32] + scalar.to_bytes(32, "little"))
    for other in (malleated, value + "1", "z1" + value[1:], encode_multibase(raw + b"\0")):
        proof = {**SCHEMA["proof"], "proofValue": other}
        refusal_of({**SCHEMA, "proof": proof})


def test_a_key_of_a_deactivated_did_attests_nothing() -> None:
    ended = replace(DOCUMENT, deactivated=True)
    with pytest.raises(RuleBroken) as refusal:
        verify_resource(json.dumps(SCHEMA).encode(), SCHEMA["id"], ended)
    assert refusal.value.rule is Rule.PROOF_KEY


def definition_with(**value: Any) -> dict[str, Any]:
    content = BARE_DEFINITION["content"]
    content = {**content, "value": {**content["value"], **value}}
    digest = digest_of(content)
    metadata = {**BARE_DEFINITION["metadata"], "resourceId": digest}
    resource_id = f"{ISSUER.did}/resources/{digest}"
    return ISSUER.sign(
        {**BARE_DEFINITION, "id": resource_id, "content": content, "metadata": metadata}
    )


@pytest.mark.parametrize(
    "tails_hash",
    ["../../etc/passwd", "..", "", "a/b", "0" * 44, "1" * 44, TAILS_HASH[:-1], TAILS_HASH + "\n"],
)
def test_a_tails_hash_that_is_no_hash_is_refused(tails_hash: str) -> None:
    location = f"https://{ISSUER.host}/tails/hash/{tails_hash}"
    refused = definition_with(tailsHash=tails_hash, tailsLocation=location)
    assert refusal_of(refused) is Rule.TAILS


@pytest.mark.parametrize(
    "location",
    [
        f"http://{ISSUER.host}/tails/hash/{TAILS_HASH}",
        f"https://evil.example/tails/hash/{TAILS_HASH}",
        f"https://{ISSUER.host}@evil.example/tails/hash/{TAILS_HASH}",
        f"https://{ISSUER.host}/tails/hash/{TAILS_HASH}?x",
        "file:///etc/passwd",
        None,
    ],
)
def test_a_tails_location_outside_the_registry_is_refused(location: str | None) -> None:
    assert refusal_of(definition_with(tailsLocation=location)) is Rule.TAILS
    assert verified(definition_with(tailsLocation=tails_location(ISSUER.did, TAILS_HASH)))


@pytest.mark.parametrize("size", [0, -1, 10**9, "8", True])
def test_a_registry_of_impossible_size_is_refused(size: object) -> None:
    assert refusal_of(definition_with(maxCredNum=size)) is Rule.CONTENT_FORM


@pytest.mark.parametrize("states", [[], [2], [True], ["1"], [[0]], [None], "0101"])
def test_a_status_list_holds_zeros_and_ones(states: object) -> None:
    content = {**LISTS[0]["content"], "revocationList": states}
    with pytest.raises(RuleBroken) as refusal:
        build_resource(ISSUER.did, ResourceType.STATUS_LIST, "0", content)
    assert refusal.value.rule is Rule.CONTENT_FORM


@pytest.mark.parametrize(
    "resource_id",
    [
        "",
        "x",
        SCHEMA["id"] + ".json",
        SCHEMA["id"] + "/",
        SCHEMA["id"].replace("/resources/", "/resource/"),
        SCHEMA["id"].replace("/resources/", "/resources/../"),
        SCHEMA["id"].replace("z", "%7A"),
        SCHEMA["id"][:-1],
        SCHEMA["id"].upper(),
        None,
    ],
)
def test_an_id_of_another_form_is_refused(resource_id: str | None) -> None:
    with pytest.raises(RuleBroken):
        parse_resource_id(resource_id)  # type: ignore[arg-type]


def test_proofs_are_dated_in_utc() -> None:
    tokyo = datetime(2026, 1, 1, 9, tzinfo=UTC).astimezone().replace(microsecond=5)
    assert proof_options("m", tokyo)["created"] == "2026-01-01T09:00:00Z"
    later = proof_options("m", tokyo + timedelta(seconds=1))
    assert later["created"] == "2026-01-01T09:00:01Z"
