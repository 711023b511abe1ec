"""An exchange as the JSON that a service keeps, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from acquis.protocols import issue_credential, machine, present_proof


def dump_exchange(exchange: machine.Exchange[Any, Any, Any]) -> dict[str, Any]:
    """Return ``exchange`` as JSON values."""
    return {
        "id": exchange.id,
        "role": exchange.role.value,
        "state": exchange.state.value,
        "ignored": exchange.ignored,
        "facts": {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(exchange.facts).items()
            if value is not None
        },
    }


def load_issue(kept: Mapping[str, Any]) -> issue_credential.Exchange:
    """Return the issue-credential exchange that was dumped."""
    return issue_credential.Exchange(
        id=kept["id"],
        role=issue_credential.Role(kept["role"]),
        state=issue_credential.State(kept["state"]),
        ignored=kept["ignored"],
        facts=issue_credential.Facts(**kept["facts"]),
    )


def load_proof(kept: Mapping[str, Any]) -> present_proof.Exchange:
    """Return the present-proof exchange that was dumped."""
    facts = dict(kept["facts"])
    if "warnings" in facts:
        facts["warnings"] = tuple(facts["warnings"])
    return present_proof.Exchange(
        id=kept["id"],
        role=present_proof.Role(kept["role"]),
        state=present_proof.State(kept["state"]),
        ignored=kept["ignored"],
        facts=present_proof.Facts(**facts),
    )
