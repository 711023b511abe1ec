"""After a compromise: what the institution published is signed again by its new attest key.

The ids do not change, since a resource's name is the digest of its content. What is to be done is
read from the registry each time, so that it can be interrupted anywhere: every resource whose proof
is by a key that the DID document reports is taken, in the order in which they refer to each other,
and exchanged for the same one with a new proof by compare-and-swap. Whatever was exchanged by
somebody else meanwhile (a status list was published) is read and taken again.

Whoever stole the key could publish in the institution's name, so not everything that it signed is
the institution's. Signed again is only what the institution's books know; the rest is *withheld*,
and every reader refuses it from now on:

- an achievement or a schema of another slug and version than those in the books;
- a credential definition whose private key is not in the agent's wallet, and its registries;
- a status list from after the compromise that takes a revocation back, or revokes what the
  institution did not.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from acquis.acapy import wallet
from acquis.errors import Conflict, InvalidInput, NotFound, Unavailable
from acquis.registry.did import parse_did
from acquis.registry.did_log import DidDocument
from acquis.registry.index import Index, parse_index
from acquis.registry.paths import index_path, resource_path
from acquis.registry.resource import (
    Resource,
    ResourceType,
    parse_resource_id,
    verify_resource,
)
from acquis.registry.rules import RuleBroken
from acquis.registry.status_list import verify_status_list
from acquis.registry.strict_json import parse_object
from acquis.text import Text
from issuer_agent.ownership import Books
from issuer_agent.surroundings import Surroundings

type Tell = Callable[[Text], None]

_AT_ONCE: Final = 8
_PASSES: Final = 10
_RANKS: Final = (
    (ResourceType.SCHEMA, ResourceType.ACHIEVEMENT, ResourceType.TRUST_LIST),
    (ResourceType.CREDENTIAL_DEFINITION,),
    (ResourceType.REVOCATION_REGISTRY_DEFINITION,),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A resource as the registry has it, verified as of before the compromise, and its tag."""

    resource: Resource
    document: dict[str, Any]
    tag: str


@dataclass(frozen=True, slots=True)
class Renewed:
    """The same resource with its new proof, ready to be exchanged for what stands under ``tag``."""

    id: str
    raw: bytes
    tag: str


