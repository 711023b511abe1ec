"""The ACA-Py plugin by which a credential that was lost with an agent still reaches its holder.

An agent writes ``credential-issued`` before the message has left; killed in between, or with the
holder's agent killed just after it took the message, neither side ever sends it again and the
agent refuses to issue twice. Killed a moment earlier, it has noted a revocation index for a
credential that is nowhere, and refuses to issue at all. The plugin adds to the admin API::

    POST /redelivery/credentials/{cred_ex_id}
    DELETE /redelivery/credentials/{cred_ex_id}/lost

The first sends the credential of that record again, the very same one: nothing is signed and no
revocation index is used a second time. 404: no such record; 409: it is not in ``credential-issued``.

The second forgets what was noted of a credential that never left, so that it can be issued; the
index it had stays used. It must not be called while the agent is at it. 404: no such record; 409: it
is not in ``request-received``.
"""

from __future__ import annotations

from acapy_agent.config.injection_context import InjectionContext


async def setup(_context: InjectionContext) -> None:
    """Do nothing: the plugin is its request (ACA-Py calls this)."""
