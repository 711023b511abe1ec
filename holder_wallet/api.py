"""The wallet's JSON interface and its doorbell."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from acquis.acapy import credentials as agent_credentials
from acquis.acapy.webhooks import ExchangeKind, parse_doorbell
from acquis.credentials.choice import Choice, parse_choice
from acquis.service.auth import SignedIn
from holder_wallet import consenting, inviting, receiving
from holder_wallet.consenting import Question
from holder_wallet.store import exchanges, learners
from holder_wallet.store.tables import ExchangeRow
from holder_wallet.surroundings import Surroundings

type Id = Annotated[str, Path(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
type Until = Annotated[
    str,
    Query(max_length=80, description="Answer once in this state or over, or after 20 s."),
]

_KINDS = {ExchangeKind.ISSUE_CREDENTIAL, ExchangeKind.PRESENT_PROOF}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LinkBody(_Body):
    """A link or an invitation that the learner was given."""

    link: str = Field(max_length=512 * 1024)


class ShareBody(_Body):
    """Which credential answers which part, where the learner chose another than ours.

    ``choice`` is which parts, where the request leaves that to the learner: as in ``question``.
    """

    choices: dict[str, str] = Field(default_factory=dict)
    choice: dict[str, Any] | None = None

    def chosen(self) -> Choice | None:
        """Return the choice; raises ``InvalidInput`` for what is none."""
        return None if self.choice is None else parse_choice(self.choice)


def build_api(around: Surroundings) -> APIRouter:
    """Build the routes under ``/api`` and ``/webhooks``."""
    router = APIRouter()

    @router.post("/webhooks/topic/{topic}/", include_in_schema=False)
    async def doorbell(topic: str, request: Request) -> Response:
        key = around.settings.webhook_key.get_secret_value()
        bell = parse_doorbell(topic, await request.body(), request.headers, key)
        if bell is not None and bell.kind in _KINDS:
            which = exchanges.of_doorbell(bell.record_id, bell.wallet_id)
            await around.works["exchanges"].due(*which)
        return Response(status_code=200)

    @router.post("/api/links", status_code=201)
    async def open_link(person: SignedIn, body: LinkBody) -> dict[str, str]:
        kind, exchange_id = await inviting.open_link(around, person.id, body.link)
        return {"kind": kind, "id": exchange_id}

    @router.get("/api/exchanges/{exchange_id}")
    async def look(person: SignedIn, exchange_id: Id, until: Until = "") -> dict[str, Any]:
        async def see() -> dict[str, Any]:
            async with around.database.read() as session:
                return _content(await exchanges.load(session, exchange_id, person.id))

        return await around.live.once(
            f"exchange:{exchange_id}",
            see,
            lambda seen: until in {"", seen["state"]} or not seen["open"],
        )

    @router.get("/api/exchanges/{exchange_id}/question")
    async def question(person: SignedIn, exchange_id: Id) -> dict[str, Any]:
        async with around.database.read() as session:
            row = await exchanges.load(session, exchange_id, person.id)
        found = await consenting.load_question(around, row)
        return _question(found)

    @router.get("/api/credentials")
    async def credentials(person: SignedIn) -> dict[str, Any]:
        async with around.database.read() as session:
            wallet = around.wallet_of(await learners.load(session, person.id))
        found = [one async for one in agent_credentials.each_credential(wallet)]
        return {
            "credentials": [
                {"id": one.id, "credential_definition_id": one.credential_definition_id}
                for one in found
            ]
        }

    @router.post("/api/exchanges/{exchange_id}/accept", status_code=202)
    async def accept(person: SignedIn, exchange_id: Id) -> dict[str, str]:
        await receiving.answer(around, person.id, exchange_id, accept=True)
        return {"id": exchange_id}

    @router.post("/api/exchanges/{exchange_id}/share", status_code=202)
    async def share(person: SignedIn, exchange_id: Id, body: ShareBody) -> dict[str, str]:
        await consenting.share(around, person.id, exchange_id, body.choices, body.chosen())
        return {"id": exchange_id}

    @router.post("/api/exchanges/{exchange_id}/decline", status_code=202)
    async def decline(person: SignedIn, exchange_id: Id) -> dict[str, str]:
        async with around.database.read() as session:
            row = await exchanges.load(session, exchange_id, person.id)
        if row.kind == inviting.ISSUE:
            await receiving.answer(around, person.id, exchange_id, accept=False)
        else:
            await consenting.decline(around, person.id, exchange_id)
        return {"id": exchange_id}

    return router


def _question(found: Question | None) -> dict[str, Any]:
    groups = {} if found is None else {m.group.id: list(m.credentials) for m in found.matches}
    answer: dict[str, Any] = {"arrived": found is not None, "groups": groups}
    if found is None or found.offered is None:
        return answer
    offered = found.offered
    return answer | {
        "request": offered.request.content(),
        "able": sorted(offered.able),
        "choice": offered.choice.content(),
    }


def _content(row: ExchangeRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "state": row.state,
        "open": row.open,
        "answer": row.answer,
        "from": row.label,
        "purpose": row.purpose,
    }
