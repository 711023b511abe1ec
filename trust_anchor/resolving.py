"""Resolving: whether a registry shows an issuer's DID, asked when the issuer is put on the draft."""

from __future__ import annotations

from acquis.errors import AcquisError
from acquis.registry.did import parse_did
from acquis.registry.did_log import verify_did_log
from acquis.registry.paths import log_path, witness_path
from acquis.service.publication import Publisher


async def find_problem(did: str, publisher: Publisher) -> str | None:
    """Return why ``did`` does not resolve in the publisher's registry, None when it does."""
    try:
        folder = parse_did(did).folder
        log = await publisher.read(f"/{log_path(folder)}")
        witness = await publisher.read(f"/{witness_path(folder)}")
        if log is None:
            return f"this registry shows no DID at {folder}."
        found = verify_did_log(did, log.raw, witness.raw if witness else None)
    except AcquisError as error:
        return f"this DID could not be checked: {error.says.en}"
    return "this DID is deactivated." if found.deactivated else None
