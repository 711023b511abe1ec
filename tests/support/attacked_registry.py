"""A registry whose host has turned hostile: it holds the online key and signs what it likes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from acquis.registry.mirror import Mirror, Refresh
from acquis.registry.resource import ResourceType
from registry_host.keys import ONLINE, load_key
from registry_host.metadata import SignedTree, target_of
from support.hostile_registry import HostileHost, hostile_host
from support.real_publication import publish_really
from support.registry import HOST, Issuer, Published, path_of, running_registry

FAR = 2**40
"""A time (Unix seconds) after every status list."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A registry's folder with everything published, a mirror of it beside, and what is in both."""

    base: Path
    issuer: Issuer
    published: Published


class AttackedRegistry:
    """A copy of a prepared registry, its host, and a mirror that was brought up to date before."""

    def __init__(self, base: Path, prepared: Prepared, host: HostileHost) -> None:
        self.base, self.host = base, host
        self.issuer, self.published = prepared.issuer, prepared.published
        self.public = base / "registry" / "public"
        self.folder = base / "mirror"
        self.trusted_root = self.public / "tuf" / "1.root.json"
        self.honest = prepared.base / "registry" / "public"
        self.mirror = self.new_mirror()

    def new_mirror(self, folder: Path | None = None) -> Mirror:
        """A mirror of this host, as a process that has just started opens it."""
        return Mirror(folder or self.folder, {HOST: self.host.url}, trusted_root=self.trusted_root)

    def restart(self) -> None:
        """Let the process that mirrors begin anew on the same folder."""
        self.mirror = self.new_mirror()

    @property
    def files(self) -> Path:
        """The mirror's copy of the published files."""
        return self.folder / HOST / "files"

    @property
    def log_path(self) -> str:
        """Where the issuer's DID log lies."""
        return f"{self.issuer.folder}/did.jsonl"

    def tree(self) -> SignedTree:
        """The metadata, with the online key."""
        return SignedTree(self.public / "tuf", load_key(self.base / "registry" / "keys" / ONLINE))

    def publish_signed(self, files: Mapping[str, bytes | str | dict[str, Any]]) -> None:
        """Publish anything at any path, signed as the host signs."""
        raw = {path: _bytes(content) for path, content in files.items()}
        for path, content in raw.items():
            (self.public / path).parent.mkdir(parents=True, exist_ok=True)
            (self.public / path).write_bytes(content)
        self.tree().sign({path: target_of(path, content) for path, content in raw.items()})

    def refresh(self) -> Refresh:
        """What a refresh of the mirror did."""
        return self.mirror.refresh()

    def refuses(self, *rules: str) -> None:
        """A refresh refuses one file for each rule and changes nothing; nor after a restart."""
        for _ in range(2):
            refresh = self.refresh()
            assert [rule for _, rule in refresh.refused] == list(rules)
            assert refresh.changed == 0
            self.check_still_good()
            self.restart()

    def be_honest(self, *paths: str) -> None:
        """Publish again what was published at ``paths``, and let the mirror recover."""
        self.host.attack = None
        self.publish_signed({path: (self.honest / path).read_bytes() for path in paths})
        assert self.refresh().refused == ()
        self.check_still_good()

    def check_still_good(self, *, index: bool = True) -> None:
        """The last good copy answers every question as before the attack; not of its ``index``."""
        published, mirror = self.published, self.mirror
        assert mirror.resolve_did(self.issuer.did) == self.issuer.document
        for resource in (published.schema, published.credential_definition, published.definition):
            assert mirror.resolve_resource(resource["id"]).content == resource["content"]
        for status_list in published.lists:
            at = status_list["content"]["timestamp"]
            link, found = mirror.resolve_status_list(published.definition["id"], at)
            assert (link.id, found.content) == (status_list["id"], status_list["content"])
        link, _ = mirror.resolve_status_list(published.definition["id"], FAR)
        assert link.timestamp == 2000
        assert mirror.tails_file(published.tails_hash).is_file()
        if index:
            assert list(mirror.resources(ResourceType.SCHEMA)) == [published.schema["id"]]


def file_of(resource: dict[str, Any]) -> str:
    """The path of a resource below the registry."""
    return path_of(resource)[1:]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A registry with real AnonCreds objects."""
    base = tmp_path_factory.mktemp("prepared")
    issuer = Issuer(created=datetime(2026, 1, 1, tzinfo=UTC))
    with running_registry(base) as server:
        published = publish_really(server, issuer, tmp_path_factory.mktemp("tails"))
        server.mirror(base / "mirror").refresh()
    return Prepared(base, issuer, published)


@pytest.fixture
def attacked(prepared: Prepared, tmp_path: Path) -> Iterator[AttackedRegistry]:
    """The prepared registry, its host turned hostile."""
    with attacked_copy(prepared, tmp_path / "attacked") as registry:
        yield registry


@contextmanager
def attacked_copy(prepared: Prepared, base: Path) -> Iterator[AttackedRegistry]:
    """A copy in ``base``, its host turned hostile for the length of a with statement."""
    shutil.copytree(prepared.base, base)
    with hostile_host(base / "registry" / "public") as host:
        yield AttackedRegistry(base, prepared, host)


def _bytes(content: bytes | str | dict[str, Any]) -> bytes:
    if isinstance(content, dict):
        return json.dumps(content).encode()
    return content.encode() if isinstance(content, str) else content
