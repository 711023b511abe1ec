"""The verifier's web application, put together."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

import structlog
from fastapi import FastAPI

from acquis.acapy import server
from acquis.acapy.client import AgentClient
from acquis.registry.keys import did_key_of
from acquis.registry.mirror import Mirror
from acquis.service.assembly import Parts, assemble
from acquis.service.auth import Person
from acquis.service.clock import SystemClock
from acquis.service.database import Database
from acquis.text import Text
from verifier import verifying
from verifier.api import build_api
from verifier.downloads import build_download_routes
from verifier.pages import build_page_routes
from verifier.settings import VerifierSettings
from verifier.store.tables import SessionRow
from verifier.surroundings import Surroundings

_LOG = structlog.get_logger(__name__)
_HERE: Final = Path(__file__).parent
NAME: Final = Text("Verification", "Vérification")


def build_surroundings(settings: VerifierSettings) -> Surroundings:
    """Build what the verbs work with from the settings alone."""
    return Surroundings(
        settings=settings,
        database=Database(settings.database),
        agent=AgentClient(settings.agent_url, settings.agent_api_key.get_secret_value()),
        mirror=Mirror(settings.mirror_folder, settings.sources, trusted_root=settings.trusted_root),
        clock=SystemClock(),
    )


def create_app(settings: VerifierSettings, around: Surroundings | None = None) -> FastAPI:
    """Create the application; ``around`` replaces what it would build itself (tests)."""
    surroundings = around or build_surroundings(settings)
    _LOG.info("receipts are signed", key=did_key_of(surroundings.receipt_key.multikey))
    parts = Parts(
        key="verifier",
        name=NAME,
        folder=_HERE,
        settings=settings,
        around=surroundings,
        performs={"sessions": (SessionRow, partial(verifying.perform, surroundings))},
        check_agent=partial(server.check_ready, surroundings.agent),
        closing=[surroundings.agent.aclose],
        identify=_identify,
        people=["Robin Recruiter"],
        wallet_url=settings.wallet_url,
        mirror_seconds=settings.mirror_hours * 3600,
    )
    return assemble(
        parts,
        lambda pages: [
            build_api(surroundings),
            build_page_routes(surroundings, pages),
            build_download_routes(surroundings),
        ],
    )


async def _identify(name: str) -> Person:
    return Person(id=name.casefold(), name=name)
