"""Employers beside the town's own, each an agent and a service of its own, that keep all they get.

What an employer gets from a wallet is kept as it came, by a door before its service and a door
before its agent; the envelopes are opened with the agent's own keys, as the agent opens them.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from acapy_agent.askar.didcomm.v1 import unpack_message
from aries_askar import Store

from acquis.acapy.client import AgentClient
from acquis.service.action import Acting
from acquis.service.work import Due
from demo.agents import AgentRole, AgentSetup
from demo.supervisor import free_ports
from demo.town import Town
from support.agents import until
from support.overheard import Heard, overhearing
from support.town import Running

_QUESTION = {"proof_request", "invitation", "question"}
_WORK = Due.__annotations__.keys() | Acting.__annotations__.keys()
"""Columns in which a service notes what it does itself, and how often: more on a busy machine."""


@dataclass
class Employer:
    """``url`` leads to the service through its door; ``asked`` and ``told`` are what came so far.

    ``asked`` came to the service (links that were followed, and its own people's pages), ``told``
    to the agent. ``agent`` is the agent's admin API.
    """

    name: str
    folder: Path
    url: str
    setup: AgentSetup
    agent: AgentClient
    asked: list[Heard] = field(default_factory=list, repr=False)
    told: list[Heard] = field(default_factory=list, repr=False)

    def begin(self) -> None:
        """Forget what came so far."""
        self.asked.clear()
        self.told.clear()

    async def view(self) -> dict[str, Any]:
        """Return all that came from wallets since `begin`, opened as far as this employer can."""
        links = [
            _read(each) | {"body": json.loads(each.body or b"null")}
            for each in self.asked
            if each.path.startswith("/r/")
        ]
        return {
            "links": _without_repeats(links),
            "messages": [await self._open(each) for each in self.told],
        }

    async def kept(self, request_id: str, *, told: bool) -> dict[str, Any]:
        """Return what the service keeps of the one session of a request, but for its own part.

        That is: the times, the question as it was put, which holds a time, and how often it looked
        after the session by itself. It is read at rest: where the employer is ``told`` the answer,
        once the session is over and the agent's record of it is gone.
        """

        async def at_rest() -> dict[str, Any] | None:
            columns = self._read_session(request_id)
            ended = not columns["open"] and columns["record_id"] is None
            return columns if columns["claimed_by"] is None and (ended or not told) else None

        columns = await until(at_rest, f"{self.name} is done with {request_id}", pause=0.05)
        kept = {
            name: _parse(value)
            for name, value in columns.items()
            if not name.endswith("_at") and name not in _QUESTION | _WORK
        }
        del kept["exchange"]["ignored"]
        return kept

    def _read_session(self, request_id: str) -> dict[str, Any]:
        file = self.folder / "service.sqlite3"
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            query = "SELECT * FROM sessions WHERE request_id = ?"
            [row] = database.execute(query, (request_id,))
        return dict(zip(row.keys(), row, strict=True))

    async def _open(self, heard: Heard) -> dict[str, Any]:
        envelope = json.loads(heard.body)
        envelope["protected"] = json.loads(_decode(envelope["protected"]))
        wallet = self.setup.folder / "wallets" / "wallet" / AgentRole.VERIFIER / "sqlite.db"
        key = self.setup.secrets.wallet_key
        store = await Store.open(f"sqlite://{quote(str(wallet))}", "raw", key)
        try:
            async with store.session() as session:
                text, recipient, sender = await unpack_message(session, heard.body)
        finally:
            await store.close()
        message = _open_attached(json.loads(text))
        return _read(heard) | {
            "envelope": envelope,
            "recipient": recipient,
            "sender": sender,
            "message": message,
        }


def _read(heard: Heard) -> dict[str, Any]:
    """Return a request by its parts; the order and the letters of its headers tell a client too.

    How long the body is follows from the body: two that differ are as long by chance alone.
    """
    headers = {name.lower(): value for name, value in heard.headers}
    headers.pop("content-length", None)
    return {
        "method": heard.method,
        "path": heard.path,
        "headers": headers,
        "spelt": [name for name, _ in heard.headers],
    }


def _without_repeats(links: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what was asked for at links, each thing once.

    A wallet that hears nothing for a while follows its link once more, for the invitation alone:
    on a busy machine that is now and then. It tells nothing if all else is as the first time.
    """
    known: list[dict[str, Any]] = []
    found = []
    for link in links:
        tells = link | {"headers": {**link["headers"], "accept": None}}
        if tells not in known:
            known.append(tells)
            found.append(link)
    return found


def _parse(value: Any) -> Any:
    """Return what stands in a column of JSON; the value of any other as it is."""
    return json.loads(value) if isinstance(value, str) and value[:1] in "{[" else value


def _open_attached(part: Any) -> Any:
    """Return a message with what is attached to it as JSON in place."""
    if isinstance(part, list):
        return [_open_attached(each) for each in part]
    if not isinstance(part, dict):
        return part
    if isinstance(part.get("base64"), str):
        return part | {"base64": json.loads(_decode(part["base64"]))}
    return {name: _open_attached(each) for name, each in part.items()}


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@asynccontextmanager
async def hiring(running: Running, *names: str) -> AsyncIterator[list[Employer]]:
    """Run an employer of each name in the town, beside the one it has."""
    town = running.town
    async with AsyncExitStack() as stack:
        made = [await _set_up(running, name, stack) for name in names]
        programs = [f"{each.name}-agent" for each in made] + [each.name for each in made]
        for program in programs:
            stack.push_async_callback(town.supervisor.stop, program)
        await town.supervisor.start(*programs)
        yield made


async def _set_up(running: Running, name: str, stack: AsyncExitStack) -> Employer:
    town = running.town
    service, service_door, admin, inbound, inbound_door = free_ports(5)
    folder = town.folder / name
    setup = replace(
        town._agent(AgentRole.VERIFIER, "verifier"),
        folder=folder / "agent",
        admin_port=admin,
        inbound_port=inbound,
        endpoint=f"http://127.0.0.1:{inbound_door}",
        webhook_url=f"http://127.0.0.1:{service}/webhooks",
        mirror=folder / "mirror",
        label=name,
    )
    client = AgentClient(setup.admin_url, setup.secrets.api_key)
    agent = await stack.enter_async_context(client)
    made = Employer(name, folder, f"http://127.0.0.1:{service_door}", setup, agent)
    await stack.enter_async_context(overhearing(service_door, service, made.asked))
    await stack.enter_async_context(overhearing(inbound_door, inbound, made.told))
    town.supervisor.add(replace(setup.program(), name=f"{name}-agent"))
    town.supervisor.add(_service(town, made, service, running))
    return made


def _service(town: Town, made: Employer, port: int, running: Running) -> Any:
    own = {
        "FOLDER": str(made.folder),
        "PORT": str(port),
        "PUBLIC_URL": made.url,
        "EMPLOYER_NAME": made.name,
        "MIRROR": str(made.folder / "mirror"),
    }
    usual = town._environment("verifier", made.setup, running.story.anchor)
    environment = usual | {f"ACQUIS_VERIFIER_{name}": value for name, value in own.items()}
    return replace(
        town._service("verifier", environment),
        name=made.name,
        folder=made.folder,
        log_file=made.folder / "service.log",
        environment={**environment, "HOME": str(made.folder), "PATH": "/usr/bin:/bin"},
        ready_url=f"http://127.0.0.1:{port}/ready",
        ports={"http": port},
    )
