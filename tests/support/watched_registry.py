"""A registry that is watched, and a thief who holds its online key and signs what he likes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from securesystemslib.signer import Signer  # type: ignore[attr-defined]  # its documented name
from tuf.api.metadata import (  # type: ignore[attr-defined]  # its documented names
    Metadata,
    MetaFile,
    Root,
    Targets,
)

from acquis.registry.did_log import build_next_entry
from acquis.registry.resource import Link
from registry_host.keys import ONLINE, load_key, load_or_create_key
from registry_host.watch.alarms import Alarm
from registry_host.watch.journal import read_journal
from registry_host.watch.memory import MAIN
from registry_host.watch.record import Record, opened_record
from registry_host.watch.watcher import Round, Watcher
from support.hostile_registry import HostileHost
from support.registry import HOST, Issuer, Published, seeded_key

EARLIER = datetime(2026, 1, 1, tzinfo=UTC)

type Content = bytes | str | Mapping[str, Any] | None


class Watching:
    """A watcher of the registry at ``url``; each round opens its folder anew, as a process would."""

    def __init__(self, folder: Path, trusted_root: Path, url: str, **also: str) -> None:
        self.folder, self.trusted_root = folder, trusted_root
        self.addresses = {MAIN: url, **also}
        self.clock = lambda: datetime.now(UTC)

    def rounds(self, **limits: Any) -> list[Round]:
        with opened_record(self.folder, self.clock) as record:
            record.pin(HOST, self.trusted_root, self.addresses[MAIN])
            return Watcher(record, self.addresses, self.clock, **limits).rounds()

    def round(self, **limits: Any) -> Round:
        return self.rounds(**limits)[0]

    def record(self) -> Record:
        return Record(self.folder, self.clock)

    def raised(self) -> set[tuple[str, str]]:
        """(name, subject) of the alarms that a round raises."""
        return {(str(alarm.name), alarm.subject) for alarm in self.round().raised}

    def noted(self, kind: str) -> list[dict[str, Any]]:
        """The lines of one kind in the journal."""
        entries, _ = read_journal(self.folder / "journal.jsonl")
        return [entry for entry in entries if entry["kind"] == kind]

    def standing(self) -> list[Alarm]:
        return list(self.record().memory.standing.values())


class Thief:
    """Whoever runs the host of the registry in ``base`` with its online key, and is not honest."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.public = base / "registry" / "public"
        self.tuf = self.public / "tuf"
        self.online = load_key(base / "registry" / "keys" / ONLINE)
        self.root_version = 1

    def name_of(self, role: str) -> str:
        if role == "timestamp":
            return "timestamp.json"
        if role == "snapshot":
            return f"{self.load('timestamp').signed.snapshot_meta.version}.snapshot.json"
        return f"{self.load('snapshot').signed.meta[f'{role}.json'].version}.{role}.json"

    def load(self, role: str) -> Metadata[Any]:
        return Metadata.from_bytes((self.tuf / self.name_of(role)).read_bytes())

    def write(self, role: str, metadata: Metadata[Any], *signers: Signer) -> None:
        metadata.signatures.clear()
        for signer in signers or (self.online,):
            metadata.sign(signer, append=True)
        name = role if role == "timestamp" else f"{metadata.signed.version}.{role}"
        (self.tuf / f"{name}.json").write_bytes(metadata.to_bytes())

    def sign(self, role: str, change: Callable[[Any], object], *, step: int = 1) -> None:
        """Change metadata and sign it, ``step`` versions on; what names it is signed as well."""
        metadata = self.load(role)
        change(metadata.signed)
        metadata.signed.version += step
        version = metadata.signed.version
        self.write(role, metadata)
        if role == "snapshot" and step:
            self.sign("timestamp", lambda ts: setattr(ts, "snapshot_meta", MetaFile(version)))
        elif role != "timestamp" and step:
            self.sign("snapshot", lambda s: s.meta.update({f"{role}.json": MetaFile(version)}))

    def bin_of(self, path: str) -> str:
        targets: Targets = self.load("targets").signed
        assert targets.delegations is not None
        assert targets.delegations.succinct_roles is not None
        role: str = targets.delegations.succinct_roles.get_role_for_target(path)
        return role

    def publish(self, files: Mapping[str, Content], *, step: int = 1) -> None:
        """Publish anything at any path, properly signed; None takes it out of the metadata."""
        for path, content in files.items():
            if content is None:
                self.sign(self.bin_of(path), lambda bin_, path=path: bin_.targets.pop(path))
                continue
            raw = _bytes(content)
            (self.public / path).parent.mkdir(parents=True, exist_ok=True)
            (self.public / path).write_bytes(raw)
            target = {"length": len(raw), "hashes": {"sha256": sha256(raw).hexdigest()}}
            self.sign(self.bin_of(path), _listing(path, target), step=step)

    def later(self, role: str = "timestamp", **delta: float) -> None:
        """Sign again with another expiry, at the same version."""
        self.sign(role, lambda each: _expire(each, timedelta(**delta)), step=0)

    def remember(self, name: str) -> None:
        shutil.copytree(self.public, self.base / name, dirs_exist_ok=True)

    def restore(self, name: str) -> None:
        shutil.rmtree(self.public)
        shutil.copytree(self.base / name, self.public)

    def replace_online_key(self) -> None:
        """Take the registry back: the operator's root keys appoint another online key."""
        roots = [load_key(path) for path in sorted((self.base / "root-keys").iterdir())]
        fresh = load_or_create_key(self.base / "fresh.pem")
        root: Metadata[Root] = Metadata.from_bytes(
            (self.tuf / f"{self.root_version}.root.json").read_bytes()
        )
        for role in ("timestamp", "snapshot"):
            for keyid in list(root.signed.roles[role].keyids):
                root.signed.revoke_key(keyid, role)
            root.signed.add_key(fresh.public_key, role)
        self.root_version += 1
        root.signed.version = self.root_version
        self.write("root", root, *roots)
        targets = self.load("targets")
        delegations = targets.signed.delegations
        roles = delegations.succinct_roles
        delegations.keys = {fresh.public_key.keyid: fresh.public_key}
        roles.keyids = [fresh.public_key.keyid]
        targets.signed.version += 1
        self.write("targets", targets, *roots)
        self.online = fresh
        snapshot = self.load("snapshot")
        for role in roles.get_roles():
            each = self.load(role)
            each.signed.version = 1
            self.write(role, each)
            snapshot.signed.meta[f"{role}.json"] = MetaFile(1)
        snapshot.signed.meta["targets.json"] = MetaFile(targets.signed.version)
        snapshot.signed.version = 1
        self.write("snapshot", snapshot)
        timestamp = self.load("timestamp")
        timestamp.signed.version, timestamp.signed.snapshot_meta = 1, MetaFile(1)
        self.write("timestamp", timestamp)


