"""What the plugin says, and does not do, where a thief's list is dated ahead in the registry."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from acapy_webvh.publication import ResourcePublisher
from acapy_webvh.reader import MirrorReader
from acquis.errors import Conflict
from registry_host.keys import ONLINE, load_key
from registry_host.metadata import SignedTree, target_of
from support.plugin_wallet import KeysWallet
from support.registry import (
    REGISTRY_SIZE,
    Issuer,
    Published,
    RegistryServer,
    path_of,
    publish_all,
    running_registry,
)

AHEAD = 253_402_300_799  # the last second of the year 9999, the last that has the form
ALL = [1] * REGISTRY_SIZE
ONE = [1, *[0] * (REGISTRY_SIZE - 1)]


@dataclass
class Bench:
    """A plugin's publisher, and a host that lies where it is told to."""

    server: RegistryServer
    issuer: Issuer
    published: Published
    publisher: ResourcePublisher
    wallet: Any

    def steal(self) -> dict[str, bytes]:
        """A list dated ahead that revokes everything, and the definition with a link to it."""
        definition = self.published.definition
        revoked = tuple(range(REGISTRY_SIZE))
        status_list = self.issuer.status_list(definition["id"], AHEAD, revoked)
        link = {"type": "anonCredsStatusList", "id": status_list["id"], "timestamp": AHEAD}
        unsigned = {key: value for key, value in definition.items() if key != "proof"}
        longer = self.issuer.sign({**unsigned, "links": [*definition["links"], link]})
        stolen = {path_of(each)[1:]: json.dumps(each).encode() for each in (status_list, longer)}
        for path, raw in stolen.items():
            (self.server.settings.public / path).write_bytes(raw)
        return stolen

    async def publish(self, states: list[int]) -> Any:
        definition_id = self.published.definition["id"]
        return await self.publisher.publish_next_list(self.wallet, definition_id, states, "1 0A")

    async def shows(self, states: list[int]) -> bool:
        return await self.publisher.shows(self.published.definition["id"], states)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    issuer = Issuer()
    with running_registry(tmp_path) as server:
        published = publish_all(server, issuer, lists=1)
        reader = MirrorReader(server.mirror(), refresh_on_miss=True)
        publisher = ResourcePublisher(reader, server.url)
        yield Bench(server, issuer, published, publisher, KeysWallet(issuer.attest))
        await publisher.close()
        reader.close()


async def test_no_list_follows_one_that_the_host_shows_dated_ahead(bench: Bench) -> None:
    """The mirror did not let it in; a list dated after it would be published and never in force."""
    bench.server.mirror().refresh()
    bench.steal()
    with pytest.raises(Conflict, match=f"dated ahead .{AHEAD}."):
        await bench.publish(ONE)
    assert not await bench.shows(ONE)


async def test_no_list_follows_one_dated_ahead_that_the_mirror_holds(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it may from before the rule; nor is it taken for the publication of what it says."""
    settings = bench.server.settings
    tree = SignedTree(settings.public / "tuf", load_key(settings.keys_folder / ONLINE))
    tree.sign({path: target_of(path, raw) for path, raw in bench.steal().items()})
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: float(AHEAD))
        assert bench.server.mirror().refresh().refused == ()
    for states in (ONE, ALL):
        with pytest.raises(Conflict, match="dated ahead"):
            await bench.publish(states)
        assert not await bench.shows(states)
