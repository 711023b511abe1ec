"""The ``did-webvh`` library's resolver, driven from memory: no file, no connection, any thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from aries_askar import AskarError
from did_webvh.core.file_utils import AsyncTextReadError
from did_webvh.core.resolver import DidResolver, HistoryResolver, ResolutionError
from did_webvh.core.state import (
    DocumentMetadata,
    DocumentState,
    InvalidDocumentState,
    verify_state_proofs,
)
from did_webvh.verify import WebvhVerifier

# What the library is known to raise on malformed input; each is turned into a refusal.
LIBRARY_ERRORS = (
    ResolutionError,
    InvalidDocumentState,
    AsyncTextReadError,
    AskarError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)


def resolve_log(
    did: str, lines: list[str], witness: bytes | None
) -> tuple[DocumentState, DocumentMetadata]:
    """Return the library's state and metadata at the last line of a log.

    May be called from any thread, with or without a running event loop.
    Raises: one of ``LIBRARY_ERRORS`` when the log does not verify.
    """
    return _run(_resolve(did, lines, witness))


class _Lines:
    """What the library's resolver reads from: the lines of a file that is in memory."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = iter(lines)
        self._text = "\n".join(lines)

    async def __anext__(self) -> str:
        for line in self._lines:
            return line
        raise StopAsyncIteration

    async def text(self) -> str:
        return self._text


class _InMemory(HistoryResolver):  # type: ignore[misc]
    """The library's port to a log, answered from memory; it never opens a connection."""

    def __init__(self, lines: list[str], witness: bytes | None) -> None:
        self._log = lines
        self._witness = witness

    @asynccontextmanager
    async def resolve_entry_log(self, _document_id: str | None) -> AsyncIterator[_Lines]:
        yield _Lines(self._log)

    @asynccontextmanager
    async def resolve_witness_log(self, _document_id: str | None) -> AsyncIterator[_Lines]:
        if self._witness is None:
            raise AsyncTextReadError("no witness file")
        yield _Lines([self._witness.decode("utf-8")])


class _Verifier(WebvhVerifier):  # type: ignore[misc]
    """The library's verifier, each proof checked where it stands and not in a pool of threads."""

    def __init__(self) -> None:
        super().__init__(verify_proofs=False)

    def verify_state(
        self, state: DocumentState, prev_state: DocumentState | None, is_final: bool
    ) -> None:
        super().verify_state(state, prev_state, is_final)
        verify_state_proofs(state, prev_state)


async def _resolve(
    did: str, lines: list[str], witness: bytes | None
) -> tuple[DocumentState, DocumentMetadata]:
    resolver = DidResolver(_Verifier())
    resolved: tuple[DocumentState, DocumentMetadata] = await resolver.resolve_state(
        did, _InMemory(lines, witness)
    )
    return resolved


def _run[T](work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` to its end on a loop of its own, off this thread when a loop runs here."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _run_here(work)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_run_here, work).result()


def _run_here[T](work: Coroutine[Any, Any, T]) -> T:
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
