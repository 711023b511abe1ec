"""The ACA-Py plugin that sends a credential once more when it was lost on its way.

An agent writes ``credential-issued`` before the message has left; killed in between, or with the
holder's agent killed just after it took the message, neither side ever sends it again and the
agent refuses to issue twice. The plugin adds one request to the admin API::

    POST /redelivery/credentials/{cred_ex_id}

It sends the credential of that record again, the very same one, so that nothing is signed and no
revocation index is used a second time. 404: no such record; 409: it is not in ``credential-issued``.
"""

from __future__ import annotations

from acapy_agent.config.injection_context import InjectionContext


async def setup(_context: InjectionContext) -> None:
    """Do nothing: the plugin is its request (ACA-Py calls this)."""
