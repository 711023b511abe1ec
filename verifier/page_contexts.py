"""What each page shows as things stand now: rows read, the mirror asked, handed to the views.

Looking is cheap and done often (``Glance``); what a page shows is only built when that changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from acquis.credentials.environment import PublishedAchievement
from acquis.credentials.request import parse_presentation_request
from acquis.errors import AcquisError
from acquis.service.auth import Person
from verifier import requesting, views
from verifier.anchor_views import AnchorView, build_anchors
from verifier.evidence_views import write_duration
from verifier.result_views import achievement_ids, build_result, report_of
from verifier.store import sessions
from verifier.store.tables import RequestRow, SessionRow
from verifier.surroundings import Surroundings
from verifier.views import AskedView, Context, Links


@dataclass(frozen=True, slots=True)
class Glance:
    """Where a session stands; two glances are equal when a page shows the same for both."""

    session_id: str
    state: str
    is_over: bool
    request: RequestRow = field(compare=False, repr=False)
    row: SessionRow = field(compare=False, repr=False)


class PageContexts:
    """Turns what is known now into the variables of templates."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    @property
    def verifier(self) -> dict[str, str]:
        """Who asks, for whoever follows a link."""
        settings = self._around.settings
        return {
            "name": settings.employer_name,
            "domain": urlsplit(settings.public_url).hostname or "",
        }

    @property
    def unknown_link(self) -> Context:
        """Who asks, and how long a code of theirs can be scanned."""
        lifetime = write_duration(self._around.settings.link_seconds)
        return {"verifier": self.verifier, "lifetime": lifetime}

    async def requests(self, person_id: str) -> Context:
        """Look at a person's requests."""
        async with self._around.database.read() as session:
            return views.build_list(await sessions.newest(session, person_id))

    async def anchors(self) -> Sequence[AnchorView]:
        """Look at the trust anchors this employer relies on."""
        environment = requesting.environment_of(self._around)
        return await asyncio.to_thread(build_anchors, environment)

    async def glance(self, request_id: str, person: Person) -> Glance:
        """Look at the session on screen, a new one where nobody scanned the last in time.

        What was asked in another browser of this person has no QR here. Raises ``NotFound`` for
        the request of another person.
        """
        async with self._around.database.read() as session:
            request = await sessions.load_request(session, request_id, person.id)
        row = await requesting.current_session(self._around, request_id, person.browser)
        state = views.state_of(row)
        if state == "created" and not requesting.is_asked_in(request, person.browser):
            state = "elsewhere"
        return Glance(row.id, state, views.is_over(row), request, row)

    async def glance_by_token(self, token: str, *, was_watching: bool) -> Glance:
        """Look at the session a link leads to; that uses up nothing. Raises ``NotFound``."""
        async with self._around.database.read() as session:
            row = await sessions.load_by_token(session, token)
            request = await sessions.load_request(session, row.request_id)
        now = self._around.clock.now()
        state = views.public_state_of(row, now, was_watching=was_watching)
        return Glance(row.id, state, views.is_over(row), request, row)

    async def request(self, seen: Glance) -> Context:
        """Build what the employer sees of a request."""
        published = await self._achievements(seen.row)
        result = build_result(seen.request, seen.row, published)
        return views.build_request(
            await self._asked(seen), seen.row, self._links(seen.row), result, seen.state
        )

    async def public(self, seen: Glance) -> Context:
        """Build what whoever follows the link sees; never the result."""
        return views.build_public(
            self.verifier, await self._asked(seen), seen.row, self._links(seen.row), seen.state
        )

    async def _asked(self, seen: Glance) -> AskedView:
        around = self._around
        asked = parse_presentation_request(seen.request.request)
        try:
            found = await requesting.find_all_candidates(around, asked)
        except AcquisError as error:  # the page must not fail with the mirror
            return views.build_asked(seen.request, seen.row, error.says, around.clock.now())
        return views.build_asked(seen.request, seen.row, found, around.clock.now())

    async def _achievements(self, row: SessionRow) -> Sequence[PublishedAchievement]:
        """Read the public words behind a result; what the mirror does not have is left out."""
        if row.report is None:
            return ()
        environment, wanted = (
            requesting.environment_of(self._around),
            achievement_ids(report_of(row)),
        )

        def resolve() -> list[PublishedAchievement]:
            found = []
            for achievement_id in wanted:
                try:
                    found.append(environment.resolve_achievement(achievement_id))
                except AcquisError:
                    continue
            return found

        return await asyncio.to_thread(resolve)

    def _links(self, row: SessionRow) -> Links:
        return Links(
            requesting.request_link(self._around, row), requesting.wallet_link(self._around, row)
        )
