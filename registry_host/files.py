"""Published files on disk: whole or not there, and what was replaced stays readable a while."""

from __future__ import annotations

import os
from pathlib import Path

from acquis.service.files import FRESH, move_into_place, write_whole

__all__ = ["FRESH", "keep_version", "move_into_place", "read_or_none", "write_whole"]


def keep_version(path: Path, versions: Path, digest: str) -> None:
    """Keep what stands at ``path`` readable by its SHA-256 (hex) after it will be replaced."""
    versions.mkdir(parents=True, exist_ok=True)
    try:
        (versions / digest).hardlink_to(path)
    except FileExistsError:
        os.utime(versions / digest)


def read_or_none(path: Path) -> bytes | None:
    """Return what stands at ``path``, None when nothing does."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
