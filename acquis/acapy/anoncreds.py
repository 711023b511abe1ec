"""Schemas, credential definitions and their revocation, on the issuer's side (``/anoncreds``).

What bites, and what is done about it:

- Two registries exist per credential definition, one in use and one in reserve; the answer of the
  creation names neither. Ask `load_active_registry`.
- A publication that failed is answered like one that succeeded, and the wallet already holds the
  index as revoked. `publish_revocations` therefore returns nothing to rely on: whoever publishes
  reads the list back from the registry and compares it with `load_wallet_list`; where the registry
  is behind, `reconcile_lists` publishes again.
- Marking and publishing must not run while a credential of the same definition is issued: the
  issuer's service holds one lock for all three.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from acquis.acapy.answer import Answer
from acquis.acapy.client import AgentClient
from acquis.errors import NotFound, Unavailable
from acquis.text import Text

CREATION_PATIENCE: Final = 300.0
"""Seconds: a definition takes 3 to 12 (safe primes), two registries of 10,000 another 15."""


@dataclass(frozen=True, slots=True)
class RevocationRegistry:
    """One revocation registry of ours: ``size`` indexes from 1, some marked but not published."""

    id: str
    credential_definition_id: str
    state: str
    size: int
    tag: str
    tails_hash: str
    pending: frozenset[int]


@dataclass(frozen=True, slots=True)
class IssuedCredential:
    """One index of a registry that was given out, and the exchange's record it went to."""

    revocation_registry_id: str
    revocation_index: int
    record_id: str | None
    is_revoked: bool


@dataclass(frozen=True, slots=True)
class WalletList:
    """A status list as the issuer's wallet holds it: indexes from 1.

    ``revoked`` are those the wallet takes for published (the registry may not have them yet);
    ``pending`` those it was told to revoke at the next publication.
    """

    revocation_registry_id: str
    issued: frozenset[int]
    revoked: frozenset[int]
    pending: frozenset[int]


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Ids of the registries whose list was published just now, and of those still behind."""

    published: frozenset[str]
    behind: frozenset[str]


async def find_schema(client: AgentClient, issuer: str, name: str, version: str) -> str | None:
    """Return the id of the schema this wallet registered under that name and version, if any."""
    query = {"schema_issuer_id": issuer, "schema_name": name, "schema_version": version}
    answer = await client.get("/anoncreds/schemas", query=query)
    return next(iter(answer.texts("schema_ids")), None)


async def register_schema(
    client: AgentClient, issuer: str, name: str, version: str, attributes: Sequence[str]
) -> str:
    """Register a schema under the DID ``issuer``; return its id.

    Raises:
        InvalidInput: one of that name and version stands already; see `find_schema`.

    """
    schema = {
        "issuerId": issuer,
        "name": name,
        "version": version,
        "attrNames": list(attributes),
    }
    answer = await client.post("/anoncreds/schema", body={"schema": schema})
    return _finished(answer.inside("schema_state"), "schema_id")


async def find_credential_definition(
    client: AgentClient, issuer: str, schema_id: str
) -> str | None:
    """Return the id of the credential definition this wallet registered for a schema, if any."""
    query = {"issuer_id": issuer, "schema_id": schema_id}
    answer = await client.get("/anoncreds/credential-definitions", query=query)
    return next(iter(answer.texts("credential_definition_ids")), None)


async def list_credential_definitions(client: AgentClient, issuer: str) -> tuple[str, ...]:
    """Return the ids of all credential definitions of ``issuer`` whose private keys we hold."""
    answer = await client.get("/anoncreds/credential-definitions", query={"issuer_id": issuer})
    return answer.texts("credential_definition_ids")


async def register_credential_definition(
    client: AgentClient, issuer: str, schema_id: str, tag: str, registry_size: int
) -> str:
    """Register a revocable credential definition with registries of ``registry_size``; its id.

    Takes seconds; returns once the registries are set up.
    """
    body = {
        "credential_definition": {"issuerId": issuer, "schemaId": schema_id, "tag": tag},
        "options": {"support_revocation": True, "revocation_registry_size": registry_size},
        "wait_for_revocation_setup": True,
    }
    answer = await client.post(
        "/anoncreds/credential-definition", body=body, patience=CREATION_PATIENCE
    )
    return _finished(answer.inside("credential_definition_state"), "credential_definition_id")


async def load_active_registry(
    client: AgentClient, credential_definition_id: str
) -> RevocationRegistry:
    """Return the registry the next credential will take its index from.

    Raises:
        NotFound: there is none yet; ask again.

    """
    answer = await client.get("/anoncreds/revocation/active-registry/{}", credential_definition_id)
    return _read_registry(answer.inside("result"))


async def list_registries(client: AgentClient, credential_definition_id: str) -> tuple[str, ...]:
    """Return the ids of all registries of a credential definition, used, in use and in reserve."""
    query = {"cred_def_id": credential_definition_id}
    answer = await client.get("/anoncreds/revocation/registries", query=query)
    return answer.texts("rev_reg_ids")


async def load_registry(client: AgentClient, registry_id: str) -> RevocationRegistry:
    """Return one registry of ours.

    Raises:
        NotFound: it is not of this wallet.

    """
    answer = await client.get("/anoncreds/revocation/registry/{}", registry_id)
    return _read_registry(answer.inside("result"))


async def list_issued(client: AgentClient, registry_id: str) -> tuple[IssuedCredential, ...]:
    """Return what was issued from a registry, by index."""
    found = await client.get_list("/anoncreds/revocation/registry/{}/issued/details", registry_id)
    return tuple(sorted(map(_read_issued, found), key=lambda issued: issued.revocation_index))


async def find_issued(client: AgentClient, record_id: str) -> IssuedCredential | None:
    """Return the registry and index that an exchange's record was given, if it was given one."""
    query = {"cred_ex_id": record_id}
    try:
        answer = await client.get("/anoncreds/revocation/credential-record", query=query)
    except NotFound:
        return None
    return _read_issued(answer.inside("result"))


