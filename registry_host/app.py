"""The registry host: accepts signed documents, serves files, signs the metadata over them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

import structlog
from fastapi import FastAPI

from acquis.errors import Conflict, Unavailable
from acquis.service.app import ReadyCheck, build_app
from acquis.text import Text
from registry_host.api import router
from registry_host.bodies import Bodies
from registry_host.files import read_or_none
from registry_host.grants import GRANTS, Grants
from registry_host.keys import ONLINE, load_key, load_online_key
from registry_host.lock import held
from registry_host.metadata import SignedTree, load_wholes
from registry_host.problems import register_rule_problems
from registry_host.recovery import recover
from registry_host.settings import RegistrySettings
from registry_host.standing import root_warnings
from registry_host.writing import Publications

_LOG = structlog.get_logger(__name__)
_NO_LIMIT_OF_ITS_OWN: Final = 2**63  # each address has a limit, and its refusal names the rule


def create_app(settings: RegistrySettings) -> FastAPI:
    """Build the registry's application; the folder is opened when it starts.

    At the start it raises NotFound (no key), Untrusted (what is there is no key), Unavailable (not
    set up), Conflict (another host serves the folder, or it was set up under another name).
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with held(settings.folder):
            tree = await asyncio.to_thread(_open_tree, settings)
            grants = Grants(settings.folder / GRANTS)
            publications = Publications(
                settings.host, settings.folder, tree, grants, settings.folder_bytes
            )
            recovered = await asyncio.to_thread(recover, publications.files, settings.public, tree)
            if recovered:
                _LOG.warning("signed what had stayed unsigned", files=recovered)
            await asyncio.to_thread(tree.renew)
            _log_warnings(tree)
            app.state.publications, app.state.tree = publications, tree
            renewing = asyncio.create_task(_keep_renewing(settings, tree, publications))
            try:
                yield
            finally:
                renewing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await renewing
                app.state.publications = None

    def ready() -> dict[str, ReadyCheck]:
        async def metadata() -> None:
            await asyncio.to_thread(_check_metadata, app)

        return {"metadata": metadata}

    app = build_app(
        "Acquis registry", lifespan=lifespan, ready=ready, most_body=_NO_LIMIT_OF_ITS_OWN
    )
    app.state.bodies = Bodies()
    register_rule_problems(app)
    app.include_router(router)
    return app


def check_host(settings: RegistrySettings) -> None:
    """Check that the folder was set up under the host name of the settings. Raises: Conflict."""
    chosen = read_or_none(settings.folder / "host")
    if chosen is not None and chosen.decode() != settings.host:
        raise Conflict(
            Text(
                f"This registry was set up as {chosen.decode()}, for life,"
                f" and is told to be {settings.host} (ACQUIS_REGISTRY_HOST).",
                f"Ce registre a été initialisé sous le nom {chosen.decode()}, à vie,"
                f" et doit maintenant être {settings.host} (ACQUIS_REGISTRY_HOST).",
            )
        )


def _open_tree(settings: RegistrySettings) -> SignedTree:
    check_host(settings)
    load_key(settings.keys_folder / ONLINE)  # said first when it is missing
    try:
        wholes = load_wholes(settings.tuf)
        return SignedTree(settings.tuf, load_online_key(settings.keys_folder, wholes.online_keys))
    except FileNotFoundError as error:
        raise Unavailable(
            Text(
                "The registry is not set up; run: acquis registry init",
                "Le registre n’est pas initialisé ; lancez : acquis registry init",
            )
        ) from error


async def _keep_renewing(
    settings: RegistrySettings, tree: SignedTree, publications: Publications
) -> None:
    """Sign the timestamp again on schedule and remove what was superseded long ago."""
    while True:
        await asyncio.sleep(settings.renew_seconds)
        _log_warnings(tree)
        await _upkeep("sign the timestamp", tree.renew)
        await _upkeep("remove old metadata", tree.prune, settings.keep_seconds)
        await _upkeep("remove old versions", publications.prune, settings.keep_seconds)


async def _upkeep(what: str, work: Callable[..., None], *arguments: float) -> None:
    """Do ``work``; where it fails say so, and let what comes after it be done."""
    try:
        await asyncio.to_thread(work, *arguments)
    except OSError as error:
        _LOG.error("upkeep failed", what=what, error=type(error).__name__, errno=error.errno)


def _check_metadata(app: FastAPI) -> None:
    tree = getattr(app.state, "tree", None)
    if not isinstance(tree, SignedTree):
        raise Unavailable(Text("The registry is starting.", "Le registre démarre."))
    now = datetime.now(UTC)
    expired = ", ".join(name for name, expires in tree.expiries.items() if expires <= now)
    if expired:
        raise Unavailable(
            Text(
                f"Metadata that readers need has expired: {expired}.",
                f"Des métadonnées dont les lecteurs ont besoin ont expiré : {expired}.",
            )
        )


def _log_warnings(tree: SignedTree) -> None:
    for warning in root_warnings(tree.expiries, datetime.now(UTC)):
        _LOG.warning("the root keys are needed", says=warning)
