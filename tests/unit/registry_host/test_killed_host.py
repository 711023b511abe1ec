"""A host process killed in the middle of writes: what it had answered stands, nothing is half there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import httpx
from typer.testing import CliRunner

from acquis.registry.paths import parse_path
from acquis.registry.resource import ResourceType
from registry_host.command import app
from registry_host.files import FRESH
from registry_host.keys import ONLINE, load_key
from registry_host.metadata import SignedTree, load_wholes
from support.registry import Issuer, RegistryServer, path_of, publish_all, put

ROUNDS = (1, 9, 25)  # answers that are awaited before the kill


@contextmanager
def host_process(server: RegistryServer) -> Iterator[subprocess.Popen[bytes]]:
    """The host as its operator starts it; killed at the end of the with statement."""
    process = subprocess.Popen(
        [sys.executable, "-m", "registry_host", "serve"],
        env={
            **os.environ,
            "ACQUIS_REGISTRY_FOLDER": str(server.settings.folder),
            "ACQUIS_REGISTRY_PORT": str(server.port),
            "ACQUIS_REGISTRY_LOG_LEVEL": "ERROR",
        },
        stdout=subprocess.DEVNULL,
    )
    try:
        with server.client() as client:
            while True:
                assert process.poll() is None, "the host did not start"
                try:
                    if client.get("/health").is_success:
                        break
                except httpx.TransportError:
                    time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.wait()


class Writers:
    """Three writers that go on until their host is gone; what was answered is noted."""

    def __init__(self, server: RegistryServer, issuer: Issuer, n: int) -> None:
        self._server, self._issuer, self._round = server, issuer, n
        self.answered: dict[str, dict[str, object]] = {}
        self.tried: list[dict[str, object]] = []
        self._threads = [threading.Thread(target=self._write, args=(each,)) for each in range(3)]

    def run_until(self, answers: int, process: subprocess.Popen[bytes]) -> None:
        for thread in self._threads:
            thread.start()
        while len(self.answered) < answers:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        for thread in self._threads:
            thread.join()

    def _write(self, writer: int) -> None:
        with self._server.client() as client:
            for number in range(1_000):
                resource = self._issuer.schema(f"{self._round}.{writer}.{number}")
                self.tried.append(resource)
                try:
                    if put(client, resource).is_success:
                        self.answered[path_of(resource)] = resource
                except httpx.TransportError:
                    return


def test_what_was_answered_stands_and_nothing_is_half_written(tmp_path: Path) -> None:
    server, issuer = RegistryServer(tmp_path), Issuer()
    server.start()
    publish_all(server, issuer, lists=1)
    mirror = server.mirror()
    mirror.refresh()
    server.stop()
    for number, answers in enumerate(ROUNDS):
        writers = Writers(server, issuer, number)
        with host_process(server) as process:
            writers.run_until(answers, process)
        for path in server.settings.public.rglob("*.json"):
            if not path.name.startswith(FRESH):
                json.loads(path.read_bytes())  # whole, even before anything was recovered
        server.start()
        try:
            check_signed(server)
            with server.client() as client:
                for path, resource in writers.answered.items():
                    assert client.get(path).json() == resource
                for resource in writers.tried:  # whoever got no answer asks again
                    assert put(client, resource).is_success
            done = mirror.refresh()
            assert done.refused == ()
            for resource in writers.tried:
                assert mirror.resolve_resource(str(resource["id"]))
            index = set(mirror.resources(ResourceType.SCHEMA))
            assert {resource["id"] for resource in writers.tried} <= index
        finally:
            server.stop()


def check_signed(server: RegistryServer) -> None:
    """Every file that stands is signed for as it stands, and every name signed for stands."""
    tree = SignedTree(server.settings.tuf, load_key(server.settings.keys_folder / ONLINE))
    standing = 0
    for path in server.settings.public.rglob("*"):
        relative = path.relative_to(server.settings.public)
        if path.is_file() and relative.parts[0] != "tuf":
            target = tree.target(str(parse_path(relative.as_posix())))
            assert target is not None, relative
            assert target.hashes["sha256"] == sha256(path.read_bytes()).hexdigest()
            standing += 1
    assert load_wholes(server.settings.tuf).files == standing


def test_keys_are_not_rotated_under_a_host_of_another_process(tmp_path: Path) -> None:
    server = RegistryServer(tmp_path)
    arguments = ["rotate", "--folder", str(server.settings.folder)]
    arguments += ["--root-keys", str(tmp_path / "root-keys")]
    with host_process(server):
        refused = CliRunner().invoke(app, arguments)
        assert refused.exit_code == 1
        assert "stop the host first" in refused.output
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    with host_process(server), server.client() as client:
        assert client.get("/tuf/2.root.json").is_success
