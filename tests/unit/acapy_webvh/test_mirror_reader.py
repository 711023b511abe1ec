"""When the plugin asks the registry: on a miss, once for all who miss together, never otherwise."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from acapy_webvh import reader as reader_module
from acapy_webvh.reader import MirrorReader
from acquis.errors import NotFound, Unavailable
from acquis.registry.mirror import Mirror
from acquis.registry.resource import Link, ResourceType

NOW = 1_800_000_000
SCHEMA = ResourceType.SCHEMA


@dataclass
class Definition:
    links: tuple[Link, ...]


@dataclass
class CountingMirror:
    """A mirror whose refresh counts and brings ``coming`` into ``known``."""

    known: dict[str, Any] = field(default_factory=dict)
    coming: dict[str, Any] = field(default_factory=dict)
    refreshed_at: int | None = NOW
    refreshes: int = 0
    down: bool = False
    gate: threading.Event | None = None
    asked: list[int] = field(default_factory=list)

    def refresh(self, *, timeout: float) -> None:
        assert 0 < timeout <= 30
        self.refreshes += 1
        if self.gate is not None:
            assert self.gate.wait(10)
        if self.down:
            raise Unavailable
        self.known |= self.coming
        self.refreshed_at = NOW + 1_000

    def resolve_resource(self, resource_id: str, expected: ResourceType) -> Any:
        try:
            return self.known[resource_id]
        except KeyError:
            raise NotFound from None

    def resolve_status_list(self, definition_id: str, at: int) -> str:
        self.asked.append(at)
        return "list"


Reader = Callable[[CountingMirror, bool], MirrorReader]


@pytest.fixture
async def reading() -> AsyncIterator[Reader]:
    made: list[MirrorReader] = []

    def make(mirror: CountingMirror, refresh_on_miss: bool) -> MirrorReader:
        made.append(MirrorReader(cast("Mirror", mirror), refresh_on_miss=refresh_on_miss))
        return made[-1]

    yield make
    for reader in made:
        reader.close()


async def test_what_is_there_is_read_without_asking(reading: Reader) -> None:
    mirror = CountingMirror(known={"a": 1})
    assert await reading(mirror, True).resource("a", SCHEMA) == 1
    assert mirror.refreshes == 0


async def test_a_miss_asks_once_where_allowed(reading: Reader) -> None:
    mirror = CountingMirror(coming={"a": 1})
    assert await reading(mirror, True).resource("a", SCHEMA) == 1
    assert mirror.refreshes == 1


async def test_a_verifier_never_asks(reading: Reader) -> None:
    mirror = CountingMirror(coming={"a": 1})
    reader = reading(mirror, False)
    with pytest.raises(NotFound):
        await reader.resource("a", SCHEMA)
    await reader.status_list("d", NOW - 3_600)
    assert mirror.refreshes == 0


async def test_misses_that_come_together_share_a_refresh(reading: Reader) -> None:
    mirror = CountingMirror(gate=threading.Event(), coming={"a": 1})
    reader = reading(mirror, True)
    waiting = [asyncio.create_task(reader.refresh()) for _ in range(20)]
    while not mirror.refreshes:
        await asyncio.sleep(0.01)
    late = [asyncio.create_task(reader.refresh()) for _ in range(20)]
    await asyncio.sleep(0.05)
    assert mirror.gate is not None
    mirror.gate.set()
    await asyncio.gather(*waiting, *late)
    # The first served those who came before it began; one more serves all who came later.
    assert mirror.refreshes == 2


async def test_made_up_identifiers_do_not_flood_the_registry(
    reading: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "SECONDS_BETWEEN_MISSES", 0.2)
    mirror = CountingMirror(gate=threading.Event())
    reader = reading(mirror, True)
    asking = [asyncio.create_task(reader.resource(str(number), SCHEMA)) for number in range(50)]
    while len(reader._one_refresh._waiters or ()) < 49:  # the first refresh has begun for one
        await asyncio.sleep(0.01)
    assert mirror.gate is not None
    mirror.gate.set()
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert all(isinstance(answer, NotFound) for answer in answers)
    assert mirror.refreshes == 2
    begun = time.monotonic()
    for number in range(4):  # one after the other
        with pytest.raises(NotFound):
            await reader.resource(str(number), SCHEMA)
    assert mirror.refreshes == 6
    assert time.monotonic() - begun > 3 * 0.2 - 0.01


async def test_a_holder_asks_when_the_moment_is_later_than_the_mirror(reading: Reader) -> None:
    mirror = CountingMirror()
    reader = reading(mirror, True)
    await reader.status_list("d", NOW)
    assert mirror.refreshes == 0
    await reader.status_list("d", NOW + 1)
    assert mirror.refreshes == 1
    assert mirror.asked == [NOW, NOW + 1]


async def test_a_holder_uses_the_last_good_copy_when_the_registry_is_silent(
    reading: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = CountingMirror(down=True)
    reader = reading(mirror, True)
    for _ in range(5):
        await reader.status_list("d", NOW + 1)
    assert mirror.asked == [NOW + 1] * 5
    assert mirror.refreshes == 5
    monkeypatch.setattr(reader_module, "SLOW_SECONDS", -1.0)
    for _ in range(5):
        await reader.status_list("d", NOW + 1)
    assert mirror.refreshes == 6  # one that makes everybody wait is not asked again at once
    never = CountingMirror(down=True, refreshed_at=None)
    with pytest.raises(Unavailable):
        await reading(never, True).status_list("d", NOW + 1)


async def test_a_verifier_cannot_tell_what_its_mirror_is_too_old_to_know(
    reading: Reader,
) -> None:
    mirror = CountingMirror(known={"d": Definition((Link("l", NOW - 5), Link("m", NOW + 7)))})
    reader = reading(mirror, False)
    for known in (NOW - 5, NOW + 7, NOW - reader_module.PUBLICATION_DELAY):
        await reader.status_list("d", known)
    for unknown in (NOW - 4, NOW, NOW + 100):
        with pytest.raises(Unavailable):
            await reader.status_list("d", unknown)
    assert mirror.refreshes == 0
