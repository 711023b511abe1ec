"""The agent itself: is it there, is it ready (``/status``)."""

from __future__ import annotations

from dataclasses import dataclass

from acquis.acapy.client import AgentClient
from acquis.errors import NotAllowed, Unavailable
from acquis.text import Text


@dataclass(frozen=True, slots=True)
class Status:
    """What an agent says of itself."""

    version: str
    label: str


async def is_ready(client: AgentClient) -> bool:
    """Say whether the agent takes calls; an agent that does not answer is not ready."""
    try:
        return (await client.get("/status/ready")).flag("ready")
    except Unavailable:
        return False


async def check_ready(client: AgentClient) -> None:
    """Raise ``Unavailable`` unless the agent takes calls, and takes them with our key.

    ``/status/ready`` asks for no key, ``/status`` does.
    """
    if not await is_ready(client):
        raise Unavailable(Text("The agent does not answer", "L’agent ne répond pas"))
    try:
        await load_status(client)
    except NotAllowed as error:
        raise Unavailable(
            Text("The agent does not accept our key", "L’agent n’accepte pas notre clé")
        ) from error


async def load_status(client: AgentClient) -> Status:
    """Return the agent's version and label."""
    answer = await client.get("/status")
    return Status(answer.text("version"), answer.optional_text("label") or "")
