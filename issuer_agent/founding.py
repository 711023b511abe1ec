"""Founding: the institution's DID is made, kept and published, once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from acquis.acapy import wallet
from acquis.registry.did import parse_did
from acquis.registry.did_log import build_genesis
from issuer_agent import update_keys
from issuer_agent.store import institution
from issuer_agent.store.tables import InstitutionRow
from issuer_agent.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Institution:
    """The institution as others may know it; ``did`` is None until it is published."""

    name: str
    did: str | None


async def current(around: Surroundings) -> Institution:
    """Return the institution as it stands."""
    async with around.database.read() as session:
        row = await institution.load(session)
    published = row.did if row is not None and row.published_at is not None else None
    return Institution(around.settings.institution_name, published)


async def found(around: Surroundings) -> Institution:
    """Make the institution's DID and publish it; whatever was done before is taken up, not redone.

    The order makes a crash harmless: update keys are on disk before anything is built with them,
    the log is in the database before it is published. Raises ``Unavailable`` when the agent or the
    registry does not answer; calling it again goes on from there.
    """
    async with around.only_one("founding"):
        async with around.database.read() as session:
            row = await institution.load(session)
        if row is None:
            row = await _make(around)
        if row.published_at is None:
            await _publish(around, row)
            async with around.database.write() as session:
                kept = await session.merge(row)
                kept.published_at = around.clock.now()
    around.live.changed("institution")
    return await current(around)


async def _make(around: Surroundings) -> InstitutionRow:
    settings = around.settings
    keys = await asyncio.to_thread(update_keys.load_or_create, settings.update_keys)
    attest = (await wallet.create_key(around.agent)).multikey
    did, log = build_genesis(
        settings.registry_host, settings.registry_folder, keys.update, keys.next, attest
    )
    row = InstitutionRow(id=institution.ONLY, did=did, attest_multikey=attest, log=log)
    async with around.database.write() as session:
        session.add(row)
    return row


async def _publish(around: Surroundings, row: InstitutionRow) -> None:
    await wallet.bind_key(around.agent, row.attest_multikey, f"{row.did}#{row.attest_multikey}")
    folder = parse_did(row.did).folder
    await around.publisher.publish(f"/{folder}/did.jsonl", row.log.encode(), "application/jsonl")
    await asyncio.to_thread(around.mirror.refresh)
    await asyncio.to_thread(around.mirror.resolve_did, row.did)
