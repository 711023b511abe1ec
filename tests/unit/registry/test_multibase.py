"""Base58, multibase, multikeys and digests have one spelling each."""

from __future__ import annotations

import base58
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquis.registry.keys import SigningKey, decode_multikey, is_signed_by
from acquis.registry.multibase import (
    decode_base58,
    decode_digest,
    decode_multibase,
    digest_multibase,
    encode_base58,
    encode_multibase,
)
from acquis.registry.rules import RuleBroken


@given(st.binary(min_size=1, max_size=100))
def test_base58_is_what_another_library_writes_and_reads_back(raw: bytes) -> None:
    text = encode_base58(raw)
    assert text == base58.b58encode(raw).decode()
    assert decode_base58(text) == raw


@given(st.text(min_size=1, max_size=60))
def test_a_text_that_decodes_is_the_one_its_bytes_encode_to(text: str) -> None:
    try:
        raw = decode_base58(text)
    except RuleBroken:
        return
    assert encode_base58(raw) == text


@pytest.mark.parametrize("text", ["", "0", "l", "I", "O", " 1", "1 ", "é", "1" * 257, None, 5])
def test_other_characters_and_lengths_are_refused(text: object) -> None:
    with pytest.raises(RuleBroken):
        decode_base58(text)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "m", "u1234", "Z1", "z", "z0"])
def test_another_multibase_is_refused(text: str) -> None:
    with pytest.raises(RuleBroken):
        decode_multibase(text)


def test_a_digest_is_a_sha2_256_multihash() -> None:
    assert digest_multibase(b"").startswith("zQm")
    assert len(decode_digest(digest_multibase(b"x"))) == 32
    for raw in (b"\x12\x20" + b"x" * 31, b"\x13\x20" + b"x" * 32, b"x" * 34):
        with pytest.raises(RuleBroken):
            decode_digest(encode_multibase(raw))


def test_a_key_signs_and_is_known_by_its_multikey() -> None:
    # RFC 8032, section 7.1, test 1
    key = SigningKey.from_seed(
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    )
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert decode_multikey(key.multikey).hex() == public
    assert key.multikey.startswith("z6Mk")
    assert key.sign(b"").hex().startswith("e5564300c360ac729086e2cc806e828a")
    assert is_signed_by(key.multikey, b"", key.sign(b""))
    assert not is_signed_by(key.multikey, b"other", key.sign(b""))
    assert not is_signed_by(key.multikey, b"", b"short")
    assert key.seed.hex() not in repr(key)
    assert SigningKey.from_seed(key.seed).multikey == key.multikey
    assert SigningKey.generate().multikey != SigningKey.generate().multikey
