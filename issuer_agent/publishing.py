"""Publishing: an achievement becomes a public document that credentials can be issued for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from acquis.acapy import anoncreds, wallet
from acquis.credentials.achievement import Achievement, attribute_names, parse_achievement
from acquis.credentials.annex_one import gaps
from acquis.errors import Conflict, InvalidInput, NotFound, Unavailable
from acquis.registry.content import ResourceType
from acquis.registry.did import parse_did
from acquis.registry.resource import build_resource
from acquis.service.work import Again
from acquis.text import Text
from issuer_agent.store import achievements, institution
from issuer_agent.store.tables import AchievementRow
from issuer_agent.surroundings import Surroundings

DRAFT: Final = "draft"
PUBLISHING: Final = "publishing"
PUBLISHED: Final = "published"
FAILED: Final = "failed"

_LOOK_AGAIN: Final = 0.5

STEPS: Final[Mapping[str, Text]] = {
    "document": Text("Publish the achievement", "Publier la microcertification"),
    "schema": Text("Publish its schema", "Publier son schéma"),
    "definition": Text(
        "Make the keys of its credentials (several seconds)",
        "Créer les clés de ses attestations (plusieurs secondes)",
    ),
    "registries": Text("Prepare revocation", "Préparer la révocation"),
}


async def add(around: Surroundings, content: Mapping[str, Any]) -> str:
    """Keep an achievement as a draft and return its id.

    Raises ``InvalidInput`` when it cannot be read, ``Conflict`` when that version is published
    already; a draft of the same slug and version is replaced.
    """
    # Whoever wrote the document, the institution that publishes it is its issuer.
    achievement = replace(parse_achievement(content), issuer=None)
    async with around.database.write() as session:
        row = await achievements.find_version(session, achievement.slug, achievement.version)
        if row is None:
            row = AchievementRow(
                id=str(uuid4()),
                slug=achievement.slug,
                version=achievement.version,
                content=achievement.content(),
                state=DRAFT,
                progress=[],
                created_at=around.clock.now(),
            )
            session.add(row)
        elif row.state == DRAFT:
            row.content = achievement.content()
        elif replace(parse_achievement(row.content), issuer=None) != achievement:
            raise Conflict(
                Text(
                    "This version is published and cannot change; give the new one another number",
                    "Cette version est publiée et ne change plus ; donnez un autre numéro à la nouvelle",
                )
            )
        return row.id


async def publish(around: Surroundings, achievement_id: str) -> None:
    """Begin to publish an achievement; asking again while it goes on, or after, changes nothing.

    Raises ``InvalidInput`` naming each of the 11 elements of Annex I that is missing, ``Conflict``
    when the institution has no DID yet.
    """
    async with around.database.write() as session:
        row = await achievements.load(session, achievement_id)
        if row.state == PUBLISHED:
            return
        achievement = parse_achievement(row.content)
        missing = gaps(achievement)
        if missing:
            raise InvalidInput(
                Text(
                    "Missing before it can be published: "
                    + " · ".join(gap.says.en for gap in missing),
                    "Manque avant publication : " + " · ".join(gap.says.fr for gap in missing),
                )
            )
        founded = await institution.load(session)
        if founded is None or founded.published_at is None:
            raise Conflict(
                Text(
                    "The institution has no published DID yet: create it first",
                    "L’institution n’a pas encore de DID publié : créez-le d’abord",
                )
            )
        row.content = replace(achievement, issuer=founded.did).content()
        row.state = PUBLISHING
    around.live.changed(f"achievement:{achievement_id}")
    await around.works["achievements"].due_row(achievement_id)


async def perform(around: Surroundings, achievement_id: str) -> Again | None:
    """Take a publication as far as it goes; each step looks first for what stands already."""
    async with around.database.read() as session:
        row = await achievements.load(session, achievement_id)
        founded = await institution.load(session)
    if row.state != PUBLISHING or founded is None:
        return None
    achievement = parse_achievement(row.content)
    steps: dict[str, Callable[[], Awaitable[str | None]]] = {
        "document": lambda: _publish_document(
            around, founded.did, founded.attest_multikey, achievement
        ),
        "schema": lambda: _register_schema(around, founded.did, achievement),
        "definition": lambda: _register_definition(around, founded.did, row, achievement),
        "registries": lambda: _wait_for_registry(around, row),
    }
    for name, step in steps.items():
        done = {item["step"] for item in row.progress if item["ended"] is not None}
        if name in done:
            continue
        await _note(around, row, name, ended=False)
        result = await step()
        if result is None:
            return Again(_LOOK_AGAIN)
        await _note(around, row, name, ended=True, result=result)
    async with around.database.write() as session:
        kept = await achievements.load(session, achievement_id)
        kept.state = PUBLISHED
    around.live.changed(f"achievement:{achievement_id}")
    return None


async def _note(
    around: Surroundings, row: AchievementRow, step: str, *, ended: bool, result: str = ""
) -> None:
    column = {"document": "resource_id", "schema": "schema_id", "definition": "cred_def_id"}.get(
        step
    )
    now = around.clock.now()
    begun = {item["step"]: item["begun"] for item in row.progress}
    entry = {"step": step, "begun": begun.get(step, now), "ended": now if ended else None}
    row.progress = [item for item in row.progress if item["step"] != step] + [entry]
    async with around.database.write() as session:
        kept = await achievements.load(session, row.id)
        kept.progress = row.progress
        if ended and column is not None:
            setattr(row, column, result)
            setattr(kept, column, result)
    around.live.changed(f"achievement:{row.id}")


async def _publish_document(
    around: Surroundings, did: str, multikey: str, achievement: Achievement
) -> str:
    resource = build_resource(
        did, ResourceType.ACHIEVEMENT, achievement.slug, achievement.content()
    )
    resource_id = str(resource["id"])
    try:
        await asyncio.to_thread(
            around.mirror.resolve_resource, resource_id, ResourceType.ACHIEVEMENT
        )
    except NotFound:
        pass
    else:
        return resource_id
    created = datetime.fromtimestamp(around.clock.now(), UTC)
    signed = await wallet.add_proof(around.agent, resource, f"{did}#{multikey}", created)
    path = f"/{parse_did(did).folder}/resources/{resource_id.rsplit('/', 1)[-1]}"
    await around.publisher.publish(path, json.dumps(signed).encode(), "application/json")
    await asyncio.to_thread(around.mirror.refresh)
    await asyncio.to_thread(around.mirror.resolve_resource, resource_id, ResourceType.ACHIEVEMENT)
    return resource_id


async def _register_schema(around: Surroundings, did: str, achievement: Achievement) -> str:
    names = attribute_names(achievement)
    found = await anoncreds.find_schema(around.agent, did, achievement.slug, achievement.version)
    if found is not None:
        return found
    return await anoncreds.register_schema(
        around.agent, did, achievement.slug, achievement.version, names
    )


async def _register_definition(
    around: Surroundings, did: str, row: AchievementRow, achievement: Achievement
) -> str:
    if row.schema_id is None:
        raise Unavailable
    found = await anoncreds.find_credential_definition(around.agent, did, row.schema_id)
    if found is not None:
        return found
    return await anoncreds.register_credential_definition(
        around.agent,
        did,
        row.schema_id,
        tag=achievement.version,
        registry_size=around.settings.registry_size,
    )


async def _wait_for_registry(around: Surroundings, row: AchievementRow) -> str | None:
    if row.cred_def_id is None:
        raise Unavailable
    try:
        registry = await anoncreds.load_active_registry(around.agent, row.cred_def_id)
    except NotFound:
        return None
    await asyncio.to_thread(around.mirror.refresh)
    await asyncio.to_thread(around.mirror.resolve_status_list, registry.id, around.clock.now())
    return registry.id
