"""The TUF metadata over the published tree: which file has which digest, signed after each write.

Roles: ``root`` and ``targets`` are signed by the operator's root keys, which are kept away from
this machine; ``snapshot``, ``timestamp`` and the succinct hash bins (TAP 15) by the online key.
Consistent snapshots are on: every metadata file but the timestamp carries its version in its name
and stays readable for a while, so a mirror that is refreshing never meets a mix. The timestamp is
written last; until then a write does not exist for a mirror. What is on disk is the truth: after
a failure everything is loaded again and what was pending is signed with the next write.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from securesystemslib.signer import Signer  # type: ignore[attr-defined]  # its documented name
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (  # type: ignore[attr-defined]  # its documented names
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    SuccinctRoles,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

from acquis.registry.mirror.source import TIMESTAMP_VALID
from registry_host.files import FRESH, write_whole

OFFLINE_VALID: Final = timedelta(days=365)
BIN_VALID: Final = timedelta(days=365)
SNAPSHOT_VALID: Final = timedelta(days=7)
PREFIX: Final = "bin"

_NAME = re.compile(r"(\d+)\.(root|snapshot|targets|bin-[0-9a-f]+)\.json")
_SERIALIZER = JSONSerializer(compact=True)


@dataclass(slots=True)
class Wholes:
    """All metadata that is current: what the timestamp leads to, below the newest root."""

    root: Metadata[Root]
    targets: Metadata[Targets]
    snapshot: Metadata[Snapshot]
    timestamp: Metadata[Timestamp]
    roles: SuccinctRoles
    bins: dict[str, Metadata[Targets]]

    @property
    def online_keys(self) -> frozenset[str]:
        """The ids of the keys that may sign snapshot, timestamp and every hash bin."""
        roles = self.root.signed.roles
        return frozenset(
            set(roles[Snapshot.type].keyids)
            & set(roles[Timestamp.type].keyids)
            & set(self.roles.keyids)
        )

    @property
    def files(self) -> int:
        """How many files are signed."""
        return sum(len(each.signed.targets) for each in self.bins.values())


def load_wholes(folder: Path) -> Wholes:
    """Load the current metadata in ``folder``; no signature is checked, the files are our own.

    Raises: FileNotFoundError when there is none; OSError when a file is damaged.
    """
    timestamp: Metadata[Timestamp] = _open(folder, "timestamp.json")
    version = timestamp.signed.snapshot_meta.version
    snapshot: Metadata[Snapshot] = _open(folder, f"{version}.snapshot.json")
    meta = snapshot.signed.meta
    targets: Metadata[Targets] = _open(folder, f"{meta['targets.json'].version}.targets.json")
    root: Metadata[Root] = _open(folder, f"{newest_root(folder)}.root.json")
    delegations = targets.signed.delegations
    if delegations is None or delegations.succinct_roles is None:
        message = "the metadata has no hash bins"
        raise OSError(message)
    roles: SuccinctRoles = delegations.succinct_roles
    bins: dict[str, Metadata[Targets]] = {
        name: _open(folder, f"{meta[f'{name}.json'].version}.{name}.json")
        for name in roles.get_roles()
    }
    return Wholes(root, targets, snapshot, timestamp, roles, bins)


def _open(folder: Path, name: str) -> Metadata[Any]:
    try:
        return Metadata.from_bytes((folder / name).read_bytes())
    except RepositoryError as error:
        message = f"the metadata file {name} is damaged"
        raise OSError(message) from error


def write_metadata(folder: Path, name: str, metadata: Metadata[Any]) -> None:
    """Write one metadata file whole."""
    write_whole(folder / name, metadata.to_bytes(_SERIALIZER))


class SignedTree:
    """The metadata of one registry in ``folder`` (its public ``tuf/``), signed by ``signer``."""

    def __init__(self, folder: Path, signer: Signer) -> None:
        self._folder = folder
        self._signer = signer
        self._signing = threading.Lock()
        self._queue = threading.Lock()
        self._pending: dict[str, TargetFile] = {}
        self._load()

    @property
    def signed_at(self) -> float:
        """When the timestamp was last signed (Unix seconds)."""
        return (self._folder / "timestamp.json").stat().st_mtime

    @property
    def expiries(self) -> dict[str, datetime]:
        """When each role's metadata expires; root and targets are the root keys' to sign again."""
        return {
            "root": self._root.signed.expires,
            "targets": self._targets.signed.expires,
            "snapshot": self._snapshot.signed.expires,
            "timestamp": self._timestamp.signed.expires,
        }

    def target(self, path: str) -> TargetFile | None:
        """Return what is signed for ``path``, None when nothing is."""
        return self._bins[self._roles.get_role_for_target(path)].signed.targets.get(path)

    def count(self) -> int:
        """Return how many files are signed."""
        return sum(len(each.signed.targets) for each in self._bins.values())

    def sign(self, changes: Mapping[str, TargetFile]) -> None:
        """Sign for ``changes`` (path → its digest); returns when the new timestamp is out.

        Writers that wait at the same time share one signature. After an ``OSError`` the changes
        stay pending and go out with the next signature.
        """
        with self._queue:
            self._pending.update(changes)
        with self._signing:
            with self._queue:
                batch, self._pending = self._pending, {}
            if not batch:
                return  # somebody who waited before signed for us
            self._sign_or_reload(batch)

    def renew(self) -> None:
        """Sign the timestamp again, what is pending, and what comes near its end."""
        with self._signing:
            with self._queue:
                batch, self._pending = self._pending, {}
            self._sign_or_reload(batch)

    def prune(self, keep_seconds: float) -> None:
        """Remove metadata that was superseded more than ``keep_seconds`` ago; roots stay."""
        with self._signing:
            current = self._current()
            superseded: dict[str, list[int]] = {}
            for path in self._folder.iterdir():
                found = _NAME.fullmatch(path.name)
                if path.name.startswith(FRESH):
                    path.unlink()
                elif found and found[2] in current and int(found[1]) < current[found[2]]:
                    superseded.setdefault(found[2], []).append(int(found[1]))
            for role, numbers in superseded.items():
                for old, following in pairwise([*sorted(numbers), current[role]]):
                    since = (self._folder / f"{following}.{role}.json").stat().st_mtime
                    if since < time.time() - keep_seconds:
                        (self._folder / f"{old}.{role}.json").unlink()

    def _current(self) -> dict[str, int]:
        current = {
            name.removesuffix(".json"): meta.version
            for name, meta in self._snapshot.signed.meta.items()
        }
        return current | {"snapshot": self._timestamp.signed.snapshot_meta.version}

    def _sign_or_reload(self, batch: dict[str, TargetFile]) -> None:
        try:
            self._sign(batch)
        except OSError:
            with self._queue:
                self._pending = {**batch, **self._pending}
            self._load()
            raise

    def _sign(self, batch: Mapping[str, TargetFile]) -> None:
        now = datetime.now(UTC).replace(microsecond=0)
        touched = {self._roles.get_role_for_target(path) for path in batch}
        for path, target in batch.items():
            self._bins[self._roles.get_role_for_target(path)].signed.targets[path] = target
        ending = now + BIN_VALID / 4
        touched |= {name for name, each in self._bins.items() if each.signed.expires < ending}
        for name in sorted(touched):
            self._renew(self._bins[name], now + BIN_VALID)
            version = self._write(name, self._bins[name])
            self._snapshot.signed.meta[f"{name}.json"] = MetaFile(version)
        if touched or self._snapshot.signed.expires < now + SNAPSHOT_VALID / 2:
            self._renew(self._snapshot, now + SNAPSHOT_VALID)
            version = self._write("snapshot", self._snapshot)
            self._timestamp.signed.snapshot_meta = MetaFile(version)
        self._renew(self._timestamp, now + TIMESTAMP_VALID)
        write_metadata(self._folder, "timestamp.json", self._timestamp)

    def _renew(
        self,
        metadata: Metadata[Targets] | Metadata[Snapshot] | Metadata[Timestamp],
        expires: datetime,
    ) -> None:
        metadata.signed.version += 1
        metadata.signed.expires = expires
        metadata.sign(self._signer)

    def _write(self, role: str, metadata: Metadata[Targets] | Metadata[Snapshot]) -> int:
        version: int = metadata.signed.version
        write_metadata(self._folder, f"{version}.{role}.json", metadata)
        return version

    def _load(self) -> None:
        """Load what the timestamp on disk says is current; anything newer was never published."""
        wholes = load_wholes(self._folder)
        self._root, self._targets = wholes.root, wholes.targets
        self._snapshot, self._timestamp = wholes.snapshot, wholes.timestamp
        self._roles, self._bins = wholes.roles, wholes.bins


def create_tree(
    folder: Path, root_signers: Sequence[Signer], threshold: int, signer: Signer, bits: int
) -> None:
    """Write the first metadata of a registry that publishes nothing yet.

    ``root_signers`` sign root and targets, ``threshold`` of them are needed; ``signer`` is the
    online key; there are ``2**bits`` hash bins. The timestamp is written last.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    root = Root(version=1, expires=now + OFFLINE_VALID, consistent_snapshot=True)
    for each in root_signers:
        root.add_key(each.public_key, Root.type)
        root.add_key(each.public_key, Targets.type)
    root.roles[Root.type].threshold = root.roles[Targets.type].threshold = threshold
    for role in (Snapshot.type, Timestamp.type):
        root.add_key(signer.public_key, role)
    keyid = signer.public_key.keyid
    roles = SuccinctRoles([keyid], 1, bits, PREFIX)
    targets = Targets(version=1, expires=now + OFFLINE_VALID)
    targets.delegations = Delegations({keyid: signer.public_key}, succinct_roles=roles)
    snapshot = Snapshot(version=1, expires=now + SNAPSHOT_VALID)
    for name in roles.get_roles():
        bin_ = Metadata(Targets(version=1, expires=now + BIN_VALID))
        bin_.sign(signer)
        write_metadata(folder, f"1.{name}.json", bin_)
        snapshot.meta[f"{name}.json"] = MetaFile(1)
    wholes: list[tuple[str, Metadata[Any], Sequence[Signer]]] = [
        ("root", Metadata(root), root_signers),
        ("targets", Metadata(targets), root_signers),
        ("snapshot", Metadata(snapshot), [signer]),
    ]
    for role, whole, signers in wholes:
        for each in signers:
            whole.sign(each, append=True)
        write_metadata(folder, f"1.{role}.json", whole)
    timestamp = Metadata(Timestamp(version=1, expires=now + TIMESTAMP_VALID))
    timestamp.sign(signer)
    write_metadata(folder, "timestamp.json", timestamp)


def newest_root(folder: Path) -> int:
    """Return the highest version of the root in ``folder``. Raises: OSError when there is none."""
    found = (_NAME.fullmatch(path.name) for path in folder.glob("*.root.json"))
    newest = max((int(match[1]) for match in found if match), default=0)
    if not newest:
        message = "the metadata has no root"
        raise FileNotFoundError(message)
    return newest


def target_of(path: str, raw: bytes) -> TargetFile:
    """Return what will be signed for ``raw`` at ``path``: its length and SHA-256."""
    return TargetFile.from_data(path, raw, ["sha256"])
