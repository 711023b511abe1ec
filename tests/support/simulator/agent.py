"""One simulated agent: its admin API as an ASGI application, its messages, its crashes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping, MutableMapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

import httpx

from acquis.acapy.client import AgentClient
from support.simulator.doorbells import Doorbells
from support.simulator.wallet import Wallet

if TYPE_CHECKING:
    from support.simulator.world import Envelope, World

type Json = dict[str, Any]
type Scope = MutableMapping[str, Any]

DELIVERY_ATTEMPTS = 40
DELIVERY_PAUSE = 0.05
BASE = "base"


class Moment(StrEnum):
    """When a crash happens: before anything, once written but not told, once told but not answered."""

    BEFORE = "before"
    WRITTEN = "written"
    TOLD = "told"


class RefusalError(Exception):
    """The admin API says no, by this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class CrashError(Exception):
    """The process ended here."""


@dataclass(frozen=True)
class Ask:
    """What a call of the admin API brings: the names in its path, its query, its body."""

    names: tuple[str, ...]
    query: Mapping[str, str]
    body: Json


@dataclass
class Turn:
    """One thing an agent does; what it tells others waits until it is written."""

    agent: SimulatedAgent
    wallet: Wallet
    outbox: list[Envelope] = field(default_factory=list)
    bells: list[tuple[str, Json]] = field(default_factory=list)

    @property
    def world(self) -> World:
        """The world the agent is in."""
        return self.agent.world

    def ring(self, topic: str, payload: Mapping[str, Any]) -> None:
        """Announce a record; what is large or secret in it is left out, as ACA-Py does."""
        self.bells.append((topic, dict(payload)))


type Handler = Callable[[Turn, Ask], Awaitable[Any]]
type MessageHandler = Callable[[Turn, Envelope], Awaitable[None]]


