"""The AnonCreds keys of the test vectors: made once by the library, kept in ``tests/vectors/keys``.

To find the safe primes of a credential definition takes seconds, so they are kept. They are public
for good and protect nothing: nobody may use them for anything but these vectors.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anoncreds

KEYS = Path(__file__).parents[1] / "vectors" / "keys"
REGISTRY_SIZE = 32
_WARNING = "Test keys, published on purpose. They protect nothing and must never be used."
_SOMEBODY = "did:webvh:QmMade:registry.acquis.example:demo:somebody"


@dataclass(frozen=True)
class Keys:
    """The keys of one credential definition, and of its revocation registry where it has one."""

    value: dict[str, Any]
    private: dict[str, Any]
    correctness: dict[str, Any]
    registry_value: dict[str, Any]
    registry_private: dict[str, Any]
    tails: Path


def load_keys(name: str, attributes: tuple[str, ...], *, revocable: bool) -> Keys:
    """Return the keys called ``name``; makes and keeps them where there are none yet."""
    file = KEYS / f"{name}.test-keys.json"
    tails = KEYS / f"{name}.test-tails"
    if not file.exists():
        _make(file, tails, attributes, revocable=revocable)
    kept = json.loads(file.read_bytes())
    assert kept["attributes"] == sorted(attributes), name
    registry = kept["registry"] or {"value": {}, "private": {}}
    return Keys(
        kept["value"],
        kept["private"],
        kept["correctness"],
        registry["value"],
        registry["private"],
        tails,
    )


def _make(file: Path, tails: Path, attributes: tuple[str, ...], *, revocable: bool) -> None:
    schema = anoncreds.Schema.create("made", "1.0", _SOMEBODY, list(attributes))
    definition, private, correctness = anoncreds.CredentialDefinition.create(
        f"{_SOMEBODY}/schema", schema, _SOMEBODY, "1", "CL", support_revocation=revocable
    )
    made: dict[str, Any] = {
        "warning": _WARNING,
        "attributes": sorted(attributes),
        "value": json.loads(definition.to_json())["value"],
        "private": json.loads(private.to_json()),
        "correctness": json.loads(correctness.to_json()),
        "registry": None,
    }
    if revocable:
        with TemporaryDirectory() as folder:
            registry, registry_private = anoncreds.RevocationRegistryDefinition.create(
                f"{_SOMEBODY}/definition",
                definition,
                _SOMEBODY,
                "0",
                "CL_ACCUM",
                REGISTRY_SIZE,
                tails_dir_path=folder,
            )
            shutil.copyfile(registry.tails_location, tails)
        made["registry"] = {
            "value": json.loads(registry.to_json())["value"],
            "private": json.loads(registry_private.to_json()),
        }
        made["registry"]["value"]["tailsLocation"] = ""
    file.write_text(json.dumps(made, separators=(",", ":")) + "\n")
