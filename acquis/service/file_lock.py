"""Locks between processes: an ``flock`` on a file of its own, let go of by whoever dies."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from acquis.errors import Conflict
from acquis.text import Text


@contextmanager
def only_one(lock: Path, refusal: Text) -> Iterator[None]:
    """Hold ``lock`` for the length of a with statement; its folder is made where it is missing.

    Raises: Conflict, saying ``refusal``, at once when another holds it.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(refusal) from error
        yield


@contextmanager
def in_turn(lock: Path) -> Iterator[None]:
    """Hold ``lock`` for the length of a with statement; whoever comes later waits."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_held(lock: Path) -> bool:
    """Say whether somebody holds ``lock`` at this moment; nothing is made or kept."""
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
