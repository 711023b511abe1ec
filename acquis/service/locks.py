"""Locks by name, kept only while somebody holds or waits for them."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary


class Locks:
    """Gives the lock of a name: the same one to all who ask while it is in use."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def only_one(self, key: str) -> asyncio.Lock:
        """Return the lock named ``key``."""
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        return lock
