"""Publishing the revocations that the wallet knows and the registry does not show.

ACA-Py (1.7.0) writes a new status list into its wallet first and then asks the registrar. If that
fails, or the agent ends between the two, the request still answers 200, nothing is pending any more
and nothing tries again. So the wallet's lists are compared with the registry's, whatever was going
on before: when the agent starts, a moment after a publication failed, and when the service asks
(``acapy_webvh.routes``).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass

from acapy_agent.anoncreds.constants import CATEGORY_REV_LIST
from acapy_agent.anoncreds.models.revocation import RevList
from acapy_agent.core.profile import Profile

from acapy_webvh.publication import ResourcePublisher
from acquis.errors import AcquisError, NotFound

LOGGER = logging.getLogger(__name__)
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one round did: registries whose list it published, and those that are still behind."""

    published: tuple[str, ...]
    behind: tuple[str, ...]


class Reconciler:
    """Keeps the published status lists up with the wallet's."""

    def __init__(self, publisher: ResourcePublisher) -> None:
        self._publisher = publisher
        self._one_round = asyncio.Lock()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self, profile: Profile) -> None:
        """Begin to compare, in the background."""
        self._task = asyncio.create_task(self._run(profile), name="acapy_webvh reconciliation")

    async def stop(self) -> None:
        """End the background task."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def wake(self) -> None:
        """A publication failed: look again in a moment."""
        self._wake.set()

    async def reconcile(self, profile: Profile) -> Outcome:
        """Publish each list of the wallet that revokes more than the registry's does.

        So is each whose last list in the registry is not the issuer's (after a compromise).
        """
        published: list[str] = []
        behind: list[str] = []
        async with self._one_round:
            for kept in await _kept_lists(profile):
                definition_id = kept.rev_reg_def_id
                try:
                    if not await self._publisher.shows(definition_id, kept.revocation_list):
                        await self._publisher.publish_next_list(
                            profile, definition_id, kept.revocation_list, kept.current_accumulator
                        )
                        published.append(definition_id)
                except AcquisError as error:
                    if isinstance(error, NotFound) and not any(kept.revocation_list):
                        continue  # it is still being set up
                    LOGGER.warning("The status list of %s is behind: %s", definition_id, error)
                    behind.append(definition_id)
        return Outcome(tuple(published), tuple(behind))

    async def _run(self, profile: Profile) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            if (await self.reconcile(profile)).behind:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            else:
                await self._wake.wait()
                pause = FIRST_PAUSE_SECONDS
                await asyncio.sleep(pause)
            self._wake.clear()


async def _kept_lists(profile: Profile) -> list[RevList]:
    """The wallet's status lists."""
    async with profile.session() as session:
        entries = await session.handle.fetch_all(CATEGORY_REV_LIST)

    def read() -> list[RevList]:
        lists = (RevList.deserialize(entry.value_json["rev_list"]) for entry in entries)
        return [kept for kept in lists if any(kept.revocation_list)]

    return await asyncio.to_thread(read)
