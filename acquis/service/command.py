"""The `acquis` command: the commands that the services bring, under one name."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
from typing import Any

import typer
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from acquis.errors import AcquisError
from acquis.text import Language


def build_command(arguments: Sequence[str]) -> typer.Typer:
    """Collect the typer applications registered under the entry point group ``acquis.commands``.

    Only the one that ``arguments`` name is loaded, so that a service needs nothing of the others;
    all of them where none is named, so that the list says what each is for.
    """
    app = typer.Typer(
        name="acquis",
        help="Issue micro-credentials, prove one competency, verify with the issuer switched off.",
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,
    )
    entries = sorted(entry_points(group="acquis.commands"), key=lambda item: item.name)
    named = [entry for entry in entries if entry.name in arguments[:1]]
    for entry in named or entries:
        app.add_typer(entry.load(), name=entry.name)
    return app


@contextmanager
def said() -> Iterator[None]:
    """End a command with the sentence of an error and the status 1 instead of a trace.

    It is said in the language of the terminal, as ``LC_ALL``, ``LC_MESSAGES`` or ``LANG`` has it.
    """
    try:
        yield
    except AcquisError as error:
        typer.echo(error.says.in_language(_terminal_language()), err=True)
        raise typer.Exit(1) from error


def _terminal_language() -> Language:
    given = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "fr" if next(filter(None, given), "").startswith("fr") else "en"


def load_settings[S: BaseSettings](kind: type[S], **given: Any) -> S:
    """Return the settings of this ``kind``, from options that were ``given`` and the environment.

    None is an option that was not given. What is wrong ends the command with the status 2 and one
    line for each setting: its name and what is wrong with it, never its value.
    """
    options = {name: value for name, value in given.items() if value is not None}
    try:
        return kind(**options)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False, include_context=False):
            wrong = problem["msg"].removeprefix("Value error, ")
            name = ".".join(map(str, problem["loc"]))
            if name in options:
                name = f"--{name.replace('_', '-')}"
            elif name:
                name = f"{kind.model_config.get('env_prefix', '')}{name}".upper()
            typer.echo(f"{name}: {wrong}" if name else wrong, err=True)
        raise typer.Exit(2) from error


def main() -> None:
    """Run the command line."""
    build_command(sys.argv[1:])()
