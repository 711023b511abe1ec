"""The agent's webhooks, read as doorbells: something happened to that record, go and look.

A doorbell proves nothing but that somebody knows the key: it may come twice, out of order, before
the record is written, or never. So nothing of its body is taken but the record's id; no state, no
claim. Where it comes from is checked in constant time before the body is looked at.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from acquis.errors import InvalidInput, NotAllowed, TooLarge
from acquis.text import Text

MAX_DOORBELL_BYTES: Final = 256 * 1024
MAX_ID_LENGTH: Final = 256


class ExchangeKind(StrEnum):
    """Which kind of exchange a doorbell is about."""

    ISSUE_CREDENTIAL = "issue-credential"
    PRESENT_PROOF = "present-proof"
    CONNECTION = "connection"
    OUT_OF_BAND = "out-of-band"
    REVOCATION = "revocation"


_TOPICS: Final[Mapping[str, tuple[ExchangeKind, str]]] = {
    "issue_credential_v2_0": (ExchangeKind.ISSUE_CREDENTIAL, "cred_ex_id"),
    "present_proof_v2_0": (ExchangeKind.PRESENT_PROOF, "pres_ex_id"),
    "connections": (ExchangeKind.CONNECTION, "connection_id"),
    "out_of_band": (ExchangeKind.OUT_OF_BAND, "invi_msg_id"),
    "issuer_cred_rev": (ExchangeKind.REVOCATION, "cred_ex_id"),
}


@dataclass(frozen=True, slots=True)
class Doorbell:
    """A record of the agent that is worth a look, and the sub-wallet it is in, if it is in one."""

    kind: ExchangeKind
    record_id: str
    wallet_id: str | None


def parse_doorbell(
    topic: str, body: bytes, headers: Mapping[str, str], expected_key: str
) -> Doorbell | None:
    """Read a webhook of ``topic``; None where it is about nothing we look at.

    ``headers`` are looked up by lower-case name (``x-api-key``, ``x-wallet-id``).

    Raises:
        NotAllowed: the key is missing or wrong.
        TooLarge: the body is over `MAX_DOORBELL_BYTES`.
        InvalidInput: the body is not a JSON object with the record's id.

    """
    given = headers.get("x-api-key") or ""
    if not expected_key or not hmac.compare_digest(given.encode(), expected_key.encode()):
        raise NotAllowed(
            Text("The webhook’s key is not valid", "La clé du webhook n’est pas valable")
        )
    if len(body) > MAX_DOORBELL_BYTES:
        raise TooLarge
    if topic not in _TOPICS:
        return None
    kind, name = _TOPICS[topic]
    record_id = _parse_id(body, name)
    wallet_id = headers.get("x-wallet-id")
    if wallet_id is not None and len(wallet_id) > MAX_ID_LENGTH:
        raise _unreadable()
    return Doorbell(kind, record_id, wallet_id) if record_id else None


def _parse_id(body: bytes, name: str) -> str | None:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _unreadable() from error
    if not isinstance(content, dict):
        raise _unreadable()
    found = content.get(name)
    if found is None:
        return None
    if not isinstance(found, str) or not found or len(found) > MAX_ID_LENGTH:
        raise _unreadable()
    return found


def _unreadable() -> InvalidInput:
    return InvalidInput(Text("The webhook cannot be read", "Le webhook ne peut pas être lu"))
