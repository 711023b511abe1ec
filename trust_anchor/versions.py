"""The versions: every list the anchor ever signed, kept before anybody may see it.

A number that was signed once is never signed again with another content: what was handed to the
registry may stand there even when no answer came.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from acquis.errors import Conflict
from acquis.registry.content import ResourceType
from acquis.registry.resource import build_resource, parse_resource_id, sign_resource
from acquis.registry.resource import verify_resource as verify
from acquis.registry.strict_json import parse_object
from acquis.registry.trust_list import TrustList, build_trust_list, parse_trust_list
from acquis.service.files import write_whole
from acquis.text import Text
from trust_anchor.anchor import Anchor


@dataclass(frozen=True, slots=True)
class SignedList:
    """A signed list: the bytes of its resource, its id, and what it says."""

    raw: bytes
    id: str
    trust_list: TrustList

    @property
    def version(self) -> int:
        """The version it has for good."""
        return self.trust_list.version

    @property
    def path(self) -> str:
        """Where it is published below the registry, with a leading slash."""
        did, digest = parse_resource_id(self.id)
        return f"/{'/'.join(did.split(':')[4:])}/resources/{digest}"

    @property
    def method(self) -> str:
        """The verification method its proof names."""
        proof: dict[str, str] = parse_object(self.raw)["proof"]
        return proof["verificationMethod"]


def sign_list(anchor: Anchor, trust_list: TrustList, now: datetime) -> SignedList:
    """Return ``trust_list`` signed by the anchor's key, verified as any reader will.

    Raises: NotFound (the key), RuleBroken (trust-list, size).
    """
    unsigned = build_resource(
        anchor.did, ResourceType.TRUST_LIST, anchor.name, build_trust_list(trust_list)
    )
    return _sign(anchor, unsigned, now)


def sign_list_again(anchor: Anchor, signed: SignedList, now: datetime) -> SignedList:
    """Return the same list with a new proof by the anchor's key of today. Raises: as above."""
    return _sign(anchor, parse_object(signed.raw), now)


def verify_list(anchor: Anchor, raw: bytes, resource_id: str) -> SignedList:
    """Return a list that was read from elsewhere. Raises: RuleBroken."""
    found = verify(raw, resource_id, anchor.document, ResourceType.TRUST_LIST)
    return SignedList(raw, resource_id, parse_trust_list(found.content))


def load_versions(folder: Path) -> dict[str, SignedList]:
    """Return the lists kept in an anchor's folder by id, oldest first. Raises: RuleBroken."""
    return {each.id: each for each in sorted(_load(folder), key=lambda each: each.version)}


def keep_version(folder: Path, signed: SignedList) -> None:
    """Keep ``signed`` for good. Raises: Conflict when its version is another list's."""
    for other in load_versions(folder).values():
        if other.version == signed.version and other.id != signed.id:
            raise Conflict(
                Text(
                    f"Version {signed.version} was signed before with another content.",
                    f"La version {signed.version} a déjà été signée avec un autre contenu.",
                )
            )
    write_whole(folder / "versions" / f"{signed.version}.json", signed.raw)


def adopt_version(folder: Path, signed: SignedList) -> None:
    """Keep a list that the registry shows, beside one of the same version where there is one."""
    if signed.id not in load_versions(folder):
        digest = signed.id.rsplit("/", 1)[-1]
        write_whole(folder / "versions" / f"{signed.version}-{digest}.json", signed.raw)


def _load(folder: Path) -> Iterator[SignedList]:
    for path in (folder / "versions").glob("*.json"):
        raw = path.read_bytes()
        resource: dict[str, Any] = parse_object(raw)
        yield SignedList(raw, resource["id"], parse_trust_list(resource["content"]))


def _sign(anchor: Anchor, resource: dict[str, Any], now: datetime) -> SignedList:
    key = anchor.load_attest_key()
    raw = json.dumps(
        sign_resource(resource, key, f"{anchor.did}#{key.multikey}", now), ensure_ascii=False
    ).encode()
    return verify_list(anchor, raw, resource["id"])
