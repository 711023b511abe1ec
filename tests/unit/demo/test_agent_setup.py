"""How an agent is set up: secrets in private files only, a home of its own, nothing inherited."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from demo.agents import AgentRole, AgentSecrets, AgentSetup


def agent(folder: Path, role: AgentRole) -> AgentSetup:
    return AgentSetup(
        role=role,
        folder=folder / str(role),
        admin_port=8021,
        inbound_port=8020,
        webhook_url="http://127.0.0.1:8000/webhooks",
        mirror=folder / "mirror",
        trusted_root=folder / "root.json",
        sources={"registry.acquis.example": "http://127.0.0.1:8080"},
        tails_url="https://registry.acquis.example/tails",
        publish_url="http://127.0.0.1:8080" if role is AgentRole.ISSUER else None,
    )


@pytest.mark.parametrize("role", AgentRole)
def test_no_secret_in_arguments_or_environment(tmp_path: Path, role: AgentRole) -> None:
    setup = agent(tmp_path, role)
    program = setup.program()
    seen = " ".join((*program.argv, *program.environment.values(), repr(setup), repr(program)))
    for name in AgentSecrets.__slots__:
        assert getattr(setup.secrets, name) not in seen
    for file in setup.folder.iterdir():
        assert file.stat().st_mode & 0o077 == 0
    assert setup.folder.stat().st_mode & 0o077 == 0


def test_nothing_is_inherited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACAPY_ADMIN_INSECURE_MODE", "true")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:3128")
    first, second = (agent(tmp_path, role) for role in (AgentRole.ISSUER, AgentRole.HOLDER))
    environment = first.program().environment
    assert "ACAPY_ADMIN_INSECURE_MODE" not in environment
    assert "HTTP_PROXY" not in environment
    # ACA-Py keeps tails files below HOME: two agents must not share one.
    assert environment["HOME"] != second.program().environment["HOME"]
    assert first.tails_folder.is_relative_to(environment["HOME"])


def test_secrets_stay_the_same_over_a_restart(tmp_path: Path) -> None:
    first = agent(tmp_path, AgentRole.ISSUER).secrets
    again = agent(tmp_path, AgentRole.ISSUER).secrets
    other = agent(tmp_path, AgentRole.HOLDER).secrets
    names = AgentSecrets.__slots__
    assert [getattr(again, name) for name in names] == [getattr(first, name) for name in names]
    assert all(getattr(other, name) != getattr(first, name) for name in names)
    assert len(first.jwt_secret) >= 32


def arguments(setup: AgentSetup) -> dict[str, object]:
    setup.program()
    found = json.loads((setup.folder / "arguments.yaml").read_text())
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("role", AgentRole)
def test_dangerous_options_are_never_set(tmp_path: Path, role: AgentRole) -> None:
    given = arguments(agent(tmp_path, role))
    assert not [name for name in given if name.startswith(("debug", "trace", "auto-"))] or {
        name for name in given if name.startswith("auto-")
    } == {"auto-provision"}
    assert not {"admin-insecure-mode", "open-mediation", "test-suite-endpoint"} & set(given)
    assert given["admin"] == ["127.0.0.1", "8021"]
    assert str(given["webhook-url"]).count("#") == 1


def test_only_the_issuer_publishes_only_the_holder_is_multitenant(tmp_path: Path) -> None:
    plugin = {}
    for role in AgentRole:
        setup = agent(tmp_path, role)
        assert ("multitenant" in arguments(setup)) == (role is AgentRole.HOLDER)
        plugin[role] = json.loads((setup.folder / "plugins.yaml").read_text())["acapy_webvh"]
    assert [role for role in AgentRole if "publish_url" in plugin[role]] == [AgentRole.ISSUER]
    assert [role for role in AgentRole if plugin[role]["place_tails"]] == [AgentRole.HOLDER]
    assert [role for role in AgentRole if not plugin[role]["refresh_on_miss"]] == [
        AgentRole.VERIFIER
    ]
