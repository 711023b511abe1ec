"""What a service may be told: each wrong setting is named, all at once, and its value is kept quiet."""

from __future__ import annotations

import os
from typing import Any

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from acquis.service.command import build_command
from acquis.service.work import build_broker
from issuer_agent.settings import IssuerSettings
from registry_host.settings import RegistrySettings

GOOD: dict[str, Any] = {
    "secret": "s" * 32,
    "agent_api_key": "a" * 16,
    "webhook_key": "w" * 16,
    "institution_name": "Institute",
    "registry_folder": "demo/institute",
    "publish_url": "https://registry.example",
}
BAD = [
    ("database_url", "mysql://root:quiet@host/db"),
    ("database_url", "postgresql://root:quiet@host/db"),
    ("database_url", "postgresql+psycopg://root:quiet@host:port/db"),
    ("database_url", "sqlite+aiosqlite://"),
    ("database_url", "sqlite+aiosqlite:///:memory:"),
    ("database_url", "quiet"),
    ("broker_url", "amqp://guest:quiet@host"),
    ("broker_url", "memoryquiet"),
    ("broker_url", ""),
    ("log_level", "LOUD"),
    ("public_url", "ftp://quiet/"),
    ("public_url", "https://issuer.example/"),
    ("public_url", "https://root:quiet@issuer.example"),
    ("public_url", "https://issuer.example?quiet"),
    ("public_url", "http://["),
    ("public_url", ""),
    ("agent_url", "127.0.0.1:8021"),
    ("publish_url", "registry.example"),
    ("wallet_url", "javascript:quiet"),
    ("registry_host", "localhost:80"),
    ("registry_host", "127.0.0.1"),
    ("registry_folder", "not a folder!"),
    ("registry_folder", "institute"),
    ("registry_folder", "tuf/institute"),
    ("registry_folder", "../institute"),
    ("sources", "registry.example"),
    ("sources", "registry.example=ftp://quiet"),
    ("sources", "127.0.0.1=https://registry.example"),
    ("sources", "registry.example=https://a.example,registry.example=https://b.example"),
]
FINE = [
    ("database_url", ""),
    ("database_url", "sqlite+aiosqlite:////srv/acquis/service.sqlite3"),
    ("database_url", "postgresql+psycopg://root:quiet@host:5432/db?sslmode=require"),
    ("log_level", "WARNING"),
    ("public_url", "https://issuer.example/below"),
    ("agent_url", "http://[::1]:8021"),
    ("wallet_url", ""),
    ("registry_host", "registry.example"),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_wrong_setting_is_refused_by_name_alone(name: str, value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        IssuerSettings(**GOOD | {name: value})
    assert [error["loc"] for error in refused.value.errors()] == [(name,)]
    assert "quiet" not in str(refused.value)


@pytest.mark.parametrize(("name", "value"), FINE)
def test_what_a_service_can_use_is_accepted(name: str, value: str) -> None:
    assert getattr(IssuerSettings(**GOOD | {name: value}), name) == value


def test_places_and_levels_are_read_as_people_write_them() -> None:
    listed = "registry.example=http://127.0.0.1:8010/, other.example=https://other.example ,"
    settings = IssuerSettings(**GOOD | {"sources": listed, "log_level": "debug"})
    assert settings.sources == {
        "registry.example": "http://127.0.0.1:8010",
        "other.example": "https://other.example",
    }
    assert settings.log_level == "DEBUG"
    with pytest.raises(ValidationError, match="log_level"):
        RegistrySettings(log_level="LOUD")


@pytest.mark.parametrize(
    "url", ["memory://", "redis://127.0.0.1", "rediss://127.0.0.1", "postgresql://127.0.0.1/db"]
)
def test_every_broker_that_is_accepted_can_be_built(url: str) -> None:
    assert build_broker(IssuerSettings(**GOOD | {"broker_url": url}).broker_url, "issuer")


def test_every_wrong_setting_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in filter(lambda each: each.startswith("ACQUIS_ISSUER_"), list(os.environ)):
        monkeypatch.delenv(name)
    wrong = dict(BAD)
    for name, value in (GOOD | wrong).items():
        monkeypatch.setenv(f"ACQUIS_ISSUER_{name.upper()}", value)
    done = CliRunner().invoke(build_command(["issuer"]), ["issuer", "serve"])
    assert done.exit_code == 2
    said = [line.partition(": ")[0] for line in done.stderr.splitlines()]
    assert sorted(said) == sorted(f"ACQUIS_ISSUER_{name.upper()}" for name in wrong)
    assert "quiet" not in done.output
