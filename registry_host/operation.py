"""What the operator of a registry does to its folder: set it up, grant in it, replace its keys."""

from __future__ import annotations

from pathlib import Path

from tuf.api.metadata import Root, Timestamp  # type: ignore[attr-defined]  # its documented names

from acquis.errors import Conflict, InvalidInput
from acquis.registry.did import parse_did
from acquis.registry.paths import parse_folder
from acquis.text import Text
from registry_host.files import write_whole
from registry_host.grants import GRANTS, Grants
from registry_host.keys import (
    NEXT_ONLINE,
    ONLINE,
    load_keys,
    load_online_key,
    load_or_create_key,
)
from registry_host.metadata import Wholes, create_tree, load_wholes
from registry_host.rotation import KeyChange, rotate
from registry_host.settings import RegistrySettings
from registry_host.standing import publisher_of


def set_up(settings: RegistrySettings, root_keys: Path, keys: int, threshold: int) -> None:
    """Create the keys and the first metadata of a registry. Raises: InvalidInput, Untrusted."""
    if threshold > keys:
        raise InvalidInput(
            Text(
                "The threshold is higher than the number of root keys.",
                "Le seuil dépasse le nombre de clés racines.",
            )
        )
    signer = load_or_create_key(settings.keys_folder / ONLINE)
    roots = [load_or_create_key(path) for path in _root_key_paths(root_keys, keys)]
    write_whole(settings.folder / "host", settings.host.encode())
    create_tree(settings.tuf, roots, threshold, signer, settings.hash_bits)


def grant_folder(settings: RegistrySettings, folder: str, did: str | None) -> bool:
    """Grant ``folder``, to ``did`` (a DID or a SCID) if one is given; False: nothing to change.

    Raises: RuleBroken (path, did-form), Conflict when it is another DID's.
    """
    parse_folder(folder)
    scid = did
    if did is not None and did.startswith("did:"):
        parts = parse_did(did)
        if (parts.host, parts.folder) != (settings.host, folder):
            raise InvalidInput(
                Text(
                    f"That DID belongs at {parts.host}/{parts.folder}.",
                    f"Ce DID a sa place à {parts.host}/{parts.folder}.",
                )
            )
        scid = parts.scid
    taken = publisher_of(settings, folder)
    if taken is not None and scid not in {None, parse_did(taken).scid}:
        raise Conflict(
            Text(
                f"{folder} belongs to {taken} already.",
                f"{folder} appartient déjà à {taken}.",
            )
        )
    return Grants(settings.folder / GRANTS).grant(folder, scid)


def replace_keys(
    settings: RegistrySettings,
    root_keys: Path,
    new_root_keys: Path | None = None,
    keys: int | None = None,
    threshold: int | None = None,
    *,
    online: bool = True,
) -> Root:
    """Replace keys of a registry that the caller holds, and return the new root.

    Raises: InvalidInput, NotFound (keys are missing), Untrusted (a file is no key), Conflict (a
    rotation was broken off and needs this one with a new online key).
    """
    wholes = load_current(settings)
    role = wholes.root.signed.roles[Root.type]
    present = load_keys(root_keys)
    following = None
    if new_root_keys is not None:
        paths = _root_key_paths(new_root_keys, keys or len(role.keyids))
        following = [load_or_create_key(path) for path in paths]
    folder = settings.keys_folder
    if online:
        in_force = wholes.root.signed.roles[Timestamp.type].keyids
        signer = load_online_key(folder, frozenset(in_force))
        next_online = load_or_create_key(folder / NEXT_ONLINE)
    else:
        signer, next_online = load_online_key(folder, wholes.online_keys), None
    root = rotate(settings.tuf, KeyChange(present, following, threshold, signer, next_online))
    load_online_key(folder, load_current(settings).online_keys)
    return root


def load_current(settings: RegistrySettings) -> Wholes:
    """Load the current metadata of a registry. Raises: InvalidInput when it is not set up."""
    try:
        return load_wholes(settings.tuf)
    except FileNotFoundError as error:
        raise InvalidInput(
            Text(
                "The registry is not set up; run: acquis registry init",
                "Le registre n’est pas initialisé ; lancez : acquis registry init",
            )
        ) from error


def _root_key_paths(folder: Path, keys: int) -> list[Path]:
    return [folder / f"root-{number + 1}.pem" for number in range(keys)]
