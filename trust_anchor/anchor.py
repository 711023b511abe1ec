"""The anchor's folder: its DID, its keys, its draft and every version it ever signed.

What lies in it::

    anchor.json       the name of the anchor
    did.jsonl         the log of its DID, as it is published
    keys/             attest-<n>.pem: the key that signs lists since entry n of the log; deleted
                      once the registry shows the log that replaces it
    update-keys/      update-<n>.pem: the key that signs entry n of the log; n + 1 is committed to
    draft.json        whom the anchor will recognise with the next publication
    versions/<n>.json each list that was signed, written before it is published
    published.json    which version was last read back from the registry

Signing a list needs ``keys/`` only; ``update-keys/`` is needed to rotate keys and is to be kept
elsewhere in between. ``did.jsonl`` is written last: with it the anchor is set up.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from acquis.errors import Conflict, InvalidInput, NotFound, Untrusted
from acquis.registry.did import is_host, parse_did
from acquis.registry.did_log import DidDocument, build_genesis, verify_did_log
from acquis.registry.keys import SigningKey
from acquis.registry.paths import parse_folder
from acquis.registry.strict_json import parse_json, parse_object
from acquis.service import file_lock
from acquis.service.files import write_whole
from acquis.service.signing_keys import load_key, load_or_create_key
from acquis.text import Text

MAX_NAME: Final = 256


@dataclass(frozen=True, slots=True)
class Anchor:
    """An anchor that is set up in ``folder``; ``log`` is the log of its DID, verified."""

    folder: Path
    name: str
    log: bytes
    document: DidDocument

    @property
    def did(self) -> str:
        """The DID under which the anchor publishes."""
        return self.document.did

    @property
    def place(self) -> str:
        """Where it publishes below its registry: ``trust/NAME``."""
        return parse_did(self.did).folder

    def load_attest_key(self) -> SigningKey:
        """Return the key that signs now: the last one the DID document lists.

        Raises: NotFound when it is not in ``keys/``.
        """
        listed = list(self.document.assertion_keys().values())
        for path in sorted((self.folder / "keys").glob("attest-*.pem")):
            key = load_key(path)
            if listed and key.multikey == listed[-1]:
                return key
        raise NotFound(
            Text(
                f"The key that signs for {self.did} is not in {self.folder / 'keys'}.",
                f"La clé qui signe pour {self.did} n’est pas dans {self.folder / 'keys'}.",
            )
        )


def create_anchor(
    folder: Path, host: str, place: str, name: str, *, update_keys: Path | None = None
) -> Anchor:
    """Set up an anchor, or return the one that is set up: repeating is safe.

    ``update_keys`` is where the update keys are written (default: ``folder/update-keys``).
    Raises: InvalidInput, RuleBroken (path), Conflict when another anchor is set up in ``folder``.
    """
    if (folder / "did.jsonl").exists():
        return _same_anchor(load_anchor(folder), host, place, name)
    _check_names(host, place, name)
    first, second = (
        load_or_create_key(update_key_file(folder, number, update_keys)) for number in (1, 2)
    )
    attest = load_or_create_key(attest_key_file(folder, 1))
    _, log = build_genesis(host, place, first, second, attest.multikey)
    write_whole(folder / "anchor.json", json.dumps({"name": name}).encode())
    write_whole(folder / "did.jsonl", log.encode())
    return load_anchor(folder)


def load_anchor(folder: Path) -> Anchor:
    """Return the anchor set up in ``folder``. Raises: NotFound, RuleBroken, Untrusted."""
    try:
        log = (folder / "did.jsonl").read_bytes()
        named = parse_object((folder / "anchor.json").read_bytes())
    except OSError as error:
        raise NotFound(
            Text(
                f"No trust anchor is set up in {folder}; run: acquis trust init",
                f"Aucune ancre de confiance dans {folder} ; lancez : acquis trust init",
            )
        ) from error
    first = parse_json(log.split(b"\n", 1)[0])
    state = first.get("state") if isinstance(first, dict) else None
    did = state.get("id") if isinstance(state, dict) else None
    name = named.get("name")
    if not isinstance(did, str) or not isinstance(name, str):
        raise Untrusted(
            Text(
                f"{folder} does not hold what a trust anchor keeps.",
                f"{folder} ne contient pas ce que garde une ancre de confiance.",
            )
        )
    return Anchor(folder, name, log, verify_did_log(did, log))


def attest_key_file(folder: Path, number: int) -> Path:
    """Return where the key lies that signs lists since entry ``number`` of the log."""
    return folder / "keys" / f"attest-{number}.pem"


def update_key_file(folder: Path, number: int, update_keys: Path | None = None) -> Path:
    """Return where the key lies that signs entry ``number`` of the log."""
    return (update_keys or folder / "update-keys") / f"update-{number}.pem"


def only_one(folder: Path) -> AbstractContextManager[None]:
    """Hold the folder for one command. Raises: Conflict while another one holds it."""
    return file_lock.only_one(
        folder / ".lock",
        Text(
            f"Another command is at work in {folder}; try again when it has ended.",
            f"Une autre commande est en cours dans {folder} ; réessayez ensuite.",
        ),
    )


def _same_anchor(anchor: Anchor, host: str, place: str, name: str) -> Anchor:
    if (parse_did(anchor.did).host, anchor.place, anchor.name) != (host, place, name):
        raise Conflict(
            Text(
                f"{anchor.folder} holds another anchor already: {anchor.name}, {anchor.did}",
                f"{anchor.folder} contient déjà une autre ancre : {anchor.name}, {anchor.did}",
            )
        )
    return anchor


def _check_names(host: str, place: str, name: str) -> None:
    parse_folder(place)
    if not is_host(host):
        raise InvalidInput(
            Text(
                "The host must be the name in the registry’s DIDs: no port, no address.",
                "L’hôte doit être le nom présent dans les DID du registre : ni port, ni adresse.",
            )
        )
    if not 0 < len(name.strip()) <= MAX_NAME:
        raise InvalidInput(
            Text(
                f"The name of an anchor has 1 to {MAX_NAME} characters.",
                f"Le nom d’une ancre compte de 1 à {MAX_NAME} caractères.",
            )
        )
