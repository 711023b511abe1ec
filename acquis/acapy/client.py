"""The connection to one agent's admin API: keys, timeouts, and errors by meaning.

============  ==========================================  =====================================
the agent     says                                        we raise
============  ==========================================  =====================================
2xx                                                       nothing
400, 422      it cannot do this with what it was given    `InvalidInput`
401           the key or the wallet's token is not valid  `NotAllowed`
403, 409      not in the state it is in now               `Conflict`
404           no such record                              `NotFound`
413           larger than it takes                        `TooLarge`
429, 5xx, or no answer at all                             `Unavailable`
============  ==========================================  =====================================

What the agent wrote in its refusal is never repeated: it may hold claims.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

import httpx

from acquis.acapy.answer import Answer
from acquis.errors import (
    AcquisError,
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    TooLarge,
    Unavailable,
)
from acquis.text import Text

type Query = Mapping[str, str]

PATIENCE: Final = 60.0
"""Seconds an ordinary call may take; proofs take a tenth of a second, a busy agent some more."""

_REFUSALS: Final[Mapping[int, type[AcquisError]]] = {
    400: InvalidInput,
    401: NotAllowed,
    403: Conflict,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    422: InvalidInput,
}


class AgentClient:
    """One agent, or one wallet of it; an async context manager, safe to share between tasks.

    ``base_url`` is the admin API's address, ``api_key`` its key, ``token`` a sub-wallet's token in
    multitenant mode; ``transport`` replaces the network (tests), ``timeout`` is in seconds.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        token: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout: float = PATIENCE,
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers={"x-api-key": api_key},
            transport=transport,
            timeout=httpx.Timeout(timeout, connect=5.0),
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=16),
            follow_redirects=False,
            trust_env=False,
        )
        self._wallet = _authorization(token)

    def for_wallet(self, token: str) -> AgentClient:
        """Return a client of one sub-wallet; it shares the connections and is not to be closed."""
        client = copy(self)
        client._wallet = _authorization(token)  # noqa: SLF001 (our own)
        return client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def get(self, path: str, *names: str, query: Query | None = None) -> Answer:
        """GET ``path``, each ``{}`` of it replaced by one of ``names``; return its object."""
        return Answer(await self._ask("GET", path, names, query=query), f"GET {path}")

    async def get_list(self, path: str, *names: str, query: Query | None = None) -> list[Answer]:
        """GET ``path`` where the answer is a bare list of objects."""
        found = await self._ask("GET", path, names, query=query)
        return list(Answer({"list": found}, f"GET {path}").each("list"))

    async def post(
        self,
        path: str,
        *names: str,
        body: Mapping[str, object] | None = None,
        query: Query | None = None,
        patience: float | None = None,
    ) -> Answer:
        """POST ``body`` to ``path``; ``patience`` in seconds replaces the usual one."""
        found = await self._ask(
            "POST", path, names, query=query, body=body or {}, patience=patience
        )
        return Answer(found, f"POST {path}")

    async def put(self, path: str, *names: str, body: Mapping[str, object] | None = None) -> Answer:
        """PUT ``body`` to ``path``."""
        return Answer(await self._ask("PUT", path, names, body=body or {}), f"PUT {path}")

    async def delete(self, path: str, *names: str) -> None:
        """DELETE ``path``; that it is gone already is success."""
        try:
            await self._ask("DELETE", path, names)
        except NotFound:
            return

    async def _ask(
        self,
        method: str,
        path: str,
        names: tuple[str, ...],
        *,
        query: Query | None = None,
        body: Mapping[str, object] | None = None,
        patience: float | None = None,
    ) -> object:
        about = f"{method} {path}"
        try:
            response = await self._http.request(
                method,
                path.format(*(_quote(name) for name in names)),
                params=query,
                json=body,
                headers=self._wallet,
                timeout=patience or httpx.USE_CLIENT_DEFAULT,
            )
        except (httpx.InvalidURL, UnicodeError) as error:
            raise _unsayable(about) from error
        except httpx.HTTPError as error:
            raise _silent(about, type(error).__name__) from error
        if not response.is_success:
            raise _refused(about, response.status_code)
        try:
            return response.json()
        except (ValueError, RecursionError) as error:  # what a wallet sent may be in it
            raise _silent(about, "not JSON") from error


def _authorization(token: str | None) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"} if token else {}


def _quote(name: str) -> str:
    """Quote a name for a path; one that would lead to another path is nobody's name."""
    if name in {"", ".", ".."}:
        message = "a path segment that names nothing"
        raise httpx.InvalidURL(message)
    return quote(name, safe="")


def _unsayable(about: str) -> InvalidInput:
    return InvalidInput(
        Text(
            f"The agent cannot be asked this by {about}: a name in it cannot be written",
            f"L’agent ne peut recevoir {about} : un nom qu’il contient ne peut être écrit",
        )
    )


def _silent(about: str, why: str) -> Unavailable:
    return Unavailable(
        Text(
            f"The agent does not answer to {about} ({why})",
            f"L’agent ne répond pas à {about} ({why})",
        )
    )


def _refused(about: str, status: int) -> AcquisError:
    return _REFUSALS.get(status, Unavailable)(
        Text(f"The agent refused {about} ({status})", f"L’agent a refusé {about} ({status})")
    )
