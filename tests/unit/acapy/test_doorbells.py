"""Webhooks are doorbells: who rang, for which record; nothing else is believed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquis.acapy.webhooks import MAX_DOORBELL_BYTES, Doorbell, ExchangeKind, parse_doorbell
from acquis.errors import InvalidInput, NotAllowed, TooLarge

PAYLOADS = Path(__file__).parents[2] / "payloads" / "acapy"
KEY = {"x-api-key": "the-key"}


@pytest.mark.parametrize(
    ("topic", "kind", "name"),
    [
        ("issue_credential_v2_0", ExchangeKind.ISSUE_CREDENTIAL, "cred_ex_id"),
        ("present_proof_v2_0", ExchangeKind.PRESENT_PROOF, "pres_ex_id"),
        ("connections", ExchangeKind.CONNECTION, "connection_id"),
        ("out_of_band", ExchangeKind.OUT_OF_BAND, "invi_msg_id"),
        ("issuer_cred_rev", ExchangeKind.REVOCATION, "cred_ex_id"),
    ],
)
def test_real_webhooks_name_their_record(topic: str, kind: ExchangeKind, name: str) -> None:
    body = (PAYLOADS / f"webhook-{topic}.json").read_bytes()
    rung = parse_doorbell(topic, body, KEY | {"x-wallet-id": "w-1"}, "the-key")
    assert rung == Doorbell(kind, json.loads(body)[name], "w-1")


@pytest.mark.parametrize(
    "topic",
    ["credential", "issue_credential_v2_0_anoncreds", "revocation_registry", "../../etc", ""],
)
def test_what_nobody_looks_at_is_nothing(topic: str) -> None:
    assert parse_doorbell(topic, b"{}", KEY, "the-key") is None


@pytest.mark.parametrize("given_key", [None, "", "the-kex", "the-key ", "thé"])
def test_a_wrong_key_is_refused_before_anything_is_read(given_key: str | None) -> None:
    headers = {} if given_key is None else {"x-api-key": given_key}
    with pytest.raises(NotAllowed):
        parse_doorbell("connections", b"not json" * MAX_DOORBELL_BYTES, headers, "the-key")


def test_without_a_key_of_ours_nobody_may_ring() -> None:
    with pytest.raises(NotAllowed):
        parse_doorbell("connections", b"{}", {"x-api-key": ""}, "")


def test_too_large_is_refused() -> None:
    with pytest.raises(TooLarge):
        parse_doorbell("connections", b" " * (MAX_DOORBELL_BYTES + 1), KEY, "the-key")


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b'"x"', b"{", b"\xff\xfe", b"[" * 100_000, b'{"connection_id": 3}',
     b'{"connection_id": ""}', b'{"connection_id": "' + b"x" * 300 + b'"}'],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        parse_doorbell("connections", body, KEY, "the-key")


@given(st.binary(max_size=200), st.sampled_from(["connections", "present_proof_v2_0"]))
def test_no_body_does_anything_but_be_refused_or_name_a_record(body: bytes, topic: str) -> None:
    try:
        rung = parse_doorbell(topic, body, KEY, "the-key")
    except InvalidInput:
        return
    assert rung is None or 0 < len(rung.record_id) <= 256