class SimulatedAgent:
    """An agent with its wallets; what it keeps outlives `kill` and `restart`."""

    def __init__(self, world: World, name: str, *, multitenant: bool) -> None:
        self.world = world
        self.name = name
        self.multitenant = multitenant
        self.api_key = f"key of {name}"
        self.webhook_key = f"webhook key of {name}"
        self.doorbells = Doorbells(world.random)
        self.wallets = {BASE: Wallet(BASE, BASE, name)}
        self.tasks: set[asyncio.Task[None]] = set()
        self.failures: list[BaseException] = []
        self.is_down = False
        self.has_crashed = False
        self.answers_with_old_lists = False
        self._crash: tuple[str, Moment] | None = None
        self._routes, self._messages = _handlers()

    @property
    def transport(self) -> httpx.AsyncBaseTransport:
        """The way to the admin API for an HTTP client in this process."""
        return _Transport(self)

    def client(self) -> AgentClient:
        """Return a client of the admin API."""
        return AgentClient("http://agent.test", self.api_key, transport=self.transport)

    def kill(self) -> None:
        """End the process: what it was about to tell anybody is lost."""
        self.is_down = True
        for task in self.tasks - {asyncio.current_task()}:
            task.cancel()

    def restart(self) -> None:
        """Start the process again with what it had written."""
        self.is_down = False

    def crash_at(self, name: str, moment: Moment) -> None:
        """Crash once, when the call or message ``name`` comes next.

        ``name`` is like ``POST /issue-credential-2.0/records/{}/issue`` or
        ``issue-credential/2.0/request-credential``.
        """
        self._crash = (name, moment)

    def take(self, wallet_id: str, envelope: Envelope) -> bool:
        """Accept a message before it is handled, as ACA-Py does; false when down."""
        if self.is_down:
            return False
        self.start(self._handle(wallet_id, envelope))
        return True

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in the background; a kill ends it."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self.failures.append(error)

    async def _handle(self, wallet_id: str, envelope: Envelope) -> None:
        kind = "/".join(envelope.message["@type"].split("/")[-3:])
        turn = Turn(self, self.wallets[wallet_id])
        try:
            self._maybe_crash(kind, Moment.BEFORE)
            await self._messages[kind](turn, envelope)
            self._maybe_crash(kind, Moment.WRITTEN)
            self.tell(turn)
            self._maybe_crash(kind, Moment.TOLD)
        except CrashError:
            return

    def tell(self, turn: Turn) -> None:
        """Send the messages of a turn and ring its bells."""
        headers = {"x-api-key": self.webhook_key}
        if turn.wallet.id != BASE:
            headers["x-wallet-id"] = turn.wallet.id
        for topic, payload in turn.bells:
            self.start(self.doorbells.ring(topic, payload, headers))
        for envelope in turn.outbox:
            self.start(self._deliver(envelope))
        turn.bells, turn.outbox = [], []

    async def _deliver(self, envelope: Envelope) -> None:
        for _ in range(DELIVERY_ATTEMPTS):
            if await self.world.send(envelope):
                return
            await asyncio.sleep(DELIVERY_PAUSE)

    def _maybe_crash(self, name: str, moment: Moment) -> None:
        if self._crash == (name, moment):
            self._crash, self.has_crashed = None, True
            self.kill()
            raise CrashError(name)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Answer one call of the admin API (ASGI)."""
        body, more = b"", True
        while more:
            event = await receive()
            body, more = body + event.get("body", b""), event.get("more_body", False)
        status, answer = await self._answer(scope, body)
        headers = [(b"content-type", b"application/json; charset=utf-8")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    async def _answer(self, scope: Scope, body: bytes) -> tuple[int, Any]:
        parts = [unquote(part) for part in scope["raw_path"].decode().split("?")[0].split("/")]
        found = self._find(scope["method"], parts)
        if found is None:
            return 404, {"message": "no such route"}
        route, names = found
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        turn = Turn(self, self.wallets[BASE])
        try:
            turn.wallet = self._authorise(route, headers)
            ask = Ask(
                names,
                dict(parse_qsl(scope["query_string"].decode())),
                json.loads(body) if body else {},
            )
            self._maybe_crash(route, Moment.BEFORE)
            answer, status = await self._routes[route](turn, ask), 200
        except RefusalError as refused:
            answer, status = {"message": "refused"}, refused.status
        self._maybe_crash(route, Moment.WRITTEN)
        self.tell(turn)
        self._maybe_crash(route, Moment.TOLD)
        return status, answer

    def _find(self, method: str, parts: list[str]) -> tuple[str, tuple[str, ...]] | None:
        for route in self._routes:
            own_method, _, pattern = route.partition(" ")
            wanted = pattern.split("/")
            if own_method == method and len(wanted) == len(parts):
                pairs = list(zip(wanted, parts, strict=True))
                if all(part in ("{}", given) for part, given in pairs):
                    return route, tuple(given for part, given in pairs if part == "{}")
        return None

    def _authorise(self, route: str, headers: Mapping[str, str]) -> Wallet:
        has_key = headers.get("x-api-key") == self.api_key
        path = route.partition(" ")[2]
        if path == "/status/ready":
            return self.wallets[BASE]
        token = headers.get("authorization", "").removeprefix("Bearer ")
        if self.multitenant and token:
            for wallet in self.wallets.values():
                if wallet.token == token:
                    return wallet
            raise RefusalError(401)
        if not has_key or (self.multitenant and not path.startswith(("/multitenancy", "/status"))):
            raise RefusalError(401)
        return self.wallets[BASE]


class _Transport(httpx.AsyncBaseTransport):
    def __init__(self, agent: SimulatedAgent) -> None:
        self._agent = agent
        self._app = httpx.ASGITransport(agent)  # type: ignore[arg-type]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._agent.is_down:
            raise httpx.ConnectError("the agent is down", request=request)
        try:
            response = await self._app.handle_async_request(request)
        except CrashError as crash:
            raise httpx.ReadError("the agent crashed", request=request) from crash
        if self._agent.is_down:
            raise httpx.ReadError("the agent was killed", request=request)
        return response


def _handlers() -> tuple[dict[str, Handler], dict[str, MessageHandler]]:
    from support.simulator import accounts, invitations, issuing, presenting, publishing

    routes: dict[str, Handler] = {}
    messages: dict[str, MessageHandler] = {}
    for group in (accounts, invitations, issuing, presenting, publishing):
        routes |= group.ROUTES
        messages |= getattr(group, "MESSAGES", {})
    return routes, messages
