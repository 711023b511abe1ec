"""A wallet over ASGI: real database and work, simulated agents on all sides, a mirror really signed.

The links are answered in this process; what they give is set by the test.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from fastapi import FastAPI

from acquis.acapy import anoncreds, issue_credential, out_of_band, present_proof
from acquis.acapy.client import AgentClient
from acquis.acapy.out_of_band import AttachmentType, Invitation
from acquis.credentials.attributes import Award, Learner, build_attributes
from acquis.credentials.competency import CompetencyKey
from acquis.credentials.request import (
    Candidate,
    CompetencyRequest,
    PresentationRequest,
    build_proof_request,
)
from acquis.registry.mirror import Mirror
from acquis.registry.trust_list import Scope
from acquis.service.clock import SetClock
from acquis.service.database import Database
from acquis.service.fetch import Fetcher
from acquis.service.seal import Seal
from acquis.text import Text
from holder_wallet.app import create_app
from holder_wallet.settings import WalletSettings
from holder_wallet.store import exchanges
from holder_wallet.store.tables import ExchangeRow
from holder_wallet.surroundings import Surroundings
from support.registry import HOST as REGISTRY
from support.simulator import World
from support.simulator.wallet import KeyPair
from support.wallet_library import INSTITUTE, Library, Published

HOST = "http://127.0.0.1:8030"
SITE = "127.0.0.1:8020"
PYTHON = "esco_ccd0a1d9-afda-43d9-b901-96344886e14d"
SQL = "esco_598de5b0-5b58-4ea7-8058-a4bc4d18c742"
EXAMPLE = "data-analysis-with-python-and-sql"
NAME = "Data analysis with Python and SQL"
NOM = "Analyse de données avec Python et SQL"
PURPOSE = "Data analyst, second interview"
AWARDED = date(2024, 6, 30)
NOBODY = "00000000-0000-4000-8000-000000000000"
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

__all__ = ["INSTITUTE", "Desk", "open_desk", "text_of"]

_WORDS = Text("Python", "Python")


ESCO = Scope("esco", 1, 5, date(2020, 1, 1), None, "order", "Ministry of Examples")


type Answer = httpx.Response | Callable[[httpx.Request], Awaitable[httpx.Response]]
type Links = dict[str, Answer]


@dataclass
class Desk:
    """A wallet with a learner signed in, an issuer and an employer it meets by links."""

    app: FastAPI
    around: Surroundings
    browser: httpx.AsyncClient
    world: World
    library: Library
    published: Published
    issuer: AgentClient
    employer: AgentClient
    links: Links = field(default_factory=dict)

    @property
    def clock(self) -> SetClock:
        clock = self.around.clock
        assert isinstance(clock, SetClock)
        return clock

    async def get(self, path: str, **kwargs: Any) -> httpx.Response:
        return await self.browser.get(path, **kwargs)

    async def post(self, path: str, **form: Any) -> httpx.Response:
        return await self.browser.post(path, data=form)

    def give(self, answer: Answer, token: str | None = None) -> str:
        """Answer a new link by ``answer``; returns the link."""
        path = f"/c/{token or uuid4().hex[:12]}"
        self.links[path] = answer
        return f"http://{SITE}{path}"

    def attributes(
        self, published: Published | None = None, grade: str = "", **levels: int
    ) -> dict[str, str]:
        """What a credential of the learner says; ``levels`` by name of the attribute."""
        chosen = published or self.published
        award = Award(
            Learner("Zoé", "Müller-Étcheverry", date(2001, 5, 17)),
            chosen.achievement_id,
            str(uuid4()),
            AWARDED,
            levels=levels,
            grade=grade,
        )
        return build_attributes(chosen.achievement, award)

    async def offer(
        self, published: Published | None = None, attributes: dict[str, str] | None = None
    ) -> tuple[str, Invitation]:
        """Offer a credential; returns the issuer's record and the invitation."""
        chosen = published or self.published
        claims = attributes or self.attributes(chosen)
        record = await issue_credential.create_offer(self.issuer, chosen.definition_id, claims)
        return record.id, await out_of_band.create_invitation(
            self.issuer,
            AttachmentType.CREDENTIAL_OFFER,
            record.id,
            label="Institut de l’Exemple",
            goal_code="issue-vc",
            goal=NAME,
            handshake=True,
        )

    async def ask(
        self,
        proof_request: dict[str, Any] | None = None,
        *,
        label: str = "Atelier Garonne",
        **changes: Any,
    ) -> tuple[str, Invitation]:
        """Ask for a proof (Python, level 3 or more); returns the employer's record and invitation."""
        record = await present_proof.create_request(
            self.employer, proof_request or self.proof_request(**changes), auto_verify=False
        )
        return record.id, await out_of_band.create_invitation(
            self.employer,
            AttachmentType.PROOF_REQUEST,
            record.id,
            label=label,
            goal_code="verify",
            goal=PURPOSE,
            handshake=False,
        )

    def proof_request(
        self, *published: Published, level: int | None = 3, **changes: Any
    ) -> dict[str, Any]:
        """Python at a level, from the definitions of ``published``."""
        key = CompetencyKey.parse(PYTHON)
        request = PresentationRequest((CompetencyRequest(key, _WORDS, level),), PURPOSE, **changes)
        carriers = [
            Candidate(each.definition_id, date(2020, 1, 1))
            for each in published or (self.published,)
        ]
        return build_proof_request(request, {key: carriers}, "1234567890", self.clock.now())

    async def open(self, invitation: Invitation) -> str:
        """Open a link that gives ``invitation``; returns the path of the page it leads to."""
        link = self.give(httpx.Response(200, json=dict(invitation.content)))
        answer = await self.post("/open", link=link)
        assert answer.status_code == 303, text_of(answer)
        return answer.headers["location"]

    async def open_offer(self, **kwargs: Any) -> str:
        """Open an offer and wait until it has come; returns the path of its page."""
        page = await self.open((await self.offer(**kwargs))[1])
        await self.until(page, "offer-received")
        return page

    async def open_request(self, *args: Any, **kwargs: Any) -> str:
        """Open a request and wait until it has come; returns the path of its page."""
        page = await self.open((await self.ask(*args, **kwargs))[1])
        await self.until(page, "request-received")
        return page

    async def hold(
        self, published: Published | None = None, attributes: dict[str, str] | None = None
    ) -> str:
        """Have a credential offered, accept it, wait until it is stored; returns its id."""
        record_id, invitation = await self.offer(published, attributes)
        page = await self.open(invitation)
        await self.until(page, "offer-received")
        assert (await self.post(f"{page}/accept")).status_code == 303
        await self._until(lambda: self._is_requested(record_id), "the request")
        await issue_credential.issue(self.issuer, record_id)
        await self.until(page, "done")
        return page.rpartition("/")[2]

    async def row(self, page: str) -> ExchangeRow:
        async with self.around.database.read() as session:
            return await exchanges.load(session, page.rpartition("/")[2])

    async def change(self, page: str, **values: Any) -> None:
        """Write into the row of an exchange."""
        async with self.around.database.write() as session:
            kept = await exchanges.load(session, page.rpartition("/")[2])
            for name, value in values.items():
                setattr(kept, name, value)

    async def until(self, page: str, *states: str) -> ExchangeRow:
        """Wait until an exchange is in one of ``states``."""

        async def reached() -> ExchangeRow | None:
            row = await self.row(page)
            return row if row.state in states else None

        return await self._until(reached, f"{page}: {states}")

    async def revoke(self, index: int = 1) -> None:
        """Revoke what was issued under ``index`` and bring the mirror up to date."""
        registry = await anoncreds.load_active_registry(self.issuer, self.published.definition_id)
        await anoncreds.mark_revoked(self.issuer, registry.id, index)
        await anoncreds.publish_revocations(self.issuer, registry.id)
        self.library.write()
        self.clock.at = int(time.time()) + 60

    async def work(self, page: str) -> None:
        """Ring for an exchange."""
        await self.around.works["exchanges"].due_row(page.rpartition("/")[2])

    async def _is_requested(self, record_id: str) -> bool | None:
        record = await issue_credential.load(self.issuer, record_id)
        return record.state == "request-received" or None

    async def _until[T](self, look: Callable[[], Awaitable[T | None]], what: str) -> T:
        try:
            async with asyncio.timeout(20):
                while (found := await look()) is None:
                    await asyncio.sleep(0.02)
        except TimeoutError as error:
            raise AssertionError(f"not within 20 s: {what}") from error
        return found


