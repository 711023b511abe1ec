"""The commands of the verifier: `acquis verifier …`."""

from __future__ import annotations

import typer

from acquis.service.app import serve as serve_app
from verifier.app import create_app
from verifier.settings import VerifierSettings

app = typer.Typer(help="Run the verifier.", no_args_is_help=True)


@app.callback()
def about() -> None:
    """Run the verifier; its settings are environment variables, see docs/settings.md."""


@app.command()
def serve() -> None:
    """Serve until the process is told to stop."""
    settings = VerifierSettings()
    serve_app(
        create_app(settings),
        bind=settings.bind,
        port=settings.port,
        log_level=settings.log_level,
        service="verifier",
    )
