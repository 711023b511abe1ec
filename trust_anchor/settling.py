"""Settling: a replaced attest key is deleted once the registry shows the log that replaces it.

Nothing is signed with it any more, and what it signed is verified with the DID document. Kept, it
would only make a theft of the folder worse. A crash before leaves it for the next time.
"""

from __future__ import annotations

from acquis.service.publication import Publisher
from acquis.service.signing_keys import load_key
from trust_anchor.anchor import Anchor


async def settle(anchor: Anchor, publisher: Publisher) -> int:
    """Delete every attest key but the one that signs; return how many that were.

    Nothing is deleted while the registry shows another log than the folder holds.
    Raises: NotFound (the key that signs), Untrusted (a file that is no key), Unavailable.
    """
    kept = anchor.load_attest_key().multikey
    keys = sorted((anchor.folder / "keys").glob("attest-*.pem"))
    replaced = [path for path in keys if load_key(path).multikey != kept]
    if not replaced:
        return 0
    shown = await publisher.read(f"/{anchor.place}/did.jsonl")
    if shown is None or shown.raw != anchor.log:
        return 0
    for path in replaced:
        path.unlink()
    return len(replaced)
