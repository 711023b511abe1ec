"""DID logs that are not the successor of the one that stands, one attack per name."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from did_webvh.askar import AskarSigningKey
from did_webvh.core.state import DocumentState

from acquis.registry.did_log import build_next_entry
from acquis.registry.multibase import SHA2_256, encode_base58, encode_multibase
from acquis.registry.rules import Rule
from acquis.registry.strict_json import MAX_BYTES, canonical_of_parsed
from support.registry import Issuer, seeded_key

KEYS = [seeded_key(f"later {number}") for number in range(5)]


class History:
    """An issuer's logs by version: the second changes nothing, the third deactivates."""

    def __init__(self, issuer: Issuer) -> None:
        self.first = issuer.log
        self.second = build_next_entry(self.first.encode(), issuer.next, KEYS[0])
        self.third = build_next_entry(self.second.encode(), KEYS[0], KEYS[1])
        self.ended = build_next_entry(self.second.encode(), KEYS[0], KEYS[1], deactivate=True)

    def truncated_by_a_version(self) -> str:
        """Sound in itself."""
        return self.second

    def truncated_to_the_first(self) -> str:
        return self.first

    def truncated_in_the_middle_of_a_line(self) -> str:
        return self.third[:-200]

    def truncated_to_nothing(self) -> str:
        return ""

    def cut_at_the_front(self) -> str:
        return "\n".join(self.third.splitlines()[1:]) + "\n"

    def cut_in_the_middle(self) -> str:
        return "\n".join(self.third.splitlines()[::2]) + "\n"

    def forked_by_its_issuer(self) -> str:
        """Signed by the right keys, as long as the true one: the issuer said two things."""
        return build_next_entry(
            self.second.encode(), KEYS[0], KEYS[2], created=datetime(2031, 1, 1, tzinfo=UTC)
        )

    def forked_and_longer(self) -> str:
        forked = self.forked_by_its_issuer().encode()
        for key, following in ((KEYS[2], KEYS[3]), (KEYS[3], KEYS[4])):
            forked = build_next_entry(forked, key, following).encode()
        return forked.decode()

    def extended_by_a_stranger(self) -> str:
        return build_next_entry(self.third.encode(), KEYS[4], KEYS[3])


LOG_ATTACKS: list[tuple[Callable[[History], str], Rule]] = [
    (History.truncated_by_a_version, Rule.LOG_ROLLBACK),
    (History.truncated_to_the_first, Rule.LOG_ROLLBACK),
    (History.truncated_in_the_middle_of_a_line, Rule.JSON),
    (History.truncated_to_nothing, Rule.JSON),
    (History.cut_at_the_front, Rule.LOG_ROLLBACK),
    (History.cut_in_the_middle, Rule.LOG_ROLLBACK),
    (History.forked_by_its_issuer, Rule.LOG_ROLLBACK),
    (History.forked_and_longer, Rule.LOG_ROLLBACK),
    (History.extended_by_a_stranger, Rule.LOG_CHAIN),
]


def without_the_deactivation(history: History) -> str:
    return history.second


def with_an_entry_after_it(history: History) -> str:
    return build_next_entry(history.ended.encode(), KEYS[1], KEYS[2])


def with_the_flag_turned(history: History) -> str:
    lines = history.ended.splitlines()
    entry = json.loads(lines[-1])
    entry["parameters"]["deactivated"] = False
    return "\n".join([*lines[:-1], json.dumps(entry)]) + "\n"


def with_another_third_entry(history: History) -> str:
    return history.third


REVIVALS: list[tuple[Callable[[History], str], Rule]] = [
    (without_the_deactivation, Rule.LOG_ROLLBACK),
    (with_an_entry_after_it, Rule.LOG_DEACTIVATED),
    (with_the_flag_turned, Rule.LOG_CHAIN),
    (with_another_third_entry, Rule.LOG_ROLLBACK),
]


def longest_log(issuer: Issuer, *, forged: bool) -> bytes:
    """The longest log there can be: as many of the shortest entries as 5 MiB hold.

    Each entry is sound and signed, but the last one when it is ``forged``, which shows only after
    all the others were verified. Made without the library, which would take five times as long.
    """
    created = datetime(2026, 1, 2, tzinfo=UTC)
    first = DocumentState.load_history_json(issuer.log.strip(), None)
    key = AskarSigningKey.from_secret_bytes("ed25519", issuer.next.seed)
    second = first.create_next(
        {"id": issuer.did},
        {"updateKeys": [issuer.next.multikey], "nextKeyHashes": []},
        timestamp=created,
    )
    second.sign(key, timestamp=second.timestamp)
    lines = [issuer.log.strip(), second.history_json()]
    entry = json.loads(lines[-1])
    left = MAX_BYTES - sum(len(line) + 1 for line in lines)
    while True:
        created += timedelta(seconds=1)
        entry = _following(entry, issuer, len(lines) + 1, f"{created:%Y-%m-%dT%H:%M:%SZ}")
        line = json.dumps(entry, separators=(",", ":"))
        left -= len(line) + 1
        if left < 0:
            break
        lines.append(line)
    if forged:
        last = json.loads(lines[-1])
        last["proof"] = json.loads(lines[-2])["proof"]
        lines[-1] = json.dumps(last, separators=(",", ":"))
    return "\n".join(lines).encode() + b"\n"


def _following(entry: dict[str, Any], issuer: Issuer, number: int, created: str) -> dict[str, Any]:
    """The next entry, which changes nothing (did:webvh 1.0, entry hash and proof)."""
    following = {
        "versionId": entry["versionId"],
        "versionTime": created,
        "parameters": {},
        "state": entry["state"],
    }
    hashed = sha256(canonical_of_parsed(following)).digest()
    following["versionId"] = f"{number}-{encode_base58(SHA2_256 + hashed)}"
    key = issuer.next.multikey
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": f"did:key:{key}#{key}",
        "proofPurpose": "assertionMethod",
    }
    signed = b"".join(sha256(canonical_of_parsed(each)).digest() for each in (options, following))
    proof = {**options, "proofValue": encode_multibase(issuer.next.sign(signed))}
    return {**following, "proof": [proof]}
