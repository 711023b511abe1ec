"""The commands of the issuer: `acquis issuer …`."""

from __future__ import annotations

import typer

from acquis.service.app import serve as serve_app
from issuer_agent.app import create_app
from issuer_agent.settings import IssuerSettings

app = typer.Typer(help="Run the issuer.", no_args_is_help=True)


@app.callback()
def about() -> None:
    """Run the issuer; its settings are environment variables, see docs/settings.md."""


@app.command()
def serve() -> None:
    """Serve until the process is told to stop."""
    settings = IssuerSettings()
    serve_app(
        create_app(settings),
        bind=settings.bind,
        port=settings.port,
        log_level=settings.log_level,
        service="issuer",
    )
