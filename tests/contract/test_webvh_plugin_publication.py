"""Publishing to a real registry host: repeated, raced, refused, unheard; the wallet is one key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from acapy_webvh.publication import ResourcePublisher
from acapy_webvh.reader import MirrorReader
from acquis.errors import AcquisError, Conflict, NotFound, Unavailable
from acquis.registry.keys import SigningKey
from acquis.registry.mirror import Mirror
from acquis.registry.multibase import encode_base58
from acquis.registry.resource import Resource, ResourceType
from demo.agents import AgentRole
from demo.supervisor import free_ports
from support.agents import HOST, PATIENCE, RealAgents
from support.plugin_wallet import KeysWallet

pytestmark = pytest.mark.agents
SIZE = 8
ACCUMULATOR = "1 0A 1 0B"


@dataclass
class Desk:
    """An issuer with its key, and as many publishers as a test wants."""

    agents: RealAgents
    did: str
    wallet: KeysWallet
    make: Callable[..., tuple[ResourcePublisher, MirrorReader]]

    async def schema(self, publisher: ResourcePublisher, name: str) -> Resource:
        content = {"issuerId": self.did, "name": name, "version": "1.0", "attrNames": ["a"]}
        return await publisher.publish(self.wallet, self.did, ResourceType.SCHEMA, name, content)

    async def registry(self, publisher: ResourcePublisher, tag: str) -> Resource:
        """A revocation registry definition, with what it refers to."""
        schema = await self.schema(publisher, f"schema of {tag}")
        definition = await publisher.publish(
            self.wallet,
            self.did,
            ResourceType.CREDENTIAL_DEFINITION,
            tag,
            {
                "issuerId": self.did,
                "schemaId": schema.id,
                "type": "CL",
                "tag": tag,
                "value": {"primary": {"n": "1"}},
            },
        )
        tails = tag.encode()
        tails_hash = encode_base58(sha256(tails).digest())
        async with httpx.AsyncClient(
            base_url=self.agents.registry_url, trust_env=False, timeout=PATIENCE
        ) as http:
            sent = await http.put(f"/tails/hash/{tails_hash}", files={"tails": tails})
            assert sent.status_code in {201, 409}
        return await publisher.publish(
            self.wallet,
            self.did,
            ResourceType.REVOCATION_REGISTRY_DEFINITION,
            tag,
            {
                "issuerId": self.did,
                "revocDefType": "CL_ACCUM",
                "credDefId": definition.id,
                "tag": tag,
                "value": {
                    "publicKeys": {"accumKey": {"z": "1 0A"}},
                    "maxCredNum": SIZE,
                    "tailsLocation": f"https://{HOST}/tails/hash/{tails_hash}",
                    "tailsHash": tails_hash,
                },
            },
        )


@pytest.fixture(scope="module")
async def desk(agents: RealAgents, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    key = SigningKey.generate()
    did = await agents.create_issuer("publication-desk", key.multikey)
    made: list[tuple[ResourcePublisher, MirrorReader]] = []

    def make(
        url: str | None = None, folder: Path | None = None
    ) -> tuple[ResourcePublisher, MirrorReader]:
        mirror = Mirror(
            folder or tmp_path_factory.mktemp("mirror"),
            {HOST: agents.registry_url},
            trusted_root=agents.setups[AgentRole.ISSUER].trusted_root,
        )
        reader = MirrorReader(mirror, refresh_on_miss=True)
        made.append((ResourcePublisher(reader, url or agents.registry_url), reader))
        return made[-1]

    yield Desk(agents, did, KeysWallet(key), make)
    for publisher, reader in made:
        await publisher.close()
        reader.close()


def states(*revoked: int) -> list[int]:
    return [int(index in revoked) for index in range(SIZE)]


async def links(reader: MirrorReader, registry: Resource) -> list[int]:
    await reader.refresh()
    found = await reader.resource(registry.id, ResourceType.REVOCATION_REGISTRY_DEFINITION)
    return [link.timestamp for link in found.links]


async def test_the_same_thing_twice_is_one_signature(desk: Desk) -> None:
    publisher, _ = desk.make()
    first = await desk.schema(publisher, "twice")
    signatures = desk.wallet.signatures
    assert await desk.schema(publisher, "twice") == first
    other, _ = desk.make()
    assert await desk.schema(other, "twice") == first
    assert desk.wallet.signatures == signatures


async def test_lists_within_one_second_are_strictly_later_each(desk: Desk) -> None:
    publisher, reader = desk.make()
    registry = await desk.registry(publisher, "hurry")
    await publisher.publish_first_list(desk.wallet, registry.id, states(), ACCUMULATOR)
    for count in range(1, 4):
        found = await publisher.publish_next_list(
            desk.wallet, registry.id, states(*range(1, count + 1)), ACCUMULATOR
        )
        assert sum(found.content["revocationList"]) == count
    timestamps = await links(reader, registry)
    assert len(timestamps) == 4
    assert timestamps == sorted(set(timestamps))


async def test_a_repetition_adds_nothing(desk: Desk) -> None:
    publisher, reader = desk.make()
    registry = await desk.registry(publisher, "again")
    first = await publisher.publish_first_list(desk.wallet, registry.id, states(), ACCUMULATOR)
    assert await publisher.publish_first_list(
        desk.wallet, registry.id, states(), ACCUMULATOR
    ) == first  # fmt: skip
    second = await publisher.publish_next_list(desk.wallet, registry.id, states(2), ACCUMULATOR)
    for late in (states(), states(2)):
        assert (
            await publisher.publish_next_list(desk.wallet, registry.id, late, ACCUMULATOR) == second
        )
    assert len(await links(reader, registry)) == 2


async def test_a_revocation_is_never_taken_back(desk: Desk) -> None:
    publisher, reader = desk.make()
    registry = await desk.registry(publisher, "contradiction")
    await publisher.publish_first_list(desk.wallet, registry.id, states(), ACCUMULATOR)
    await publisher.publish_next_list(desk.wallet, registry.id, states(1, 2), ACCUMULATOR)
    with pytest.raises(Conflict):
        await publisher.publish_next_list(desk.wallet, registry.id, states(1, 3), ACCUMULATOR)
    with pytest.raises(Conflict):
        # A wallet that begins a registry which is in use has lost its books.
        await publisher.publish_first_list(desk.wallet, registry.id, states(), ACCUMULATOR)
    assert len(await links(reader, registry)) == 2


async def test_two_publishers_at_once_lose_nothing(desk: Desk) -> None:
    pairs = [desk.make() for _ in range(3)]
    registry = await desk.registry(pairs[0][0], "race")
    await pairs[0][0].publish_first_list(desk.wallet, registry.id, states(), ACCUMULATOR)
    wanted = [states(*range(1, count)) for count in (3, 5, 7)]

    async def insist(publisher: ResourcePublisher, wish: list[int]) -> None:
        for _ in range(20):
            try:
                await publisher.publish_next_list(desk.wallet, registry.id, wish, ACCUMULATOR)
            except Unavailable:
                await asyncio.sleep(0.05)
            else:
                return
        pytest.fail("never published")

    await asyncio.gather(*(insist(pair[0], wish) for pair, wish in zip(pairs, wanted, strict=True)))
    timestamps = await links(pairs[1][1], registry)
    assert timestamps == sorted(set(timestamps))
    _, last = await pairs[1][1].status_list(registry.id, timestamps[-1])
    assert last.content["revocationList"] == states(*range(1, 7))


async def test_a_wallet_without_the_key_publishes_nothing(desk: Desk) -> None:
    publisher, _ = desk.make()
    stranger: Any = KeysWallet(SigningKey.generate())
    with pytest.raises(NotFound):
        await publisher.publish(
            stranger,
            desk.did,
            ResourceType.SCHEMA,
            "strange",
            {"issuerId": desk.did, "name": "strange", "version": "1.0", "attrNames": ["a"]},
        )


async def test_a_host_that_does_not_answer_is_unavailable(desk: Desk) -> None:
    publisher, _ = desk.make(f"http://127.0.0.1:{free_ports(1)[0]}")
    with pytest.raises(Unavailable):
        await desk.schema(publisher, "unheard")


@pytest.mark.parametrize("status", [200, 201, 204])
async def test_a_host_that_only_says_yes_is_not_believed(desk: Desk, status: int) -> None:
    async with answering(status) as url:
        publisher, _ = desk.make(url)
        with pytest.raises(Unavailable):
            await desk.schema(publisher, f"said {status}")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(500, Unavailable), (503, Unavailable), (429, Unavailable), (403, Conflict), (302, Conflict)],
)
async def test_a_refusal_says_whether_to_try_again(
    desk: Desk, status: int, kind: type[AcquisError]
) -> None:
    async with answering(status) as url:
        publisher, _ = desk.make(url)
        with pytest.raises(kind):
            await desk.schema(publisher, f"refused {status}")


@asynccontextmanager
async def answering(status: int) -> AsyncIterator[str]:
    """A host that gives one answer to everything."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0] or 0)
        await reader.readexactly(length)
        location = "location: http://127.0.0.1:9/\r\n" if status == 302 else ""
        body = "" if status == 204 else "content-length: 0\r\n"
        writer.write(f"HTTP/1.1 {status} -\r\n{location}{body}connection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()
