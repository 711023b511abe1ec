"""The bodies of writes on their way in: each in time and within its limit, all within a room.

Most come from issuers, but anybody may send one, so what is arriving at a moment is limited too: in
bytes that have come, so that somebody who sends slowly takes up next to nothing.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from acquis.errors import Unavailable
from acquis.registry.paths import MAX_TAILS_BYTES
from acquis.registry.strict_json import MAX_BYTES
from acquis.text import Text
from registry_host.refusals import BodyTooLarge, NoTails, TooSlow

_SECONDS: Final = 60.0
_FORM_BYTES: Final = 64 * 1024  # what a form may add to its file
_MOST_DOCUMENTS: Final = 128 * 1024 * 1024  # in memory
_MOST_TAILS: Final = 1024 * 1024 * 1024  # on disk


class Bodies:
    """The bodies that are arriving at one registry; it lives in one event loop."""

    def __init__(
        self, most_documents: int = _MOST_DOCUMENTS, most_tails: int = _MOST_TAILS
    ) -> None:
        self._documents, self._tails = _Room(most_documents), _Room(most_tails)

    async def document(self, request: Request) -> bytes:
        """Return the body. Raises: BodyTooLarge, TooSlow, Unavailable (too much at once)."""
        try:
            async with asyncio.timeout(_SECONDS):
                return b"".join([chunk async for chunk in self._documents.take(request, MAX_BYTES)])
        except (TimeoutError, ClientDisconnect) as error:
            raise TooSlow from error

    async def tails(self, request: Request, fresh: Path) -> None:
        """Put the file ``tails`` of a form into ``fresh``.

        Raises: BodyTooLarge, TooSlow, NoTails, Unavailable (too much at once).
        """
        stream = self._tails.take(request, MAX_TAILS_BYTES + _FORM_BYTES)
        parser = MultiPartParser(request.headers, stream, max_files=1, max_fields=4)
        try:
            async with asyncio.timeout(5 * _SECONDS):
                form = await parser.parse()
        except (TimeoutError, ClientDisconnect) as error:
            raise TooSlow from error
        except (MultiPartException, KeyError) as error:
            raise NoTails from error
        try:
            upload = form.get("tails")
            if not isinstance(upload, UploadFile):
                raise NoTails
            await asyncio.to_thread(_keep, upload, fresh)
        finally:
            await form.close()


class _Room:
    """Room for ``most`` bytes that are arriving."""

    def __init__(self, most: int) -> None:
        self._left = most

    async def take(self, request: Request, most: int) -> AsyncGenerator[bytes]:
        """Yield the body, ``most`` bytes of it; the room is given back at its end."""
        taken = 0
        try:
            async for chunk in request.stream():
                taken += len(chunk)
                self._left -= len(chunk)
                if taken > most:
                    raise BodyTooLarge(most)
                if self._left < 0:
                    raise _full()
                yield chunk
        finally:
            self._left += taken


def _keep(upload: UploadFile, fresh: Path) -> None:
    fresh.parent.mkdir(parents=True, exist_ok=True)
    with fresh.open("wb") as file:
        while chunk := upload.file.read(1024 * 1024):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _full() -> Unavailable:
    return Unavailable(
        Text(
            "Too much is being sent to this registry at the moment. Try again in a minute.",
            "Trop de choses arrivent à ce registre en ce moment. Réessayez dans une minute.",
        )
    )