def text_of(response: httpx.Response) -> str:
    """The words of a page, its markup left out."""
    text = re.sub(r"<(style|script)[^>]*>.*?</\1>|<[^>]+>", " ", response.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", text).replace("&#39;", "'").replace("&amp;", "&")


@asynccontextmanager
async def open_desk(folder: Path, **settings: Any) -> AsyncIterator[Desk]:
    """Open a wallet in ``folder`` with a learner signed in, whose institution is recognised."""
    world = World(seed=7)
    library = Library(folder / "mirror", world)
    base = world.agent("issuer").wallets["base"]
    attest = library.institute.attest
    base.keys[attest.multikey] = KeyPair(attest, [library.institute.method])
    issuer, employer = world.agent("issuer").client(), world.agent("verifier").client()
    published = await library.publish(issuer, EXAMPLE)
    library.write()
    library.recognise(ESCO)
    holder = world.agent("holder", multitenant=True)
    given: dict[str, Any] = {
        "folder": folder,
        "public_url": HOST,
        "secret": "s" * 40,
        "development_login": True,
        "loopback_links": True,
        "anchors": (library.anchor.did,),
        "sweep_seconds": 0.05,
        "mirror_seconds": 3600,
        "agent_api_key": "a" * 32,
        "webhook_key": holder.webhook_key,
    }
    chosen = WalletSettings(**(given | settings))
    library.clock.at = int(time.time())
    links: Links = {}
    around = Surroundings(
        settings=chosen,
        database=Database(chosen.database),
        agent=holder.client(),
        mirror=Mirror(library.folder, {REGISTRY: "http://127.0.0.1:9"}),
        fetcher=Fetcher(
            allow_loopback=True,
            resolve=resolve_name,
            transport=httpx.MockTransport(partial(answer_link, links)),
        ),
        seal=Seal(chosen, "wallet-tokens"),
        clock=library.clock,
    )
    app = create_app(chosen, around)
    holder.doorbells.connect(f"{HOST}/webhooks/", httpx.ASGITransport(app))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url=HOST, headers=BROWSER
        ) as browser,
    ):
        signed_in = await browser.post("/sign-in", data={"name": "Zoé Müller", "next": "/"})
        assert signed_in.status_code == 303
        yield Desk(app, around, browser, world, library, published, issuer, employer, links)
        around.live.close()
        await world.settle()
    await world.close()


async def resolve_name(host: str, _port: int) -> list[str]:
    """Resolve the names of the tests to this machine, an address to itself, the rest to nothing."""
    if host.endswith(".test"):
        return ["127.0.0.1"]
    return [str(ipaddress.ip_address(host))]


async def answer_link(links: Links, asked: httpx.Request) -> httpx.Response:
    """Answer a link as the test said; what was not given is not known."""
    found = links.get(urlsplit(str(asked.url)).path, httpx.Response(404))
    if not isinstance(found, httpx.Response):
        return await found(asked)
    return httpx.Response(found.status_code, headers=found.headers, content=found.content)
