"""A trust anchor of the tests, and a line to its registry that can be cut at any request."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from acquis.registry.trust_list import Scope, TrustList, parse_trust_list
from acquis.service.publication import Publisher
from support.registry import Issuer, RegistryServer
from trust_anchor.anchor import Anchor, load_anchor
from trust_anchor.draft import load_draft, save_draft
from trust_anchor.entries import Details, with_scope
from trust_anchor.publishing import Published, publish
from trust_anchor.versions import load_versions

NOW = datetime(2025, 11, 22, 12, tzinfo=UTC)
UNIVERSITY = Issuer(created=datetime(2026, 1, 1, tzinfo=UTC))
DETAILS = Details("Université de la Demo", "FR", "https://univ.example/")


class Killed(BaseException):
    """The process is gone; nothing of it is run any more."""


class CutLine(httpx.AsyncBaseTransport):
    """Passes ``whole`` requests on and is killed at the next one: before it arrives, or after."""

    def __init__(self, whole: int, *, arrives: bool) -> None:
        self._left, self._arrives = whole, arrives
        self._line = httpx.AsyncHTTPTransport()
        self.killed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._left -= 1
        self.killed = self._left < 0
        if self.killed and not self._arrives:
            raise Killed
        response = await self._line.handle_async_request(request)
        if self.killed:
            await response.aclose()
            raise Killed
        return response

    async def aclose(self) -> None:
        await self._line.aclose()


@dataclass
class Ministry:
    """A trust anchor in ``folder`` that publishes in ``registry``."""

    registry: RegistryServer
    folder: Path

    @property
    def anchor(self) -> Anchor:
        return load_anchor(self.folder)

    def line(self, cut: CutLine | None = None) -> Publisher:
        return Publisher(self.registry.url, cut)

    def drafts(self, issuer: str, scope: Scope) -> None:
        save_draft(self.folder, with_scope(load_draft(self.folder), issuer, DETAILS, scope))

    async def publishes(
        self, now: datetime = NOW, cut: CutLine | None = None, **options: Any
    ) -> Published:
        async with self.line(cut) as publisher:
            return await publish(self.anchor, publisher, now, **options)

    async def dies_after_signing(self) -> None:
        """Publish and be killed when the list is signed and nobody has seen it."""
        for whole in count():
            with contextlib.suppress(Killed):
                await self.publishes(cut=CutLine(whole, arrives=False))
            if self.signed():
                return

    def signed(self) -> list[int]:
        return [each.version for each in load_versions(self.folder).values()]

    def mirrored(self) -> TrustList:
        """The list in force as a verifier reads it."""
        mirror = self.registry.mirror(self.folder.parent / "mirror")
        mirror.refresh()
        return parse_trust_list(mirror.trust_list(self.anchor.did).content)
