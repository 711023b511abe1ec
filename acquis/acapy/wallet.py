"""Keys of the wallet, and signing with them (``/wallet/keys``, ``/vc/di``).

The attest key of an issuer lives here: an Ed25519 key named by the verification method under which
the DID document lists it. The agent signs by ``eddsa-jcs-2022`` (W3C Data Integrity EdDSA
Cryptosuites v1.0, section 3.3); it can canonicalise integers and texts, not floats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from acquis.acapy.answer import Answer
from acquis.acapy.client import AgentClient
from acquis.errors import InvalidInput, NotFound, Unavailable
from acquis.text import Text


@dataclass(frozen=True, slots=True)
class Key:
    """A key pair of the wallet: its public half, and the verification methods it is named by."""

    multikey: str
    verification_methods: tuple[str, ...]


async def create_key(client: AgentClient) -> Key:
    """Make an Ed25519 key pair in the wallet; no verification method names it yet."""
    return _read_key(await client.post("/wallet/keys", body={"alg": "ed25519"}))


async def load_key(client: AgentClient, multikey: str) -> Key:
    """Return the key pair whose public half is ``multikey``.

    Raises:
        NotFound: the wallet has no such key.

    """
    try:
        answer = await client.get("/wallet/keys/{}", multikey)
    except InvalidInput as error:  # this agent answers 400 for a key it does not have
        raise NotFound(
            Text(f"The wallet has no key {multikey}", f"Le portefeuille n’a pas de clé {multikey}")
        ) from error
    return _read_key(answer)


async def bind_key(client: AgentClient, multikey: str, verification_method: str) -> None:
    """Name the key pair by ``verification_method``, beside the names it has; again is harmless.

    Raises:
        NotFound: the wallet has no such key.

    """
    if verification_method not in (await load_key(client, multikey)).verification_methods:
        body = {"multikey": multikey, "kid": verification_method}
        await client.put("/wallet/keys", body=body)


async def add_proof(
    client: AgentClient,
    document: Mapping[str, object],
    verification_method: str,
    created: datetime,
) -> dict[str, object]:
    """Return ``document`` with one ``eddsa-jcs-2022`` proof of ``verification_method``.

    The proof is one object, not a list; a proof the document had is replaced. ``created`` is
    written in whole seconds of UTC.

    Raises:
        Unavailable: the wallet has no key by that name (this agent answers 500 then).

    """
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "proofPurpose": "assertionMethod",
        "verificationMethod": verification_method,
        "created": created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    body = {"document": unsigned, "options": options}
    answer = await client.post("/vc/di/add-proof", body=body)
    secured = answer.inside("securedDocument")
    proofs = list(secured.each("proof"))
    if len(proofs) != 1:
        raise Unavailable(
            Text("The agent did not sign the document", "L’agent n’a pas signé le document")
        )
    return {**unsigned, "proof": dict(proofs[0].document())}


def _read_key(answer: Answer) -> Key:
    return Key(answer.text("multikey"), answer.texts("kid"))