def _listing(path: str, target: dict[str, Any]) -> Callable[[Any], None]:
    from tuf.api.metadata import TargetFile  # type: ignore[attr-defined]

    def change(bin_: Any) -> None:
        bin_.targets[path] = TargetFile.from_dict(dict(target), path)

    return change


def _expire(signed: Any, delta: timedelta) -> None:
    signed.expires = datetime.now(UTC).replace(microsecond=0) + delta


def _bytes(content: bytes | str | Mapping[str, Any]) -> bytes:
    if isinstance(content, bytes):
        return content
    return content.encode() if isinstance(content, str) else json.dumps(content).encode()


@dataclass
class Attacked:
    """A watched registry whose host is hostile and whose online key is stolen."""

    issuer: Issuer
    published: Published
    host: HostileHost
    thief: Thief
    watching: Watching

    @property
    def log(self) -> str:
        return f"{self.issuer.folder}/did.jsonl"

    def extended(self, *, created: datetime | None = None, **options: Any) -> str:
        log = self.issuer.log.encode()
        return build_next_entry(log, self.issuer.next, seeded_key("n"), created=created, **options)

    def recovers(self, *names: str) -> None:
        """The next round says that all alarms are over, and nothing else."""
        done = self.watching.round()
        assert done.raised == ()
        assert {str(alarm.name) for alarm in done.cleared} == set(names)
        assert done.standing == 0


def build_definition(
    attacked: Attacked, *links: Link, keep: int = 2, **changes: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The registry definition with other links, signed by its issuer, and what stood."""
    standing = attacked.published.definition
    unsigned = {key: value for key, value in standing.items() if key != "proof"}
    kept = standing["links"][:keep]
    return attacked.issuer.sign({**unsigned, "links": kept, **changes}), standing
