"""What an address of the registry serves, and whether its metadata holds.

python-tuf's client stops at the first thing it refuses; a watcher looks at it. So the metadata
comes as bytes first, is kept, and only then verified, with python-tuf's own verification of
signatures, against who delegates to it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.api.metadata import (  # type: ignore[attr-defined]  # its documented names
    Metadata,
    MetaFile,
    Root,
    Targets,
)

from acquis.errors import Unavailable, Untrusted
from acquis.registry.mirror.download import BoundedFetcher, check_base_url
from acquis.text import Text

MOST_BYTES = 2 * 1024 * 1024 * 1024  # in one round
_MOST_METADATA = {"root": 512_000, "timestamp": 16_384, "snapshot": 2_000_000}
_MOST_TARGETS = 5_000_000


class NotServed(Unavailable):
    """A file could not be had; ``subject`` says which, ``reason`` why."""

    def __init__(self, subject: str, reason: str, status: int | None = None) -> None:
        self.subject, self.reason, self.status = subject, reason, status
        super().__init__(
            Text(f"{subject} could not be had: {reason}.", f"{subject} n’a pas pu être lu.")
        )


class MetadataRefused(Untrusted):
    """Metadata does not hold; ``reason`` says in one word what is wrong."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__()


@dataclass(frozen=True, slots=True)
class UnverifiedMetadata:
    """The bytes that were served for a role; nothing about them is known yet."""

    role: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class VerifiedMetadata:
    """Metadata signed by who may sign for its role; perhaps old, forked or expired."""

    role: str
    metadata: Metadata[Any]
    sha256: str
    signed_sha256: str

    @property
    def version(self) -> int:
        """The version that it carries."""
        return int(self.metadata.signed.version)


class Served:
    """One address of a registry, read within bounds of bytes and time."""

    def __init__(self, base_url: str, seconds: float, most_bytes: int = MOST_BYTES) -> None:
        self._base_url = check_base_url(base_url)
        self._deadline = time.monotonic() + seconds
        self._most_bytes = most_bytes
        self._fetcher = BoundedFetcher(self._base_url, self._deadline)

    def close(self) -> None:
        """Close the connections."""
        self._fetcher.close()

    @property
    def is_spent(self) -> bool:
        """Whether this round has used up its time or its bytes."""
        return time.monotonic() > self._deadline or self._fetcher.received > self._most_bytes

    def metadata(self, role: str, version: int | None = None) -> UnverifiedMetadata:
        """Return what is served for a role, at a version where one is in its name.

        Raises: NotServed.
        """
        name = f"{role}.json" if version is None else f"{version}.{role}.json"
        most = _MOST_METADATA.get(role, _MOST_TARGETS)
        return UnverifiedMetadata(role, self._get(f"tuf/{name}", most))

    def file(self, path: str, digest: str, length: int) -> bytes:
        """Return what is served as the version ``digest`` of ``path``; not compared with it.

        Raises: NotServed.
        """
        folder, _, name = path.rpartition("/")
        return self._get(f"{folder}/{digest}.{name}", length)

    def _get(self, path: str, most: int) -> bytes:
        try:
            raw: bytes = self._fetcher.download_bytes(f"{self._base_url}/{path}", most)
        except DownloadHTTPError as error:
            raise NotServed(path, f"status {error.status_code}", error.status_code) from error
        except DownloadError as error:
            raise NotServed(path, str(error) or type(error).__name__) from error
        return raw


def verify_metadata(
    served: UnverifiedMetadata,
    delegator: Metadata[Root] | Metadata[Targets] | None,
    named: MetaFile | None = None,
) -> VerifiedMetadata:
    """Verify that ``delegator`` (None: itself, for a root) lets its signers sign for the role.

    ``named`` is what the snapshot or the timestamp says of it. Neither its age nor its place in
    the history is judged here. Raises: MetadataRefused.
    """
    try:
        metadata = Metadata[Any].from_bytes(served.raw)
        kind = served.role if served.role in {"root", "timestamp", "snapshot"} else "targets"
        if metadata.signed.type != kind:
            raise MetadataRefused("type")
        signer = metadata if delegator is None else delegator
        payload = metadata.signed_bytes
        signer.signed.verify_delegate(served.role, payload, metadata.signatures)
        if named is not None:
            named.verify_length_and_hashes(served.raw)
            if named.version != metadata.signed.version:
                raise MetadataRefused("version")
    except (RepositoryError, ValueError, KeyError, TypeError) as error:
        raise MetadataRefused(type(error).__name__) from error
    digest = sha256(served.raw).hexdigest()
    return VerifiedMetadata(served.role, metadata, digest, sha256(payload).hexdigest())
