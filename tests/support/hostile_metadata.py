"""TUF metadata of another time, place or key, one attack per name, each by a host with its online key.

``METADATA_ATTACKS`` says for each with which error python-tuf refuses it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tuf.api.metadata import (  # type: ignore[attr-defined]
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Timestamp,
)

from acquis.registry.strict_json import MAX_VALUES
from registry_host.keys import ONLINE, load_key
from registry_host.metadata import SignedTree
from support.attacked_registry import AttackedRegistry
from support.registry import RegistryServer

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
FAR_AHEAD = 2**31


class Signing:
    """The host's hand: opens the metadata of a registry, changes it and signs it again."""

    def __init__(self, attacked: AttackedRegistry) -> None:
        self.folder = attacked.public / "tuf"
        self.key = load_key(attacked.base / "registry" / "keys" / ONLINE)

    @property
    def timestamp(self) -> Metadata[Timestamp]:
        found: Metadata[Timestamp] = Metadata.from_file(str(self.folder / "timestamp.json"))
        return found

    @property
    def snapshot(self) -> Metadata[Snapshot]:
        version = self.timestamp.signed.snapshot_meta.version
        return self.open(f"{version}.snapshot.json")

    def open(self, name: str) -> Metadata[Any]:
        return Metadata.from_file(str(self.folder / name))

    def write(self, role: str, metadata: Metadata[Any]) -> int:
        metadata.sign(self.key)
        version: int = metadata.signed.version
        metadata.to_file(str(self.folder / f"{version}.{role}.json"))
        return version

    def publish(self, snapshot: Metadata[Snapshot], **changes: Any) -> None:
        """Sign a snapshot and a timestamp that means it, with ``changes`` in the timestamp."""
        timestamp = self.timestamp
        timestamp.signed.version += 1
        timestamp.signed.snapshot_meta = MetaFile(self.write("snapshot", snapshot))
        for name, value in changes.items():
            setattr(timestamp.signed, name, value)
        timestamp.sign(self.key)
        timestamp.to_file(str(self.folder / "timestamp.json"))


def old_metadata_replayed(attacked: AttackedRegistry) -> None:
    shutil.rmtree(attacked.public / "tuf")
    shutil.copytree(attacked.honest / "tuf", attacked.public / "tuf")


def only_the_old_timestamp_replayed(attacked: AttackedRegistry) -> None:
    shutil.copy(attacked.honest / "tuf" / "timestamp.json", attacked.public / "tuf")


def only_the_old_snapshot_replayed(attacked: AttackedRegistry) -> None:
    """Under a new timestamp that names its version."""
    hand = Signing(attacked)
    timestamp = hand.timestamp
    timestamp.signed.version += 1
    timestamp.signed.snapshot_meta = MetaFile(timestamp.signed.snapshot_meta.version - 1)
    timestamp.sign(hand.key)
    timestamp.to_file(str(hand.folder / "timestamp.json"))


def timestamp_expired(attacked: AttackedRegistry) -> None:
    """A freeze: the host goes on serving what was true once."""
    hand = Signing(attacked)
    snapshot = hand.snapshot
    snapshot.signed.version += 1
    hand.publish(snapshot, expires=LONG_AGO)


def snapshot_expired(attacked: AttackedRegistry) -> None:
    hand = Signing(attacked)
    snapshot = hand.snapshot
    snapshot.signed.version += 1
    snapshot.signed.expires = LONG_AGO
    hand.publish(snapshot)


def bin_expired(attacked: AttackedRegistry) -> None:
    hand = Signing(attacked)
    snapshot = hand.snapshot
    name = "bin-0"
    expired = hand.open(f"{snapshot.signed.meta[f'{name}.json'].version}.{name}.json")
    expired.signed.version += 1
    expired.signed.expires = LONG_AGO
    snapshot.signed.meta[f"{name}.json"] = MetaFile(hand.write(name, expired))
    snapshot.signed.version += 1
    hand.publish(snapshot)


def snapshot_of_another_version_under_the_name(attacked: AttackedRegistry) -> None:
    """Mix and match: a new timestamp, the old snapshot under the new name."""
    hand = Signing(attacked)
    now = hand.timestamp.signed.snapshot_meta.version
    attacked.tree().sign({"univ/x/index.json": TargetFile.from_data("x", b"x", ["sha256"])})
    shutil.copy(hand.folder / f"{now}.snapshot.json", hand.folder / f"{now + 1}.snapshot.json")


def bin_of_another_version_under_the_name(attacked: AttackedRegistry) -> None:
    """Mix and match: a new snapshot, an old bin under the new name."""
    hand = Signing(attacked)
    snapshot = hand.snapshot
    for name, meta in list(snapshot.signed.meta.items()):
        if name.startswith("bin-"):
            old = hand.folder / f"{meta.version}.{name}"
            shutil.copy(old, hand.folder / f"{meta.version + 1}.{name}")
            snapshot.signed.meta[name] = MetaFile(meta.version + 1)
    snapshot.signed.version += 1
    hand.publish(snapshot)


