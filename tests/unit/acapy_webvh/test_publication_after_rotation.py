"""What the plugin signs with, and publishes over, once an issuer's keys were rotated."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from acapy_webvh.publication import ResourcePublisher
from acapy_webvh.reader import MirrorReader
from acapy_webvh.signing import sign_with_wallet
from acquis.errors import Conflict, NotFound, Untrusted
from acquis.registry.did_log import DidDocument, build_next_entry, verify_did_log
from acquis.registry.resource import ResourceType, sign_resource
from acquis.registry.rotation import with_attest_key, with_compromised_key
from support.plugin_wallet import KeysWallet
from support.registry import (
    REGISTRY_SIZE,
    Issuer,
    Published,
    path_of,
    publish_all,
    running_registry,
    seeded_key,
)

NEW = seeded_key("rotated attest key")
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def rotated(issuer: Issuer, *, compromised: bool) -> str:
    document = with_attest_key(issuer.document.document, NEW.multikey)
    if compromised:
        document = with_compromised_key(document, issuer.method, SINCE)
    return build_next_entry(issuer.log.encode(), issuer.next, seeded_key("3rd"), document)


def document_of(log: str, issuer: Issuer) -> DidDocument:
    return verify_did_log(issuer.did, log.encode())


async def signer_of(document: DidDocument, issuer: Issuer, wallet: KeysWallet) -> str:
    signed = await sign_with_wallet(wallet, document, issuer.schema())
    return str(signed["proof"]["verificationMethod"].rsplit("#", 1)[-1])


async def test_the_newest_key_that_the_wallet_holds_signs() -> None:
    issuer = Issuer()
    document = document_of(rotated(issuer, compromised=False), issuer)
    both, old = KeysWallet(issuer.attest, NEW), KeysWallet(issuer.attest)
    assert await signer_of(document, issuer, both) == NEW.multikey
    assert await signer_of(document, issuer, old) == issuer.attest.multikey


async def test_a_compromised_key_never_signs() -> None:
    issuer = Issuer()
    document = document_of(rotated(issuer, compromised=True), issuer)
    both, old = KeysWallet(issuer.attest, NEW), KeysWallet(issuer.attest)
    assert await signer_of(document, issuer, both) == NEW.multikey
    with pytest.raises(NotFound):
        await signer_of(document, issuer, old)


@dataclass
class Bench:
    """A plugin's publisher after a compromise, of which nothing was signed again yet."""

    issuer: Issuer
    published: Published
    publisher: ResourcePublisher
    wallet: Any
    client: Any

    async def next_list(self, *revoked: int) -> list[int]:
        states = [int(index in revoked) for index in range(REGISTRY_SIZE)]
        found = await self.publisher.publish_next_list(
            self.wallet, self.published.definition["id"], states, "1 0A"
        )
        return list(found.content["revocationList"])

    def sign_again(self, resource: dict[str, Any]) -> None:
        method = f"{self.issuer.did}#{NEW.multikey}"
        standing = self.client.get(path_of(resource))
        signed = sign_resource(standing.json(), NEW, method, datetime.now(UTC))
        answer = self.client.put(
            path_of(resource), json=signed, headers={"if-match": standing.headers["etag"]}
        )
        assert answer.status_code == 200, answer.text


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Lists: nothing revoked; 0 revoked; 0 and 1 revoked."""
    issuer = Issuer()
    with running_registry(tmp_path) as server, server.client() as client:
        published = publish_all(server, issuer, lists=3)
        log = rotated(issuer, compromised=True)
        assert client.put(f"/{issuer.folder}/did.jsonl", content=log).is_success
        reader = MirrorReader(server.mirror(), refresh_on_miss=True)
        publisher = ResourcePublisher(reader, server.url)
        yield Bench(issuer, published, publisher, KeysWallet(NEW), client)
        await publisher.close()
        reader.close()


async def test_nothing_is_published_before_the_lists_are_signed_again(bench: Bench) -> None:
    for resource in (bench.published.schema, bench.published.credential_definition):
        bench.sign_again(resource)
    with pytest.raises(Untrusted):
        await bench.next_list(0, 1, 2)
    bench.sign_again(bench.published.definition)
    with pytest.raises(Untrusted):
        await bench.next_list(0, 1, 2)
    bench.sign_again(bench.published.lists[2])
    assert await bench.next_list(0, 1) == [1, 1, *[0] * 6]  # it stands
    assert await bench.next_list(0, 1, 2) == [1, 1, 1, *[0] * 5]


async def test_a_list_of_a_thief_is_published_over(bench: Bench) -> None:
    published = bench.published
    for resource in (published.schema, published.credential_definition, published.definition):
        bench.sign_again(resource)
    bench.sign_again(published.lists[1])  # the last one is not signed again
    definition_id = published.definition["id"]
    assert not await bench.publisher.shows(definition_id, [1, *[0] * 7])
    with pytest.raises(Conflict):
        await bench.next_list(2)  # it would take the revocation of 0 back
    assert await bench.next_list(0) == [1, *[0] * 7]
    assert await bench.publisher.shows(definition_id, [1, *[0] * 7])
    definition = bench.client.get(path_of(published.definition)).json()
    assert len(definition["links"]) == 4
    assert definition["links"][-1]["type"] == ResourceType.STATUS_LIST
