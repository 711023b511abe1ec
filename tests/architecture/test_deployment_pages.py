"""The pages for whoever deploys: what they give an agent is what the demo gives it, what they name exists."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from demo.agents import AgentRole, AgentSetup

ROOT = Path(__file__).parents[2]
DEPLOYING = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
CODE = "\n".join(
    each.read_text(encoding="utf-8")
    for folder in ("acquis", "issuer_agent", "registry_host", "holder_wallet", "verifier")
    for each in (ROOT / folder).rglob("*.py")
)
_YOURS = re.compile(r"[A-Z]{2}|127\.0\.0\.1|^warning$")
"""What a deployment chooses: addresses, names, secrets, how much is logged."""


def files_of(role: AgentRole, folder: Path) -> tuple[dict[str, object], dict[str, object]]:
    """What the demo gives an agent: its arguments, and what its plugin is told."""
    setup = AgentSetup(
        role=role,
        folder=folder / role,
        admin_port=8001,
        inbound_port=8002,
        webhook_url="http://127.0.0.1:8020/webhooks",
        mirror=folder / "mirror",
        trusted_root=folder / "root.json",
        sources={"registry.example": "https://registry.example"},
        tails_url="https://registry.example/tails",
        publish_url="https://registry.example",
    )
    setup.program()
    read = (
        json.loads((setup.folder / f"{name}.yaml").read_bytes())
        for name in ("arguments", "plugins")
    )
    return next(read), next(read)["acapy_webvh"]


def blocks(kind: str) -> list[str]:
    """The examples of one kind in the page."""
    return re.findall(rf"```{kind}\n(.*?)```", DEPLOYING, re.DOTALL)


def entries(block: str) -> dict[str, str]:
    """The names and values of an example, a line each; notes behind a number sign left out."""
    found = re.findall(r"^\s*([a-z_-]+): (\S.*?)(?:\s+#.*)?$", block, re.MULTILINE)
    return dict(found)


def written(value: object) -> str:
    """A value as the page writes it: YAML in flow style, quoted only where it must be."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    return f'"{value}"' if re.fullmatch(r"\d+", str(value)) else str(value)


def test_an_agent_is_given_what_the_demo_gives_it(tmp_path: Path) -> None:
    arguments, plugin = files_of(AgentRole.ISSUER, tmp_path)
    example, of_plugin = (entries(block) for block in blocks("yaml"))
    assert example.keys() == arguments.keys()
    assert of_plugin.keys() == plugin.keys()
    fixed = {name: value for name, value in example.items() if not _YOURS.search(value)}
    assert {"wallet-type", "max-message-size", "plugin", "no-ledger"} <= fixed.keys()
    assert fixed == {name: written(arguments[name]) for name in fixed}


def test_a_holder_s_agent_is_given_more(tmp_path: Path) -> None:
    issuers, _ = files_of(AgentRole.ISSUER, tmp_path / "a")
    holders, _ = files_of(AgentRole.HOLDER, tmp_path / "b")
    for name in holders.keys() - issuers.keys():
        if name == "jwt-secret":
            assert f"`{name}: JWT_SECRET`" in DEPLOYING
        else:
            assert f"`{name}: {written(holders[name])}`" in DEPLOYING


@pytest.mark.parametrize("page", [DEPLOYING, OPERATING])
def test_every_setting_that_is_named_exists(page: str) -> None:
    settings = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    named = set(re.findall(r"ACQUIS_[A-Z_]+[A-Z]", page))
    assert {name for name in named if f"`{name}`" not in settings} == set()
    endings = set(re.findall(r"…(_[A-Z_]+[A-Z])", page))
    assert endings
    assert {end for end in endings if not re.search(rf"`ACQUIS_\w+{end}`", settings)} == set()


def test_every_log_line_that_is_named_is_written() -> None:
    rows = re.findall(
        r"^\| (.*?) \|", OPERATING.partition("## When something fails")[2], re.MULTILINE
    )
    named = {name for row in rows for name in re.findall(r"`([a-z][a-z -]* [a-z -]*[a-z])`", row)}
    assert {"mirror not refreshed", "issued twice", "wake-up lost", "sweep failed"} <= named
    assert {name for name in named if f'"{name}"' not in CODE} == set()
