"""The verifier's JSON interface and its doorbell."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.responses import Response

from acquis.acapy.webhooks import ExchangeKind, parse_doorbell
from acquis.credentials.choice import NameAsked
from acquis.credentials.competency import CompetencyKey, known_label
from acquis.credentials.request import CompetencyRequest, PresentationRequest
from acquis.service.auth import SignedIn
from acquis.text import Text
from verifier import requesting
from verifier.store import sessions
from verifier.store.tables import SessionRow
from verifier.surroundings import Surroundings
from verifier.views import was_turned_away

type Id = Annotated[str, Path(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
type Until = Annotated[
    Literal["", "over"], Query(description="Answer once it is over, or after 20 s.")
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CompetencyBody(_Body):
    """One competency asked for, by its key; without a level, the level itself is shown."""

    key: str = Field(max_length=130)
    minimum_level: int | None = Field(default=None, ge=1, le=99)
    optional: bool = False


class RequestBody(_Body):
    """What an employer asks; ``at_least`` of what is not optional (null: all of it)."""

    competencies: list[CompetencyBody] = Field(min_length=1, max_length=10)
    purpose: str = Field(min_length=1, max_length=200)
    awarded_since: date | None = None
    learner_name: NameAsked = NameAsked.NO
    at_least: int | None = Field(default=None, ge=1, le=10)

    @field_validator("learner_name", mode="before")
    @classmethod
    def _read_as_before(cls, value: object) -> object:
        """Read true and false too, as this was said before."""
        return {True: "required", False: "no"}[value] if isinstance(value, bool) else value


def build_request(body: RequestBody) -> PresentationRequest:
    """Build the request of a body; a competency we do not ship is named once it is asked."""
    return PresentationRequest(
        competencies=tuple(
            CompetencyRequest(
                key=CompetencyKey.parse(one.key),
                label=known_label(one.key) or Text(one.key, one.key),
                minimum_level=one.minimum_level,
                optional=one.optional,
            )
            for one in body.competencies
        ),
        purpose=body.purpose,
        awarded_since=body.awarded_since,
        learner_name=body.learner_name,
        at_least=body.at_least,
    )


def build_api(around: Surroundings) -> APIRouter:
    """Build the routes under ``/api`` and ``/webhooks``."""
    router = APIRouter()

    @router.post("/webhooks/topic/{topic}/", include_in_schema=False)
    async def doorbell(topic: str, request: Request) -> Response:
        key = around.settings.webhook_key.get_secret_value()
        bell = parse_doorbell(topic, await request.body(), request.headers, key)
        if bell is not None and bell.kind is ExchangeKind.PRESENT_PROOF:
            await around.works["sessions"].due(*sessions.of_record(bell.record_id))
        return Response(status_code=200)

    @router.post("/api/requests", status_code=201)
    async def ask(person: SignedIn, body: RequestBody) -> dict[str, str]:
        return {"id": await requesting.ask(around, person.id, build_request(body), person.browser)}

    @router.get("/api/requests/{request_id}")
    async def look(person: SignedIn, request_id: Id, until: Until = "") -> dict[str, Any]:
        async with around.database.read() as session:
            request = await sessions.load_request(session, request_id, person.id)
        is_here = requesting.is_asked_in(request, person.browser)

        async def see() -> dict[str, Any]:
            row = await requesting.current_session(around, request_id, person.browser)
            return _content(around, row, is_here=is_here)

        return await around.live.once(
            f"request:{request_id}", see, lambda seen: not until or not seen["open"]
        )

    @router.post("/api/requests/{request_id}/cancel", status_code=202)
    async def cancel(person: SignedIn, request_id: Id) -> dict[str, str]:
        await requesting.cancel(around, person.id, request_id)
        return {"id": request_id}

    return router


def _content(around: Surroundings, row: SessionRow, *, is_here: bool) -> dict[str, Any]:
    return {
        "id": row.request_id,
        "session": row.id,
        "state": row.state,
        "open": row.open,
        "link": requesting.request_link(around, row) if row.open and is_here else None,
        "verdict": row.verdict,
        "report": row.report,
        "decision": row.decision,
        "learned": row.learned,
        "turned_away": was_turned_away(row),
    }
