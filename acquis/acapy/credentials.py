"""The credentials a holder's wallet keeps (``/credentials``)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

from acquis.acapy.answer import Answer
from acquis.acapy.client import AgentClient, Query
from acquis.errors import NotFound, Unavailable

PAGE: Final = 100


@dataclass(frozen=True, slots=True, repr=False)
class Credential:
    """One stored credential: its name in the wallet, its origin and its claims."""

    id: str
    schema_id: str
    credential_definition_id: str
    revocation_registry_id: str | None
    revocation_index: int | None
    attributes: Mapping[str, str]


async def list_credentials(
    client: AgentClient,
    wql: Mapping[str, object] | None = None,
    *,
    limit: int = PAGE,
    offset: int = 0,
) -> tuple[Credential, ...]:
    """Return one page of the stored credentials that match ``wql`` (Askar's query language).

    Attribute names in ``wql`` are lower case without spaces: ``attr::<name>::value``.
    """
    query: Query = {"limit": str(limit), "offset": str(offset)}
    if wql:
        query = {**query, "wql": json.dumps(wql, separators=(",", ":"))}
    answer = await client.get("/credentials", query=query)
    return tuple(_read_credential(found) for found in answer.each("results"))


async def each_credential(
    client: AgentClient, wql: Mapping[str, object] | None = None
) -> AsyncIterator[Credential]:
    """Yield all stored credentials that match ``wql``, page after page."""
    offset = 0
    while page := await list_credentials(client, wql, offset=offset):
        for credential in page:
            yield credential
        if len(page) < PAGE:
            return
        offset += PAGE


async def load_credential(client: AgentClient, credential_id: str) -> Credential:
    """Return one stored credential.

    Raises:
        NotFound: the wallet has none by that name.

    """
    return _read_credential(await client.get("/credential/{}", credential_id))


async def find_credential(client: AgentClient, credential_id: str) -> Credential | None:
    """Return one stored credential, or None."""
    try:
        return await load_credential(client, credential_id)
    except NotFound:
        return None


async def is_revoked(client: AgentClient, credential_id: str) -> bool | None:
    """Say whether the registry's list has the credential revoked; None when it cannot be told."""
    try:
        answer = await client.get("/credential/revoked/{}", credential_id)
    except Unavailable:
        return None
    return answer.flag("revoked")


async def delete_credential(client: AgentClient, credential_id: str) -> None:
    """Remove one stored credential; that it is gone already is success."""
    await client.delete("/credential/{}", credential_id)


def _read_credential(answer: Answer) -> Credential:
    return Credential(
        id=answer.text("referent"),
        schema_id=answer.text("schema_id"),
        credential_definition_id=answer.text("cred_def_id"),
        revocation_registry_id=answer.optional_text("rev_reg_id"),
        revocation_index=answer.optional_number("cred_rev_id"),
        attributes=answer.text_map("attrs"),
    )