async def mark_revoked(client: AgentClient, registry_id: str, index: int) -> None:
    """Mark an index to be revoked by the next publication; nothing is published now.

    Marking twice is harmless.
    """
    body = {"rev_reg_id": registry_id, "cred_rev_id": str(index), "publish": False}
    await client.post("/anoncreds/revocation/revoke", body=body)


async def publish_revocations(client: AgentClient, registry_id: str) -> None:
    """Publish all marked indexes of one registry. That it returns proves nothing: read it back."""
    everything: list[str] = []
    body = {"rrid2crid": {registry_id: everything}}
    await client.post(
        "/anoncreds/revocation/publish-revocations", body=body, patience=CREATION_PATIENCE
    )


async def reconcile_lists(client: AgentClient) -> Reconciliation:
    """Publish every status list of the wallet that is ahead of the registry (our plugin's request).

    This is how a publication that failed is tried again: with nothing marked, publishing once more
    does nothing.

    Raises:
        NotFound: the agent publishes nothing.

    """
    answer = await client.post("/webvh/reconcile", patience=CREATION_PATIENCE)
    return Reconciliation(
        published=frozenset(answer.texts("published")), behind=frozenset(answer.texts("behind"))
    )


async def load_wallet_list(client: AgentClient, registry_id: str) -> WalletList:
    """Return the status list as the wallet holds it, to be compared with the registry's.

    Raises:
        NotFound: the registry is not of this wallet.

    """
    registry = await load_registry(client, registry_id)
    issued = await list_issued(client, registry_id)
    return WalletList(
        revocation_registry_id=registry_id,
        issued=frozenset(one.revocation_index for one in issued),
        revoked=frozenset(one.revocation_index for one in issued if one.is_revoked),
        pending=registry.pending,
    )


def _finished(answer: Answer, name: str) -> str:
    if answer.optional_text("state") != "finished":
        raise Unavailable(
            Text(
                f"The agent did not finish {answer.about}",
                f"L’agent n’a pas terminé {answer.about}",
            )
        )
    return answer.text(name)


def _read_registry(answer: Answer) -> RevocationRegistry:
    return RevocationRegistry(
        id=answer.text("revoc_reg_id"),
        credential_definition_id=answer.text("cred_def_id"),
        state=answer.text("state"),
        size=answer.optional_number("max_cred_num") or 0,
        tag=answer.text("tag"),
        tails_hash=answer.text("tails_hash"),
        pending=frozenset(answer.numbers("pending_pub")),
    )


def _read_issued(answer: Answer) -> IssuedCredential:
    return IssuedCredential(
        revocation_registry_id=answer.text("rev_reg_id"),
        revocation_index=answer.optional_number("cred_rev_id") or 0,
        record_id=answer.optional_text("cred_ex_id"),
        is_revoked=answer.text("state") == "revoked",
    )
