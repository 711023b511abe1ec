"""One look at one address of a registry: root, timestamp, snapshot, hash bins, then the files.

1. Each piece of metadata is verified, kept and compared with what this address showed before and
   with what the other addresses show. What does not verify is not kept, but for how some of it
   begins, and not followed any further; what verifies and is old, forked or expired is, for it may
   sign something never seen.
2. A replay of metadata that was followed before is said and not followed again.
3. Of the hash bins, those that changed are read, those that an alarm stands on, and some others
   in turn, for the same version may have got another content.
4. What the bins list and was not looked at yet goes to :mod:`files`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from tuf.api.metadata import (  # type: ignore[attr-defined]  # its documented names
    Metadata,
    MetaFile,
    Root,
    SuccinctRoles,
    TargetFile,
    Targets,
)

from registry_host.watch.alarms import Alarm, AlarmName
from registry_host.watch.files import FileLook, Listed
from registry_host.watch.memory import SeenMetadata, View
from registry_host.watch.record import Record
from registry_host.watch.served import (
    MetadataRefused,
    NotServed,
    Served,
    UnverifiedMetadata,
    VerifiedMetadata,
    verify_metadata,
)

_MOST_ROOTS = 32  # in one look
_IN_TURN = 8  # hash bins read again in one look though nothing says that they changed
_OFFLINE = "offline"  # the epoch of what the operator's root keys sign


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of one look: alarms seen (new or standing), how many files changed, troubles."""

    found: tuple[Alarm, ...]
    examined: frozenset[str]
    changed: int
    troubles: dict[str, str]


class _RootMoved(Exception):
    """The root of trust was replaced during the look."""


