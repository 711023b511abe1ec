"""The plugin's connection for writing, under a hostile registry host: refused, the loop goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from acapy_webvh.registry_client import RegistryClient
from acquis.errors import Unavailable
from support import hostile_registry as attacks
from support.hostile_registry import Answer, hostile_host
from support.loop_lag import LIMIT, loop_lag


async def play(
    public: Path,
    attack: Answer,
    patience: float,
    scene: Callable[[RegistryClient], Awaitable[None]],
) -> None:
    """Play a scene against a host, up to four times: what blocks the loop does so each time."""
    for _ in range(4):
        with hostile_host(public) as host:
            host.attack = attack
            registry = RegistryClient(host.url, timeout=patience)
            async with loop_lag() as lag:
                await scene(registry)
            await registry.close()
        if lag.worst <= LIMIT:
            return
    pytest.fail(f"the loop was blocked for {lag.worst:.3f} s")


@pytest.mark.parametrize(
    ("attack", "patience"),
    [
        (attacks.endless_body, 30),
        (attacks.endless_chunks, 30),
        (attacks.half_written, 30),
        (attacks.long_header_line, 30),
        (attacks.countless_headers, 30),
        (attacks.connection_closed, 30),
        (attacks.one_byte_at_a_time, 0.4),
        (attacks.dripping_headers, 0.4),
        (attacks.silence, 0.4),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
async def test_a_host_that_is_written_to_answers_badly(
    tmp_path: Path, attack: Answer, patience: float
) -> None:
    async def scene(host: RegistryClient) -> None:
        with pytest.raises(Unavailable):
            await host.get("/univ/demo/resources/x")
        with pytest.raises(Unavailable):
            await host.put("/univ/demo/resources/x", b"{}", {})

    await play(tmp_path, attack, patience, scene)


async def test_a_host_that_is_written_to_is_not_unpacked_and_not_followed(tmp_path: Path) -> None:
    async def unpacks(host: RegistryClient) -> None:
        packed = await host.get("/univ/demo/resources/x")
        assert len(packed.body) < 1_000_000
        assert packed.body[:2] == b"\x1f\x8b"  # as it came: no JSON, so nothing is read from it

    async def follows(host: RegistryClient) -> None:
        assert (await host.put("/univ/demo/resources/x", b"{}", {})).status == 307

    await play(tmp_path, attacks.gzip_bomb, 30, unpacks)
    with hostile_host(tmp_path) as private:
        away = attacks.redirect_to_same_path_at(private.url)
        await play(tmp_path, away, 30, follows)
        assert private.seen == []
