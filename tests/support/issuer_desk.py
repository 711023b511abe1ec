"""An issuer over ASGI: real database, an agent that only makes offers, a registrar signed in."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from acquis.acapy.client import AgentClient
from acquis.credentials.attributes import Learner
from acquis.protocols.issue_credential import Exchange, Facts, Role, State
from acquis.protocols.record import dump_exchange
from acquis.registry.mirror import Mirror
from acquis.service.clock import SetClock, today
from acquis.service.database import Database
from acquis.service.publication import Publisher
from acquis.service.work import Again, Due, Work, build_broker
from issuer_agent import offering, publishing
from issuer_agent.app import create_app
from issuer_agent.settings import IssuerSettings
from issuer_agent.store import awards as award_queries
from issuer_agent.store.tables import (
    AchievementRow,
    AwardRow,
    Base,
    ExchangeRow,
    InstitutionRow,
    IssuedRow,
)
from issuer_agent.surroundings import Surroundings
from schemas import load_example
from support.registry import Issuer

NOW = 1_790_000_000
HOST = "http://127.0.0.1:8010"
EXAMPLE = "data-analysis-with-python-and-sql"
PYTHON = "esco_ccd0a1d9-afda-43d9-b901-96344886e14d"
ISSUER = Issuer("demo/university", created=datetime(2026, 1, 1, tzinfo=UTC))
DID, LOG = ISSUER.did, ISSUER.log
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
NOBODY = "00000000-0000-4000-8000-000000000000"
GARBAGE = [
    "x",
    "%00",
    "..%2f..%2fetc%2fpasswd",
    "a" * 3000,
    "%ff%fe",
    "'; DROP TABLE awards;--",
    "{{7*7}}",
    "😀",
]


class FakeAgent:
    """Answers what offering asks for; ``away`` makes every answer fail."""

    def __init__(self) -> None:
        self.offers = 0
        self.away = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("away")
        if request.url.path == "/issue-credential-2.0/create-offer":
            self.offers += 1
            record = {"cred_ex_id": str(uuid4()), "role": "issuer", "state": "offer-sent"}
            return httpx.Response(200, json=record | {"thread_id": str(uuid4())})
        if request.url.path == "/out-of-band/create-invitation":
            invitation = {
                "@type": "https://didcomm.org/out-of-band/1.1/invitation",
                "@id": str(uuid4()),
                "label": json.loads(request.content)["my_label"],
                "services": ["did:peer:4abc"],
                "handshake_protocols": ["https://didcomm.org/didexchange/1.1"],
                "requests~attach": [
                    {
                        "@id": "offer",
                        "data": {
                            "json": {
                                "@id": str(uuid4()),
                                "@type": "https://didcomm.org/issue-credential/2.0/offer-credential",
                            }
                        },
                    }
                ],
            }
            return httpx.Response(200, json={"invitation": invitation})
        return httpx.Response(404)


@dataclass
class Desk:
    """A service with one institution, and a browser in front of it."""

    around: Surroundings
    browser: httpx.AsyncClient
    agent: FakeAgent

    async def get(self, path: str, **kwargs: Any) -> httpx.Response:
        return await self.browser.get(path, **kwargs)

    async def post(self, path: str, **form: str) -> httpx.Response:
        return await self.browser.post(path, data=form)

    async def add(self, *rows: Base) -> None:
        for row in rows:
            async with self.around.database.write() as session:
                session.add(row)

    async def publish_example(self) -> str:
        """Put a published achievement into the books and return its id."""
        content = load_example(EXAMPLE)
        row = AchievementRow(
            id=str(uuid4()),
            slug=content["slug"],
            version=content["version"],
            content=content,
            state=publishing.PUBLISHED,
            progress=[
                {"step": step, "begun": NOW - 9, "ended": NOW - 3} for step in publishing.STEPS
            ],
            resource_id=f"{DID}/resources/zAchievement",
            schema_id=f"{DID}/resources/zSchema",
            cred_def_id=f"{DID}/resources/zDefinition",
            created_at=NOW - 10,
        )
        await self.add(row)
        return row.id

    async def found(self) -> None:
        await self.add(
            InstitutionRow(
                id="institution",
                did=DID,
                attest_multikey="z6MkAttest",
                log=LOG,
                published_at=NOW,
            )
        )

    async def award(self, achievement_id: str, family_name: str = "Martin") -> AwardRow:
        given = offering.Given(Learner("Ada", family_name), today(self.around.clock))
        made = await offering.award(self.around, achievement_id, [given], "camille")
        return (await self.standing(made[0])).award

    async def standing(self, award_id: str) -> award_queries.Standing:
        async with self.around.database.read() as session:
            return await award_queries.load(session, award_id)

    async def rings(self, model: type[Due], row_id: str) -> int:
        """Return how often work was asked for on a row."""
        async with self.around.database.read() as session:
            row = await session.get(model, row_id)
        assert row is not None
        return row.rung

    async def exchange(self, award: AwardRow, state: State, **changes: Any) -> ExchangeRow:
        """Put an exchange in ``state`` into the books."""
        exchange = Exchange(str(uuid4()), Role.ISSUER, state, facts=Facts(record_id=str(uuid4())))
        row = ExchangeRow(
            id=exchange.id,
            award_id=award.id,
            token=award.token,
            state=state.value,
            open=not exchange.is_over,
            exchange=dump_exchange(exchange),
            record_id=exchange.facts.record_id,
            created_at=NOW,
            changed_at=NOW,
        )
        for name, value in changes.items():
            setattr(row, name, value)
        await self.add(row)
        return row

    async def issue(self, award: AwardRow, state: str = "valid", index: int = 1) -> None:
        """Put an issued credential into the books."""
        exchange = await self.exchange(award, State.DONE)
        await self.add(
            IssuedRow(
                id=award.id,
                exchange_id=exchange.id,
                cred_def_id="d",
                rev_reg_id="r",
                rev_index=index,
                issued_at=NOW,
                state=state,
                reason=None if state == "valid" else "error",
            )
        )


def text_of(response: httpx.Response) -> str:
    """The words of a page, its markup left out."""
    text = re.sub(r"<[^>]+>", " ", response.text)
    return re.sub(r"\s+", " ", text).replace("&#39;", "'")


@asynccontextmanager
async def open_desk(folder: Path) -> AsyncIterator[Desk]:
    """Open a service in ``folder`` with a registrar signed in."""
    settings = IssuerSettings(
        folder=folder,
        public_url=HOST,
        secret="s" * 40,
        development_login=True,
        agent_api_key="a" * 32,
        webhook_key="w" * 32,
        institution_name="Université de l’Exemple",
        registry_folder="demo/university",
        publish_url="http://registry.test",
        wallet_url="http://wallet.test",
    )
    agent = FakeAgent()
    database = Database(settings.database)
    around = Surroundings(
        settings=settings,
        database=database,
        agent=AgentClient("http://agent.test", "k", transport=httpx.MockTransport(agent)),
        mirror=Mirror(folder / "mirror", {}),
        publisher=Publisher("http://registry.test", httpx.MockTransport(agent)),
        clock=SetClock(NOW),
    )

    async def perform(_row_id: str) -> Again | None:
        return None

    tables: dict[str, type[Due]] = {
        "achievements": AchievementRow,
        "exchanges": ExchangeRow,
        "issued": IssuedRow,
    }
    broker = build_broker("memory://", "issuer")
    for name, model in tables.items():
        around.works[name] = Work(database, model, perform, broker=broker)
    async with database._engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    transport = httpx.ASGITransport(create_app(settings, around))
    async with httpx.AsyncClient(transport=transport, base_url=HOST, headers=BROWSER) as browser:
        signed_in = await browser.post("/sign-in", data={"name": "Camille", "next": "/"})
        assert signed_in.status_code == 303
        yield Desk(around, browser, agent)
    around.live.close()
    await around.agent.aclose()
    await around.publisher.close()
    await database.close()
