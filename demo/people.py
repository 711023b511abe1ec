"""The people of the story, each at a browser of their own, using what the services offer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import httpx

from acquis.errors import Unavailable
from acquis.text import Text

PATIENCE_SECONDS = 240.0


class Visitor:
    """Somebody who is signed in at one service; leaving the block closes the browser."""

    def __init__(self, base_url: str, name: str) -> None:
        self._name = name
        self.http = httpx.AsyncClient(
            base_url=base_url, timeout=PATIENCE_SECONDS, trust_env=False, follow_redirects=False
        )

    async def __aenter__(self) -> Self:
        await self.sign_in()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.http.aclose()

    async def sign_in(self) -> None:
        """Sign in by name (the development login)."""
        answer = await self.http.post("/sign-in", data={"name": self._name, "next": "/"})
        if answer.status_code != httpx.codes.SEE_OTHER:
            raise Unavailable(
                Text(
                    f"Signing in was answered {answer.status_code}.",
                    f"La connexion a reçu la réponse {answer.status_code}.",
                )
            )

    async def post(self, path: str, body: object = None) -> dict[str, Any]:
        """Send ``body`` to the JSON interface and return its answer."""
        return _object(await self.http.post(path, json=body if body is not None else {}))

    async def get(self, path: str, until: str = "") -> dict[str, Any]:
        """Return what the JSON interface says at ``path``; it may wait ``until`` a state is there."""
        return _object(await self.http.get(path, params={"until": until} if until else None))

    async def until(
        self,
        path: str,
        condition: Callable[[dict[str, Any]], bool],
        *,
        until: str = "",
        seconds: float = PATIENCE_SECONDS,
    ) -> dict[str, Any]:
        """Look at ``path`` until ``condition`` holds; raises ``Unavailable`` after ``seconds``.

        ``until`` names the state for the services that can wait for one. A service that is away
        for a moment (it was stopped, it is starting) is asked again.
        """
        give_up = time.monotonic() + seconds
        found: dict[str, Any] = {}
        while time.monotonic() < give_up:
            try:
                found = await self.get(path, until=until)
            except (httpx.TransportError, Unavailable):
                found = {}
            if found and condition(found):
                return found
            await asyncio.sleep(0.05)
        state = found.get("state", "no answer")
        raise Unavailable(
            Text(
                f"Still “{state}” after {seconds:.0f} s: {path}",
                f"Encore « {state} » après {seconds:.0f} s : {path}",
            )
        )


def _object(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code >= 500:
        raise Unavailable
    if not answer.is_success:
        raise Refused(answer)
    found: dict[str, Any] = answer.json()
    return found


class Refused(Exception):
    """A service refused, with the problem document it gave (RFC 9457)."""

    def __init__(self, answer: httpx.Response) -> None:
        try:
            self.problem: dict[str, Any] = answer.json()
        except ValueError:
            self.problem = {}
        self.status = answer.status_code
        super().__init__(f"{self.status} {self.problem.get('detail', '')}")
