"""Who may sign in by a name, and with what settings a service starts at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from starlette.requests import Request

from acquis.errors import InvalidInput
from acquis.service.auth import Sessions, parse_login_name
from acquis.service.settings import AgentSettings, ServiceSettings

GOOD: dict[str, Any] = {
    "folder": Path("service"),
    "secret": "s" * 32,
    "agent_api_key": "a" * 16,
    "webhook_key": "w" * 16,
    "development_login": True,
}


def test_a_name_is_cleaned() -> None:
    assert parse_login_name("  Zoé \n Müller ") == "Zoé Müller"
    assert parse_login_name("ß" * 50) == "ß" * 50


@pytest.mark.parametrize("name", ["", " ", "a" * 81, "a\x00", "a\x7f", "<b>", "\ud800", "ΐ" * 80])
def test_a_name_that_cannot_be_kept_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        parse_login_name(name)


def test_a_cookie_of_ours_with_other_content_is_nobodys() -> None:
    sessions = Sessions(ServiceSettings(**GOOD), "x")
    for content in ({"id": "1"}, {"id": "1", "name": "n"}, ["id"], "id", 1):
        cookie = sessions._serializer.dumps(content)
        headers = [(b"cookie", f"acquis_session_x={cookie}".encode())]
        assert sessions.person_of(Request({"type": "http", "headers": headers})) is None


def test_all_that_is_wrong_is_said_at_once_without_values() -> None:
    with pytest.raises(ValidationError) as refused:
        AgentSettings(
            **GOOD
            | {"secret": "short-secret", "agent_api_key": "", "webhook_key": "w" * 15}
            | {"bind": "0.0.0.0", "public_url": "https://issuer.example"}
        )
    said = str(refused.value)
    for name in ("secret\n", "agent_api_key\n", "webhook_key\n", "bind", "public_url"):
        assert name in said
    assert "short-secret" not in said
    assert "w" * 15 not in said


@pytest.mark.parametrize(
    ("public_url", "allowed"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://127.8.9.1", True),
        ("http://[::1]:8000", True),
        ("http://localhost:8000", True),
        ("https://issuer.example", False),
        ("http://127.0.0.1.example", False),
    ],
)
def test_the_development_login_is_for_loopback_only(public_url: str, allowed: bool) -> None:
    settings = GOOD | {"public_url": public_url}
    if allowed:
        assert AgentSettings(**settings).development_login
        return
    with pytest.raises(ValidationError, match="development_login"):
        AgentSettings(**settings)
    assert not AgentSettings(**settings | {"development_login": False}).development_login


def test_settings_stay_as_they_are() -> None:
    settings = AgentSettings(**GOOD)
    with pytest.raises(ValidationError):
        settings.folder = Path("elsewhere")
