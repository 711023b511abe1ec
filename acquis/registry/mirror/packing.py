"""Packing: the files of a mirror, of one moment, as one signed zip; see ``acquis.registry.pack``."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from acquis.errors import TooLarge
from acquis.registry.mirror.folder import Mirror
from acquis.registry.pack import MAX_FILES, Manifest, PackedFile, build_manifest
from acquis.registry.paths import FileKind, parse_path
from acquis.registry.rules import Rule, RuleBroken, broken
from acquis.text import Text

MANIFEST: Final = "manifest.json"
FILES: Final = "files"
MAX_PACK_BYTES: Final = 256 * 1024 * 1024
MAX_UNPACKED_BYTES: Final = 512 * 1024 * 1024

_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)  # of a zip; when it was made stands in the manifest

type Sign = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def write_pack(mirror: Mirror, out: Path, anchor: str, made_at: int, sign: Sign) -> Manifest:
    """Write a pack of everything but tails in ``mirror`` to ``out``; ``sign`` adds the proof.

    No refresh changes the copy meanwhile. ``made_at`` in Unix seconds.
    Raises: TooLarge, Unavailable (a refresh lasts too long), RuleBroken, OSError.
    """
    with mirror.held(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, allowZip64=False) as pack:
        digests: dict[PackedFile, str] = {}
        whole = 0
        for file, path in _files(mirror):
            raw = _read(file, path)
            whole += len(raw)
            if len(digests) >= MAX_FILES or whole > MAX_UNPACKED_BYTES:
                raise _too_large()
            digests[file] = sha256(raw).hexdigest()
            pack.writestr(_entry(f"{FILES}/{file}"), raw)
        confirmed = mirror.confirmed_at()
        made_at = max(made_at, *(at for at in confirmed.values() if at is not None), 1)
        manifest = Manifest(anchor, made_at, confirmed, digests)
        signed = sign(build_manifest(manifest))
        pack.writestr(_entry(MANIFEST), json.dumps(signed, ensure_ascii=False).encode())
    if out.stat().st_size > MAX_PACK_BYTES:
        raise _too_large()
    return manifest


def _files(mirror: Mirror) -> Iterator[tuple[PackedFile, Path]]:
    """Yield what is published, by name; what lies there and is no published file is left out."""
    for host, folder in mirror.folders():
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            try:
                published = parse_path(path.relative_to(folder).as_posix())
            except RuleBroken:
                continue
            if published.kind is not FileKind.TAILS:
                yield PackedFile(host, published), path


def _read(file: PackedFile, path: Path) -> bytes:
    with path.open("rb") as opened:
        raw = opened.read(file.published.max_bytes + 1)
    if len(raw) > file.published.max_bytes:
        raise broken(
            Rule.SIZE,
            f"{file} is over its limit of {file.published.max_bytes} bytes.",
            f"{file} dépasse sa limite de {file.published.max_bytes} octets.",
        )
    return raw


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EARLIEST)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _too_large() -> TooLarge:
    return TooLarge(
        Text(
            f"The mirror is too large for a pack: at most {MAX_FILES} files,"
            f" {MAX_UNPACKED_BYTES // 2**20} MiB, {MAX_PACK_BYTES // 2**20} MiB packed.",
            f"Le miroir est trop grand pour un paquet : au plus {MAX_FILES} fichiers,"
            f" {MAX_UNPACKED_BYTES // 2**20} Mio, {MAX_PACK_BYTES // 2**20} Mio compressés.",
        )
    )
