"""The name of a publisher: ``did:webvh:<scid>:<host>:<namespace>:<issuer>``, read strictly."""

from __future__ import annotations

import re
from dataclasses import dataclass

from acquis.registry.rules import Rule, broken

_SCID = re.compile(r"Qm[1-9A-HJ-NP-Za-km-z]{44}")
_HOST = re.compile(r"(?:[a-z](?:[a-z0-9-]{0,61}[a-z0-9])\.)+[a-z]{2,63}")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class WebvhDid:
    """The parts of a did:webvh DID; ``path`` is (namespace, issuer)."""

    scid: str
    host: str
    path: tuple[str, ...]

    @property
    def folder(self) -> str:
        """Where the DID's files lie below its host: ``namespace/issuer``."""
        return "/".join(self.path)

    def __str__(self) -> str:
        return ":".join(("did:webvh", self.scid, self.host, *self.path))


def parse_did(did: str) -> WebvhDid:
    """Return the parts of ``did:webvh:<scid>:<host>:<namespace>:<issuer>``.

    The host is a name with labels of two letters or more: no port, no address, no localhost.
    Raises: RuleBroken (did-form).
    """
    parts = did.split(":") if isinstance(did, str) and len(did) <= 512 else []
    if (
        len(parts) != 6
        or parts[:2] != ["did", "webvh"]
        or not _SCID.fullmatch(parts[2])
        or not _HOST.fullmatch(parts[3])
        or not all(_NAME.fullmatch(part) for part in parts[4:])
    ):
        raise broken(
            Rule.DID_FORM,
            "A DID of the form did:webvh:<scid>:<host>:<namespace>:<issuer> was expected.",
            "Un DID de la forme did:webvh:<scid>:<hôte>:<espace>:<émetteur> était attendu.",
        )
    return WebvhDid(scid=parts[2], host=parts[3], path=tuple(parts[4:]))


def is_name(text: str) -> bool:
    """Say whether ``text`` may be a namespace or an issuer: lower case, digits, inner hyphens."""
    return _NAME.fullmatch(text) is not None


def is_host(text: str) -> bool:
    """Say whether ``text`` may be the host of a DID."""
    return _HOST.fullmatch(text) is not None
