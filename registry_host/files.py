"""Published files on disk: whole or not there, and what was replaced stays readable a while."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from acquis.service.files import FRESH, move_into_place, write_whole

__all__ = [
    "FRESH",
    "keep_version",
    "move_into_place",
    "put_back",
    "read_or_none",
    "remove_older",
    "write_whole",
]


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


def put_back(before: Mapping[Path, bytes | None]) -> None:
    """Make each path what it was ``before`` a write of several files that failed.

    What the disk refuses now too stays as it is, for the next start to sign.
    """
    for path, raw in before.items():
        with contextlib.suppress(OSError):
            if raw is None:
                path.unlink(missing_ok=True)
            elif raw != read_or_none(path):
                write_whole(path, raw)


def remove_older(path: Path, moment: float) -> None:
    """Remove ``path`` when it was put there before ``moment``; another may remove it meanwhile."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_ctime < moment:
            path.unlink()
