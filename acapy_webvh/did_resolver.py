"""The DID resolver: did:webvh from the mirror, in place of the agent's own that asks the network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from acapy_agent.core.profile import Profile
from acapy_agent.resolver.base import (
    BaseDIDResolver,
    DIDNotFound,
    ResolverError,
    ResolverType,
)
from acapy_agent.resolver.did_resolver import DIDResolver

from acapy_webvh.reader import MirrorReader
from acquis.errors import AcquisError, NotFound

_NETWORK_RESOLVERS = {"WebvhDIDResolver", "WebDIDResolver", "UniversalResolver"}
"""Resolvers of ACA-Py that fetch whatever address a stranger's DID names."""


class MirrorDidResolver(BaseDIDResolver):  # type: ignore[misc]  # ACA-Py is untyped here
    """Resolves did:webvh DIDs from the mirror alone."""

    supported_did_regex = re.compile(r"did:webvh:")

    def __init__(self, reader: MirrorReader) -> None:
        super().__init__(ResolverType.NATIVE)
        self._reader = reader

    async def setup(self, context: object) -> None:
        """ACA-Py calls this; there is nothing to set up."""

    async def resolve(
        self, profile: Profile, did: object, service_accept: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """Return the DID document.

        Overrides the public method on purpose: the inherited one keeps what it got for an hour, and
        a key that was withdrawn must not be believed that long. Raises ``DIDNotFound``,
        ``ResolverError``.
        """
        return await self._resolve(profile, str(did), service_accept)

    async def _resolve(
        self, profile: Profile, did: str, service_accept: Sequence[str] | None = None
    ) -> dict[str, Any]:
        try:
            return (await self._reader.document(did)).document
        except NotFound as error:
            raise DIDNotFound(error.says.en) from error
        except AcquisError as error:
            raise ResolverError(error.says.en) from error


def replace_network_resolvers(resolver: DIDResolver, ours: MirrorDidResolver) -> None:
    """Register our resolver and remove every other that would open a connection."""
    resolver.resolvers = [
        other for other in resolver.resolvers if type(other).__name__ not in _NETWORK_RESOLVERS
    ]
    resolver.register_resolver(ours)
