"""The issuer's web application, put together."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from fastapi import FastAPI

from acquis.acapy import server
from acquis.acapy.client import AgentClient
from acquis.registry.mirror import Mirror
from acquis.service.assembly import Parts, assemble
from acquis.service.auth import Person
from acquis.service.clock import SystemClock
from acquis.service.database import Database
from acquis.service.publication import Publisher
from acquis.text import Text
from issuer_agent import issuing, publishing, revoking
from issuer_agent.api import build_api
from issuer_agent.pages import build_page_routes
from issuer_agent.settings import IssuerSettings
from issuer_agent.store.tables import AchievementRow, ExchangeRow, IssuedRow
from issuer_agent.surroundings import Surroundings

_HERE: Final = Path(__file__).parent
NAME: Final = Text("Awarding", "Attribution")


def build_surroundings(settings: IssuerSettings) -> Surroundings:
    """Build what the verbs work with from the settings alone."""
    return Surroundings(
        settings=settings,
        database=Database(settings.database),
        agent=AgentClient(settings.agent_url, settings.agent_api_key.get_secret_value()),
        mirror=Mirror(settings.mirror_folder, settings.sources, trusted_root=settings.trusted_root),
        publisher=Publisher(settings.publish_url),
        clock=SystemClock(),
    )


def create_app(settings: IssuerSettings, around: Surroundings | None = None) -> FastAPI:
    """Create the application; ``around`` replaces what it would build itself (tests)."""
    surroundings = around or build_surroundings(settings)
    parts = Parts(
        key="issuer",
        name=NAME,
        folder=_HERE,
        settings=settings,
        around=surroundings,
        performs={
            "achievements": (AchievementRow, partial(publishing.perform, surroundings)),
            "exchanges": (ExchangeRow, partial(issuing.perform, surroundings)),
            "issued": (IssuedRow, partial(revoking.perform, surroundings)),
        },
        check_agent=partial(server.check_ready, surroundings.agent),
        closing=[surroundings.agent.aclose, surroundings.publisher.close],
        identify=_identify,
        people=["Camille Registrar"],
        wallet_url=settings.wallet_url,
    )
    return assemble(
        parts,
        lambda pages: [build_api(surroundings), build_page_routes(surroundings, pages)],
    )


async def _identify(name: str) -> Person:
    return Person(id=name.casefold(), name=name)