def bin_swapped_for_another(attacked: AttackedRegistry) -> None:
    """Each bin's metadata under the next one's name, so that files seem to be gone."""
    hand = Signing(attacked)
    snapshot = hand.snapshot
    bins = sorted(name for name in snapshot.signed.meta if name.startswith("bin-"))
    bodies = [hand.open(f"{snapshot.signed.meta[name].version}.{name}") for name in bins]
    for name, body in zip(bins, bodies[1:] + bodies[:1], strict=True):
        body.signed.version = snapshot.signed.meta[name].version + 1
        snapshot.signed.meta[name] = MetaFile(hand.write(name.removesuffix(".json"), body))
    snapshot.signed.version += 1
    hand.publish(snapshot)


def bin_left_out(attacked: AttackedRegistry) -> None:
    hand = Signing(attacked)
    snapshot = hand.snapshot
    del snapshot.signed.meta["bin-0.json"]
    snapshot.signed.version += 1
    hand.publish(snapshot)


def another_registrys_metadata(attacked: AttackedRegistry) -> None:
    """Newer in every version, signed by another registry's keys."""
    other = RegistryServer(attacked.base / "other")
    tree = SignedTree(other.settings.public / "tuf", load_key(other.settings.keys_folder / ONLINE))
    for _ in range(30):
        tree.renew()
    for path in (other.settings.public / "tuf").glob("*.json"):
        if "root" not in path.name:
            shutil.copy(path, attacked.public / "tuf" / path.name)


def root_replaced_by_another(attacked: AttackedRegistry) -> None:
    """A second root that the first one's keys have not signed."""
    other = RegistryServer(attacked.base / "other")
    forged: Metadata[Root] = Metadata.from_file(str(other.trusted_root))
    forged.signed.version = 2
    for number in (1, 2):
        key = attacked.base / "other" / "root-keys" / f"root-{number}.pem"
        forged.sign(load_key(key), append=number > 1)
    forged.to_file(str(attacked.public / "tuf" / "2.root.json"))


def root_signed_by_too_few(attacked: AttackedRegistry) -> None:
    """One root key of two was stolen."""
    root: Metadata[Root] = Metadata.from_file(str(attacked.trusted_root))
    root.signed.version = 2
    root.sign(load_key(attacked.base / "root-keys" / "root-1.pem"))
    root.to_file(str(attacked.public / "tuf" / "2.root.json"))


def root_of_the_first_version_again(attacked: AttackedRegistry) -> None:
    shutil.copy(attacked.trusted_root, attacked.public / "tuf" / "2.root.json")


def countless_values(attacked: AttackedRegistry) -> None:
    """Lists by the hundred thousand, which a parser would make before it knows who signed."""
    body = b'{"signed": [' + b",".join([b"[]"] * MAX_VALUES) + b'], "signatures": []}'
    for path in (attacked.public / "tuf").glob("*.bin-*.json"):
        path.write_bytes(body)
    hand = Signing(attacked)
    snapshot = hand.snapshot
    for name, meta in snapshot.signed.meta.items():
        if name.startswith("bin-"):
            (hand.folder / f"{meta.version + 1}.{name}").write_bytes(body)
            snapshot.signed.meta[name] = MetaFile(meta.version + 1)
    snapshot.signed.version += 1
    hand.publish(snapshot)


def fast_forward(attacked: AttackedRegistry) -> None:
    """The highest versions there are, so that nothing true is newer any more; accepted at first."""
    hand = Signing(attacked)
    snapshot = hand.snapshot
    for name, meta in list(snapshot.signed.meta.items()):
        if name.startswith("bin-"):
            ahead = hand.open(f"{meta.version}.{name}")
            ahead.signed.version = FAR_AHEAD
            hand.write(name.removesuffix(".json"), ahead)
            snapshot.signed.meta[name] = MetaFile(FAR_AHEAD)
    snapshot.signed.version = FAR_AHEAD
    hand.publish(snapshot, version=FAR_AHEAD)


METADATA_ATTACKS: list[tuple[Callable[[AttackedRegistry], None], str]] = [
    (old_metadata_replayed, "BadVersionNumberError"),
    (only_the_old_timestamp_replayed, "BadVersionNumberError"),
    (only_the_old_snapshot_replayed, "BadVersionNumberError"),
    (timestamp_expired, "ExpiredMetadataError"),
    (snapshot_expired, "ExpiredMetadataError"),
    (bin_expired, "ExpiredMetadataError"),
    (snapshot_of_another_version_under_the_name, "BadVersionNumberError"),
    (bin_of_another_version_under_the_name, "BadVersionNumberError"),
    (bin_left_out, "RepositoryError"),
    (another_registrys_metadata, "UnsignedMetadataError"),
    (root_replaced_by_another, "UnsignedMetadataError"),
    (root_signed_by_too_few, "UnsignedMetadataError"),
    (root_of_the_first_version_again, "BadVersionNumberError"),
    (countless_values, "DownloadError"),
]
