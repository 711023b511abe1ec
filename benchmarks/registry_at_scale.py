"""A registry of tens of thousands of files: what mirroring, reading and publishing cost.

A tree of real size is signed on disk, served by the real registry host in a process of its own on
loopback and read by the real mirror; first a tenth of it, then the whole, in the same run, so that
one sees what grows with the registry and what does not. Run it by ``make bench-registry``: it needs
about a gigabyte in the temporary folder and removes it.

(a) first_mirror_s, against a bare loop that fetches the same files on one connection, unchecked.
(b) refresh_after_change_s: one revocation was published (a list, and the links to it).
(c) publish_visible_s: from the first PUT of a revocation until the registry's metadata has it.
(d) read_cold_ms, read_cached_ms: one strict read of a credential definition, its DID log included.
(e) mirror_memory_mb: resident memory of the reading process, mirrored and after 5,000 reads.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import typer

from acquis.registry.content import ResourceType
from acquis.registry.mirror import Mirror
from benchmarks.published_tree import (
    FIRST_LIST,
    HOST,
    Issuer,
    Registry,
    make_objects,
    publish,
    set_up_registry,
)
from demo.supervisor import Program, Supervisor, free_ports

ATTRIBUTES: Final = (30, 24)
REGISTRY_SIZE: Final = 1000
READS: Final = 5_000
TIMED: Final = 400
BYTES_EACH: Final = 110_000  # disk for one achievement: published once, mirrored once and a tenth


@dataclass(frozen=True, slots=True)
class Cost:
    """What one revocation cost: until published, until a mirror had it, what that transferred."""

    visible_s: float
    refresh_s: float
    received: int


@dataclass(slots=True)
class Measured:
    """The figures of one registry; times in seconds where not said otherwise."""

    registry: Registry
    reader: dict[str, Any]
    bare_s: float = 0.0
    costs: list[Cost] = field(default_factory=list)
    quiet_s: float = 0.0
    quiet_received: int = 0

    @property
    def refresh_s(self) -> float:
        """The median refresh after one revocation."""
        return statistics.median(each.refresh_s for each in self.costs)

    @property
    def received(self) -> float:
        """The median of the bytes that refresh transferred."""
        return statistics.median(each.received for each in self.costs)


def fetch_bare(registry: Registry, port: int) -> float:
    """Fetch every file on one connection and look at nothing; return the seconds it took."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    paths = list(registry.paths())
    started = time.perf_counter()
    for path, target in paths:
        folder, _, name = path.rpartition("/")
        connection.request("GET", f"/{folder}/{target.hashes['sha256']}.{name}")
        answer = connection.getresponse()
        if answer.status != http.client.OK or len(answer.read()) != target.length:
            raise RuntimeError(f"{path} was not served")
    connection.close()
    return time.perf_counter() - started


def read_apart(registry: Registry, folder: Path, url: str) -> dict[str, Any]:
    """Mirror and read in a fresh process; return its figures."""
    argv = [folder, HOST, url, registry.trusted_root, READS, TIMED]
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.mirror_reader", *map(str, argv)],
        check=True,
        capture_output=True,
        text=True,
    )
    figures: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return figures


def revoke_once(client: httpx.Client, mirror: Mirror, issuer: Issuer, definition_id: str) -> Cost:
    """Publish one revocation through the host, then refresh the mirror."""
    path = f"/{issuer.folder}/resources/{definition_id.rsplit('/', 1)[1]}"
    standing = client.get(path)
    definition = standing.json()
    links = definition["links"]
    before = mirror.resolve_resource(links[-1]["id"], ResourceType.STATUS_LIST).content
    at, now = FIRST_LIST + len(links), datetime.now(UTC)
    fresh = issuer.status_list(definition_id, before, at, revoked=len(links))
    link = {**links[-1], "id": fresh["id"], "timestamp": at}
    unsigned = {key: value for key, value in definition.items() if key != "proof"}
    longer = issuer.sign({**unsigned, "links": [*links, link]}, now)
    fresh_path = f"/{issuer.folder}/resources/{fresh['id'].rsplit('/', 1)[1]}"
    version = _timestamp_version(client)
    started = time.perf_counter()
    _put(client, fresh_path, fresh, {})
    _put(client, path, longer, {"if-match": standing.headers["etag"]})
    while _timestamp_version(client) < version + 2:  # two writes, each signed
        time.sleep(0.001)
    visible = time.perf_counter() - started
    started = time.perf_counter()
    refresh = mirror.refresh()
    taken = time.perf_counter() - started
    found, _ = mirror.resolve_status_list(definition_id, at)
    if found.id != fresh["id"] or refresh.refused:
        raise RuntimeError("the mirror does not have the revocation")
    return Cost(visible, taken, refresh.received)


