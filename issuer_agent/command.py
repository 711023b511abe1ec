"""The commands of the issuer: `acquis issuer …`."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from acquis.service.app import serve as serve_app
from acquis.service.command import load_settings, said
from acquis.service.database import migrate
from acquis.text import Text
from issuer_agent.app import build_surroundings, create_app
from issuer_agent.rotating import Rotated, Rotation, rotate
from issuer_agent.settings import IssuerSettings

app = typer.Typer(help="Run the issuer.", no_args_is_help=True)

_MIGRATIONS: Final = Path(__file__).parent / "store" / "migrations"
_UPDATE: Final = (
    "A new version of the DID log is signed by the update key that the last one commits to; a new"
    " one after it is made and committed to. Keep a copy of keys/update.json afterwards."
)
_ATTEST: Final = (
    "The agent's wallet makes a new attest key, which signs what is published from now on. The old"
    " one stays listed: what it signed stays valid."
)
_COMPROMISE: Final = (
    "The agent's wallet makes a new attest key. Every attest key so far is reported as compromised"
    " since {since:%Y-%m-%d %H:%M:%S} UTC, for good. Everything the institution's books know is"
    " signed again; until that is done, readers refuse it. Credentials in wallets are not touched."
)


@app.callback()
def about() -> None:
    """Run the issuer; its settings are environment variables, see docs/settings.md."""


@app.command()
def serve() -> None:
    """Serve until the process is told to stop."""
    settings = load_settings(IssuerSettings)
    serve_app(
        create_app(settings),
        bind=settings.bind,
        port=settings.port,
        log_level=settings.log_level,
        service="issuer",
    )


@app.command()
def rotate_keys(
    update_only: Annotated[
        bool, typer.Option("--update-only", help="Leave the attest key as it is.")
    ] = False,
    compromised_since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Report the attest keys as compromised since TIME (2026-11-22T14:00:00Z).",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Rotate the keys of the institution's DID. Safe to interrupt, and to run beside serve.

    Killed at any moment, the same command goes on from there.
    """
    if update_only and compromised_since is not None:
        raise typer.BadParameter("choose one of --update-only and --compromised-since")
    wanted = Rotation(update_only, _parse_time(compromised_since))
    settings = load_settings(IssuerSettings)
    typer.echo(_UPDATE)
    if wanted.since is not None:
        typer.echo(_COMPROMISE.format(since=wanted.since))
    elif not update_only:
        typer.echo(_ATTEST)
    if not yes:
        typer.confirm("Rotate the keys now?", abort=True)
    with said():
        migrate(settings.database, _MIGRATIONS)
        done = asyncio.run(_rotate(settings, wanted))
    _say(done)


async def _rotate(settings: IssuerSettings, wanted: Rotation) -> Rotated:
    around = build_surroundings(settings)
    try:
        return await rotate(around, wanted, _tell)
    finally:
        await around.agent.aclose()
        await around.publisher.close()
        await around.database.close()


def _tell(step: Text) -> None:
    typer.echo(step.en)


def _say(done: Rotated) -> None:
    typer.echo(f"Done. The DID log has {done.version} versions.")
    if done.withheld:
        typer.echo(
            "Not signed again, since the institution's books do not know them or the registry"
            " refused them; readers refuse them from now on:"
        )
        for each in done.withheld:
            typer.echo(f"  {each}")


def _parse_time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("a time such as 2026-11-22T14:00:00Z is needed") from error
    if found.tzinfo is None:
        raise typer.BadParameter("say the time zone: Z for UTC, or +01:00")
    return found.astimezone(UTC).replace(microsecond=0)
