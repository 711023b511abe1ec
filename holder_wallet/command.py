"""The commands of the wallet: `acquis wallet …`."""

from __future__ import annotations

import typer

from acquis.service.app import serve as serve_app
from acquis.service.command import load_settings
from holder_wallet.app import create_app
from holder_wallet.settings import WalletSettings

app = typer.Typer(help="Run the wallet.", no_args_is_help=True)


@app.callback()
def about() -> None:
    """Run the wallet; its settings are environment variables, see docs/settings.md."""


@app.command()
def serve() -> None:
    """Serve until the process is told to stop."""
    settings = load_settings(WalletSettings)
    serve_app(
        create_app(settings),
        bind=settings.bind,
        port=settings.port,
        log_level=settings.log_level,
        service="wallet",
    )
