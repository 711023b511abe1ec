"""Offering: an award becomes a claim link, and a wallet that follows it gets the offer."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode
from uuid import uuid4

from acquis.acapy import issue_credential as agent_issue
from acquis.acapy import out_of_band
from acquis.credentials.achievement import Achievement, parse_achievement
from acquis.credentials.attributes import Award, Learner, build_attributes
from acquis.errors import AlreadyUsed, Conflict, Expired
from acquis.protocols.issue_credential import Exchange, Facts, Observation, Role, State, advance
from acquis.protocols.machine import Source
from acquis.protocols.record import dump_exchange, load_issue
from acquis.text import Text
from issuer_agent.publishing import PUBLISHED
from issuer_agent.store import achievements, awards, exchanges
from issuer_agent.store.tables import AchievementRow, AwardRow, ExchangeRow
from issuer_agent.surroundings import Surroundings

_DAY: Final = 86400
_GOAL_CODE: Final = "issue-vc"

_EXPIRED = Text(
    "This claim link has expired; ask the institution for a new one",
    "Ce lien a expiré ; demandez-en un nouveau à l’établissement",
)
_USED = Text(
    "This credential has already been claimed into a wallet",
    "Cette attestation a déjà été reçue dans un portefeuille",
)
_DECLINED = Text(
    "The offer behind this link was declined; ask the institution for a new link",
    "L’offre de ce lien a été refusée ; demandez un nouveau lien à l’établissement",
)
_WITHDRAWN = Text(
    "This award was withdrawn by the institution",
    "Cette attribution a été retirée par l’établissement",
)


@dataclass(frozen=True, slots=True)
class Given:
    """What a registrar says of one award; levels that differ from the achievement's, by key."""

    learner: Learner
    awarded_on: date
    levels: Mapping[str, int] = field(default_factory=dict)
    grade: str = ""
    language: str = "en"


async def award(
    around: Surroundings, achievement_id: str, given: Sequence[Given], person_id: str
) -> list[str]:
    """Award a published achievement to learners, all or none; returns the ids of the awards.

    ``person_id`` is who awards.

    Raises ``Conflict`` when the achievement is not published, ``InvalidInput`` when a learner or a
    level is not of this achievement.
    """
    now = around.clock.now()
    async with around.database.write() as session:
        row = await achievements.load(session, achievement_id)
        if row.state != PUBLISHED:
            raise Conflict(
                Text(
                    "Publish the achievement first, then award it",
                    "Publiez d’abord la microcertification, puis attribuez-la",
                )
            )
        achievement = parse_achievement(row.content)
        made = [_build_award(around, row, achievement, one, now) for one in given]
        for one in made:
            one.awarded_by = person_id
        session.add_all(made)
    around.live.changed("awards")
    return [one.id for one in made]


def _build_award(
    around: Surroundings, row: AchievementRow, achievement: Achievement, given: Given, now: int
) -> AwardRow:
    award_id = str(uuid4())
    attributes = build_attributes(
        achievement,
        Award(
            learner=given.learner,
            achievement_id=row.resource_id or "",
            credential_id=award_id,
            awarded_on=given.awarded_on,
            levels=given.levels,
            grade=given.grade,
            language=given.language,
        ),
    )
    return AwardRow(
        id=award_id,
        achievement_id=row.id,
        given_name=given.learner.given_name,
        family_name=given.learner.family_name,
        attributes=attributes,
        token=secrets.token_urlsafe(16),
        created_at=now,
        expires_at=now + around.settings.claim_days * _DAY,
    )


def claim_link(around: Surroundings, row: AwardRow) -> str:
    """Return the link that claims an award: short enough for a small QR code."""
    return f"{around.settings.public_url}/c/{row.token}"


def wallet_link(around: Surroundings, row: AwardRow) -> str | None:
    """Return the link that opens the claim link in the wallet we offer first, if there is one."""
    if not around.settings.wallet_url:
        return None
    return f"{around.settings.wallet_url}/open?{urlencode({'link': claim_link(around, row)})}"


