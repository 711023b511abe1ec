"""Invitations from outside: read strictly, bounded, refused by name."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquis.acapy.out_of_band import MAX_INVITATION_BYTES, parse_invitation
from acquis.errors import InvalidInput, TooLarge

INVITATION = {
    "@type": "https://didcomm.org/out-of-band/1.1/invitation",
    "@id": "an-id",
    "label": "Université",
    "services": ["did:peer:4zQm"],
}

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab~@/", max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "json", "@id", "@type", "~thread"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


def attached(message: object) -> dict[str, object]:
    return INVITATION | {"requests~attach": [{"@id": "request-0", "data": {"json": message}}]}


def parsed(content: object) -> object:
    return parse_invitation(json.dumps(content).encode())


def test_two_megabytes_are_not_an_invitation() -> None:
    with pytest.raises(TooLarge) as refused:
        parse_invitation(b" " * 2_000_000)
    assert str(MAX_INVITATION_BYTES // 1024) in refused.value.says.fr


@pytest.mark.parametrize(
    "unverified",
    [b"", b"null", b"[]", b"{}", b"\xff", b"{" * 200_000, b"[" * 200_000, b'{"@type": "x"}'],
)
def test_other_things_are_not_invitations(unverified: bytes) -> None:
    with pytest.raises(InvalidInput):
        parse_invitation(unverified)


@pytest.mark.parametrize(
    "change",
    [
        {"@type": "https://didcomm.org/connections/1.0/invitation"},
        {"@id": None},
        {"@id": 7},
        {"label": ["x"]},
        {"requests~attach": "x"},
        {"requests~attach": [7]},
        {"requests~attach": [{"data": {"json": "text"}}]},
        {"handshake_protocols": {"a": 1}},
    ],
)
def test_a_wrong_field_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        parsed(INVITATION | change)


def test_both_versions_and_the_old_prefix_are_read() -> None:
    for kind in (
        "https://didcomm.org/out-of-band/1.0/invitation",
        "did:sov:BzCbsNYhMrjHiqZDTUASHg;spec/out-of-band/1.1/invitation",
    ):
        assert parse_invitation(json.dumps(INVITATION | {"@type": kind}).encode()).id == "an-id"


def test_an_attachment_of_another_kind_is_not_ours() -> None:
    message = {"@type": "https://didcomm.org/basicmessage/1.0/message", "@id": "m"}
    invitation = parse_invitation(json.dumps(attached(message)).encode())
    assert invitation.attached is None
    assert invitation.thread_id == "m"


def test_the_thread_is_the_one_the_message_names_else_its_id() -> None:
    offer = {"@type": "https://didcomm.org/issue-credential/2.0/offer-credential", "@id": "m"}
    alone = parse_invitation(json.dumps(attached(offer)).encode())
    threaded = parse_invitation(
        json.dumps(attached(offer | {"~thread": {"thid": "t", "pthid": "p"}})).encode()
    )
    assert (alone.thread_id, threaded.thread_id) == ("m", "t")


@given(st.dictionaries(st.sampled_from([*INVITATION, "goal", "requests~attach"]), values))
def test_no_content_does_anything_but_be_read_or_refused(change: dict[str, object]) -> None:
    try:
        parsed(INVITATION | change)
    except InvalidInput:
        return
