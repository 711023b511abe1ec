"""A trust anchor for one machine: its DID and the signed list of whom it recognises."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from acquis.registry.content import ResourceType
from acquis.registry.did_log import build_genesis
from acquis.registry.keys import SigningKey
from acquis.registry.resource import build_resource, sign_resource
from acquis.registry.trust_list import TrustEntry, TrustList, build_trust_list
from acquis.service.files import write_whole
from acquis.service.publication import Publisher

FOLDER = "trust/consortium"
_VALID_DAYS = 365


@dataclass(frozen=True, slots=True)
class Anchor:
    """The anchor: its DID, its log as published, and the key that signs its lists."""

    did: str
    log: str
    attest: SigningKey

    @classmethod
    def load_or_create(cls, file: Path, host: str) -> Anchor:
        """Load the anchor kept in ``file`` (mode 0600); make it the first time."""
        if not file.exists():
            attest = SigningKey.generate()
            did, log = build_genesis(
                host, FOLDER, SigningKey.generate(), SigningKey.generate(), attest.multikey
            )
            kept = {"did": did, "log": log, "attest": attest.seed.hex()}
            write_whole(file, json.dumps(kept).encode(), mode=0o600)
        found = json.loads(file.read_text())
        seed = bytes.fromhex(found["attest"])
        return cls(found["did"], found["log"], SigningKey.from_seed(seed))

    async def publish_did(self, registry_url: str) -> None:
        """Publish the anchor's DID log."""
        async with Publisher(registry_url) as publisher:
            await publisher.publish(f"/{FOLDER}/did.jsonl", self.log.encode(), "application/jsonl")

    async def publish_list(
        self, registry_url: str, entries: Sequence[TrustEntry], version: int = 1
    ) -> None:
        """Sign and publish the list of those whom the anchor recognises."""
        now = datetime.now(UTC)
        trust_list = TrustList(
            anchor=self.did,
            version=version,
            issued=now.date(),
            next_update=(now + timedelta(days=_VALID_DAYS)).date(),
            entries=tuple(entries),
        )
        unsigned = build_resource(
            self.did, ResourceType.TRUST_LIST, "consortium", build_trust_list(trust_list)
        )
        signed = sign_resource(unsigned, self.attest, f"{self.did}#{self.attest.multikey}", now)
        digest = str(signed["id"]).rsplit("/", 1)[-1]
        async with Publisher(registry_url) as publisher:
            await publisher.publish(
                f"/{FOLDER}/resources/{digest}", json.dumps(signed).encode(), "application/json"
            )
