"""Witnesses of a DID, with real keys: what they sign, well or badly, for tests."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from did_webvh.askar import AskarSigningKey
from did_webvh.core.proof import di_jcs_sign

from acquis.registry.did_log import build_genesis
from acquis.registry.keys import SigningKey
from support.registry import Issuer, seeded_key


def witness_did(key: SigningKey) -> str:
    """How a log names a witness."""
    return f"did:key:{key.multikey}"


def approve(key: SigningKey, version_id: str) -> dict[str, str]:
    """A witness's proof for a version."""
    signer = AskarSigningKey.from_secret_bytes("ed25519", key.seed)
    proof: dict[str, str] = di_jcs_sign({"versionId": version_id}, signer)
    return proof


def spoil(proof: dict[str, str]) -> dict[str, str]:
    """The same proof with a signature that is not right."""
    value = proof["proofValue"]
    other = "2" if value[20] != "2" else "3"
    return {**proof, "proofValue": value[:20] + other + value[21:]}


def witness_file(*entries: tuple[str, list[dict[str, str]]]) -> bytes:
    """A witness file: (version id, proofs) each."""
    listed = [{"versionId": version_id, "proof": proofs} for version_id, proofs in entries]
    return json.dumps(listed).encode()


def version_ids(log: str) -> list[str]:
    """The versions of a log, first to last."""
    return [json.loads(line)["versionId"] for line in log.splitlines()]


@dataclass
class WitnessedIssuer(Issuer):
    """An issuer whose DID names three witnesses from its first entry; two must approve."""

    threshold: int = 2
    witnesses: tuple[SigningKey, ...] = field(
        default_factory=lambda: tuple(seeded_key(f"witness-{n}") for n in range(3))
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.did, self.log = build_genesis(
            self.host,
            self.folder,
            self.update,
            self.next,
            self.attest.multikey,
            parameters=self.rule,
            created=self.created,
        )

    @property
    def rule(self) -> dict[str, Any]:
        named = [{"id": witness_did(each)} for each in self.witnesses]
        return {"witness": {"threshold": self.threshold, "witnesses": named}}

    def approvals(self, version_id: str, count: int = 3) -> list[dict[str, str]]:
        """Proofs of the first ``count`` witnesses."""
        return [approve(each, version_id) for each in self.witnesses[:count]]
