"""The page of settings, written from the settings themselves: `python tests/support/settings_page.py`."""

from __future__ import annotations

from pathlib import PurePath

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from holder_wallet.settings import WalletSettings
from issuer_agent.settings import IssuerSettings
from registry_host.settings import RegistrySettings
from verifier.settings import VerifierSettings

_SERVICES: tuple[tuple[str, type[BaseSettings]], ...] = (
    ("Issuer", IssuerSettings),
    ("Wallet", WalletSettings),
    ("Verifier", VerifierSettings),
    ("Registry host", RegistrySettings),
)
_INTRODUCTION = """# Settings

Every setting is an environment variable. This page is written by `make docs` from the settings'
own descriptions; a test fails when it is out of date. Secrets are given in the environment, never
in arguments; none has a default that works.
"""


def settings_page() -> str:
    """Return docs/settings.md as it must be."""
    parts = [_INTRODUCTION]
    for name, settings in _SERVICES:
        prefix = settings.model_config.get("env_prefix", "")
        rows = [
            f"| `{prefix}{field.upper()}` | {_default(info)} | {info.description} |"
            for field, info in settings.model_fields.items()
        ]
        parts.append(
            f"## {name}\n\n| variable | default | what it is |\n|---|---|---|\n"
            + "\n".join(rows)
            + "\n"
        )
    return "\n".join(parts)


def _default(info: FieldInfo) -> str:
    value = info.default if info.default_factory is None else "empty"
    if value is PydanticUndefined:
        return "(must be set)"
    if isinstance(value, SecretStr):
        return "(secret)"
    if value in (None, "", "empty"):
        return "empty"
    return f"`{value.as_posix() if isinstance(value, PurePath) else value}`"


if __name__ == "__main__":
    print(settings_page(), end="")