@dataclass
class SigningAgain:
    """The work on one DID, whose ``document`` reports a compromised key and lists a new one.

    ``tell`` is called with each step of the progress; ``withheld`` are the ids found by the last
    look that are not signed again, those among them that the registry ``refused`` included.
    """

    around: Surroundings
    document: DidDocument
    books: Books
    tell: Tell
    signed: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    withheld: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._since = {each.method: each.since for each in self.document.compromises}
        self._method = next(reversed(self.document.assertion_keys()))
        # To read what the compromised key signed, it has to be believed once more.
        reported = tuple((method, method.rsplit("#", 1)[-1]) for method in self._since)
        self._as_before = replace(self.document, keys=(*self.document.keys, *reported))
        self._some = asyncio.Semaphore(_AT_ONCE)

    async def prepare(self) -> list[list[Renewed]]:
        """Return what is to be exchanged, signed, rank by rank; nothing is published yet."""
        index = await self._index()
        self.withheld = set(self.refused)
        ranks = [await self._known(index, *kinds) for kinds in _RANKS]
        lists = await self._lists(ranks[-1])
        due = [[found for found in rank if self._is_due(found)] for rank in (*ranks, lists)]
        return [await asyncio.gather(*map(self._renew, rank)) for rank in due]

    async def publish(self, ranks: list[list[Renewed]]) -> None:
        """Exchange what was prepared, then whatever is left, until nothing is.

        Raises ``Unavailable`` when the registry or the agent does not answer, or too much changes
        under way; to be asked again.
        """
        for _ in range(_PASSES):
            total = len(self.signed) + sum(map(len, ranks))
            for rank in ranks:
                taken = await asyncio.gather(*(self._exchange(each, total) for each in rank))
                if not all(taken):
                    break  # what refers to it would be refused: look again first
            ranks = await self.prepare()
            if not any(ranks):
                return
        raise Unavailable(
            Text(
                "Some resources changed each time they were to be exchanged; run the command again",
                "Des ressources ont changé à chaque échange ; relancez la commande",
            )
        )

    def _is_due(self, found: Found) -> bool:
        """Say whether a resource still bears a proof by a key that was given up."""
        resource = found.resource
        return resource.verification_method in self._since and resource.id not in self.refused

    async def _index(self) -> Index:
        path = f"/{index_path(parse_did(self.document.did).folder)}"
        standing = await self.around.publisher.read(path)
        if standing is None:
            return Index(self.document.did, {})
        return parse_index(standing.raw)

    async def _known(self, index: Index, *kinds: ResourceType) -> list[Found]:
        """Return the resources of these types that are the institution's own."""
        ids = [each for kind in kinds for each in index.ids(kind)]
        read = await asyncio.gather(*map(self._read, ids))
        own = []
        for resource_id, found in zip(ids, read, strict=True):
            if found is not None and (not self._is_due(found) or self.books.has(found.resource)):
                own.append(found)
            else:
                self.withheld.add(resource_id)
        return own

    async def _lists(self, registries: Iterable[Found]) -> list[Found]:
        """Return the status lists of these registries that are the institution's, newest first."""
        own: list[Found] = []
        for registry in registries:
            definition = registry.resource
            read = await asyncio.gather(*(self._read(link.id) for link in definition.links))
            stands: frozenset[int] = frozenset()
            for link, found in zip(definition.links, read, strict=True):
                try:
                    if found is None:
                        raise NotFound
                    verify_status_list(definition, link, found.resource)
                    stands = await self._revoked_by(found, link.timestamp, stands)
                except (RuleBroken, NotFound):
                    self.withheld.add(link.id)
                else:
                    own.append(found)
        return sorted(own, key=lambda found: -int(found.resource.content["timestamp"]))

    async def _revoked_by(
        self, found: Found, timestamp: int, stands: frozenset[int]
    ) -> frozenset[int]:
        """Return what a list revokes; raises ``NotFound`` when it is not the institution's."""
        states = found.resource.content["revocationList"]
        revoked = frozenset(index for index, state in enumerate(states) if state)
        since = self._since.get(found.resource.verification_method)
        if since is not None and timestamp >= since.timestamp():
            known = await self.books.revoked(found.resource.content["revRegDefId"])
            if not stands <= revoked <= known:
                raise NotFound
        return revoked

    async def _read(self, resource_id: str) -> Found | None:
        async with self._some:
            standing = await self.around.publisher.read(self._path(resource_id))
        if standing is None:
            return None
        try:
            resource = verify_resource(standing.raw, resource_id, self._as_before)
        except RuleBroken:
            return None
        return Found(resource, parse_object(standing.raw), standing.tag)

    async def _renew(self, found: Found) -> Renewed:
        now = datetime.fromtimestamp(self.around.clock.now(), UTC)
        created = max(now, found.resource.proof_created)
        async with self._some:
            signed = await wallet.add_proof(
                self.around.agent, found.document, self._method, created
            )
        return Renewed(found.resource.id, json.dumps(signed).encode(), found.tag)

    async def _exchange(self, each: Renewed, total: int) -> bool:
        """Put one; false when somebody exchanged it meanwhile."""
        path = self._path(each.id)
        try:
            async with self._some:
                await self.around.publisher.publish(
                    path, each.raw, "application/json", tag=each.tag
                )
        except Conflict:
            return False
        except InvalidInput as error:
            self.refused.add(each.id)
            self.tell(Text(f"{each.id}: {error.says.en}", f"{each.id} : {error.says.fr}"))
            return True
        self.signed.add(each.id)
        done = len(self.signed)
        self.tell(Text(f"Signed again: {done} of {total}", f"Signées à nouveau : {done}/{total}"))
        return True

    def _path(self, resource_id: str) -> str:
        did, digest = parse_resource_id(resource_id)
        return f"/{resource_path(parse_did(did).folder, digest)}"
