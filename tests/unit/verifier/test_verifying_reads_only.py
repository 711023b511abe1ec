"""Verifying reads its copy of the registry and asks nobody: neither for a refresh nor for anything."""

from __future__ import annotations

import ast
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from acquis.registry.mirror import Mirror, Refresh
from support.verifier_desk import NOW, REGISTRY, Desk

ROOT = Path(__file__).parents[3]
VERIFYING = ("verifier", "acquis/credentials")
REFRESHING = {
    "acquis/service/mirroring.py",  # the schedule
    "acquis/registry/mirror/folder.py",
    "acquis/registry/mirror/source.py",
    "acapy_webvh/reader.py",  # on a miss, which a verifier's agent is told not to act on
    "acapy_webvh/publication.py",  # an issuer reads back what it published
}
CONNECTING = {"aiohttp", "ftplib", "http", "httpx", "requests", "socket", "ssl", "urllib3"}


class Sealed(Mirror):
    """A mirror that may be read and not refreshed."""

    def refresh(self, *, timeout: float = 0.0) -> Refresh:
        raise AssertionError("verifying must not refresh the mirror")


@pytest.fixture
def sealed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The desk with a sealed mirror, in a process that can open no connection."""

    def refuse(*_: object) -> None:
        raise AssertionError("verifying must not open a connection")

    desk.around.mirror = Sealed(desk.copy.folder, {REGISTRY: "https://registry.test"})
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return desk


async def test_a_presentation_is_verified_without_a_refresh_or_a_connection(sealed: Desk) -> None:
    request_id = await sealed.ask()
    await sealed.answer(request_id)
    row = await sealed.session(request_id)
    assert row.decision is not None
    assert row.report is not None
    assert row.decision["conclusion"] == "accepted"
    (age,) = [check for check in row.report["checks"] if check["id"] == "mirror-age"]
    assert age["as_of"] == NOW - 30
    assert age["evidence"]["age"] == 30
    for path in (f"/requests/{request_id}", f"/r/{row.token}", "/", "/ask"):
        assert (await sealed.get(path)).status_code == 200


async def test_what_the_copy_lacks_is_not_fetched_either(sealed: Desk) -> None:
    request_id = await sealed.ask()
    opened = await sealed.open(request_id)
    assert opened.status_code == 200
    for file in sealed.copy.files.rglob("resources/*"):
        file.unlink()
    await sealed.answer_opened(request_id)
    row = await sealed.session(request_id)
    assert row.decision is not None
    assert row.decision["conclusion"] != "accepted"


def test_nothing_that_verifies_calls_a_refresh_or_can_open_a_connection() -> None:
    for folder in VERIFYING:
        for file in (ROOT / folder).rglob("*.py"):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            assert "refresh" not in set(_called(tree)), file
            assert CONNECTING.isdisjoint(_imported(tree)), file


def test_a_refresh_is_called_where_the_design_says_and_nowhere_else() -> None:
    packages = ("acapy_webvh", "acapy_redelivery", "acquis", "verifier", "holder_wallet")
    calling = {
        str(file.relative_to(ROOT))
        for package in packages
        for file in (ROOT / package).rglob("*.py")
        if "refresh" in set(_called(ast.parse(file.read_text(encoding="utf-8"))))
    }
    assert calling == REFRESHING


def _called(tree: ast.AST) -> Iterator[str]:
    """Every attribute and name that is used: passing a function on calls it as well."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Name):
            yield node.id


def _imported(tree: ast.AST) -> set[str]:
    names = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in names}
