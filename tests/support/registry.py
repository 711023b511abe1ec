"""A registry host on loopback and an issuer that publishes there, both real, for tests."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from acquis.registry.content import tails_location
from acquis.registry.did_log import DidDocument, build_genesis, verify_did_log
from acquis.registry.keys import SigningKey
from acquis.registry.mirror import Mirror
from acquis.registry.multibase import encode_base58
from acquis.registry.resource import Link, ResourceType, build_resource, sign_resource
from registry_host.app import create_app
from registry_host.grants import Grants
from registry_host.operation import set_up
from registry_host.settings import RegistrySettings

HOST = "registry.acquis.example"
REGISTRY_SIZE = 8


def seeded_key(name: str) -> SigningKey:
    """A key that is the same in every run."""
    return SigningKey.from_seed(sha256(name.encode()).digest())


@dataclass
class Issuer:
    """An issuer's keys and its DID; builds and signs what an issuer publishes."""

    folder: str = "univ/demo"
    host: str = HOST
    created: datetime | None = None
    name: str = "issuer"

    def __post_init__(self) -> None:
        self.update, self.next, self.attest = (
            seeded_key(f"{self.name}-{kind}") for kind in ("update", "next", "attest")
        )
        self.did, self.log = build_genesis(
            self.host,
            self.folder,
            self.update,
            self.next,
            self.attest.multikey,
            created=self.created,
        )

    @property
    def document(self) -> DidDocument:
        return verify_did_log(self.did, self.log.encode())

    @property
    def method(self) -> str:
        return f"{self.did}#{self.attest.multikey}"

    def sign(self, resource: dict[str, Any], created: datetime | None = None) -> dict[str, Any]:
        return sign_resource(resource, self.attest, self.method, created or datetime.now(UTC))

    def schema(self, version: str = "1.0") -> dict[str, Any]:
        content = {
            "issuerId": self.did,
            "name": "data-analysis",
            "version": version,
            "attrNames": ["esco_ccd0a1d9-afda-43d9-b901-96344886e14d", "awarded_on"],
        }
        return self.sign(build_resource(self.did, ResourceType.SCHEMA, "data-analysis", content))

    def credential_definition(self, schema_id: str, tag: str = "1") -> dict[str, Any]:
        content = {
            "issuerId": self.did,
            "schemaId": schema_id,
            "type": "CL",
            "tag": tag,
            "value": {"primary": {"n": "0"}, "revocation": {"g": "1"}},
        }
        kind = ResourceType.CREDENTIAL_DEFINITION
        return self.sign(build_resource(self.did, kind, tag, content))

    def registry_definition(
        self, credential_definition_id: str, tails_hash: str, links: tuple[Link, ...] = ()
    ) -> dict[str, Any]:
        content = {
            "issuerId": self.did,
            "revocDefType": "CL_ACCUM",
            "credDefId": credential_definition_id,
            "tag": "0",
            "value": {
                "publicKeys": {"accumKey": {"z": "1 0"}},
                "maxCredNum": REGISTRY_SIZE,
                "tailsLocation": tails_location(self.did, tails_hash),
                "tailsHash": tails_hash,
            },
        }
        kind = ResourceType.REVOCATION_REGISTRY_DEFINITION
        return self.sign(build_resource(self.did, kind, "0", content, links))

    def status_list(
        self, definition_id: str, timestamp: int, revoked: tuple[int, ...] = ()
    ) -> dict[str, Any]:
        content = {
            "issuerId": self.did,
            "revRegDefId": definition_id,
            "revocationList": [int(i in revoked) for i in range(REGISTRY_SIZE)],
            "currentAccumulator": f"21 {timestamp}",
            "timestamp": timestamp,
        }
        return self.sign(build_resource(self.did, ResourceType.STATUS_LIST, "0", content))


def tails(text: str = "tails") -> tuple[bytes, str]:
    """A tails file and its hash."""
    raw = text.encode() * 100
    return raw, encode_base58(sha256(raw).digest())


def path_of(resource: dict[str, Any]) -> str:
    """Where a resource is put and read."""
    did, digest = resource["id"].split("/resources/")
    return f"/{'/'.join(did.split(':')[4:])}/resources/{digest}"


