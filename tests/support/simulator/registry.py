"""What the simulated agents publish: real attested resources, kept in memory.

Ids, digests, links and proofs are those of `acquis.registry`; whoever wants the resources elsewhere
(a registry host, a mirror's folder) listens.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from acquis.registry.keys import SigningKey
from acquis.registry.resource import Link, ResourceType, build_resource, sign_resource

type Json = dict[str, Any]
type Listener = Callable[[Json], Awaitable[None]]
type Signer = tuple[SigningKey, str]


class UnpublishedError(Exception):
    """The registry refused, or does not have it."""


class SimulatedRegistry:
    """The published resources, by id; ``refuses`` makes every publication fail."""

    def __init__(self) -> None:
        self.resources: dict[str, Json] = {}
        self.listeners: list[Listener] = []
        self.refuses = False

    async def publish(
        self,
        did: str,
        kind: ResourceType,
        name: str,
        content: Mapping[str, Any],
        *,
        signer: Signer | None,
        links: tuple[Link, ...] = (),
    ) -> str:
        """Publish and return the id; the same content again is the same resource."""
        if self.refuses:
            raise UnpublishedError(did)
        resource = build_resource(did, kind, name, content, links)
        if signer:
            resource = sign_resource(resource, *signer, datetime.now(UTC))
        self.resources[resource["id"]] = resource
        for listener in self.listeners:
            await listener(resource)
        return str(resource["id"])

    async def publish_list(
        self, definition_id: str, states: list[int], signer: Signer | None
    ) -> None:
        """Publish the next status list of a registry and link it."""
        definition = self.resources[definition_id]
        did, tag = definition["content"]["issuerId"], definition["content"]["tag"]
        links = self.links(definition_id)
        timestamp = max(int(time.time()), links[-1].timestamp + 1 if links else 0)
        content = {
            "issuerId": did,
            "revRegDefId": definition_id,
            "revocationList": list(states),
            "currentAccumulator": f"21 {sum(states):X}{timestamp:X}",
            "timestamp": timestamp,
        }
        list_id = await self.publish(did, ResourceType.STATUS_LIST, tag, content, signer=signer)
        await self.publish(
            did,
            ResourceType.REVOCATION_REGISTRY_DEFINITION,
            tag,
            definition["content"],
            signer=signer,
            links=(*links, Link(list_id, timestamp)),
        )

    def content(self, resource_id: str) -> Json:
        """Return the published object."""
        try:
            content: Json = self.resources[resource_id]["content"]
        except KeyError as error:
            raise UnpublishedError(resource_id) from error
        return content

    def links(self, definition_id: str) -> tuple[Link, ...]:
        """Return the links to a registry's lists, oldest first."""
        found = self.resources[definition_id]["links"]
        return tuple(Link(link["id"], link["timestamp"]) for link in found)

    def list_at(self, definition_id: str, at: int | None = None) -> Json:
        """Return the list in force at ``at`` (Unix seconds), the newest when None."""
        if definition_id not in self.resources:
            raise UnpublishedError(definition_id)
        known = [link for link in self.links(definition_id) if at is None or link.timestamp <= at]
        if not known:
            raise UnpublishedError(definition_id)
        return self.content(known[-1].id)
