"""The plugin's settings, read once from ACA-Py's plugin configuration and checked all at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final

from acquis.errors import InvalidInput
from acquis.registry.mirror.places import is_base_url, parse_places
from acquis.text import Text

PLUGIN: Final = "acapy_webvh"


@dataclass(frozen=True, slots=True)
class Settings:
    """What this agent reads and where it may write; each setting is described for docs/settings.md."""

    mirror: Path = field(
        metadata={"description": "Folder of the mirror, absolute; shared with the agent's service."}
    )
    sources: Mapping[str, str] = field(
        metadata={
            "description": "Where each registry host is read from: host=https://place, several with"
            " commas."
        }
    )
    trusted_root: Path | None = field(
        default=None, metadata={"description": "root.json of the registry, from its operator."}
    )
    refresh_on_miss: bool = field(
        default=False,
        metadata={
            "description": "Refresh the mirror when it lacks something; false for a verifier, which"
            " then opens no connection of its own."
        },
    )
    place_tails: bool = field(
        default=False,
        metadata={
            "description": "Put tails files where the agent looks for them; true where credentials"
            " are held."
        },
    )
    publish_url: str | None = field(
        default=None,
        metadata={
            "description": "Base URL of the registry host that documents are put to; for an issuer"
            " only."
        },
    )


_KNOWN: Final = frozenset(each.name for each in fields(Settings))


def parse_settings(config: Mapping[str, object]) -> Settings:
    """Read the settings; every problem found is named in one ``InvalidInput``."""
    problems = [f"unknown setting {name}" for name in sorted(set(config) - _KNOWN)]
    mirror = config.get("mirror")
    if not isinstance(mirror, str) or not Path(mirror).is_absolute():
        problems.append("mirror: an absolute path is needed")
    trusted_root = config.get("trusted_root")
    if trusted_root is not None and not isinstance(trusted_root, str):
        problems.append("trusted_root: a path is needed")
    sources = _parse_sources(config.get("sources"), problems)
    switches = {
        name: _parse_switch(config, name, problems) for name in ("refresh_on_miss", "place_tails")
    }
    publish_url = config.get("publish_url")
    if publish_url is not None and not (isinstance(publish_url, str) and is_base_url(publish_url)):
        problems.append("publish_url: an http or https address without a query is needed")
    if problems:
        said = "; ".join(problems)
        raise InvalidInput(
            Text(
                f"The configuration of the plugin {PLUGIN} is wrong: {said}.",
                f"La configuration du greffon {PLUGIN} est erronée : {said}.",
            )
        )
    return Settings(
        mirror=Path(str(mirror)),
        trusted_root=Path(str(trusted_root)) if trusted_root else None,
        sources=sources,
        publish_url=str(publish_url).rstrip("/") if publish_url else None,
        **switches,
    )


def _parse_sources(value: object, problems: list[str]) -> dict[str, str]:
    try:
        sources = parse_places(value) if isinstance(value, str) else {}
    except InvalidInput as error:
        problems.append(f"sources: {error.says.en}")
        return {}
    if not sources:
        problems.append("sources: at least one host=address is needed")
    return sources


def _parse_switch(config: Mapping[str, object], name: str, problems: list[str]) -> bool:
    value = config.get(name, False)
    if not isinstance(value, bool):
        problems.append(f"{name}: true or false is needed")
    return value is True
