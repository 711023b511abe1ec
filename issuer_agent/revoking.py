"""Revoking: a credential stops being valid for everybody who reads the registry."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import structlog

from acquis.acapy import anoncreds
from acquis.errors import Conflict, InvalidInput
from acquis.protocols.revocation import Exchange, Facts, Observation, State, advance
from acquis.service.work import Again
from acquis.text import Text
from issuer_agent.issuing import VALID
from issuer_agent.store import awards, issued
from issuer_agent.store.tables import IssuedRow
from issuer_agent.surroundings import Surroundings
from schemas import load_vocabulary

_LOG = structlog.get_logger(__name__)

_LOOK_AGAIN: Final = 2.0


def reasons() -> tuple[tuple[str, Text], ...]:
    """Return the reasons a credential may be revoked for, with their words."""
    return tuple(load_vocabulary("status-reason").codes.items())


async def revoke(around: Surroundings, award_id: str, reason: str, person_id: str) -> None:
    """Ask for a credential to be revoked; it is done when the registry shows it.

    ``person_id`` is who asks. Asking again changes nothing. Raises ``InvalidInput`` for an unknown reason, ``NotFound``, or
    ``Conflict`` when the credential is in no wallet yet.
    """
    if reason not in dict(reasons()):
        raise InvalidInput(Text("Choose one of the reasons", "Choisissez un des motifs"))
    async with around.database.write() as session:
        row = (await awards.load(session, award_id)).issued
        if row is None:
            raise Conflict(
                Text(
                    "The credential is in no wallet yet; there is nothing to revoke",
                    "L’attestation n’est encore dans aucun portefeuille ; il n’y a rien à révoquer",
                )
            )
        if row.state != VALID:
            return
        row.state = State.REQUESTED.value
        row.reason = reason
        row.revoked_by = person_id
        row.asked_at = around.clock.now()
    around.live.changed(f"award:{award_id}")
    await around.works["issued"].due_row(award_id)


async def perform(around: Surroundings, award_id: str) -> Again | None:
    """Mark, publish and read back every revocation asked for of one credential definition.

    The first row that is due does it for all; the others then find themselves published.
    """
    async with around.database.read() as session:
        row = await session.get(IssuedRow, award_id)
    if row is None:
        return None
    async with around.only_one(f"definition:{row.cred_def_id}"):
        by_registry = await _load_waiting(around, row)
        if not by_registry:
            return None
        for registry_id, rows in by_registry.items():
            for one in rows:
                await anoncreds.mark_revoked(around.agent, registry_id, one.rev_index)
                await _note(around, one, Observation(State.PENDING))
            await anoncreds.publish_revocations(around.agent, registry_id)
        await asyncio.to_thread(around.mirror.refresh)
        read_back = [await _read_back(around, *one) for one in by_registry.items()]
        if all(read_back):
            return None
        # The agent takes a publication that failed for done; its plugin compares, publishes again.
        await anoncreds.reconcile_lists(around.agent)
    return Again(_LOOK_AGAIN)


async def _load_waiting(around: Surroundings, row: IssuedRow) -> dict[str, list[IssuedRow]]:
    """Return what is to be revoked of the row's definition, by registry; nothing if it is not."""
    by_registry: dict[str, list[IssuedRow]] = defaultdict(list)
    async with around.database.read() as session:
        waiting = await issued.asked(session, row.cred_def_id)
    if row.id in {one.id for one in waiting}:
        for one in waiting:
            by_registry[one.rev_reg_id].append(one)
    return by_registry


async def _read_back(around: Surroundings, registry_id: str, rows: Sequence[IssuedRow]) -> bool:
    """Take as published what the list in force in the registry has; nothing else is believed."""
    link, status_list = await asyncio.to_thread(
        around.mirror.resolve_status_list, registry_id, around.clock.now()
    )
    bits = status_list.content["revocationList"]
    done = True
    for row in rows:
        if row.rev_index < len(bits) and bits[row.rev_index] == 1:
            await _note(
                around, row, Observation(State.PUBLISHED, Facts(published_at=link.timestamp))
            )
        else:
            done = False
            _LOG.warning("revocation not in the registry yet", award=row.id)
    return done


async def _note(around: Surroundings, row: IssuedRow, seen: Observation) -> None:
    async with around.database.write() as session:
        kept = await session.get_one(IssuedRow, row.id)
        facts = Facts(published_at=kept.published_at)
        exchange = advance(Exchange(id=kept.id, state=State(kept.state), facts=facts), seen)
        if exchange.state.value == kept.state:
            return
        kept.state = exchange.state.value
        kept.published_at = exchange.facts.published_at
        if exchange.is_over:
            kept.due_at = None
    around.live.changed(f"award:{row.id}")
    around.live.changed("awards")
