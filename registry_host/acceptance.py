"""What a write must keep beside the rules of the strict reader: its place, its time, what stood."""

from __future__ import annotations

import json
import time
from collections.abc import Container
from datetime import UTC, datetime
from hashlib import sha256

from acquis.errors import NotFound
from acquis.registry.content import ResourceType
from acquis.registry.dating import MOST_AHEAD, verify_not_ahead
from acquis.registry.did import parse_did
from acquis.registry.mirror import PublishedFiles
from acquis.registry.resource import Resource
from acquis.registry.rules import Rule, broken
from acquis.registry.status_list import verify_status_list
from acquis.registry.strict_json import parse_json, parse_object
from registry_host.refusals import TagStale


def tag_of(raw: bytes) -> str:
    """Return the entity tag of a file: its SHA-256 in hex, quoted."""
    return f'"{sha256(raw).hexdigest()}"'


def did_of_log(log: bytes, host: str, folder: str) -> str:
    """Return the DID a log says it is of. Raises: RuleBroken (path) when its place is not here."""
    entry = parse_json(log.split(b"\n", 1)[0])
    state = entry.get("state") if isinstance(entry, dict) else None
    did = str(state.get("id")) if isinstance(state, dict) else ""
    parts = parse_did(did)
    if parts.host != host or parts.folder != folder:
        raise broken(
            Rule.PATH,
            f"The DID belongs at {parts.host}/{parts.folder}, not here.",
            f"Le DID a sa place à {parts.host}/{parts.folder}, pas ici.",
        )
    return did


def check_first_and_last(log: bytes, updated: datetime) -> None:
    """Check the first entry of a verified log for pre-rotation and the last one for its date.

    Raises: RuleBroken (pre-rotation, dated-ahead).
    """
    first = json.loads(log.split(b"\n", 1)[0])
    if not first["parameters"].get("nextKeyHashes"):
        raise broken(
            Rule.PRE_ROTATION,
            "The first entry must commit to the next update key (nextKeyHashes).",
            "La première entrée doit s’engager sur la clé suivante (nextKeyHashes).",
        )
    if updated > datetime.now(UTC) + MOST_AHEAD:
        raise broken(
            Rule.DATED_AHEAD,
            "The last entry is dated more than five minutes ahead.",
            "La dernière entrée est datée de plus de cinq minutes dans le futur.",
        )


def check_replacement(
    resource: Resource, standing: bytes | None, tag: str | None, methods: Container[str]
) -> int:
    """Check that ``resource`` may replace what stands; return how many links stood.

    ``methods`` are the verification methods that may sign now. Whatever date a key put that was
    withdrawn since, it keeps nobody from signing again: it may have been the thief's.
    Raises: TagStale, RuleBroken (links, resource-only-signed-again).
    """
    if standing is None and tag is None:
        return 0
    if standing is None or tag != tag_of(standing):
        raise TagStale()
    before = parse_object(standing)
    links = [(link["id"], link["timestamp"]) for link in before.get("links", [])]
    if [(link.id, link.timestamp) for link in resource.links[: len(links)]] != links:
        raise broken(
            Rule.LINKS,
            "Links are only appended; some that stand are missing or changed.",
            "Les liens ne sont qu’ajoutés ; certains manquent ou ont changé.",
        )
    created, proof = resource.proof_created.strftime("%Y-%m-%dT%H:%M:%SZ"), before["proof"]
    earlier = proof["verificationMethod"] in methods and created < proof["created"]
    if earlier or before["metadata"]["resourceName"] != resource.name:
        raise broken(
            Rule.RESOURCE_CHANGED,
            "A resource that stands is only signed again, later, under the same name.",
            "Une ressource existante n’est que signée à nouveau, plus tard, sous le même nom.",
        )
    return len(links)


def check_dates(resource: Resource, standing: bytes | None, links_before: int) -> None:
    """Check that nothing new in ``resource`` is dated ahead: its proof, its links, a list itself.

    Raises: RuleBroken (dated-ahead).
    """
    dates = [resource.proof_created.timestamp()]
    dates += [link.timestamp for link in resource.links[links_before:]]
    if resource.type is ResourceType.STATUS_LIST and standing is None:
        dates.append(resource.content["timestamp"])
    verify_not_ahead(max(dates), time.time())


def check_references(files: PublishedFiles, resource: Resource, links_before: int) -> None:
    """Check that what ``resource`` refers to in this registry stands and fits, but for tails.

    Raises: RuleBroken (reference, status-list, type).
    """
    content = resource.content
    try:
        if resource.type is ResourceType.CREDENTIAL_DEFINITION:
            if parse_did(content["schemaId"].split("/")[0]).host == files.host:
                files.resolve_resource(content["schemaId"], ResourceType.SCHEMA)
        elif resource.type is ResourceType.REVOCATION_REGISTRY_DEFINITION:
            files.resolve_resource(content["credDefId"], ResourceType.CREDENTIAL_DEFINITION)
            for link in resource.links[links_before:]:
                listed = files.resolve_resource(link.id, ResourceType.STATUS_LIST)
                verify_status_list(resource, link, listed)
        elif resource.type is ResourceType.STATUS_LIST:
            files.resolve_resource(
                content["revRegDefId"], ResourceType.REVOCATION_REGISTRY_DEFINITION
            )
    except NotFound as error:
        raise broken(
            Rule.REFERENCE,
            f"What it refers to is not published yet: {error.says.en}",
            f"Ce à quoi elle se réfère n’est pas encore publié : {error.says.fr}",
        ) from error
