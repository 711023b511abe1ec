"""The variables of each page as things stand now: rows read, handed to the views."""

from __future__ import annotations

from typing import Final

from issuer_agent import founding, offering, views
from issuer_agent.store import achievements, awards, institution
from issuer_agent.surroundings import Surroundings
from issuer_agent.views import Context

_RECENT: Final = 8
_SHOWN: Final = 200


class PageContexts:
    """What each page shows as things stand now: rows read, turned into a template's variables."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    async def overview(self) -> Context:
        """Look at the institution as a whole."""
        around, now = self._around, self._around.clock.now()
        async with around.database.read() as session:
            row = await institution.load(session)
            known = await achievements.all_with_awards(session)
            recent = await awards.newest(session, now, limit=_RECENT)
            by_state = await awards.count_by_state(session, now)
        return views.build_overview(
            await founding.current(around),
            row,
            views.count_all([each for each, _ in known], by_state),
            [self._line(each, now) for each in recent],
            founding=around.only_one("founding").locked(),
        )

    async def publication(self, achievement_id: str) -> Context:
        """Look at one achievement; raises ``NotFound``."""
        async with self._around.database.read() as session:
            row = await achievements.load(session, achievement_id)
            awarded = await awards.count(session, achievement_id)
        return views.build_publication(await founding.current(self._around), row, awarded)

    async def award_list(self, achievement_id: str, state: str) -> Context:
        """Look at the awards of one achievement and in one state, or at all."""
        around, now = self._around, self._around.clock.now()
        async with around.database.read() as session:
            found = await awards.newest(
                session, now, achievement_id=achievement_id, state=state, limit=_SHOWN
            )
            by_state = await awards.count_by_state(session, now, achievement_id=achievement_id)
        return views.build_awards(
            await founding.current(around),
            [self._line(each, now) for each in found],
            by_state.get(state, 0) if state else sum(by_state.values()),
            achievement_id,
            state,
        )

    async def award(self, award_id: str) -> Context:
        """Look at one award; raises ``NotFound``."""
        around = self._around
        async with around.database.read() as session:
            standing = await awards.load(session, award_id)
        link = offering.claim_link(around, standing.award)
        return views.build_awarded(
            await founding.current(around), standing, around.clock.now(), link
        )

    async def claim(self, token: str, *, is_first_look: bool) -> Context:
        """Look at what a claim link leads to; raises ``NotFound``."""
        around = self._around
        async with around.database.read() as session:
            standing = await awards.load_by_token(session, token)
        return views.build_claim(
            await founding.current(around),
            standing,
            around.clock.now(),
            link=offering.claim_link(around, standing.award),
            wallet_link=offering.wallet_link(around, standing.award),
            is_first_look=is_first_look,
        )

    def _line(self, standing: awards.Standing, now: int) -> views.AwardLine:
        link = offering.claim_link(self._around, standing.award)
        return views.build_award_line(standing, now, link)
