"""The commands of the verifier: `acquis verifier …`."""

from __future__ import annotations

import typer

from acquis.registry.keys import did_key_of
from acquis.service.app import serve as serve_app
from acquis.service.command import load_settings, said
from acquis.service.signing_keys import load_or_create_key
from verifier.app import create_app
from verifier.settings import VerifierSettings
from verifier.surroundings import receipt_key_file

app = typer.Typer(help="Run the verifier.", no_args_is_help=True)


@app.callback()
def about() -> None:
    """Run the verifier; its settings are environment variables, see docs/settings.md."""


@app.command()
def serve() -> None:
    """Serve until the process is told to stop."""
    settings = load_settings(VerifierSettings)
    serve_app(
        create_app(settings),
        bind=settings.bind,
        port=settings.port,
        log_level=settings.log_level,
        service="verifier",
    )


@app.command(name="receipt-key")
def receipt_key() -> None:
    """Print the did:key that signs this verifier's receipts, for whoever will verify them."""
    with said():
        key = load_or_create_key(receipt_key_file(load_settings(VerifierSettings).folder))
    typer.echo(did_key_of(key.multikey))
