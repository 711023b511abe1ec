"""Files that a reader sees as they were or as they are, never half: write aside, sync, rename."""

from __future__ import annotations

import os
from pathlib import Path

FRESH = ".fresh-"  # how the name of a file begins that is not in place yet


def write_whole(path: Path, raw: bytes, *, mode: int = 0o644) -> None:
    """Write ``raw`` at ``path`` so that it is there whole, or not at all, after a power cut.

    ``mode`` holds from the first byte on: 0o600 for what only its owner may ever read.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{FRESH}{path.name}")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    move_into_place(fresh, path)


def move_into_place(fresh: Path, path: Path) -> None:
    """Rename a synced file of the same file system to ``path`` and make the rename last."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh.replace(path)
    _sync_folder(path.parent)


def place_first(fresh: Path, path: Path) -> None:
    """Rename a synced file to ``path``, unless a file has that name already: then that one stays."""
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    except OSError:  # a file system that knows no links, as on many a memory stick
        if not path.exists():
            fresh.replace(path)
    fresh.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
