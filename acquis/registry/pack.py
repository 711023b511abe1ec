"""The manifest of a trust pack: what a bundle of published files holds, as of when, by whose word.

A pack is a zip of the files of a mirror (no tails) with ``manifest.json``, which an anchor signs::

    {"type": "AcquisTrustPack", "version": 1, "anchor": DID, "made_at": Unix seconds,
     "registries": {host: {"confirmed_at": Unix seconds or null}},
     "files": {"<host>/<path in the registry>": SHA-256 in hex}, "proof": eddsa-jcs-2022}

Whoever opens one believes it only when (1) its anchor is one they chose; (2) the anchor's DID log,
itself in the pack, verifies and its DID is not deactivated; (3) the proof is by a key that the DID
lists for assertions; (4) every file has its digest and there is no other. What the files say is
verified when it is read, as in any mirror; the pack adds of what date they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from acquis.registry.did import is_host, parse_did
from acquis.registry.paths import FileKind, PublishedPath, parse_path
from acquis.registry.rules import Rule, RuleBroken, broken
from acquis.registry.strict_json import parse_object

TYPE: Final = "AcquisTrustPack"
MAX_FILES: Final = 65_000
MAX_MANIFEST_BYTES: Final = 16 * 1024 * 1024

_MEMBERS: Final = {"type", "version", "anchor", "made_at", "registries", "files", "proof"}
_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LATEST: Final = 2**40  # a time beyond is none


@dataclass(frozen=True, slots=True)
class PackedFile:
    """One published file of the registry ``host``."""

    host: str
    published: PublishedPath

    def __str__(self) -> str:
        return f"{self.host}/{self.published}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an anchor says a pack holds; times in Unix seconds.

    ``confirmed_at`` is, for each registry, when it last confirmed the copy; None: it never did.
    ``files`` maps each file to its SHA-256 in hex.
    """

    anchor: str
    made_at: int
    confirmed_at: Mapping[str, int | None]
    files: Mapping[PackedFile, str]


def build_manifest(manifest: Manifest) -> dict[str, Any]:
    """Return the manifest's JSON without its proof."""
    return {
        "type": TYPE,
        "version": 1,
        "anchor": manifest.anchor,
        "made_at": manifest.made_at,
        "registries": {
            host: {"confirmed_at": at} for host, at in sorted(manifest.confirmed_at.items())
        },
        "files": {
            str(file): digest
            for file, digest in sorted(manifest.files.items(), key=lambda each: str(each[0]))
        },
    }


def parse_manifest(raw: bytes) -> tuple[Manifest, dict[str, Any]]:
    """Return the manifest, of which nothing is verified yet, and its JSON with the proof.

    Raises: RuleBroken (json, size, resource-form, did-form, path).
    """
    document = parse_object(raw, MAX_MANIFEST_BYTES)
    registries, files = document.get("registries"), document.get("files")
    if (
        set(document) != _MEMBERS
        or document["type"] != TYPE
        or document["version"] != 1
        or type(document["version"]) is not int
        or not isinstance(registries, dict)
        or not isinstance(files, dict)
        or not 0 < len(files) <= MAX_FILES
    ):
        raise _form_refusal()
    parse_did(document["anchor"])
    confirmed = {host: _parse_registry(host, each) for host, each in registries.items()}
    made_at = _parse_time(document["made_at"])
    if any(at is not None and at > made_at for at in confirmed.values()):
        raise _form_refusal()
    packed: dict[PackedFile, str] = {}
    for name, digest in files.items():
        file = parse_packed(name)
        if file.host not in confirmed or not _is_digest(digest):
            raise _form_refusal()
        packed[file] = digest
    return Manifest(document["anchor"], made_at, confirmed, packed), document


def parse_packed(name: str) -> PackedFile:
    """Return the published file that ``<host>/<path>`` names; no tails. Raises: RuleBroken."""
    host, _, path = name.partition("/")
    published = parse_path(path)
    if not is_host(host) or published.kind is FileKind.TAILS:
        raise _form_refusal()
    return PackedFile(host, published)


def _parse_registry(host: str, said: object) -> int | None:
    if not is_host(host) or not isinstance(said, dict) or set(said) != {"confirmed_at"}:
        raise _form_refusal()
    at = said["confirmed_at"]
    return None if at is None else _parse_time(at)


def _parse_time(value: object) -> int:
    if type(value) is not int or not 0 < value < _LATEST:
        raise _form_refusal()
    return value


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _form_refusal() -> RuleBroken:
    return broken(
        Rule.RESOURCE_FORM,
        "The manifest of the trust pack has not the expected form.",
        "Le manifeste du paquet de confiance n’a pas la forme attendue.",
    )
