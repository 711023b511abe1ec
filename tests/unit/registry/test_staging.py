"""Fetching over several connections: a few at most, each file checked, the first failure tells."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from tuf.api.exceptions import DownloadError, RepositoryError
from tuf.api.metadata import TargetFile  # type: ignore[attr-defined]

from acquis.registry.mirror import Mirror, staging
from acquis.registry.mirror.download import BoundedFetcher
from acquis.registry.mirror.staging import FILES_EACH, MOST_CONNECTIONS, Staging, Wanted
from acquis.registry.paths import FileKind, PublishedPath
from acquis.registry.rules import Rule, RuleBroken
from registry_host.keys import ONLINE, load_key
from registry_host.metadata import SignedTree, target_of
from support import hostile_registry as attacks
from support.hostile_registry import Answer, HostileHost, hostile_host
from support.registry import HOST, Issuer, RegistryServer

COUNT = 60
BAD = "z7."  # a part of one name only


class Served:
    """Files on a host, and what is signed for them."""

    def __init__(self, base: Path, host: HostileHost) -> None:
        self.host = host
        self.folder = base / "staging"
        self.folder.mkdir()
        self.wanted = []
        for number in range(COUNT):
            published = PublishedPath(FileKind.RESOURCE, "univ/demo", f"z{number}.")
            raw = f"file {number} ".encode() * (1 + number * 40)
            path = host.public / str(published)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(raw)
            target = TargetFile.from_data(str(published), raw, ["sha256"])
            self.wanted.append(Wanted(published, target, "bin-0"))

    def fetch(self, wanted: list[Wanted] | None = None, *, seconds: float = 30) -> int:
        """Fetch into staging; return the bytes received."""
        files = self.wanted if wanted is None else wanted
        with closing(BoundedFetcher(self.host.url, time.monotonic() + seconds)) as fetcher:
            Staging(self.folder, self.host.url).fetch(files, fetcher)
            return fetcher.received

    def is_staged(self, wanted: Wanted) -> bool:
        path = Staging(self.folder, self.host.url).path_of(wanted)
        if not path.exists():
            return False
        assert path.read_bytes() == (self.host.public / str(wanted.published)).read_bytes()
        return True


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with hostile_host(tmp_path / "public") as host:
        yield Served(tmp_path, host)


def test_every_file_arrives_and_none_comes_twice(served: Served) -> None:
    assert served.fetch() == sum(each.target.length for each in served.wanted)
    assert all(map(served.is_staged, served.wanted))
    assert len(set(served.host.seen)) == len(served.host.seen) == COUNT
    assert served.fetch() == 0
    assert served.fetch([]) == 0


@pytest.mark.parametrize(
    ("files", "most"), [(COUNT, MOST_CONNECTIONS), (FILES_EACH, 1), (FILES_EACH + 1, 2)]
)
def test_the_connections_are_few(served: Served, files: int, most: int) -> None:
    connections: set[object] = set()
    all_are_there = threading.Barrier(most, timeout=30)

    def note(handler: BaseHTTPRequestHandler) -> None:
        if handler.client_address not in connections:
            connections.add(handler.client_address)
            all_are_there.wait()  # so that every connection has work
        served.host.serve_file(handler)

    served.host.attack = note
    served.fetch(served.wanted[:files])
    assert len(connections) == most


@pytest.mark.parametrize(
    "attack",
    [
        attacks.other_bytes,
        attacks.endless_body,
        attacks.half_written,
        attacks.not_found,
        attacks.redirect_to("/tuf/1.root.json"),
    ],
    ids=lambda attack: attack.__name__,
)
def test_one_bad_file_among_many_is_told_and_the_good_ones_stay(
    served: Served, attack: Answer
) -> None:
    served.host.attack, served.host.applies_to = attack, BAD
    with pytest.raises((DownloadError, RepositoryError)):
        served.fetch()
    missing = [each for each in served.wanted if not served.is_staged(each)]
    assert served.wanted[7] in missing
    served.host.attack = None
    assert served.fetch() == sum(each.target.length for each in missing)
    assert all(map(served.is_staged, served.wanted))


def test_one_bad_file_ends_what_drips_on_the_other_connections(served: Served) -> None:
    def drip_or_fail(handler: BaseHTTPRequestHandler) -> None:
        bad = BAD in handler.path
        (attacks.server_error if bad else attacks.one_byte_at_a_time)(handler)

    served.host.attack = drip_or_fail
    started = time.monotonic()
    with pytest.raises(DownloadError):
        served.fetch(served.wanted[7:])
    assert time.monotonic() - started < 10


def test_the_deadline_holds_for_every_connection(served: Served) -> None:
    served.host.attack = attacks.one_byte_at_a_time
    started = time.monotonic()
    with pytest.raises(DownloadError):
        served.fetch(seconds=0.3)
    assert time.monotonic() - started < 10
    assert not any(map(served.is_staged, served.wanted))


@pytest.mark.parametrize(
    ("target", "rule"),
    [
        (TargetFile(10, {"sha512": "0" * 128}, "univ/demo/did.jsonl"), Rule.DIGEST),
        (TargetFile(6 * 1024 * 1024, {"sha256": "0" * 64}, "univ/demo/did.jsonl"), Rule.SIZE),
    ],
)
def test_what_is_signed_without_sha_256_or_too_long_is_not_fetched(
    target: TargetFile, rule: Rule
) -> None:
    with pytest.raises(RuleBroken) as refusal:
        Wanted(PublishedPath(FileKind.LOG, "univ/demo", "did.jsonl"), target, "bin-0")
    assert refusal.value.rule is rule


def test_a_refused_file_does_not_stop_the_others(tmp_path: Path) -> None:
    server, issuer = RegistryServer(tmp_path), Issuer()
    public = server.settings.public
    raws = {
        f"{issuer.folder}/resources/{each['id'].rsplit('/', 1)[1]}": str(each).encode()
        for each in (issuer.schema(f"{number}.0") for number in range(20))
    }
    elsewhere = "univ/other/did.jsonl"
    raws |= {f"{issuer.folder}/did.jsonl": issuer.log.encode(), elsewhere: issuer.log.encode()}
    for path, raw in raws.items():
        (public / path).parent.mkdir(parents=True, exist_ok=True)
        (public / path).write_bytes(raw)
    tree = SignedTree(public / "tuf", load_key(server.settings.keys_folder / ONLINE))
    tree.sign({path: target_of(path, raw) for path, raw in raws.items()})
    with hostile_host(public) as host:
        mirror = Mirror(tmp_path / "mirror", {HOST: host.url}, trusted_root=server.trusted_root)
        refresh = mirror.refresh()
    assert refresh.refused == ((elsewhere, str(Rule.PATH)),)
    assert refresh.changed == len(raws) - 1
    assert mirror.resolve_did(issuer.did)
    for path in set(raws) - {elsewhere}:
        assert (tmp_path / "mirror" / HOST / "files" / path).read_bytes() == raws[path]


def test_a_refused_file_is_judged_again_by_each_refresh_and_not_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, issuer = RegistryServer(tmp_path), Issuer()
    public, elsewhere = server.settings.public, "univ/other/did.jsonl"
    tree = SignedTree(public / "tuf", load_key(server.settings.keys_folder / ONLINE))

    def sign(path: str, raw: bytes) -> None:
        (public / path).parent.mkdir(parents=True, exist_ok=True)
        (public / path).write_bytes(raw)
        tree.sign({path: target_of(path, raw)})

    sign(elsewhere, issuer.log.encode() + b"{}" * 2000)
    staged = tmp_path / "mirror" / HOST / "staging"
    with hostile_host(public) as host:

        def refused() -> tuple[str, ...]:
            host.seen.clear()
            again = Mirror(tmp_path / "mirror", {HOST: host.url}, trusted_root=server.trusted_root)
            return tuple(path for path, _ in again.refresh().refused)

        def fetched() -> list[str]:
            return [path for path in host.seen if "did.jsonl" in path]

        assert (refused(), len(fetched())) == ((elsewhere,), 1)
        assert (refused(), fetched()) == ((elsewhere,), [])
        sign(elsewhere, issuer.log.encode() + b"{}" * 3000)  # another one takes its place
        assert (refused(), len(fetched())) == ((elsewhere,), 1)
        assert len(list(staged.iterdir())) == 1
        with monkeypatch.context() as patched:
            patched.setattr(staging, "MOST_KEPT", 5000)
            assert (refused(), fetched()) == ((elsewhere,), [])
            assert list(staged.iterdir()) == []
        assert (refused(), len(fetched())) == ((elsewhere,), 1)
        sign(elsewhere, Issuer(folder="univ/other").log.encode())
        assert (refused(), len(fetched())) == ((), 1)
        assert list(staged.iterdir()) == []
