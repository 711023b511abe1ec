"""A reader of a registry in a process of its own: its first mirror, its strict reads, its memory.

Run by ``registry_at_scale`` as ``python -m benchmarks.mirror_reader FOLDER HOST URL ROOT READS
TIMED``; prints one JSON object. Imports nothing that a service with a mirror would not have.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from itertools import chain, islice
from pathlib import Path

from acquis.registry.content import ResourceType
from acquis.registry.mirror import Mirror

_READ = (
    ResourceType.ACHIEVEMENT,
    ResourceType.SCHEMA,
    ResourceType.CREDENTIAL_DEFINITION,
    ResourceType.REVOCATION_REGISTRY_DEFINITION,
)


def memory_mb(field: str) -> float:
    """Return ``VmRSS`` (now) or ``VmHWM`` (the highest so far) of this process in megabytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(field)


def milliseconds[**P](work: Callable[P, object], *given: P.args, **named: P.kwargs) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    work(*given, **named)
    return (time.perf_counter() - started) * 1000


def spread(ids: list[str], count: int) -> list[str]:
    """Return ``count`` of ``ids`` (or all), taken from all of the list."""
    step = max(1, len(ids) // count)
    return list(islice(ids[::step], count))


def main(*argv: str) -> None:
    """Mirror, read, and print the figures."""
    folder, host, url, root, reads, timed = argv

    def mirror() -> Mirror:
        return Mirror(Path(folder), {host: url}, trusted_root=Path(root))

    reader = mirror()
    before = memory_mb("VmRSS")
    started = time.perf_counter()
    refresh = reader.refresh()
    figures: dict[str, object] = {
        "first_mirror_s": time.perf_counter() - started,
        "changed": refresh.changed,
        "received": refresh.received,
        "before_mb": before,
        "mirrored_mb": memory_mb("VmRSS"),
        "highest_mb": memory_mb("VmHWM"),
    }
    definitions = list(reader.resources(ResourceType.CREDENTIAL_DEFINITION))
    everything = chain.from_iterable(reader.resources(kind) for kind in _READ)
    read = [reader.resolve_resource(each).id for each in spread(list(everything), int(reads))]
    figures |= {"read": len(read), "read_mb": memory_mb("VmRSS")}
    cold, cached = [], []
    for each in spread(definitions, int(timed)):
        fresh = mirror()  # nothing is remembered
        cold.append(milliseconds(fresh.resolve_resource, each))
        cached.append(milliseconds(fresh.resolve_resource, each))
    print(json.dumps({**figures, "cold_ms": cold, "cached_ms": cached}))


if __name__ == "__main__":
    main(*sys.argv[1:])
