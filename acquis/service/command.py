"""The `acquis` command: the commands that the services bring, under one name."""

from __future__ import annotations

from importlib.metadata import entry_points

import typer


def build_command() -> typer.Typer:
    """Collect the typer applications registered under the entry point group ``acquis.commands``."""
    app = typer.Typer(
        name="acquis",
        help="Issue micro-credentials, prove one competency, verify with the issuer switched off.",
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,
    )
    for entry in sorted(entry_points(group="acquis.commands"), key=lambda item: item.name):
        app.add_typer(entry.load(), name=entry.name)
    return app


def main() -> None:
    """Run the command line."""
    build_command()()
