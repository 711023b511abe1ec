"""Which published resources are the institution's own, by its books and its agent's wallet."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from acquis.acapy import anoncreds
from acquis.errors import NotFound
from acquis.registry.resource import Resource, ResourceType, digest_of
from issuer_agent.issuing import VALID
from issuer_agent.store.tables import AchievementRow, IssuedRow
from issuer_agent.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Books:
    """What the institution knows that it published; ``achievements`` by the digest of each."""

    around: Surroundings
    achievements: frozenset[str]
    versions: frozenset[tuple[str, str]]
    definitions: frozenset[str]

    def has(self, resource: Resource) -> bool:
        """Say whether a resource other than a status list is the institution's.

        A schema or a registry says nothing by itself; whoever has the private key of a definition
        decides what is issued under it.
        """
        content = resource.content
        match resource.type:
            case ResourceType.ACHIEVEMENT:
                return resource.digest in self.achievements
            case ResourceType.SCHEMA:
                return (content["name"], content["version"]) in self.versions
            case ResourceType.CREDENTIAL_DEFINITION:
                return resource.id in self.definitions
            case ResourceType.REVOCATION_REGISTRY_DEFINITION:
                return content["credDefId"] in self.definitions
            case _:
                return False

    async def revoked(self, registry_id: str) -> frozenset[int]:
        """Return the indexes of a registry that the institution revoked, or is about to."""
        async with self.around.database.read() as session:
            found = await session.execute(
                select(IssuedRow.rev_index).where(
                    IssuedRow.rev_reg_id == registry_id, IssuedRow.state != VALID
                )
            )
            asked = frozenset(found.scalars())
        try:
            kept = await anoncreds.load_wallet_list(self.around.agent, registry_id)
        except NotFound:
            return asked
        return asked | kept.revoked | kept.pending


async def load_books(around: Surroundings, did: str) -> Books:
    """Read the books as they are now. Raises ``Unavailable`` when the agent does not answer."""
    async with around.database.read() as session:
        rows = (await session.execute(select(AchievementRow))).scalars().all()
    definitions = await anoncreds.list_credential_definitions(around.agent, did)
    return Books(
        around=around,
        achievements=frozenset(digest_of(row.content) for row in rows if "issuerId" in row.content),
        versions=frozenset((row.slug, row.version) for row in rows),
        definitions=frozenset(definitions),
    )
