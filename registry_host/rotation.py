"""New keys under the metadata: a new root that the old root keys and the new ones signed.

The order leaves no gap for a mirror and nothing half done for a crash:

1. the new online key is written beside the old one, which stays until 4;
2. hash bins, targets, snapshot and timestamp are signed by the old keys *and* the new ones, so
   that they hold below the old root and below the new one; the timestamp is written last;
3. the new root is written: from here on the old keys count for nothing, in a mirror that has seen
   it as in one that has not refreshed for long, and whoever stole one can sign nothing with it;
4. the new online key takes the place of the old one.

Broken off before 3, the rotation is simply made again: the new keys that were created are used.
Broken off between 3 and 4, the next start, or the next rotation, puts the key in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from securesystemslib.signer import Signer  # type: ignore[attr-defined]  # its documented name
from tuf.api.exceptions import UnsignedMetadataError
from tuf.api.metadata import (  # type: ignore[attr-defined]  # its documented names
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    Targets,
    Timestamp,
)

from acquis.errors import InvalidInput
from acquis.registry.mirror.source import TIMESTAMP_VALID
from acquis.text import Text
from registry_host.metadata import (
    BIN_VALID,
    OFFLINE_VALID,
    SNAPSHOT_VALID,
    Wholes,
    load_wholes,
    write_metadata,
)


@dataclass(frozen=True, slots=True)
class KeyChange:
    """Which keys sign: ``present`` and ``following`` root keys, ``online`` and ``next_online``.

    ``following`` None: the root keys stay, and ``present`` are those of them that were brought.
    ``threshold`` None: as before. ``next_online`` None: the online key stays.
    """

    present: Sequence[Signer]
    following: Sequence[Signer] | None
    threshold: int | None
    online: Signer
    next_online: Signer | None


def rotate(folder: Path, change: KeyChange) -> Root:
    """Sign everything in ``folder`` as ``change`` says and return the new root.

    Expiry of root and targets begins anew. Raises: InvalidInput when a new root key is in force
    already, or fewer were brought than the old threshold or the new one asks for (nothing was
    written then); OSError.
    """
    wholes = load_wholes(folder)
    _check_new(wholes.root.signed, change)
    now = datetime.now(UTC).replace(microsecond=0)
    root_signers = _distinct([*change.present, *(change.following or ())])
    root = _next_root(wholes.root, change, now)
    targets = _next_targets(wholes.targets, change, now)
    for metadata in (root, targets):
        metadata.signatures.clear()
        for signer in root_signers:
            metadata.sign(signer, append=True)
    _check_thresholds(wholes.root.signed, root, targets)
    _sign_online(folder, wholes, targets, change, now)
    write_metadata(folder, f"{root.signed.version}.root.json", root)
    return root.signed


def _check_new(before: Root, change: KeyChange) -> None:
    """Check that new root keys are new, unless keys of the past show that this is made again."""
    in_force = set(before.roles[Root.type].keyids)
    kept = in_force & {each.public_key.keyid for each in change.following or ()}
    if kept and in_force >= {each.public_key.keyid for each in change.present}:
        raise InvalidInput(
            Text(
                "A root key that was named as new is in force already. Nothing was changed;"
                " name an empty folder for the new ones.",
                "Une clé racine donnée pour nouvelle est déjà en vigueur. Rien n’a été changé ;"
                " donnez un dossier vide pour les nouvelles.",
            )
        )


def _next_root(standing: Metadata[Root], change: KeyChange, now: datetime) -> Metadata[Root]:
    root = deepcopy(standing)
    root.signed.version += 1
    root.signed.expires = now + OFFLINE_VALID
    if change.following is not None:
        _replace_keys(root.signed, Root.type, change.following)
        _replace_keys(root.signed, Targets.type, change.following)
    if change.threshold is not None:
        for role in (Root.type, Targets.type):
            root.signed.roles[role].threshold = change.threshold
    if change.next_online is not None:
        for role in (Snapshot.type, Timestamp.type):
            _replace_keys(root.signed, role, [change.next_online])
    return root


def _replace_keys(root: Root, role: str, signers: Sequence[Signer]) -> None:
    for keyid in list(root.roles[role].keyids):
        root.revoke_key(keyid, role)
    for signer in signers:
        root.add_key(signer.public_key, role)


def _next_targets(
    standing: Metadata[Targets], change: KeyChange, now: datetime
) -> Metadata[Targets]:
    targets = deepcopy(standing)
    targets.signed.version += 1
    targets.signed.expires = now + OFFLINE_VALID
    delegations = targets.signed.delegations
    if change.next_online is not None and delegations is not None:
        key = change.next_online.public_key
        roles = deepcopy(delegations.succinct_roles)
        if roles is not None:
            roles.keyids = [key.keyid]
        targets.signed.delegations = Delegations({key.keyid: key}, succinct_roles=roles)
    return targets


def _check_thresholds(before: Root, root: Metadata[Root], targets: Metadata[Targets]) -> None:
    """Check that root and targets hold below the old root and below the new one."""
    try:
        for delegator in (before, root.signed):
            delegator.verify_delegate(Root.type, root.signed_bytes, root.signatures)
            delegator.verify_delegate(Targets.type, targets.signed_bytes, targets.signatures)
    except UnsignedMetadataError as error:
        needed = before.roles[Root.type].threshold, root.signed.roles[Root.type].threshold
        raise InvalidInput(
            Text(
                f"Not enough root keys: {needed[0]} of those in force and {needed[1]} of those"
                " to come must sign. Nothing was changed.",
                f"Trop peu de clés racines : {needed[0]} de celles en vigueur et {needed[1]} de"
                " celles à venir doivent signer. Rien n’a été changé.",
            )
        ) from error


def _sign_online(
    folder: Path, wholes: Wholes, targets: Metadata[Targets], change: KeyChange, now: datetime
) -> None:
    """Write what lies below the new root, signed by the old online key and the new one."""
    signers = _distinct([change.online, *([change.next_online] if change.next_online else [])])

    def write(role: str, metadata: Metadata[Any], expires: datetime) -> MetaFile:
        metadata.signed.version += 1
        metadata.signed.expires = expires
        metadata.signatures.clear()
        for signer in signers:
            metadata.sign(signer, append=True)
        write_metadata(folder, f"{metadata.signed.version}.{role}.json", metadata)
        return MetaFile(metadata.signed.version)

    snapshot = wholes.snapshot.signed
    for name, each in wholes.bins.items() if change.next_online else ():
        snapshot.meta[f"{name}.json"] = write(name, each, now + BIN_VALID)
    write_metadata(folder, f"{targets.signed.version}.targets.json", targets)
    snapshot.meta["targets.json"] = MetaFile(targets.signed.version)
    timestamp = wholes.timestamp
    timestamp.signed.snapshot_meta = write("snapshot", wholes.snapshot, now + SNAPSHOT_VALID)
    timestamp.signed.version += 1
    timestamp.signed.expires = now + TIMESTAMP_VALID
    timestamp.signatures.clear()
    for signer in signers:
        timestamp.sign(signer, append=True)
    write_metadata(folder, "timestamp.json", timestamp)


def _distinct(signers: Sequence[Signer]) -> list[Signer]:
    return list({signer.public_key.keyid: signer for signer in signers}.values())
