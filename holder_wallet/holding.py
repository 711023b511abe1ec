"""Holding: the credentials in a learner's wallet, each with what is published about it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from acquis.acapy import credentials as agent_credentials
from acquis.acapy.client import AgentClient
from acquis.credentials.competency_names import name_competencies
from acquis.credentials.disclosure import Labels
from acquis.credentials.matching import HeldCredential
from acquis.credentials.proof_request import AskedItems
from acquis.errors import NotFound, NotSignedIn
from acquis.registry.mirror import Achievements
from acquis.text import Text
from holder_wallet.publications import Described, Publications, Status
from holder_wallet.store import learners
from holder_wallet.surroundings import Surroundings

_NOTHING: Final[Mapping[str, HeldCredential]] = MappingProxyType({})
_NOT_HELD = Text(
    "There is no such credential in your wallet",
    "Cette attestation n’est pas dans votre portefeuille",
)


@dataclass(frozen=True, slots=True, repr=False)
class Held:
    """A credential in the wallet: ``id`` is the wallet's name for it."""

    id: str
    described: Described
    status: Status


async def list_held(around: Surroundings, learner_id: str) -> tuple[Held, ...]:
    """Return all credentials of a learner, the latest award first. Raises ``Unavailable``."""
    wallet = await open_wallet(around, learner_id)
    found = [each async for each in agent_credentials.each_credential(wallet)]
    held = await asyncio.to_thread(_look_up, publications_of(around), found)
    return tuple(sorted(held, key=_awarded_on, reverse=True))


async def load_held(around: Surroundings, learner_id: str, credential_id: str) -> Held:
    """Return one credential of a learner. Raises ``NotFound``, ``Unavailable``."""
    wallet = await open_wallet(around, learner_id)
    found = await agent_credentials.find_credential(wallet, credential_id)
    if found is None:
        raise NotFound(_NOT_HELD)
    return (await asyncio.to_thread(_look_up, publications_of(around), [found]))[0]


def build_held(found: agent_credentials.Credential) -> HeldCredential:
    """Build what is matched with requests from what the agent says of a credential."""
    return HeldCredential(
        id=found.id,
        credential_definition_id=found.credential_definition_id,
        schema_id=found.schema_id,
        attributes=found.attributes,
        issuer=found.credential_definition_id.split("/", 1)[0],
    )


async def describe_all(
    around: Surroundings, held: Mapping[str, HeldCredential]
) -> Mapping[str, Described]:
    """Return what is known about each of these credentials, by id."""
    publications = publications_of(around)

    def describe() -> dict[str, Described]:
        return {
            each.id: publications.describe(each.credential_definition_id, each.attributes)
            for each in held.values()
        }

    return await asyncio.to_thread(describe)


async def name_asked(
    around: Surroundings, asked: AskedItems, held: Mapping[str, HeldCredential] = _NOTHING
) -> Labels:
    """Return what the competencies in ``asked`` are called, those of our frameworks left out.

    ``held`` are credentials to go by where it does not say whose it accepts.
    """
    ours = sorted({each.credential_definition_id for each in held.values()})
    published = Achievements(around.mirror)
    return await asyncio.to_thread(name_competencies, asked, published.of, ours)


async def open_wallet(around: Surroundings, learner_id: str) -> AgentClient:
    """Return the client of the learner's own wallet; who has none is to sign in again."""
    async with around.database.read() as session:
        try:
            return around.wallet_of(await learners.load(session, learner_id))
        except NotFound as error:
            raise NotSignedIn from error


def publications_of(around: Surroundings) -> Publications:
    """Return the mirror as it is looked at now."""
    return Publications(around.mirror, around.settings.anchors, around.clock.now())


def _look_up(
    publications: Publications, found: Sequence[agent_credentials.Credential]
) -> list[Held]:
    held = []
    for each in found:
        described = publications.describe(each.credential_definition_id, each.attributes)
        valid_until = described.says.valid_until if described.says is not None else None
        status = publications.status(
            each.revocation_registry_id, each.revocation_index, valid_until
        )
        held.append(Held(each.id, described, status))
    return held


def _awarded_on(held: Held) -> tuple[date, str]:
    says = held.described.says
    return (says.awarded_on if says is not None else date.min, held.id)
