"""The page of settings, written from the settings themselves: `python tests/support/settings_page.py`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, fields
from pathlib import PurePath
from typing import Final

import typer
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from acapy_webvh.settings import PLUGIN
from acapy_webvh.settings import Settings as PluginSettings
from holder_wallet.settings import WalletSettings
from issuer_agent.settings import IssuerSettings
from registry_host.settings import RegistrySettings
from trust_anchor.command import app as trust_anchor
from verifier.settings import VerifierSettings

_SERVICES: tuple[tuple[str, type[BaseSettings]], ...] = (
    ("Issuer", IssuerSettings),
    ("Wallet", WalletSettings),
    ("Verifier", VerifierSettings),
    ("Registry host", RegistrySettings),
)
_MUST: Final = "(must be set)"
_INTRODUCTION: Final = """# Settings

Every setting is an environment variable; only the agent's plugin has a file. This page is written by
`make docs` from the settings' own descriptions; a test fails when it is out of date. Secrets are given
in the environment, never in arguments; none has a default that works.

A registry is read and written through the proxy that `HTTPS_PROXY` or `HTTP_PROXY` names, unless
`NO_PROXY` names it or it is on loopback. Nothing else goes through a proxy: neither what an agent is
told nor the links that a wallet follows.
"""
_TRUST_ANCHOR: Final = """## Trust anchor

For the commands `acquis trust …`; what is given as an option goes before the variable.

"""
_PLUGIN: Final = f"""## Plugin of the agent

For `{PLUGIN}`, below that name in the YAML file that ACA-Py is given with `--plugin-config`.

"""


def settings_page() -> str:
    """Return docs/settings.md as it must be."""
    parts = [_INTRODUCTION]
    for name, settings in _SERVICES:
        prefix = settings.model_config.get("env_prefix", "")
        parts.append(
            f"## {name}\n\n"
            + _table(
                "variable",
                (
                    (f"{prefix}{field.upper()}", _default(info), info.description)
                    for field, info in settings.model_fields.items()
                ),
            )
        )
    parts.append(_TRUST_ANCHOR + _table("variable", _trust_anchor_rows()))
    parts.append(_PLUGIN + _table("setting", _plugin_rows()))
    return "\n".join(parts)


def _table(kind: str, rows: Iterable[tuple[str, str, str | None]]) -> str:
    lines = [f"| {kind} | default | what it is |", "|---|---|---|"]
    lines += [f"| `{name}` | {default} | {says} |" for name, default, says in rows]
    return "\n".join(lines) + "\n"


def _trust_anchor_rows() -> Iterator[tuple[str, str, str | None]]:
    """The variables that options of ``acquis trust`` read, whichever commands have them."""
    group = typer.main.get_command(trust_anchor)
    assert isinstance(group, typer.core.TyperGroup)
    found: dict[str, list[tuple[str, typer.core.TyperOption]]] = {}
    for name, command in group.commands.items():
        for option in command.params:
            if isinstance(option, typer.core.TyperOption) and isinstance(option.envvar, str):
                found.setdefault(option.envvar, []).append((name, option))
    for variable, options in found.items():
        needing = [name for name, option in options if option.required]
        if len(needing) == len(options):
            default = _MUST
        else:
            default = f"empty; `{'` and `'.join(needing)}` need it" if needing else "empty"
        yield variable, default, options[0][1].help


def _plugin_rows() -> Iterator[tuple[str, str, str]]:
    for each in fields(PluginSettings):
        if each.default is MISSING:
            default = _MUST
        else:
            default = "empty" if each.default is None else f"`{json.dumps(each.default)}`"
        yield each.name, default, each.metadata["description"]


def _default(info: FieldInfo) -> str:
    value = info.default if info.default_factory is None else "empty"
    if value is PydanticUndefined:
        return _MUST
    if isinstance(value, SecretStr):
        return "(secret)"
    if value in (None, "", "empty"):
        return "empty"
    return f"`{value.as_posix() if isinstance(value, PurePath) else value}`"


if __name__ == "__main__":
    print(settings_page(), end="")
