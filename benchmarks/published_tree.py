"""A registry of any size on disk, really signed, so that what size costs can be measured.

The objects are real: AnonCreds keys, a revocation registry and its list made by the library, an
achievement of the examples. Each is published again and again under other issuers and names, so
every file has its own digest and its own signature. Three shortcuts, none of which a reader can
tell: the keys behind several credential definitions are the same, so are their tails files, and
an accumulator is not computed again when a list changes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import anoncreds
from tuf.api.metadata import TargetFile  # type: ignore[attr-defined]  # its documented name

from acquis.registry.content import ResourceType, tails_location
from acquis.registry.did_log import build_genesis
from acquis.registry.index import Index, IndexEntry, build_index
from acquis.registry.keys import SigningKey
from acquis.registry.paths import index_path, log_path, parse_path, resource_path, tails_path
from acquis.registry.resource import Link, build_resource, sign_resource
from registry_host.grants import Grants
from registry_host.keys import ONLINE, load_key
from registry_host.metadata import SignedTree
from registry_host.operation import set_up
from registry_host.settings import RegistrySettings
from schemas import load_example

HOST: Final = "registry.acquis.example"
EXAMPLE: Final = "data-analysis-with-python-and-sql"
FIRST_LIST: Final = 1_700_000_000  # Unix seconds

type Signed = list[tuple[str, int, str]]  # path, length, SHA-256 in hex


@dataclass(frozen=True, slots=True)
class Objects:
    """Real AnonCreds objects of one credential, to be published under many issuers."""

    schema: dict[str, Any]
    definition: dict[str, Any]
    registry: dict[str, Any]
    status_list: dict[str, Any]
    tails: bytes


def make_objects(attributes: int, registry_size: int) -> Objects:
    """Make the keys of a credential with ``attributes`` and of its revocation registry."""
    somebody = "did:webvh:QmMade:registry.acquis.example:univ:somebody"
    names = [f"attribute_{number:02}" for number in range(attributes)]
    schema = anoncreds.Schema.create("made", "1.0", somebody, names)
    definition, _, _ = anoncreds.CredentialDefinition.create(
        f"{somebody}/resources/schema", schema, somebody, "1", "CL", support_revocation=True
    )
    named = f"{somebody}/resources/definition"
    with TemporaryDirectory() as folder:
        registry, private = anoncreds.RevocationRegistryDefinition.create(
            named, definition, somebody, "0", "CL_ACCUM", registry_size, tails_dir_path=folder
        )
        tails = Path(registry.tails_location).read_bytes()
    status_list = anoncreds.RevocationStatusList.create(
        definition,
        f"{somebody}/resources/registry",
        registry,
        private,
        somebody,
        issuance_by_default=True,
        timestamp=FIRST_LIST,
    )
    made = (json.loads(each.to_json()) for each in (schema, definition, registry, status_list))
    return Objects(*made, tails)


@dataclass(frozen=True, slots=True)
class Credential:
    """The ids under which the parts of one achievement's credential are published."""

    definition_id: str
    registry_id: str


class Issuer:
    """The issuer with a number: its keys, its DID, and what it publishes, signed."""

    def __init__(self, number: int) -> None:
        self.folder = f"univ/issuer-{number}"
        update, following, self._attest = (
            SigningKey.from_seed(sha256(f"{kind} {number}".encode()).digest())
            for kind in ("update", "next", "attest")
        )
        self.did, self.log = build_genesis(
            HOST, self.folder, update, following, self._attest.multikey, created=_CREATED
        )

    def resource(
        self,
        kind: ResourceType,
        name: str,
        content: Mapping[str, Any],
        links: tuple[Link, ...] = (),
    ) -> dict[str, Any]:
        """Build and sign one attested resource."""
        return self.sign(build_resource(self.did, kind, name, content, links), _CREATED)

    def sign(self, resource: Mapping[str, Any], created: datetime) -> dict[str, Any]:
        """Sign a resource, again where it was signed before."""
        return sign_resource(resource, self._attest, f"{self.did}#{self._attest.multikey}", created)

    def credential(self, number: int, made: Objects) -> list[dict[str, Any]]:
        """Return what stands for one achievement: five resources, what is referred to first."""
        mine = {"issuerId": self.did}
        slug = f"achievement-{number}"
        achievement = self.resource(
            ResourceType.ACHIEVEMENT, slug, {**load_example(EXAMPLE), **mine, "slug": slug}
        )
        schema = self.resource(ResourceType.SCHEMA, slug, {**made.schema, **mine, "name": slug})
        definition = self.resource(
            ResourceType.CREDENTIAL_DEFINITION,
            slug,
            {**made.definition, **mine, "schemaId": schema["id"], "tag": slug},
        )
        tails_hash = made.registry["value"]["tailsHash"]
        value = {**made.registry["value"], "tailsLocation": tails_location(self.did, tails_hash)}
        content = {**made.registry, **mine, "credDefId": definition["id"], "value": value}
        kind = ResourceType.REVOCATION_REGISTRY_DEFINITION
        unlisted = build_resource(self.did, kind, "0", content)
        status_list = self.status_list(unlisted["id"], made.status_list, FIRST_LIST)
        registry = self.resource(kind, "0", content, (Link(status_list["id"], FIRST_LIST),))
        return [achievement, schema, definition, status_list, registry]

    def status_list(
        self, registry_id: str, before: Mapping[str, Any], at: int, revoked: int | None = None
    ) -> dict[str, Any]:
        """Return a list in force from ``at`` on, with one more revoked."""
        states = list(before["revocationList"])
        if revoked is not None:
            states[revoked] = 1
        content = {
            **before,
            "issuerId": self.did,
            "revRegDefId": registry_id,
            "revocationList": states,
            "timestamp": at,
        }
        return self.resource(ResourceType.STATUS_LIST, "0", content)