class Look:
    """One look at the address ``view``; ``others`` are the other addresses' views."""

    def __init__(
        self,
        view: View,
        others: Sequence[View],
        record: Record,
        served: Served,
        *,
        now: datetime,
        turn: int = 0,
    ) -> None:
        self._view, self._others, self._record, self._served = view, others, record, served
        self._now, self._turn = now, turn
        self._found: list[Alarm] = []
        self._examined: set[str] = set()
        self._troubles: dict[str, str] = {}
        self._is_again = False

    def look(self) -> Looked:
        """Look at everything and note it; the alarms are noted by the caller."""
        files = FileLook(self._view, self._others, self._record, self._served)
        try:
            try:
                self._look(files)
            except _RootMoved:
                self._found.clear()
                self._look(files)
        except NotServed as error:
            self._troubles[error.subject] = error.reason
        troubles = self._troubles | files.troubles
        if not troubles and files.is_whole and self._view.unsettled:
            self._record.note("settled", view=self._view.name)
        self._record.commit()
        return Looked(
            found=(*self._found, *files.found),
            examined=frozenset(self._examined | files.examined),
            changed=files.changed,
            troubles=troubles,
        )

    def _look(self, files: FileLook) -> None:
        root = self._look_at_root()
        epoch = _epoch(root)
        timestamp = self._follow(self._served.metadata("timestamp"), root, None, epoch)
        if timestamp is None:
            return
        named = timestamp.metadata.signed.snapshot_meta
        served = self._served.metadata("snapshot", named.version)
        snapshot = self._follow(served, root, named, epoch)
        if snapshot is None or self._is_replay(snapshot, epoch):
            return
        named = snapshot.metadata.signed.meta.get("targets.json")
        if named is None:
            self._refuse("targets", snapshot.sha256, "not in the snapshot")
            return
        served = self._served.metadata("targets", named.version)
        targets = self._follow(served, root, named, _OFFLINE)
        if targets is None:
            return
        delegations = targets.metadata.signed.delegations
        roles = delegations.succinct_roles if delegations else None
        if roles is None:
            self._refuse("targets", targets.sha256, "no hash bins")
            return
        versions = {"timestamp": timestamp.version, "snapshot": snapshot.version}
        bins = list(self._look_at_bins(roles, targets.metadata, snapshot, epoch))
        files.look(list(self._listed(roles, bins, versions)), bins)

    # the root of trust

    def _look_at_root(self) -> Metadata[Root]:
        """Follow the chain of roots as far as it verifies and return the last one."""
        root = self._record.root()
        self._examined.add("tuf/root.json")
        self._look_at_same_root(root)
        for _ in range(_MOST_ROOTS):
            try:
                served = self._served.metadata("root", root.signed.version + 1)
            except NotServed as error:
                if error.status in {403, 404}:
                    break
                raise
            try:
                verify_metadata(served, root)
                following = verify_metadata(served, None)
                if following.version != root.signed.version + 1:
                    raise MetadataRefused("version")
            except MetadataRefused as error:
                self._refuse_unverified(served, error)
                break
            digest = self._record.archive.keep(served.raw)
            root = following.metadata
            self._record.note("root", version=following.version, sha256=digest)
        if root.signed.is_expired(self._now):
            self._alarm(AlarmName.METADATA_EXPIRED, "root", found=self._record.memory.root)
        return root

    def _look_at_same_root(self, root: Metadata[Root]) -> None:
        try:
            served = self._served.metadata("root", root.signed.version)
        except NotServed as error:
            if error.status is None:
                raise
            return
        try:
            seen = verify_metadata(served, root)
        except MetadataRefused as error:
            self._refuse_unverified(served, error)
            return
        digest = self._record.archive.keep(served.raw)
        if seen.signed_sha256 != sha256(root.signed_bytes).hexdigest():
            known = self._record.memory.root
            self._alarm(AlarmName.METADATA_FORK, "root", known, digest, f"version {seen.version}")

    def _check_root_stands(self) -> None:
        """Begin anew, once, when the root was replaced while we looked: a rotation is no attack."""
        before = self._record.memory.root
        if not self._is_again:
            self._is_again = True
            self._look_at_root()
            if self._record.memory.root != before:
                raise _RootMoved

    # one piece of metadata

    def _follow(
        self,
        served: UnverifiedMetadata,
        delegator: Metadata[Root] | Metadata[Targets],
        named: MetaFile | None,
        epoch: str,
    ) -> VerifiedMetadata | None:
        """Verify, keep, compare and note a piece of metadata; None when it does not verify."""
        self._examined.add(f"tuf/{served.role}.json")
        try:
            seen = verify_metadata(served, delegator, named)
        except MetadataRefused as error:
            self._check_root_stands()
            self._refuse_unverified(served, error)
            return None
        self._record.archive.keep(served.raw)
        self._compare(seen, epoch)
        key = (epoch, seen.role, seen.version)
        if key not in self._view.metadata:
            self._record.note(
                "metadata",
                view=self._view.name,
                epoch=epoch,
                role=seen.role,
                version=seen.version,
                sha256=seen.sha256,
                signed=seen.signed_sha256,
            )
        return seen

    def _compare(self, seen: VerifiedMetadata, epoch: str) -> None:
        key = (epoch, seen.role, seen.version)
        known = self._view.metadata.get(key)
        highest = self._view.highest.get((epoch, seen.role), 0)
        detail = f"version {seen.version}"
        if known is not None and known.signed != seen.signed_sha256:
            self._alarm(AlarmName.METADATA_FORK, seen.role, known.sha256, seen.sha256, detail)
        if seen.version < highest:
            last = self._view.metadata[epoch, seen.role, highest]
            detail = f"version {highest} before, {seen.version} now"
            self._alarm(AlarmName.METADATA_ROLLBACK, seen.role, last.sha256, seen.sha256, detail)
        for other in self._others:
            theirs: SeenMetadata | None = other.metadata.get(key)
            if theirs is not None and theirs.signed != seen.signed_sha256:
                detail = f"version {seen.version} at {other.name}"
                self._alarm(AlarmName.SPLIT_VIEW, seen.role, theirs.sha256, seen.sha256, detail)
        if seen.metadata.signed.is_expired(self._now):
            detail = f"{seen.metadata.signed.expires:%Y-%m-%dT%H:%M:%SZ}"
            self._alarm(AlarmName.METADATA_EXPIRED, seen.role, None, seen.sha256, detail)

    def _is_replay(self, seen: VerifiedMetadata, epoch: str) -> bool:
        known = self._view.metadata[epoch, seen.role, seen.version]
        highest = self._view.highest[epoch, seen.role]
        return seen.version < highest and known.signed == seen.signed_sha256

    # the hash bins

    def _look_at_bins(
        self,
        roles: SuccinctRoles,
        targets: Metadata[Targets],
        snapshot: VerifiedMetadata,
        epoch: str,
    ) -> Iterator[VerifiedMetadata]:
        """Yield the bins that were read, verified and are no replay."""
        names = sorted(roles.get_roles())
        turn = {names[(self._turn * _IN_TURN + step) % len(names)] for step in range(_IN_TURN)}
        standing = {alarm.subject for alarm in self._record.memory.standing.values()}
        for name in names:
            named = snapshot.metadata.signed.meta.get(f"{name}.json")
            if named is None:
                self._examined.add(f"tuf/{name}.json")
                self._refuse(name, snapshot.sha256, "not in the snapshot")
                continue
            known = self._view.metadata.get((epoch, name, named.version))
            is_read = known is not None and known.sha256 == self._view.listed.get(name)
            if is_read and name not in turn and f"tuf/{name}.json" not in standing:
                continue
            try:
                served = self._served.metadata(name, named.version)
            except NotServed as error:
                self._troubles[error.subject] = error.reason
                if self._served.is_spent:
                    return
                continue
            seen = self._follow(served, targets, named, epoch)
            if seen is not None and not self._is_replay(seen, epoch):
                yield seen

    def _listed(
        self, roles: SuccinctRoles, bins: list[VerifiedMetadata], versions: dict[str, int]
    ) -> Iterator[Listed]:
        """Yield what the bins list that was not looked at yet, and what they list no more."""
        fresh = {
            each.role: each for each in bins if self._view.listed.get(each.role) != each.sha256
        }
        for role, each in fresh.items():
            targets: dict[str, TargetFile] = each.metadata.signed.targets
            for path, target in targets.items():
                digest = target.hashes.get("sha256", "")
                if self._view.current.get(path) != digest:
                    seen_at = {**versions, "bin": each.version}
                    yield Listed(path, digest, role, each.sha256, seen_at, target.length)
        for path in self._view.accepted.keys() | self._view.current.keys():
            seen = fresh.get(roles.get_role_for_target(path)) if fresh else None
            if seen is not None and path not in seen.metadata.signed.targets:
                yield Listed(path, None, seen.role, seen.sha256, versions)

    # alarms

    def _refuse_unverified(self, served: UnverifiedMetadata, error: MetadataRefused) -> None:
        path = f"tuf/{served.role}.json"
        digest = self._record.note_unverified(self._view, served.role, path, served.raw)
        self._refuse(served.role, digest, error.reason)

    def _refuse(self, role: str, digest: str, reason: str) -> None:
        self._alarm(AlarmName.METADATA_UNVERIFIED, role, None, digest, reason)

    def _alarm(
        self,
        name: AlarmName,
        role: str,
        expected: str | None = None,
        found: str | None = None,
        detail: str = "",
    ) -> None:
        subject = f"tuf/{role}.json"
        self._found.append(Alarm(name, self._view.name, subject, detail, expected, found))


def _epoch(root: Metadata[Root]) -> str:
    """Return a name for the time during which the online keys stay the same.

    Where they were rotated, versions may start anew (TUF 5.3.11): the only way back from a thief
    who signed a version beyond all others.
    """
    roles: dict[str, Any] = root.signed.roles
    keys = sorted({*roles["timestamp"].keyids, *roles["snapshot"].keyids})
    return sha256(" ".join(keys).encode()).hexdigest()[:16]
