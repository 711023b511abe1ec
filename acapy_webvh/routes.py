"""What the plugin adds to the admin API: one request, for the issuer's service.

``POST /webvh/reconcile`` publishes every status list of the wallet that is ahead of the registry and
answers ``{"published": […], "behind": […]}`` with the ids of their registries. The service sends it
when a revocation that it ordered is not in the registry after a while.
"""

from __future__ import annotations

from typing import cast

from acapy_agent.admin.decorators.auth import admin_authentication
from acapy_agent.admin.request_context import AdminRequestContext
from aiohttp import web

from acapy_webvh.reconciliation import Reconciler


@admin_authentication  # type: ignore[untyped-decorator, unused-ignore]  # ACA-Py is untyped here
async def reconcile(request: web.BaseRequest) -> web.Response:
    """Publish what is behind, now."""
    context = cast("AdminRequestContext", request["context"])
    reconciler = context.inject_or(Reconciler)
    if reconciler is None:
        raise web.HTTPNotFound(reason="This agent publishes nothing.")
    outcome = await reconciler.reconcile(context.profile)
    return web.json_response({"published": list(outcome.published), "behind": list(outcome.behind)})


async def register(app: web.Application) -> None:
    """Add the request to the admin API (ACA-Py calls this)."""
    app.add_routes([web.post("/webvh/reconcile", reconcile)])
