"""The `acquis` command: the commands that the services bring, under one name."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import entry_points

import typer


def build_command(arguments: Sequence[str]) -> typer.Typer:
    """Collect the typer applications registered under the entry point group ``acquis.commands``.

    Only the one that ``arguments`` name is loaded, so that a service needs nothing of the others.
    """
    app = typer.Typer(
        name="acquis",
        help="Issue micro-credentials, prove one competency, verify with the issuer switched off.",
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,
    )
    for entry in sorted(entry_points(group="acquis.commands"), key=lambda item: item.name):
        if entry.name in arguments[:1]:
            app.add_typer(entry.load(), name=entry.name)
        else:
            about = f"See `acquis {entry.name} --help`."
            app.add_typer(typer.Typer(help=about), name=entry.name)
    return app


def main() -> None:
    """Run the command line."""
    build_command(sys.argv[1:])()
