"""How a registry stands, in lines for its operator: ``acquis registry status``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from tuf.api.metadata import Root  # type: ignore[attr-defined]  # its documented name

from acquis.registry.paths import log_path
from registry_host.acceptance import did_of_log
from registry_host.files import read_or_none
from registry_host.grants import Grant
from registry_host.metadata import Wholes
from registry_host.settings import RegistrySettings

ROOT_WARNING: Final = timedelta(days=30)


def describe(
    settings: RegistrySettings, wholes: Wholes, granted: Mapping[str, Grant], now: datetime
) -> Iterator[str]:
    """Yield the lines; ``now`` is in UTC. Whatever is to be done about the root keys comes last."""
    root, targets = wholes.root.signed, wholes.targets.signed
    snapshot, timestamp = wholes.snapshot.signed, wholes.timestamp.signed
    signed = datetime.fromtimestamp((settings.tuf / "timestamp.json").stat().st_mtime, now.tzinfo)
    role = root.roles[Root.type]
    yield f"host            {settings.host}"
    yield f"files           {wholes.files}"
    yield f"hash bins       {wholes.roles.number_of_bins}"
    yield f"last signed     {signed:%Y-%m-%d %H:%M:%S} UTC"
    yield f"root            version {root.version}, expires {root.expires:%Y-%m-%d}"
    yield f"targets         version {targets.version}, expires {targets.expires:%Y-%m-%d}"
    yield f"snapshot        version {snapshot.version}, expires {snapshot.expires:%Y-%m-%d}"
    yield (
        f"timestamp       version {timestamp.version}, expires {timestamp.expires:%Y-%m-%d %H:%M}"
    )
    yield f"root keys       {role.threshold} of {len(role.keyids)} sign"
    for folder, grant in sorted(granted.items()):
        yield f"granted         {folder}: {publisher_of(settings, folder) or _awaited(grant)}"
    if not granted:
        yield "granted         nobody"
    if any(settings.root_keys_folder.glob("*.pem")):
        yield (
            f"WARNING: root keys lie in {settings.root_keys_folder}, beside the online key;"
            " take them away from this machine"
        )
    for warning in root_warnings({"root": root.expires, "targets": targets.expires}, now):
        yield f"WARNING: {warning}"


def root_warnings(expiries: Mapping[str, datetime], now: datetime) -> Iterator[str]:
    """Yield what the root keys must sign again soon; ``expiries`` is by role."""
    for name in ("root", "targets"):
        if expiries[name] < now + ROOT_WARNING:
            left = max((expiries[name] - now).days, 0)
            yield (
                f"the {name} metadata expires in {left} days;"
                " bring the root keys and run: acquis registry rotate --keep-online"
            )


def publisher_of(settings: RegistrySettings, folder: str) -> str | None:
    """Return the DID whose log stands in ``folder``, None when none does."""
    log = read_or_none(settings.public / str(log_path(folder)))
    return did_of_log(log, settings.host, folder) if log is not None else None


def _awaited(grant: Grant) -> str:
    return "free, to whoever comes first" if grant.scid is None else f"free, for {grant.scid}"