@dataclass
class RegistryServer:
    """A registry host in a thread of this process, on a free port of loopback."""

    base: Path
    host: str = HOST
    hash_bits: int = 2
    port: int = 0
    folder_bytes: int = 1024**3
    _server: uvicorn.Server | None = field(default=None, repr=False)
    _thread: threading.Thread | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.port:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
        if not self.settings.public.exists():
            set_up(self.settings, self.base / "root-keys", 3, 2)

    @property
    def settings(self) -> RegistrySettings:
        return RegistrySettings(
            folder=self.base / "registry",
            host=self.host,
            hash_bits=self.hash_bits,
            port=self.port,
            folder_bytes=self.folder_bytes,
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def trusted_root(self) -> Path:
        return self.settings.public / "tuf" / "1.root.json"

    @property
    def grants(self) -> Grants:
        return Grants(self.settings.folder / "grants.json")

    def start(self) -> None:
        app = create_app(self.settings)
        config = uvicorn.Config(app, host="127.0.0.1", port=self.port, log_config=None)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                message = "the registry host did not start"
                raise RuntimeError(message)
            time.sleep(0.01)

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, trust_env=False, timeout=30)

    def mirror(self, folder: Path | None = None) -> Mirror:
        return Mirror(
            folder or self.base / "mirror", {self.host: self.url}, trusted_root=self.trusted_root
        )


@contextmanager
def running_registry(base: Path, **options: Any) -> Iterator[RegistryServer]:
    """A registry host that runs for the length of a with statement."""
    os.environ.pop("ACQUIS_REGISTRY_FOLDER", None)
    server = RegistryServer(base, **options)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@dataclass
class Published:
    """What :func:`publish_all` put into a registry."""

    schema: dict[str, Any]
    credential_definition: dict[str, Any]
    definition: dict[str, Any]
    lists: list[dict[str, Any]]
    tails_hash: str


def put(client: httpx.Client, resource: dict[str, Any], tag: str | None = None) -> httpx.Response:
    """Put a resource where it belongs."""
    headers = {"if-match": tag} if tag else {}
    return client.put(path_of(resource), json=resource, headers=headers)


def append_list(
    client: httpx.Client,
    issuer: Issuer,
    definition: dict[str, Any],
    timestamp: int,
    revoked: tuple[int, ...] = (),
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Publish a status list and the definition with its link; return both."""
    status_list = issuer.status_list(definition["id"], timestamp, revoked)
    assert put(client, status_list).is_success
    standing = client.get(path_of(definition))
    links = [*standing.json()["links"]]
    links.append({"type": "anonCredsStatusList", "id": status_list["id"], "timestamp": timestamp})
    unsigned = {key: value for key, value in definition.items() if key != "proof"}
    longer = issuer.sign({**unsigned, "links": links})
    answer = put(client, longer, standing.headers["etag"])
    assert answer.status_code == 200, answer.text
    return status_list, longer


def publish_all(server: RegistryServer, issuer: Issuer, lists: int = 2) -> Published:
    """Grant the issuer's folder and publish one of everything; lists at 1000, 2000 …"""
    server.grants.grant(issuer.folder)
    raw, tails_hash = tails(issuer.folder)
    with server.client() as client:
        assert client.put(f"/{issuer.folder}/did.jsonl", content=issuer.log).is_success
        schema = issuer.schema()
        definition_of_credential = issuer.credential_definition(schema["id"])
        assert put(client, schema).is_success
        assert put(client, definition_of_credential).is_success
        answer = client.put(f"/tails/hash/{tails_hash}", files={"tails": raw})
        assert answer.status_code in {201, 409}
        definition = issuer.registry_definition(definition_of_credential["id"], tails_hash)
        assert put(client, definition).is_success
        published = []
        for number in range(1, lists + 1):
            revoked = tuple(range(number - 1))
            status_list, definition = append_list(
                client, issuer, definition, 1000 * number, revoked
            )
            published.append(status_list)
    return Published(schema, definition_of_credential, definition, published, tails_hash)
