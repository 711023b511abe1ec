"""The command that rotates keys: what it says beforehand, and what it does not take."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from issuer_agent.command import app

SETTINGS = {
    "SECRET": "s" * 40,
    "AGENT_API_KEY": "a" * 32,
    "WEBHOOK_KEY": "w" * 32,
    "INSTITUTION_NAME": "Université de l’Exemple",
    "REGISTRY_FOLDER": "demo/university",
    "PUBLISH_URL": "http://127.0.0.1:9",
}


@pytest.fixture
def runner(tmp_path: Path) -> CliRunner:
    settings = {**SETTINGS, "FOLDER": str(tmp_path)}
    return CliRunner(env={f"ACQUIS_ISSUER_{name}": value for name, value in settings.items()})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "what it signed stays valid"),
        (["--compromised-since", "2026-01-01T01:00:00+01:00"], "2026-01-01 00:00:00 UTC, for good"),
        (["--update-only"], "keys/update.json"),
    ],
)
def test_it_says_what_will_happen_and_asks(
    runner: CliRunner, tmp_path: Path, options: list[str], said: str
) -> None:
    found = runner.invoke(app, ["rotate-keys", *options], input="n\n")
    assert found.exit_code == 1
    assert said in found.output
    assert not (tmp_path / "service.sqlite3").exists()


@pytest.mark.parametrize(
    "options",
    [
        ["--compromised-since", "yesterday"],
        ["--compromised-since", "2026-01-01T00:00:00"],
        ["--update-only", "--compromised-since", "2026-01-01T00:00:00Z"],
    ],
)
def test_what_it_cannot_take_ends_it_before_anything(
    runner: CliRunner, tmp_path: Path, options: list[str]
) -> None:
    assert runner.invoke(app, ["rotate-keys", "--yes", *options]).exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_without_an_identity_it_ends_with_a_sentence(runner: CliRunner) -> None:
    found = runner.invoke(app, ["rotate-keys", "--yes"])
    assert found.exit_code == 1
    assert "no published DID yet" in found.output
