"""Resuming, when the agent starts, the set-up of revocation registries that its end cut short.

ACA-Py (1.7.0) sets up a revocable credential definition by a chain of events: the first registry
definition, its status list, the mark *active*, and a second registry in reserve; the same again when
a registry is full. The chain is kept in memory. It retries failures for as long as the process lives
and ends with it. ACA-Py's own recovery (off by default) waits 30 s and repeats for ever a step that
had already succeeded, so it stays off, and what is missing in the wallet is asked for again here:

====================================================  ============================================
the wallet has                                        asked for
====================================================  ============================================
a credential definition and no registry               the first registry (the registrar returns the
                                                      one that stands if it was published already)
a registry definition without a list                  its list
registries with lists and none of them active         the first of them becomes active
an active registry that is full                       the reserve becomes active, a new reserve
an active registry and none in reserve                a reserve
====================================================  ============================================

An issuer's service therefore has nothing to drive again after a crash but the credential definition
itself, when ``GET /anoncreds/credential-definitions?schema_id=…`` does not list it, and polls
``GET /anoncreds/revocation/active-registry/{cred_def_id}`` until it answers 200.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from acapy_agent.anoncreds.constants import (
    CATEGORY_CRED_DEF,
    CATEGORY_REV_LIST,
    CATEGORY_REV_REG_DEF,
    STATE_FINISHED,
)
from acapy_agent.anoncreds.events import FIRST_REGISTRY_TAG
from acapy_agent.anoncreds.revocation import AnonCredsRevocation
from acapy_agent.core.profile import Profile

LOGGER = logging.getLogger(__name__)
REGISTRY_TYPE = "CL_ACCUM"
STATE_FULL = "full"


@dataclass(frozen=True, slots=True)
class Registry:
    """One revocation registry as the wallet has it; ``next_index`` is None while it has no list."""

    id: str
    tag: str
    state: str
    active: bool
    size: int
    next_index: int | None

    @property
    def is_full(self) -> bool:
        """Whether the last index was given out (ACA-Py keeps index 0 for itself)."""
        full = self.next_index is not None and self.next_index >= self.size
        return full or self.state == STATE_FULL


@dataclass(frozen=True, slots=True)
class SetUp:
    """A revocable credential definition with its registries."""

    definition_id: str
    issuer_id: str
    registry_size: int
    registries: tuple[Registry, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """What one set-up lacks; all empty when it is complete."""

    first_registry: bool = False
    lists: tuple[str, ...] = ()
    activation: str | None = None
    full: str | None = None
    reserve: bool = False


def find_missing(set_up: SetUp) -> Missing:
    """Say what the table in the module's description asks for. Pure."""
    usable = [one for one in set_up.registries if one.state == STATE_FINISHED and not one.is_full]
    active = next((one for one in set_up.registries if one.active), None)
    if not set_up.registries:
        return Missing(first_registry=True)
    lists = tuple(one.id for one in usable if one.next_index is None)
    listed = [one for one in usable if one.next_index is not None and not one.active]
    if active is not None and active.is_full:
        # ACA-Py tries this again until a reserve is ready, and then makes the next reserve itself.
        return Missing(lists=lists, full=active.id, reserve=not usable)
    if active is None:
        # The list of the registry tagged as first activates it; nothing else would.
        waits = any(one.next_index is None and one.tag == FIRST_REGISTRY_TAG for one in usable)
        if listed and not waits:
            return Missing(lists=lists, activation=listed[0].id, reserve=len(usable) < 2)
        return Missing(lists=lists, reserve=len(usable) < 2)
    return Missing(lists=lists, reserve=all(one.active for one in usable))


async def resume_set_ups(profile: Profile) -> None:
    """Ask ACA-Py for everything that is missing; its event chain does the rest."""
    for set_up in await _load_set_ups(profile):
        missing = find_missing(set_up)
        if missing != Missing():
            LOGGER.warning("Resuming the revocation set-up of %s", set_up.definition_id)
            await _ask(AnonCredsRevocation(profile), set_up, missing)


async def _ask(revocation: AnonCredsRevocation, set_up: SetUp, missing: Missing) -> None:
    if missing.first_registry:
        await _ask_registry(revocation, set_up, FIRST_REGISTRY_TAG)
    for registry_id in missing.lists:
        await revocation.emit_create_and_register_revocation_list_event(registry_id, {})
    if missing.activation:
        await revocation.emit_set_active_registry_event(missing.activation, {})
    if missing.full:
        await revocation.emit_full_registry_event(missing.full, set_up.definition_id)
    if missing.reserve:
        await _ask_registry(revocation, set_up, str(uuid4()))


async def _ask_registry(revocation: AnonCredsRevocation, set_up: SetUp, tag: str) -> None:
    await revocation.emit_create_revocation_registry_definition_event(
        set_up.issuer_id, set_up.definition_id, REGISTRY_TYPE, tag, set_up.registry_size, {}
    )


async def _load_set_ups(profile: Profile) -> Sequence[SetUp]:
    async with profile.session() as session:
        definitions = await session.handle.fetch_all(
            CATEGORY_CRED_DEF, {"state": STATE_FINISHED, "support_revocation": "True"}
        )
        registries = await session.handle.fetch_all(CATEGORY_REV_REG_DEF)
        lists = await session.handle.fetch_all(CATEGORY_REV_LIST)
    next_index = {entry.name: int(entry.value_json["next_index"]) for entry in lists}
    found: dict[str, list[Registry]] = {}
    for entry in registries:
        value = entry.value_json
        registry = Registry(
            id=entry.name,
            tag=value["tag"],
            state=entry.tags["state"],
            active=entry.tags["active"] == "true",
            size=int(value["value"]["maxCredNum"]),
            next_index=next_index.get(entry.name),
        )
        found.setdefault(value["credDefId"], []).append(registry)
    return [
        SetUp(
            definition_id=entry.name,
            issuer_id=entry.tags["issuer_id"],
            registry_size=int(entry.tags["max_cred_num"]),
            registries=tuple(sorted(found.get(entry.name, []), key=lambda one: one.tag)),
        )
        for entry in definitions
    ]
