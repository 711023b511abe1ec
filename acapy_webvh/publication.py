"""Publishing what the agent made: signed, written to the registry, then read back from the mirror.

1. What already stands is not written again: a resource's name is the digest of its content, so the
   same object has the same id and a repetition after a crash is a success.
2. A status list is two writes: the list, then its link in the registry definition, exchanged for
   the version that was read (``If-Match``); whoever loses that race reads again.
3. Publication is done when the mirror, which believes signatures and TUF only, shows it. An answer
   of the host proves nothing.
4. A list never takes a revocation back: one that would is refused, one that says no more than the
   list that stands is a repetition. After a compromise, what whoever stole the key published last
   does not stand: the wallet's list is published over it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from acapy_agent.core.profile import Profile

from acapy_webvh.reader import MirrorReader
from acapy_webvh.registry_client import TIMEOUT_SECONDS, RegistryClient
from acapy_webvh.signing import sign_with_wallet
from acquis.errors import Conflict, Unavailable, Untrusted
from acquis.registry.dating import MOST_AHEAD
from acquis.registry.did import parse_did
from acquis.registry.resource import (
    Link,
    Resource,
    ResourceType,
    build_resource,
    parse_resource_id,
    verify_resource,
)
from acquis.text import Text

ATTEMPTS = 5


class ResourcePublisher:
    """Writes to one registry host in the name of the DIDs whose attest keys the wallet holds."""

    def __init__(
        self, reader: MirrorReader, base_url: str, *, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        self._reader = reader
        self._host = RegistryClient(base_url, timeout=timeout)
        self._one_list = asyncio.Lock()

    async def close(self) -> None:
        """Close the connections to the host."""
        await self._host.close()

    async def publish(
        self,
        profile: Profile,
        did: str,
        resource_type: ResourceType,
        name: str,
        content: Mapping[str, Any],
    ) -> Resource:
        """Publish ``content`` under ``did`` and return it as read back from the mirror.

        Raises ``Unavailable`` (the host does not answer), ``Conflict`` (it refuses), ``Untrusted``,
        ``NotFound`` (this wallet cannot sign for the DID).
        """
        resource = await self._reader.in_thread(
            lambda: build_resource(did, resource_type, name, content)
        )
        standing = await self._reader.refreshed_resource(resource["id"], resource_type)
        if standing is not None:
            return standing
        document = await self._reader.document(did)
        await self._put(await sign_with_wallet(profile, document, resource))
        shown = await self._reader.refreshed_resource(resource["id"], resource_type)
        if shown is None:
            raise _not_shown()
        return shown

    async def publish_first_list(
        self, profile: Profile, definition_id: str, states: Sequence[int], accumulator: str
    ) -> Resource:
        """Publish the list a registry begins with, or return the one that stands if it is the same.

        Raises ``Conflict`` when credentials of this registry were revoked already: the wallet does
        not know its own registry any more.
        """
        async with self._one_list:
            definition, standing = await self._standing(definition_id)
            if standing is None:
                return await self._append(profile, definition, states, accumulator)
            if list(states) != standing.content["revocationList"]:
                raise _diverged(definition_id)
            return standing

    async def publish_next_list(
        self, profile: Profile, definition_id: str, states: Sequence[int], accumulator: str
    ) -> Resource:
        """Publish a list that revokes at least what the one that stands revokes.

        Returns the list in the registry afterwards, which is the standing one when that already
        says as much. Raises ``Conflict`` when the two contradict each other.
        """
        async with self._one_list:
            definition, standing = await self._standing(definition_id)
            if standing is not None:
                revoked, stands = _revoked(states), _revoked(standing.content["revocationList"])
                is_last = standing.id == definition.links[-1].id
                if revoked <= stands and is_last:
                    return standing
                if not stands <= revoked:
                    raise _diverged(definition_id)
            return await self._append(profile, definition, states, accumulator)

    async def shows(self, definition_id: str, states: Sequence[int]) -> bool:
        """Say whether the mirror's last list revokes all that ``states`` revokes.

        The mirror may be older than the registry: a false alarm costs one look at the registry.
        """
        definition = await self._reader.resource(
            definition_id, ResourceType.REVOCATION_REGISTRY_DEFINITION
        )
        if not definition.links:
            return not any(states)  # whoever sets the registry up publishes its first list
        if _is_ahead(definition):
            return False  # whatever it says, it is not in force
        try:
            last = await self._reader.resource(definition.links[-1].id, ResourceType.STATUS_LIST)
        except Untrusted:
            return False  # by a key that was given up: not the issuer's
        return _revoked(states) <= _revoked(last.content["revocationList"])

    async def _standing(self, definition_id: str) -> tuple[Resource, Resource | None]:
        """The definition and its last list that can be believed, as they stand in the registry now.

        A list signed by a key that was given up counts for nothing, unless it is so with all.
        Raises ``Conflict`` where the last one is dated ahead.
        """
        await self._reader.refresh()
        definition = await self._reader.resource(
            definition_id, ResourceType.REVOCATION_REGISTRY_DEFINITION
        )
        if _is_ahead(definition):
            raise _ahead(definition)
        refusal: Untrusted | None = None
        for link in reversed(definition.links):
            try:
                return definition, await self._reader.resource(link.id, ResourceType.STATUS_LIST)
            except Untrusted as error:
                refusal = refusal or error
        if refusal is not None:
            raise refusal
        return definition, None

    async def _append(
        self, profile: Profile, definition: Resource, states: Sequence[int], accumulator: str
    ) -> Resource:
        # Links strictly increase, even when two lists are published within one second.
        last = definition.links[-1].timestamp if definition.links else 0
        timestamp = max(int(time.time()), last + 1)
        document = await self._reader.document(definition.did)
        content = {
            "issuerId": definition.did,
            "revRegDefId": definition.id,
            "revocationList": list(states),
            "currentAccumulator": accumulator,
            "timestamp": timestamp,
        }
        status_list = await self._reader.in_thread(
            lambda: build_resource(
                definition.did, ResourceType.STATUS_LIST, definition.name, content
            )
        )
        await self._put(await sign_with_wallet(profile, document, status_list))
        link = Link(id=status_list["id"], timestamp=timestamp)
        for _ in range(ATTEMPTS):
            current, etag = await self._read_from_host(definition.id)
            if _is_ahead(current):  # our mirror let no such link in, the host did
                raise _ahead(current)
            if link not in current.links:
                if current.links != definition.links:
                    # One agent publishes for one wallet: somebody else did, so start over.
                    raise _busy()
                longer = build_resource(
                    current.did, current.type, current.name, current.content, (*current.links, link)
                )
                signed = await sign_with_wallet(profile, document, longer)
                if not await self._put(signed, etag=etag):
                    continue
            await self._reader.refresh()
            shown, resource = await self._reader.status_list(definition.id, timestamp)
            if shown != link:
                raise _not_shown()
            return resource
        raise _busy()

    async def _read_from_host(self, resource_id: str) -> tuple[Resource, str]:
        """The resource as the host serves it now, verified, and its entity tag."""
        answer = await self._host.get(_path(resource_id))
        if answer.status != HTTPStatus.OK:
            raise _refused(answer.status)
        document = await self._reader.document(parse_resource_id(resource_id)[0])
        resource = await self._reader.in_thread(
            lambda: verify_resource(answer.body, resource_id, document)
        )
        return resource, answer.etag

    async def _put(self, resource: Mapping[str, Any], *, etag: str | None = None) -> bool:
        """Write a signed resource; false when ``etag`` is no longer the one that stands."""
        headers = {"content-type": "application/json"}
        if etag is not None:
            headers["if-match"] = etag
        body = json.dumps(resource).encode()
        status = (await self._host.put(_path(resource["id"]), body, headers)).status
        if status == HTTPStatus.PRECONDITION_FAILED and etag is not None:
            return False
        if not 200 <= status < 300:
            raise _refused(status)
        return True


def _path(resource_id: str) -> str:
    did, digest = parse_resource_id(resource_id)
    return f"/{parse_did(did).folder}/resources/{digest}"


def _revoked(states: Sequence[int]) -> frozenset[int]:
    return frozenset(index for index, state in enumerate(states) if state)


def _is_ahead(definition: Resource) -> bool:
    last = definition.links[-1].timestamp if definition.links else 0
    return last > time.time() + MOST_AHEAD.total_seconds()


def _ahead(definition: Resource) -> Conflict:
    return Conflict(
        Text(
            f"The last status list of {definition.id} in the registry is dated ahead"
            f" ({definition.links[-1].timestamp}): no further one would be in force before."
            " Somebody else signed it, or a clock was wrong; the registry's operator has to take it"
            " back.",
            f"La dernière liste d’état de {definition.id} dans le registre est datée dans le futur"
            f" ({definition.links[-1].timestamp}) : aucune autre ne serait en vigueur avant. Quelqu’un"
            " d’autre l’a signée, ou une horloge était fausse ; l’exploitant du registre doit la"
            " retirer.",
        )
    )


def _not_shown() -> Unavailable:
    return Unavailable(
        Text(
            "The registry took the publication and does not show it.",
            "Le registre a reçu la publication et ne la montre pas.",
        )
    )


def _busy() -> Unavailable:
    return Unavailable(
        Text(
            "The revocation registry was changed by somebody else at the same time.",
            "Le registre de révocation a été modifié par quelqu’un d’autre au même moment.",
        )
    )


def _refused(status: int) -> Conflict | Unavailable:
    kind = Unavailable if status >= 500 or status == HTTPStatus.TOO_MANY_REQUESTS else Conflict
    return kind(
        Text(
            f"The registry refused the publication (status {status}).",
            f"Le registre a refusé la publication (statut {status}).",
        )
    )


def _diverged(definition_id: str) -> Conflict:
    return Conflict(
        Text(
            f"The registry's last status list of {definition_id} revokes other credentials than "
            "this wallet knows: the wallet is not the latest one.",
            f"La dernière liste d’état de {definition_id} dans le registre révoque d’autres "
            "attestations que celles que connaît ce portefeuille : ce n’est pas le plus récent.",
        )
    )
