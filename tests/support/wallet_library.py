"""What a wallet reads: the folder of a mirror with really signed documents, as a refresh leaves it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from acquis.acapy import anoncreds
from acquis.acapy.client import AgentClient
from acquis.credentials.achievement import Achievement, attribute_names, parse_achievement
from acquis.registry.content import ResourceType
from acquis.registry.index import Index, build_index
from acquis.registry.resource import build_resource, verify_resource
from acquis.registry.trust_list import Scope, TrustEntry, TrustList, build_trust_list
from acquis.service.clock import SetClock, today
from schemas import load_example
from support.registry import HOST as REGISTRY
from support.registry import Issuer
from support.simulator import World

INSTITUTE = "Acquis Demonstration Institute SA"


@dataclass
class Published:
    """An achievement of an institution that the issuer's agent can issue from."""

    achievement: Achievement
    achievement_id: str
    definition_id: str


@dataclass
class Library:
    """The folder of a mirror, written as a refresh leaves it, and who publishes there."""

    folder: Path
    world: World
    clock: SetClock = field(default_factory=lambda: SetClock(int(time.time())))
    institute: Issuer = field(default_factory=lambda: Issuer("demo/institute", name="institute"))
    anchor: Issuer = field(default_factory=lambda: Issuer("trust/anchor", name="anchor"))
    achievements: list[dict[str, Any]] = field(default_factory=list)

    async def publish(self, agent: AgentClient, name: str, **changes: Any) -> Published:
        """Publish an example achievement with its schema, definition and registries."""
        did = self.institute.did
        achievement = replace(parse_achievement(load_example(name)), issuer=did, **changes)
        kind = ResourceType.ACHIEVEMENT
        words = self.institute.sign(build_resource(did, kind, name, achievement.content()))
        self.achievements.append(words)
        schema_id = await anoncreds.register_schema(
            agent, did, achievement.slug, achievement.version, list(attribute_names(achievement))
        )
        tag = f"tag-{len(self.achievements)}"
        made = await anoncreds.register_credential_definition(agent, did, schema_id, tag, 20)
        await self.world.settle()
        return Published(achievement, words["id"], made)

    def write(self) -> None:
        """Write everything that was published, as if the registry had just confirmed it."""
        own = [
            each
            for each in self.world.registry.resources.values()
            if each["id"].startswith(self.institute.did)
        ]
        self._put(self.institute, [*own, *self.achievements])
        noted = {"bins": {}, "confirmed_ns": time.time_ns()}
        (self.folder / REGISTRY / "applied.json").write_text(json.dumps(noted))

    def recognise(self, *scopes: Scope, days: int = 30) -> None:
        """Publish the anchor's trust list with the institute on it, in force for ``days`` more."""
        now = today(self.clock)
        entry = TrustEntry(
            self.institute.did, INSTITUTE, "FR", "https://institute.example/", scopes
        )
        listed = TrustList(
            self.anchor.did,
            1,
            now - timedelta(days=40),
            now + timedelta(days=days),
            (entry,) if scopes else (),
        )
        kind = ResourceType.TRUST_LIST
        built = build_resource(self.anchor.did, kind, "list", build_trust_list(listed))
        self._put(self.anchor, [self.anchor.sign(built)])

    def _put(self, issuer: Issuer, resources: list[dict[str, Any]]) -> None:
        base = self.folder / REGISTRY / "files" / issuer.folder
        (base / "resources").mkdir(parents=True, exist_ok=True)
        (base / "did.jsonl").write_text(issuer.log)
        index = Index(issuer.did, {})
        for each in resources:
            raw = json.dumps(each).encode()
            (base / "resources" / each["metadata"]["resourceId"]).write_bytes(raw)
            index = index.with_resource(verify_resource(raw, each["id"], issuer.document))
        (base / "index.json").write_bytes(build_index(index))
