"""The lock on a registry's folder: a host, or a rotation of its keys, one process at a time."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from acquis.service.file_lock import only_one
from acquis.text import Text


def held(folder: Path) -> AbstractContextManager[None]:
    """Hold the registry in ``folder`` for the length of a with statement.

    Raises: Conflict when another process holds it.
    """
    return only_one(
        folder / ".lock",
        Text(
            f"A registry host is running on {folder}; stop the host first.",
            f"Un hôte de registre est en marche sur {folder} ; arrêtez-le d’abord.",
        ),
    )
