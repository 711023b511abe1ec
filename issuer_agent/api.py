"""The issuer's JSON interface and its doorbell."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from acquis.acapy.webhooks import ExchangeKind, parse_doorbell
from acquis.credentials.achievement import Achievement, parse_achievement
from acquis.errors import InvalidInput
from acquis.service.auth import SignedIn
from acquis.service.clock import today
from acquis.text import Text
from issuer_agent import founding, offering, publishing, revoking
from issuer_agent.award_fields import MOST_LEARNERS, UnverifiedAward, parse_award
from issuer_agent.offering import Given
from issuer_agent.store import achievements, awards, exchanges
from issuer_agent.surroundings import Surroundings

_MOST_TOLD: Final = 10

type Id = Annotated[str, Path(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LearnerBody(_Body):
    """One learner of an award; what its fields may hold is said in ``award_fields``."""

    given_name: str
    family_name: str
    birth_date: str | None = None
    levels: dict[str, int] = Field(default_factory=dict)
    grade: str = ""


class AwardBody(_Body):
    """A cohort: the same achievement, awarded to each learner on one day."""

    learners: list[LearnerBody] = Field(min_length=1, max_length=MOST_LEARNERS)
    awarded_on: str
    language: str = Field(default="en", pattern="^(en|fr)$")


class RevokeBody(_Body):
    """Why a credential is revoked: one of the codes of the vocabulary ``status-reason``."""

    reason: str = Field(max_length=40)


def build_api(around: Surroundings) -> APIRouter:
    """Build the routes under ``/api`` and ``/webhooks``."""
    router = APIRouter()

    @router.post("/webhooks/topic/{topic}/", include_in_schema=False)
    async def doorbell(topic: str, request: Request) -> Response:
        key = around.settings.webhook_key.get_secret_value()
        bell = parse_doorbell(topic, await request.body(), request.headers, key)
        if bell is not None and bell.kind is ExchangeKind.ISSUE_CREDENTIAL:
            await around.works["exchanges"].due(*exchanges.of_record(bell.record_id))
        return Response(status_code=200)

    @router.get("/api/institution")
    async def institution(_person: SignedIn) -> dict[str, Any]:
        found = await founding.current(around)
        return {"name": found.name, "did": found.did}

    @router.post("/api/institution")
    async def found_institution(_person: SignedIn) -> dict[str, Any]:
        found = await founding.found(around)
        return {"name": found.name, "did": found.did}

    @router.post("/api/achievements", status_code=201)
    async def add_achievement(_person: SignedIn, content: dict[str, Any]) -> dict[str, str]:
        return {"id": await publishing.add(around, content)}

    @router.get("/api/achievements/{achievement_id}")
    async def achievement(_person: SignedIn, achievement_id: Id) -> dict[str, Any]:
        async with around.database.read() as session:
            row = await achievements.load(session, achievement_id)
        return {
            "id": row.id,
            "state": row.state,
            "progress": row.progress,
            "resource_id": row.resource_id,
            "schema_id": row.schema_id,
            "cred_def_id": row.cred_def_id,
        }

    @router.post("/api/achievements/{achievement_id}/publish", status_code=202)
    async def publish(_person: SignedIn, achievement_id: Id) -> dict[str, str]:
        await publishing.publish(around, achievement_id)
        return {"id": achievement_id}

    @router.post("/api/achievements/{achievement_id}/awards", status_code=201)
    async def award(person: SignedIn, achievement_id: Id, body: AwardBody) -> dict[str, Any]:
        async with around.database.read() as session:
            row = await achievements.load(session, achievement_id)
        given = _parse_cohort(body, parse_achievement(row.content), today(around.clock))
        made = await offering.award(around, achievement_id, given, person.id)
        async with around.database.read() as session:
            rows = [(await awards.load(session, award_id)).award for award_id in made]
        return {
            "awards": [{"id": row.id, "link": offering.claim_link(around, row)} for row in rows]
        }

    @router.get("/api/awards/{award_id}")
    async def awarded(_person: SignedIn, award_id: Id) -> dict[str, Any]:
        async with around.database.read() as session:
            standing = await awards.load(session, award_id)
        return {"id": award_id, "state": awards.state_of(standing, around.clock.now())}

    @router.post("/api/awards/{award_id}/revoke", status_code=202)
    async def revoke(person: SignedIn, award_id: Id, body: RevokeBody) -> dict[str, str]:
        await revoking.revoke(around, award_id, body.reason, person.id)
        return {"id": award_id}

    return router


def _parse_cohort(body: AwardBody, achievement: Achievement, day: date) -> list[Given]:
    """Read the awards, all or none; raises ``InvalidInput`` naming the fields that are wrong."""
    given: list[Given] = []
    wrong: dict[str, Text] = {}
    for number, one in enumerate(body.learners):
        said = UnverifiedAward(
            one.given_name,
            one.family_name,
            one.birth_date or "",
            body.awarded_on,
            {key: str(level) for key, level in one.levels.items()},
            one.grade,
        )
        read, errors = parse_award(said, achievement, day, body.language)
        if read is not None:
            given.append(read)
        for name, says in errors.items():
            wrong[name if name == "awarded_on" else f"learners.{number}.{name}"] = says
    if wrong:
        told = list(wrong.items())[:_MOST_TOLD]
        raise InvalidInput(
            Text(
                "; ".join(f"{name}: {says.en}" for name, says in told),
                " ; ".join(f"{name} : {says.fr}" for name, says in told),
            )
        )
    return given