def _put(
    client: httpx.Client, path: str, resource: Mapping[str, Any], headers: dict[str, str]
) -> None:
    answer = client.put(path, json=resource, headers=headers)
    if not answer.is_success:
        raise RuntimeError(f"the registry refused: {answer.text}")


def _timestamp_version(client: httpx.Client) -> int:
    return int(client.get("/tuf/timestamp.json").json()["signed"]["version"])


def measure(registry: Registry, folder: Path, port: int, revocations: int) -> Measured:
    """Measure a registry that is being served on ``port``."""
    url = f"http://127.0.0.1:{port}"
    measured = Measured(registry, read_apart(registry, folder, url))
    typer.echo(f"  mirrored {measured.reader['changed']} files")
    measured.bare_s = fetch_bare(registry, port)
    mirror = Mirror(folder, {HOST: url}, trusted_root=registry.trusted_root)
    kind = ResourceType.REVOCATION_REGISTRY_DEFINITION
    definitions = list(mirror.resources(kind))
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        for number in range(revocations + 1):
            chosen = definitions[number * len(definitions) // (revocations + 1)]
            issuer = Issuer(int(chosen.split("/")[0].rsplit("-", 1)[1]))
            cost = revoke_once(client, mirror, issuer, chosen)
            if number:  # the first one warms both sides up
                measured.costs.append(cost)
    started = time.perf_counter()
    measured.quiet_received = mirror.refresh().received
    measured.quiet_s = time.perf_counter() - started
    typer.echo(f"  published {revocations} revocations and refreshed after each")
    return measured


async def serve_and_measure(registry: Registry, folder: Path, revocations: int) -> Measured:
    """Start the registry host, measure, stop it."""
    port = registry.settings.port
    program = Program(
        name="registry",
        argv=(sys.executable, "-m", "registry_host", "serve"),
        folder=folder,
        log_file=folder / "registry.log",
        environment={
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "ACQUIS_REGISTRY_FOLDER": str(registry.settings.folder),
            "ACQUIS_REGISTRY_HOST": HOST,
            "ACQUIS_REGISTRY_PORT": str(port),
            "ACQUIS_REGISTRY_LOG_LEVEL": "WARNING",
        },
        ready_url=f"http://127.0.0.1:{port}/ready",
        ports={"registry": port},
    )
    async with Supervisor() as supervisor:
        supervisor.add(program)
        started = time.perf_counter()
        await supervisor.start("registry")
        typer.echo(
            f"{registry.files} files, {registry.size / 1e6:.0f} MB:"
            f" the host was ready after {time.perf_counter() - started:.1f} s"
        )
        measured = await asyncio.to_thread(measure, registry, folder / "mirror", port, revocations)
        memory = supervisor.memory("registry")
        typer.echo(f"  host memory {memory.resident_mb:.0f} MB")
    return measured


def run(folder: Path, issuers: int, achievements: int, revocations: int) -> list[Measured]:
    """Make the tree, serve a tenth of it and then the whole, and measure both."""
    started = time.perf_counter()
    count = min(len(ATTRIBUTES), achievements)
    made = [make_objects(attributes, REGISTRY_SIZE) for attributes in ATTRIBUTES[:count]]
    signed = publish(folder / "published", issuers, achievements, made)
    typer.echo(f"made and signed in {time.perf_counter() - started:.1f} s")
    found = []
    for size in sorted({max(1, issuers // 10), issuers}):
        place = folder / f"registry-of-{size}"
        registry = set_up_registry(place, free_ports(1)[0], folder / "published", signed, size)
        found.append(asyncio.run(serve_and_measure(registry, place, revocations)))
        shutil.rmtree(place / "mirror")
    return found


def report(found: list[Measured]) -> dict[str, float]:
    """Print what was measured, with the ratios; return the figures of the largest registry."""
    for each in found:
        _report_one(each)
    smallest, largest = found[0], found[-1]
    typer.echo(
        f"{largest.registry.files / smallest.registry.files:.1f} times the files:"
        f" {largest.received / smallest.received:.1f} times the transfer of one revocation,"
        f" {largest.refresh_s / smallest.refresh_s:.1f} times its refresh;"
        f" it is 1/{largest.reader['received'] / largest.received:.0f} of the whole transfer"
    )
    reader = largest.reader
    return {
        "read_cached_ms": round(statistics.median(reader["cached_ms"]), 3),
        "read_cold_ms": round(statistics.median(reader["cold_ms"]), 2),
        "first_mirror_s": round(reader["first_mirror_s"], 1),
        "refresh_after_change_s": round(largest.refresh_s, 3),
        "publish_visible_s": round(statistics.median(c.visible_s for c in largest.costs), 3),
        "mirror_memory_mb": round(max(reader["mirrored_mb"], reader["read_mb"]), 1),
    }


def _report_one(measured: Measured) -> None:
    reader, costs = measured.reader, measured.costs
    first, visible = reader["first_mirror_s"], [each.visible_s for each in costs]
    lines = {
        "files": f"{measured.registry.files}, {measured.registry.size / 1e6:.0f} MB",
        "first mirror": f"{first:.1f} s, {1000 * first / reader['changed']:.2f} ms a file,"
        f" {first / measured.bare_s:.2f} times a bare loop ({measured.bare_s:.1f} s)",
        "one revocation": f"visible after {_spread(visible)} s; refreshed in"
        f" {_spread([each.refresh_s for each in costs])} s, {measured.received / 1000:.1f} kB",
        "nothing changed": f"{measured.quiet_s:.3f} s, {measured.quiet_received} bytes",
        "cold read": f"{_spread(reader['cold_ms'])} ms",
        "cached read": f"{_spread(reader['cached_ms'])} ms",
        "reader's memory": f"{reader['before_mb']:.0f} MB before, {reader['mirrored_mb']:.0f} MB"
        f" mirrored (highest {reader['highest_mb']:.0f} MB),"
        f" {reader['read_mb']:.0f} MB after {reader['read']} reads",
    }
    for name, said in lines.items():
        typer.echo(f"{name:<18}{said}")


def _spread(values: list[float]) -> str:
    """Say the median and the 95th percentile."""
    late = sorted(values)[min(len(values) - 1, int(len(values) * 0.95))]
    return f"{statistics.median(values):.3f} (p95 {late:.3f})"


def main(
    issuers: Annotated[int, typer.Option(min=1, help="How many issuers.")] = 200,
    achievements: Annotated[int, typer.Option(min=1, help="How many achievements each.")] = 50,
    revocations: Annotated[int, typer.Option(min=1, help="How many are published.")] = 15,
) -> None:
    """Measure in a folder that is removed afterwards; the last line is the JSON of the figures."""
    needed, free = (
        issuers * achievements * BYTES_EACH,
        shutil.disk_usage(tempfile.gettempdir()).free,
    )
    typer.echo(f"needs about {needed / 1e6:.0f} MB in {tempfile.gettempdir()}")
    if free < needed * 1.2:
        typer.echo(
            f"only {free / 1e6:.0f} MB are free there; set TMPDIR to another place", err=True
        )
        raise typer.Exit(1)
    with tempfile.TemporaryDirectory(prefix="acquis-bench-") as folder:
        found = run(Path(folder), issuers, achievements, revocations)
    typer.echo(json.dumps(report(found)))


if __name__ == "__main__":
    typer.run(main)
