"""A mirror's own notes: small JSON files, each replaced whole; a damaged one counts as none."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def load_notes(path: Path) -> dict[str, Any]:
    """Return what is noted at ``path``; an absent or damaged file is an empty one."""
    try:
        noted = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def save_notes(path: Path, noted: dict[str, Any]) -> None:
    """Replace what is noted at ``path``."""
    write_synced(path, json.dumps(noted, separators=(",", ":")).encode())


def write_synced(path: Path, raw: bytes) -> None:
    """Put ``raw`` at ``path``, whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
