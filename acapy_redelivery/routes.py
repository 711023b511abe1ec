"""The one request the plugin adds to the admin API."""

from __future__ import annotations

from typing import cast

from acapy_agent.admin.decorators.auth import tenant_authentication
from acapy_agent.admin.request_context import AdminRequestContext
from acapy_agent.protocols.issue_credential.v2_0.models.cred_ex_record import V20CredExRecord
from acapy_agent.storage.error import StorageNotFoundError
from aiohttp import web


@tenant_authentication  # type: ignore[untyped-decorator, unused-ignore]  # ACA-Py is untyped here
async def send_again(request: web.Request) -> web.Response:
    """Send the credential of a record in ``credential-issued`` again (RFC 0453, issue-credential)."""
    context = cast("AdminRequestContext", request["context"])
    record_id = request.match_info["cred_ex_id"]
    try:
        async with context.profile.session() as session:
            record = await V20CredExRecord.retrieve_by_id(session, record_id)
    except StorageNotFoundError as error:
        raise web.HTTPNotFound(reason="No such record.") from error
    issued = (record.role, record.state) == (
        V20CredExRecord.ROLE_ISSUER,
        V20CredExRecord.STATE_ISSUED,
    )
    if not issued or record.cred_issue is None:
        raise web.HTTPConflict(reason="The record is not in credential-issued.")
    message = record.cred_issue
    message.assign_thread_id(record.thread_id)
    await request["outbound_message_router"](message, connection_id=record.connection_id)
    return web.json_response({})


async def register(app: web.Application) -> None:
    """Add the request to the admin API (ACA-Py calls this)."""
    app.add_routes([web.post("/redelivery/credentials/{cred_ex_id}", send_again)])