_CREATED: Final = datetime(2026, 1, 1, tzinfo=UTC)


def publish(public: Path, issuers: int, achievements: int, made: list[Objects]) -> list[Signed]:
    """Write the files of all issuers below ``public``; return what is to be signed for each.

    The first of the list are the tails files, then one entry for each issuer.
    """
    tails = []
    for each in made:
        path = str(tails_path(each.registry["value"]["tailsHash"]))
        tails.append(_write(public, path, each.tails))
    publish_one = partial(_publish_issuer, public, achievements, made)
    with ProcessPoolExecutor() as pool:
        return [tails, *pool.map(publish_one, range(issuers))]


def _publish_issuer(public: Path, achievements: int, made: list[Objects], number: int) -> Signed:
    issuer = Issuer(number)
    entries: dict[ResourceType, list[IndexEntry]] = {}
    signed = [_write(public, str(log_path(issuer.folder)), issuer.log.encode())]
    for each in range(achievements):
        for resource in issuer.credential(each, made[each % len(made)]):
            digest, metadata = resource["id"].rsplit("/", 1)[1], resource["metadata"]
            raw = json.dumps(resource, ensure_ascii=False, separators=(",", ":")).encode()
            signed.append(_write(public, str(resource_path(issuer.folder, digest)), raw))
            kind = ResourceType(metadata["resourceType"])
            if kind is not ResourceType.STATUS_LIST:
                entry = IndexEntry(resource["id"], metadata["resourceName"])
                entries.setdefault(kind, []).insert(0, entry)
    index = Index(issuer.did, {kind: tuple(listed) for kind, listed in entries.items()})
    return [*signed, _write(public, str(index_path(issuer.folder)), build_index(index))]


def _write(public: Path, path: str, raw: bytes) -> tuple[str, int, str]:
    (public / path).parent.mkdir(parents=True, exist_ok=True)
    (public / path).write_bytes(raw)
    return path, len(raw), sha256(raw).hexdigest()


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry that is ready to be served, with the first ``issuers`` of a published tree."""

    settings: RegistrySettings
    files: int
    size: int  # bytes of the published files

    @property
    def trusted_root(self) -> Path:
        """The root of trust that its readers are given."""
        return self.settings.public / "tuf" / "1.root.json"

    def paths(self) -> Iterator[tuple[str, TargetFile]]:
        """Yield each published path with what is signed for it."""
        tree = SignedTree(
            self.settings.public / "tuf", load_key(self.settings.keys_folder / ONLINE)
        )
        for path in sorted(self.settings.public.glob("[!.]*/**/*")):
            target = tree.target(path.relative_to(self.settings.public).as_posix())
            if target is not None:
                yield target.path, target


def set_up_registry(
    folder: Path, port: int, published: Path, signed: list[Signed], issuers: int
) -> Registry:
    """Set up a registry with the tails files and the first ``issuers``, and sign them at once.

    The files are links to those of ``published``: a host never writes into a file that stands.
    """
    settings = RegistrySettings(folder=folder / "registry", host=HOST, port=port)
    set_up(settings, folder / "root-keys", keys=3, threshold=2)
    grants = Grants(settings.folder / "grants.json")
    changes = {}
    for entry in signed[: issuers + 1]:
        for path, length, digest in entry:
            (settings.public / path).parent.mkdir(parents=True, exist_ok=True)
            (settings.public / path).hardlink_to(published / path)
            changes[path] = TargetFile(length, {"sha256": digest}, path)
        if entry is not signed[0]:
            grants.grant(parse_path(entry[0][0]).folder)
    os.sync()
    SignedTree(settings.public / "tuf", load_key(settings.keys_folder / ONLINE)).sign(changes)
    return Registry(settings, len(changes), sum(each.length for each in changes.values()))
