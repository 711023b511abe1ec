"""The issuer's JSON interface and its doorbell."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from acquis.acapy.webhooks import ExchangeKind, parse_doorbell
from acquis.credentials.attributes import Learner
from acquis.service.auth import SignedIn
from issuer_agent import founding, offering, publishing, revoking
from issuer_agent.store import achievements, awards, exchanges
from issuer_agent.surroundings import Surroundings

type Id = Annotated[str, Path(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LearnerBody(_Body):
    """One learner of an award."""

    given_name: str = Field(min_length=1, max_length=120)
    family_name: str = Field(min_length=1, max_length=120)
    birth_date: date | None = None
    levels: dict[str, int] = Field(default_factory=dict)
    grade: str = Field(default="", max_length=40)


class AwardBody(_Body):
    """A cohort: the same achievement, awarded to each learner on one day."""

    learners: list[LearnerBody] = Field(min_length=1, max_length=1000)
    awarded_on: date
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
    async def award(_person: SignedIn, achievement_id: Id, body: AwardBody) -> dict[str, Any]:
        given = [
            offering.Given(
                Learner(one.given_name, one.family_name, one.birth_date),
                body.awarded_on,
                one.levels,
                one.grade,
                body.language,
            )
            for one in body.learners
        ]
        made = await offering.award(around, achievement_id, given)
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
    async def revoke(_person: SignedIn, award_id: Id, body: RevokeBody) -> dict[str, str]:
        await revoking.revoke(around, award_id, body.reason)
        return {"id": award_id}

    return router
