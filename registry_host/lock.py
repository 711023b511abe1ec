"""The lock on a registry's folder: a host, or a rotation of its keys, one process at a time."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from acquis.errors import Conflict
from acquis.text import Text


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the registry in ``folder`` for the length of a with statement.

    Raises: Conflict when another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(
                Text(
                    f"A registry host is running on {folder}; stop the host first.",
                    f"Un hôte de registre est en marche sur {folder} ; arrêtez-le d’abord.",
                )
            ) from error
        yield
