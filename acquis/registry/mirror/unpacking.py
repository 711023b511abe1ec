"""Unpacking: a trust pack somebody handed on, verified and laid out as the folder of a mirror.

The zip is read with bounds before anything is believed: its size, the size of its directory, the
size of each file and of all, every name exactly one the manifest lists (so none leads elsewhere),
none twice, none enciphered. A file is never written before its digest was that of the manifest.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

from acquis.errors import NotFound
from acquis.registry.did import parse_did
from acquis.registry.did_log import DidDocument, verify_did_log
from acquis.registry.mirror.packing import FILES, MANIFEST, MAX_PACK_BYTES, MAX_UNPACKED_BYTES
from acquis.registry.pack import MAX_FILES, MAX_MANIFEST_BYTES, Manifest, PackedFile, parse_manifest
from acquis.registry.paths import PublishedPath, log_path, witness_path
from acquis.registry.proof import verify_proof
from acquis.registry.rules import Rule, RuleBroken, broken
from acquis.text import Text

_END: Final = b"PK\x05\x06"
_END_64: Final = b"PK\x06\x07"
_END_BYTES: Final = 22
_LOCATOR_BYTES: Final = 20
_MAX_DIRECTORY_BYTES: Final = 24 * 1024 * 1024
_METHODS: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCIPHERED: Final = 0x1


def open_pack(path: Path, anchors: Collection[str], into: Path) -> Manifest:
    """Verify the pack at ``path`` and lay it out in the empty folder ``into``.

    ``anchors`` are the DIDs whose word is taken. Raises: NotFound (no such file), RuleBroken.
    """
    with _opened(path) as pack:
        entries = _entries(pack)
        listed = entries.pop(MANIFEST, None)
        if listed is None:
            raise _form_refusal()
        manifest, document = parse_manifest(_read(pack, listed, MAX_MANIFEST_BYTES))
        if manifest.anchor not in anchors:
            raise broken(
                Rule.ISSUER,
                f"The trust pack is signed by an anchor that was not chosen: {manifest.anchor}",
                "Le paquet de confiance est signé par une ancre qui n’a pas été choisie :"
                f" {manifest.anchor}",
            )
        if set(entries) != {f"{FILES}/{file}" for file in manifest.files}:
            raise broken(
                Rule.RESOURCE_FORM,
                "The trust pack does not hold exactly the files that its manifest lists.",
                "Le paquet de confiance ne contient pas exactement les fichiers de son manifeste.",
            )
        verify_proof(document, _anchor_document(pack, manifest).assertion_keys())
        for file in manifest.files:
            _lay_out(into, file, _packed(pack, manifest, file))
        for host, at in manifest.confirmed_at.items():
            (into / host / "files").mkdir(parents=True, exist_ok=True)
            noted = {"bins": {}, "confirmed_ns": (at or 0) * 10**9}
            (into / host / "applied.json").write_text(json.dumps(noted))
    return manifest


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip whose directory has a bounded size; whatever is wrong with it is RuleBroken."""
    try:
        _check_directory(path)
        with zipfile.ZipFile(path) as pack:
            yield pack
    except OSError as error:
        raise NotFound(
            Text("The trust pack cannot be read.", "Le paquet de confiance est illisible.")
        ) from error
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError) as error:
        raise _form_refusal() from error


def _check_directory(path: Path) -> None:
    """Refuse what ``zipfile`` would read an unbounded directory of: it reads the whole at once."""
    size = path.stat().st_size
    if size > MAX_PACK_BYTES:
        raise broken(
            Rule.SIZE,
            f"The trust pack is over its limit of {MAX_PACK_BYTES} bytes.",
            f"Le paquet de confiance dépasse sa limite de {MAX_PACK_BYTES} octets.",
        )
    with path.open("rb") as file:
        file.seek(max(0, size - _END_BYTES - _LOCATOR_BYTES))
        tail = file.read()
    end = tail[-_END_BYTES:]
    directory = int.from_bytes(end[12:16], "little")
    if (
        len(end) != _END_BYTES
        or not end.startswith(_END)
        or end[20:] != b"\0\0"
        or tail.startswith(_END_64)
        or directory > _MAX_DIRECTORY_BYTES
    ):
        raise _form_refusal()


def _entries(pack: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the entries by name; none twice, all together within bounds."""
    listed = pack.infolist()
    entries = {each.filename: each for each in listed}
    if (
        len(entries) != len(listed)
        or len(listed) > MAX_FILES + 1
        or any(each.flag_bits & _ENCIPHERED for each in listed)
        or any(each.compress_type not in _METHODS for each in listed)
        or sum(each.file_size for each in listed) > MAX_UNPACKED_BYTES + MAX_MANIFEST_BYTES
    ):
        raise _form_refusal()
    return entries


def _read(pack: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """Return the bytes of an entry, never more than ``most``, whatever it says of itself."""
    if entry.file_size > most:
        raise _form_refusal()
    with pack.open(entry) as file:
        raw = file.read(most + 1)
    if len(raw) != entry.file_size:
        raise _form_refusal()
    return raw


def _packed(pack: zipfile.ZipFile, manifest: Manifest, file: PackedFile) -> bytes:
    raw = _read(pack, pack.getinfo(f"{FILES}/{file}"), file.published.max_bytes)
    if sha256(raw).hexdigest() != manifest.files[file]:
        raise broken(
            Rule.DIGEST,
            f"A file of the trust pack is not the one that was signed: {file}",
            f"Un fichier du paquet de confiance n’est pas celui qui a été signé : {file}",
        )
    return raw


def _anchor_document(pack: zipfile.ZipFile, manifest: Manifest) -> DidDocument:
    """Return the anchor's verified DID document, from its log in the pack."""
    parts = parse_did(manifest.anchor)

    def find(published: PublishedPath) -> bytes | None:
        file = PackedFile(parts.host, published)
        return _packed(pack, manifest, file) if file in manifest.files else None

    log = find(log_path(parts.folder))
    if log is None:
        raise broken(
            Rule.REFERENCE,
            "The trust pack does not hold the DID log of the anchor that signed it.",
            "Le paquet de confiance ne contient pas le journal de DID de l’ancre qui l’a signé.",
        )
    document = verify_did_log(manifest.anchor, log, find(witness_path(parts.folder)))
    if document.deactivated:
        raise broken(
            Rule.LOG_DEACTIVATED,
            "The anchor that signed the trust pack has given up its DID.",
            "L’ancre qui a signé le paquet de confiance a abandonné son DID.",
        )
    return document


def _lay_out(into: Path, file: PackedFile, raw: bytes) -> None:
    path = into / file.host / "files" / str(file.published)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)


def _form_refusal() -> RuleBroken:
    return broken(
        Rule.RESOURCE_FORM,
        "This is no trust pack: a zip with a manifest and exactly the files that it lists.",
        "Ceci n’est pas un paquet de confiance : un zip avec un manifeste et exactement les"
        " fichiers qu’il cite.",
    )
