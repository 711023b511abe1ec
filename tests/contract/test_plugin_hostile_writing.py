"""The plugin's connection for writing, under a hostile registry host: refused, the loop goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from acapy_webvh.registry_client import RegistryClient
from acquis.errors import Unavailable
from support import hostile_registry as attacks
from support.hostile_registry import Answer, hostile_host
from support.loop_lag import LIMIT, loop_lag


@asynccontextmanager
async def writing_to(
    public: Path, attack: Answer, patience: float
) -> AsyncIterator[RegistryClient]:
    with hostile_host(public) as host:
        host.attack = attack
        registry = RegistryClient(host.url, timeout=patience)
        async with loop_lag() as lag:
            yield registry
        await registry.close()
    assert lag.worst <= LIMIT


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
    async with writing_to(tmp_path, attack, patience) as host:
        with pytest.raises(Unavailable):
            await host.get("/univ/demo/resources/x")
        with pytest.raises(Unavailable):
            await host.put("/univ/demo/resources/x", b"{}", {})


async def test_a_host_that_is_written_to_is_not_unpacked_and_not_followed(tmp_path: Path) -> None:
    async with writing_to(tmp_path, attacks.gzip_bomb, 30) as host:
        packed = await host.get("/univ/demo/resources/x")
        assert len(packed.body) < 1_000_000
        assert packed.body[:2] == b"\x1f\x8b"  # as it came: no JSON, so nothing is read from it
    with hostile_host(tmp_path) as private:
        away = attacks.redirect_to_same_path_at(private.url)
        async with writing_to(tmp_path, away, 30) as host:
            assert (await host.put("/univ/demo/resources/x", b"{}", {})).status == 307
        assert private.seen == []
