"""What an employer may take away from a result: the signed receipt, and the presentation itself.

Only whoever may see the result gets either. The presentation holds what was shown, so that it can
be judged again without this service; the receipt holds this service's word and no proof of anything
else (see ``verifier.receipt``).
"""

from __future__ import annotations

import json
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from acquis.credentials.choice import parse_choice
from acquis.credentials.request import parse_presentation_request
from acquis.credentials.saved_presentation import SavedPresentation
from acquis.errors import NotFound
from acquis.service.auth import SignedIn
from acquis.service.sign_in import PageRoute
from acquis.text import Text
from verifier.receipt import Subject, build_receipt
from verifier.result_views import report_of
from verifier.store import sessions
from verifier.store.tables import RequestRow, SessionRow
from verifier.surroundings import Surroundings

_NO_RESULT: Final = Text(
    "There is no result of this request yet", "Il n’y a pas encore de résultat de cette demande"
)
_NOTHING_PRESENTED: Final = Text(
    "Nothing was presented for this request", "Rien n’a été présenté pour cette demande"
)


def build_download_routes(around: Surroundings) -> APIRouter:
    """Build the routes; a browser that is not signed in is sent to sign in."""
    router = APIRouter(include_in_schema=False, route_class=PageRoute)

    @router.get("/requests/{request_id:uuid}/receipt")
    async def receipt(person: SignedIn, request_id: UUID) -> Response:
        request, row = await _load(around, str(request_id), person.id)
        if row is None or row.decision is None or row.proof_request is None:
            raise NotFound(_NO_RESULT)
        return _attached("receipt", request.id, _build_receipt(around, request, row))

    @router.get("/requests/{request_id:uuid}/presentation")
    async def presentation(person: SignedIn, request_id: UUID) -> Response:
        request, row = await _load(around, str(request_id), person.id)
        if row is None or row.decision is None or row.presentation is None:
            raise NotFound(_NOTHING_PRESENTED)
        saved = SavedPresentation(
            request=parse_presentation_request(request.request),
            proof_request=row.proof_request,
            presentation=row.presentation,
            choice=None if row.choice is None else parse_choice(row.choice),
            saved_at=around.clock.now(),
        )
        return _attached("presentation", request.id, saved.content())

    return router


async def _load(
    around: Surroundings, request_id: str, person_id: str
) -> tuple[RequestRow, SessionRow | None]:
    """Return a person's request and its newest session; raises ``NotFound`` for another's."""
    async with around.database.read() as session:
        request = await sessions.load_request(session, request_id, person_id)
        return request, await sessions.newest_of(session, request_id)


def _build_receipt(around: Surroundings, request: RequestRow, row: SessionRow) -> dict[str, Any]:
    about = Subject(
        session=row.id,
        request=request.request,
        proof_request=row.proof_request or {},
        presentation=row.presentation,
        report=row.report,
        decision=row.decision or {},
        learned=row.learned,
    )
    name, now = around.settings.employer_name, around.clock.now()
    return build_receipt(about, report_of(row), name, around.receipt_key, now)


def _attached(name: str, request_id: str, content: dict[str, Any]) -> Response:
    return Response(
        json.dumps(content, ensure_ascii=False, indent=1),
        media_type="application/json",
        headers={
            "content-disposition": f'attachment; filename="{name}-{request_id}.json"',
            "cache-control": "no-store",
        },
    )
