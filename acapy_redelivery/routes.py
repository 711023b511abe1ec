"""What the plugin adds to the admin API."""

from __future__ import annotations

from typing import cast

from acapy_agent.admin.decorators.auth import tenant_authentication
from acapy_agent.admin.request_context import AdminRequestContext
from acapy_agent.core.profile import ProfileSession
from acapy_agent.protocols.issue_credential.v2_0.models.cred_ex_record import V20CredExRecord
from acapy_agent.protocols.issue_credential.v2_0.models.detail.anoncreds import (
    V20CredExRecordAnonCreds,
)
from acapy_agent.revocation.models.issuer_cred_rev_record import IssuerCredRevRecord
from acapy_agent.storage.error import StorageNotFoundError
from aiohttp import web


@tenant_authentication  # type: ignore[untyped-decorator, unused-ignore]  # ACA-Py is untyped here
async def send_again(request: web.Request) -> web.Response:
    """Send the credential of a record in ``credential-issued`` again (RFC 0453, issue-credential)."""
    context = cast("AdminRequestContext", request["context"])
    async with context.profile.session() as session:
        record = await _find(session, request, V20CredExRecord.STATE_ISSUED)
    message = record.cred_issue
    message.assign_thread_id(record.thread_id)
    await request["outbound_message_router"](message, connection_id=record.connection_id)
    return web.json_response({})


@tenant_authentication  # type: ignore[untyped-decorator, unused-ignore]  # ACA-Py is untyped here
async def forget_lost(request: web.Request) -> web.Response:
    """Forget what was noted of a credential that was signed and lost before it was kept."""
    context = cast("AdminRequestContext", request["context"])
    async with context.profile.transaction() as session:
        record = await _find(session, request, V20CredExRecord.STATE_REQUEST_RECEIVED)
        found = await V20CredExRecordAnonCreds.query_by_cred_ex_id(session, record.cred_ex_id)
        for detail in found:
            if detail.cred_rev_id is not None:
                index = await IssuerCredRevRecord.retrieve_by_ids(
                    session, detail.rev_reg_id, detail.cred_rev_id
                )
                await index.delete_record(session)
            await detail.delete_record(session)
        await session.commit()
    return web.json_response({})


async def _find(session: ProfileSession, request: web.Request, state: str) -> V20CredExRecord:
    """Return the issuer's record that is named in the path, which must be in ``state``."""
    try:
        record = await V20CredExRecord.retrieve_by_id(session, request.match_info["cred_ex_id"])
    except StorageNotFoundError as error:
        raise web.HTTPNotFound(reason="No such record.") from error
    if (record.role, record.state) != (V20CredExRecord.ROLE_ISSUER, state):
        raise web.HTTPConflict(reason=f"The record is not in {state}.")
    return record


async def register(app: web.Application) -> None:
    """Add the requests to the admin API (ACA-Py calls this)."""
    app.add_routes(
        [
            web.post("/redelivery/credentials/{cred_ex_id}", send_again),
            web.delete("/redelivery/credentials/{cred_ex_id}/lost", forget_lost),
        ]
    )
