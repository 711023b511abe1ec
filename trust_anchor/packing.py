"""Packing: a mirror, as of one moment and signed by the anchor, for whoever verifies without a network.

What the anchor says with it: this is what my copy of the registries was, and when they last
confirmed it. The pack is opened as a verifier opens it before it is put in place: an anchor whose
DID log in the mirror does not list the key that signs would hand out what nobody believes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from acquis.errors import InvalidInput
from acquis.registry.did import parse_did
from acquis.registry.mirror import Mirror, open_pack, write_pack
from acquis.registry.pack import Manifest
from acquis.registry.proof import sign_document
from acquis.service.files import FRESH, move_into_place
from acquis.text import Text
from trust_anchor.anchor import Anchor


def open_mirror(anchor: Anchor, folder: Path, registry: str | None, root: Path | None) -> Mirror:
    """Return the mirror in ``folder``, after a refresh from ``registry`` where one is given.

    ``root`` is the registry's root.json; it is needed the first time.
    Raises: NotFound, Unavailable, InvalidInput.
    """
    if registry is None:
        return Mirror.open_copy(folder)
    Mirror(folder, {parse_did(anchor.did).host: registry}, trusted_root=root).refresh()
    return Mirror.open_copy(folder)


def make_pack(anchor: Anchor, mirror: Mirror, out: Path, now: datetime) -> Manifest:
    """Write the pack of ``mirror`` to ``out``, signed with the attest key of ``anchor``.

    What stands at ``out`` is replaced once the new one is whole and was verified.
    Raises: NotFound (the key is away, or the mirror lacks the anchor), InvalidInput, TooLarge,
    Unavailable, RuleBroken.
    """
    key = anchor.load_attest_key()
    mirror.trust_list(anchor.did)  # a pack by which nobody is recognised serves nobody

    def sign(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
        return sign_document(manifest, key, f"{anchor.did}#{key.multikey}", now)

    fresh = out.with_name(f"{FRESH}{out.name}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_pack(mirror, fresh, anchor.did, int(now.timestamp()), sign)
        with TemporaryDirectory() as read_back:
            manifest = open_pack(fresh, {anchor.did}, Path(read_back))
        move_into_place(fresh, out)
    except OSError as error:
        raise InvalidInput(
            Text(
                f"The mirror cannot be read, or {out} cannot be written.",
                f"Le miroir est illisible, ou {out} ne peut pas être écrit.",
            )
        ) from error
    finally:
        fresh.unlink(missing_ok=True)
    return manifest