async def renew_link(around: Surroundings, award_id: str) -> None:
    """Give an award a new claim link, from now; the old link stops working.

    Raises ``Conflict`` when the credential is in a wallet already, or is on its way into one.
    """
    now = around.clock.now()
    async with around.only_one(f"award:{award_id}"), around.database.write() as session:
        standing = await awards.load(session, award_id)
        if standing.issued is not None or _is_under_way(standing.exchange):
            raise Conflict(_USED)
        if standing.exchange is not None and standing.exchange.open:
            _end(standing.exchange, State.EXPIRED, now)
        standing.award.token = secrets.token_urlsafe(16)
        standing.award.expires_at = now + around.settings.claim_days * _DAY
    around.live.changed(f"award:{award_id}")


async def open_link(around: Surroundings, token: str) -> dict[str, Any]:
    """Return the invitation (RFC 0434) for the wallet that follows a claim link.

    Until a wallet has answered, the same invitation is given each time. Raises ``NotFound``,
    ``Expired``, or ``AlreadyUsed`` once a wallet has taken the offer up.
    """
    async with around.database.read() as session:
        award_id = (await awards.load_by_token(session, token)).award.id
    async with around.only_one(f"award:{award_id}"):
        async with around.database.read() as session:
            standing = await awards.load(session, award_id)
        _check_open(around, standing)
        exchange = standing.exchange
        if exchange is not None and exchange.open and exchange.invitation is not None:
            return exchange.invitation
        return await _offer(around, standing)


def _check_open(around: Surroundings, standing: awards.Standing) -> None:
    if standing.issued is not None:
        raise AlreadyUsed(_USED) if standing.issued.state == "valid" else Expired(_WITHDRAWN)
    if _is_under_way(standing.exchange):
        raise AlreadyUsed(_USED)
    if standing.exchange is not None and standing.exchange.state == State.DECLINED:
        raise Expired(_DECLINED)
    if standing.award.expires_at <= around.clock.now():
        raise Expired(_EXPIRED)


def _is_under_way(row: ExchangeRow | None) -> bool:
    if row is None:
        return False
    return row.state in {
        State.REQUEST_RECEIVED.value,
        State.CREDENTIAL_ISSUED.value,
        State.DONE.value,
    }


async def _offer(around: Surroundings, standing: awards.Standing) -> dict[str, Any]:
    """Create our exchange first, then the agent's offer and invitation, then keep both."""
    now, row = around.clock.now(), standing.exchange
    if row is None or not row.open:
        exchange = Exchange(id=str(uuid4()), role=Role.ISSUER)
        row = ExchangeRow(
            id=exchange.id,
            award_id=standing.award.id,
            token=standing.award.token,
            state=exchange.state.value,
            open=True,
            exchange=dump_exchange(exchange),
            created_at=now,
            changed_at=now,
        )
        async with around.database.write() as session:
            session.add(row)
    record = await agent_issue.create_offer(
        around.agent, standing.achievement.cred_def_id or "", standing.award.attributes
    )
    invitation = await out_of_band.create_invitation(
        around.agent,
        out_of_band.AttachmentType.CREDENTIAL_OFFER,
        record.id,
        handshake=True,
        label=around.settings.institution_name,
        goal_code=_GOAL_CODE,
        goal=_goal(standing.achievement),
    )
    seen = Observation(
        State.OFFER_SENT,
        Facts(record_id=record.id, thread_id=record.thread_id),
        Source.OURSELVES,
    )
    async with around.database.write() as session:
        kept = await session.get_one(ExchangeRow, row.id)
        exchanges.keep(kept, advance(load_issue(kept.exchange), seen), now)
        kept.invitation = dict(invitation.content)
        kept.due_at = now + 5
    around.live.changed(f"award:{standing.award.id}")
    return dict(invitation.content)


def _goal(row: AchievementRow) -> str:
    name = parse_achievement(row.content).name
    return name.text.en if name is not None else row.slug


def _end(row: ExchangeRow, state: State, now: int) -> None:
    seen = Observation(state, Facts(), Source.PERSON)
    exchanges.keep(row, advance(load_issue(row.exchange), seen), now)
    row.due_at = None
