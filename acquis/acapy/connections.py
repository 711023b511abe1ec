"""Connections between agents (``/connections``): whether the one of an invitation was made.

The agents make them by themselves (did-exchange, Aries RFC 0023); no exchange of ours is moved by
where they stand.
"""

from __future__ import annotations

from dataclasses import dataclass

from acquis.acapy.answer import Answer
from acquis.acapy.client import AgentClient


@dataclass(frozen=True, slots=True)
class Record:
    """What an agent knows of one connection; ``state`` in the RFC's spelling."""

    id: str
    state: str

    @property
    def is_over(self) -> bool:
        """Whether nothing more is awaited: it was made, or will not be."""
        return self.state in {"completed", "abandoned"}


async def find(client: AgentClient, invitation_id: str) -> Record | None:
    """Return the connection that an invitation led to, if there is one."""
    query = {"invitation_msg_id": invitation_id, "limit": "1"}
    answer = await client.get("/connections", query=query)
    return next((_read_record(found) for found in answer.each("results")), None)


def _read_record(answer: Answer) -> Record:
    return Record(
        id=answer.text("connection_id"),
        state=answer.optional_text("rfc23_state") or answer.text("state"),
    )
