"""The plugin's settings: good ones are read, bad ones are all named at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from acapy_webvh.settings import parse_settings
from acquis.errors import InvalidInput

GOOD: dict[str, object] = {
    "mirror": "/srv/mirror",
    "trusted_root": "/srv/root.json",
    "sources": "registry.acquis.example=http://127.0.0.1:8080/, other.example.org=https://o.example",
    "refresh_on_miss": True,
    "publish_url": "http://127.0.0.1:8080/",
}


def test_good_settings() -> None:
    settings = parse_settings(GOOD)
    assert settings.mirror == Path("/srv/mirror")
    assert settings.sources == {
        "registry.acquis.example": "http://127.0.0.1:8080",
        "other.example.org": "https://o.example",
    }
    assert settings.refresh_on_miss
    assert not settings.place_tails
    assert settings.publish_url == "http://127.0.0.1:8080"


def test_by_default_nothing_is_fetched_and_nothing_published() -> None:
    settings = parse_settings({"mirror": "/m", "sources": "registry.acquis.example=http://a.b"})
    assert not settings.refresh_on_miss
    assert settings.publish_url is None
    assert settings.trusted_root is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mirror", "relative/path"),
        ("mirror", None),
        ("trusted_root", 3),
        ("sources", ""),
        ("sources", None),
        ("sources", "registry.acquis.example"),
        ("sources", "127.0.0.1=http://127.0.0.1"),
        ("sources", "registry.acquis.example=ftp://127.0.0.1"),
        ("sources", "registry.acquis.example=http://user:word@127.0.0.1"),
        ("refresh_on_miss", "yes"),
        ("publish_url", "http://127.0.0.1/?a=b"),
        ("publish_url", "http://[::1"),
        ("surprise", 1),
    ],
)
def test_a_bad_setting_is_named(name: str, value: object) -> None:
    with pytest.raises(InvalidInput, match=name) as refused:
        parse_settings({**GOOD, name: value})
    assert name in refused.value.says.fr


def test_all_problems_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_settings({"place_tails": "x", "zzz": 1})
    for name in ("mirror", "sources", "place_tails", "zzz"):
        assert name in refused.value.says.en
