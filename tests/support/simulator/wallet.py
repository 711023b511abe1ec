"""What one wallet of a simulated agent keeps; it outlives every crash."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from acquis.registry.keys import SigningKey

type Json = dict[str, Any]
type Records = dict[str, Json]


@dataclass
class KeyPair:
    """A key pair and the verification methods it is named by."""

    key: SigningKey
    names: list[str] = field(default_factory=list)


@dataclass
class IssuerRegistry:
    """A revocation registry as its issuer's wallet holds it; index 0 is never given out."""

    id: str
    definition_id: str
    tag: str
    tails_hash: str
    states: list[int]
    active: bool
    next_index: int = 1
    pending: list[int] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        """Whether every index was given out."""
        return self.next_index >= len(self.states)


@dataclass
class Wallet:
    """Records by id, in the agent's own JSON."""

    id: str
    name: str
    label: str
    token: str | None = None
    keys: dict[str, KeyPair] = field(default_factory=dict)
    connections: Records = field(default_factory=dict)
    invitations: Records = field(default_factory=dict)
    issuing: Records = field(default_factory=dict)
    details: Records = field(default_factory=dict)
    presenting: Records = field(default_factory=dict)
    credentials: Records = field(default_factory=dict)
    schemas: Records = field(default_factory=dict)
    definitions: Records = field(default_factory=dict)
    registries: dict[str, IssuerRegistry] = field(default_factory=dict)
    issued: list[Json] = field(default_factory=list)
    invitation_did: str | None = None

    def signer(self, did: str) -> tuple[SigningKey, str] | None:
        """Return the key and verification method that sign for ``did``, if the wallet has them."""
        for pair in self.keys.values():
            for name in pair.names:
                if name.startswith(f"{did}#"):
                    return pair.key, name
        return None


def now() -> str:
    """Return the time as the agent writes it into records."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def matches(tags: Mapping[str, str], query: Json) -> bool:
    """Evaluate the part of Askar's query language that is used here."""
    for name, wanted in query.items():
        if name == "$and":
            found = all(matches(tags, part) for part in wanted)
        elif name == "$or":
            found = any(matches(tags, part) for part in wanted)
        elif name == "$not":
            found = not matches(tags, wanted)
        elif name == "$exist":
            found = all(tag in tags for tag in wanted)
        else:
            found = tags.get(name) == wanted
        if not found:
            return False
    return True


def credential_tags(credential: Json) -> dict[str, str]:
    """Return the tags a stored credential is found by."""
    tags = {
        name: credential[name]
        for name in ("schema_id", "cred_def_id", "rev_reg_id")
        if credential[name]
    }
    for name, value in credential["values"].items():
        bare = name.replace(" ", "")
        tags[f"attr::{bare}::value"] = value["raw"]
        tags[f"attr::{bare}::marker"] = "1"
    return tags


def credential_info(name: str, credential: Json) -> Json:
    """Return a stored credential as the admin API shows it."""
    revocation = credential["signature"]["r_credential"]
    return {
        "referent": name,
        "schema_id": credential["schema_id"],
        "cred_def_id": credential["cred_def_id"],
        "rev_reg_id": credential["rev_reg_id"],
        "cred_rev_id": str(revocation["i"]) if revocation else None,
        "attrs": {name: value["raw"] for name, value in credential["values"].items()},
    }


def page(found: Iterable[Json], query: Mapping[str, str]) -> list[Json]:
    """Return the part of a list that ``limit`` and ``offset`` ask for."""
    start, limit = int(query.get("offset", "0")), int(query.get("limit", "100"))
    return list(found)[start : start + limit]
