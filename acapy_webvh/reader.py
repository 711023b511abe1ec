"""Reading the mirror from the agent's event loop: in threads, and fetched anew on a real miss only.

1. Files, signatures and TUF are blocking work: they run in threads of their own, so that neither the
   loop nor the agent's pool (busy for seconds with safe primes) is held up.
2. A *miss* is an identifier that the mirror does not hold, or a moment that it is too old to know
   the status of. Only where ``refresh_on_miss`` is set is the registry asked then; misses that come
   together share one refresh, and a stranger's made-up identifiers cost at most one a second.
3. Where it is not set (a verifier), a moment the mirror cannot know is ``Unavailable``, so that the
   verification ends in "could not tell" and not in "false".
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from acquis.errors import AcquisError, NotFound, Unavailable, Untrusted
from acquis.registry.did_log import DidDocument
from acquis.registry.mirror import Mirror
from acquis.registry.resource import Link, Resource, ResourceType
from acquis.text import Text

THREADS = 2
SECONDS_BETWEEN_MISSES = 1.0
MISS_PATIENCE = 30.0
STATUS_PATIENCE = 5.0
"""Seconds a refresh may take before an answer of "not found", or the last good copy, is better."""
SLOW_SECONDS = 2.0
SILENCE_SECONDS = 10.0
"""After a failure that took long, the last good copy is used this long without asking again."""
PUBLICATION_DELAY = 60
"""A list can reach the mirror this many seconds after the timestamp it bears."""


class MirrorReader:
    """The mirror as the agent's coroutines use it. Raises what ``Mirror`` raises."""

    def __init__(self, mirror: Mirror, *, refresh_on_miss: bool) -> None:
        self._mirror = mirror
        self._refresh_on_miss = refresh_on_miss
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="mirror")
        self._one_refresh = asyncio.Lock()
        self._refreshes_begun = 0
        self._failure: AcquisError | None = None
        self._last_miss = float("-inf")
        self._silent_until = float("-inf")

    async def document(self, did: str) -> DidDocument:
        """The verified DID document."""
        return await self._read(lambda: self._mirror.resolve_did(did))

    async def resource(self, resource_id: str, expected: ResourceType) -> Resource:
        """The verified resource of that id and type."""
        return await self._read(lambda: self._mirror.resolve_resource(resource_id, expected))

    async def refreshed_resource(self, resource_id: str, expected: ResourceType) -> Resource | None:
        """The verified resource in a mirror that was just refreshed, None when it is not there."""
        await self.refresh()
        try:
            return await self.in_thread(
                lambda: self._mirror.resolve_resource(resource_id, expected)
            )
        except NotFound:
            return None

    async def tails_file(self, tails_hash: str) -> Path:
        """Where the mirror keeps the tails file."""
        return await self._read(lambda: self._mirror.tails_file(tails_hash))

    async def find(
        self, did: str, resource_type: ResourceType, matches: Callable[[Resource], bool]
    ) -> list[Resource]:
        """The resources of a DID and type that ``matches``, in a mirror that was just refreshed."""
        await self.refresh()

        def search() -> list[Resource]:
            found = []
            for resource_id in self._mirror.resources(resource_type):
                if resource_id.startswith(f"{did}/"):
                    # One that does not verify (its key was withdrawn) is no match.
                    with suppress(NotFound, Untrusted):
                        found.append(self._mirror.resolve_resource(resource_id, resource_type))
            return [resource for resource in found if matches(resource)]

        return await self.in_thread(search)

    async def status_list(self, definition_id: str, at: int) -> tuple[Link, Resource]:
        """The status list in force at ``at`` (Unix seconds), known to be so.

        Raises ``Unavailable`` when the mirror is too old to know and may not be refreshed. Where it
        may be but the registry does not answer, the last good copy is used: whoever verifies a proof
        made with it checks how old the list is.
        """
        refreshed_at = await self.in_thread(lambda: self._mirror.refreshed_at) or 0
        if self._refresh_on_miss:
            silent = refreshed_at and time.monotonic() < self._silent_until
            if refreshed_at < at and not silent:
                asked = time.monotonic()
                try:
                    await self.refresh(patience=STATUS_PATIENCE)
                except Unavailable:
                    answered = time.monotonic()
                    if answered - asked > SLOW_SECONDS:
                        self._silent_until = answered + SILENCE_SECONDS
                    if not refreshed_at:
                        raise
        elif refreshed_at - PUBLICATION_DELAY < at:
            definition = await self.resource(
                definition_id, ResourceType.REVOCATION_REGISTRY_DEFINITION
            )
            if all(link.timestamp != at for link in definition.links):
                raise Unavailable(
                    Text(
                        "The mirror is too old to know which status list was in force.",
                        "Le miroir est trop ancien pour savoir quelle liste d’état était en vigueur.",
                    )
                )
        return await self._read(lambda: self._mirror.resolve_status_list(definition_id, at))

    async def refresh(self, *, patience: float = MISS_PATIENCE) -> None:
        """Fetch what changed, by a refresh that begins after this call; callers share one.

        Raises ``Unavailable`` after ``patience`` seconds at the latest.
        """
        wanted = self._refreshes_begun + 1
        async with self._one_refresh:
            if self._refreshes_begun < wanted:
                self._refreshes_begun += 1
                self._failure = None
                try:
                    await self.in_thread(lambda: self._mirror.refresh(timeout=patience))
                except AcquisError as error:
                    self._failure = error
            if self._failure is not None:
                raise type(self._failure)(self._failure.says) from self._failure

    async def in_thread[T](self, work: Callable[[], T]) -> T:
        """Run blocking work on the mirror's threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _read[T](self, read: Callable[[], T]) -> T:
        try:
            return await self.in_thread(read)
        except NotFound:
            if not self._refresh_on_miss:
                raise
        pause = self._last_miss + SECONDS_BETWEEN_MISSES - time.monotonic()
        if pause > 0:
            await asyncio.sleep(pause)
        self._last_miss = time.monotonic()
        await self.refresh()
        return await self.in_thread(read)
