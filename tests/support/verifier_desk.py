"""A verifier over ASGI: real database, a mirror with really signed documents, a small agent.

The mirror's folder is written as a refresh leaves it; whatever is read from it is verified. The
agent makes requests and keeps what a wallet answered; its verdict is what the test says.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI

from acquis.acapy.client import AgentClient
from acquis.credentials.achievement import Achievement, attribute_names, parse_achievement
from acquis.credentials.attributes import Award, Learner, build_attributes
from acquis.credentials.matching import HeldCredential, matching_credentials, select_credentials
from acquis.credentials.proof_request import UnverifiedProofRequest, parse_proof_request
from acquis.registry.content import ResourceType
from acquis.registry.index import Index, build_index
from acquis.registry.mirror import Mirror
from acquis.registry.resource import Link, build_resource, verify_resource
from acquis.registry.trust_list import Scope, TrustEntry, TrustList, build_trust_list
from acquis.service.clock import SetClock
from acquis.service.database import Database
from acquis.service.work import Work, build_broker
from schemas import load_example
from support.registry import HOST as REGISTRY
from support.registry import Issuer, tails
from support.scenario import present
from verifier import requesting, verifying
from verifier.app import create_app
from verifier.settings import VerifierSettings
from verifier.store import sessions
from verifier.store.tables import Base, RequestRow, SessionRow
from verifier.surroundings import Surroundings

type Change = Callable[[dict[str, Any]], None]

NOW = int(datetime(2026, 11, 22, 12, 0, tzinfo=UTC).timestamp())
LIST_AT = NOW - 3_600
HOST = "http://127.0.0.1:8020"
ANOTHER_REGISTRY = "trust.another.example"
PYTHON = "esco_ccd0a1d9-afda-43d9-b901-96344886e14d"
SQL = "esco_598de5b0-5b58-4ea7-8058-a4bc4d18c742"
QUALITY = "esco_cc7370dd-69fa-4c67-a96f-d4d135d38700"
INSTITUTE = "Acquis Demonstration Institute SA"
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
WALLET = {"accept": "application/json"}
NOBODY = "00000000-0000-4000-8000-000000000000"
PURPOSE = "Data analyst, second interview"
GARBAGE = ["x", "%00", "..%2f..%2fetc%2fpasswd", "a" * 3000, "%ff%fe", "'; DROP--", "{{7*7}}", "😀"]


@dataclass
class Copy:
    """The folder of a mirror, with the documents of an institute and of a trust anchor.

    ``network`` is an anchor of another registry, which has published nothing yet.
    """

    folder: Path
    institute: Issuer = field(default_factory=lambda: Issuer("demo/institute", name="institute"))
    anchor: Issuer = field(default_factory=lambda: Issuer("trust/anchor", name="anchor"))
    network: Issuer = field(
        default_factory=lambda: Issuer("trust/network", ANOTHER_REGISTRY, name="network")
    )
    entries: list[TrustEntry] = field(default_factory=list)

    @property
    def files(self) -> Path:
        return self.folder / REGISTRY / "files"

    def put(self, issuer: Issuer, resources: list[dict[str, Any]]) -> None:
        """Write an issuer's log, resources and index."""
        base = self.folder / issuer.host / "files" / issuer.folder
        (base / "resources").mkdir(parents=True, exist_ok=True)
        (base / "did.jsonl").write_text(issuer.log)
        index, document = Index(issuer.did, {}), issuer.document
        for each in resources:
            raw = json.dumps(each).encode()
            (base / "resources" / each["metadata"]["resourceId"]).write_bytes(raw)
            index = index.with_resource(verify_resource(raw, each["id"], document))
        (base / "index.json").write_bytes(build_index(index))

    def confirm(self, at: int, host: str = REGISTRY) -> None:
        """Note that the registry ``host`` confirmed the copy at ``at``."""
        noted = json.dumps({"bins": {}, "confirmed_ns": at * 10**9})
        (self.folder / host).mkdir(parents=True, exist_ok=True)
        (self.folder / host / "applied.json").write_text(noted)

    def recognise(
        self,
        *entries: TrustEntry,
        by: Issuer | None = None,
        until: date = date(2026, 12, 1),
        name: str = "list",
    ) -> None:
        """Publish the trust list of an anchor (default: ``anchor``) with these entries."""
        anchor = by or self.anchor
        listed = TrustList(anchor.did, 1, date(2026, 11, 1), until, tuple(entries))
        kind = ResourceType.TRUST_LIST
        built = build_resource(anchor.did, kind, name, build_trust_list(listed))
        self.put(anchor, [anchor.sign(built)])

    @property
    def entry(self) -> TrustEntry:
        """The institute as a trust list recognises it: all of ESCO, since 2020."""
        scope = Scope("esco", 1, 5, date(2020, 1, 1), None, "order", "Ministry")
        return TrustEntry(self.institute.did, INSTITUTE, "FR", "https://a.example/", (scope,))


@dataclass
class Published:
    """An achievement with everything a credential of it rests on."""

    achievement: Achievement
    achievement_id: str
    schema_id: str
    definition_id: str
    registry_id: str

    def award(self, number: str = "1", **levels: int) -> HeldCredential:
        """A credential in a wallet; ``levels`` by name of the attribute."""
        given = Award(
            Learner("Zoé", "Müller"), self.achievement_id, str(uuid4()), date(2024, 6, 30)
        )
        attributes = build_attributes(self.achievement, given)
        return HeldCredential(
            f"credential-{number}",
            self.definition_id,
            self.schema_id,
            {**attributes, **{name: str(level) for name, level in levels.items()}},
        )


def publish_example(copy: Copy, *names: str) -> list[Published]:
    """Put example achievements of the institute into the mirror's folder."""
    issuer, resources, published = copy.institute, [], []
    for name in names:
        achievement = replace(parse_achievement(load_example(name)), issuer=issuer.did)
        kind = ResourceType.ACHIEVEMENT
        words = issuer.sign(build_resource(issuer.did, kind, name, achievement.content()))
        content = {
            "issuerId": issuer.did,
            "name": achievement.slug,
            "version": achievement.version,
            "attrNames": list(attribute_names(achievement)),
        }
        schema = issuer.sign(build_resource(issuer.did, ResourceType.SCHEMA, name, content))
        definition = issuer.credential_definition(schema["id"])
        bare = issuer.registry_definition(definition["id"], tails(name)[1])
        listed = issuer.status_list(bare["id"], LIST_AT)
        registry = issuer.registry_definition(
            definition["id"], tails(name)[1], (Link(listed["id"], LIST_AT),)
        )
        resources += [words, schema, definition, registry, listed]
        published.append(
            Published(achievement, words["id"], schema["id"], definition["id"], registry["id"])
        )
    copy.put(issuer, resources)
    return published


class FakeAgent:
    """Makes requests and invitations, keeps answers; ``away`` makes every call fail."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self.verified, self.warnings = True, []
        self.away = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("away")
        path = request.url.path.removeprefix("/present-proof-2.0")
        if path == "/create-request":
            return httpx.Response(200, json=self._create(json.loads(request.content)))
        if path == "/out-of-band/create-invitation":
            return httpx.Response(200, json=self._invite(json.loads(request.content)))
        record = self.records.get(path.split("/")[2]) if path.startswith("/records/") else None
        if record is None:
            return httpx.Response(404)
        if path.endswith("/verify-presentation"):
            record |= {"state": "done", "verified": "true" if self.verified else "false"}
            record["verified_msgs"] = list(self.warnings)
        return httpx.Response(200, json=record)

    def _create(self, body: Mapping[str, Any]) -> dict[str, Any]:
        record = {
            "pres_ex_id": str(uuid4()),
            "thread_id": str(uuid4()),
            "role": "verifier",
            "state": "request-sent",
            "by_format": {"pres_request": body["presentation_request"]},
        }
        self.records[record["pres_ex_id"]] = record
        return record

    def _invite(self, body: Mapping[str, Any]) -> dict[str, Any]:
        record = self.records[body["attachments"][0]["id"]]
        message = {
            "@type": "https://didcomm.org/present-proof/2.0/request-presentation",
            "@id": record["thread_id"],
        }
        return {
            "invitation": {
                "@type": "https://didcomm.org/out-of-band/1.1/invitation",
                "@id": str(uuid4()),
                "label": body["my_label"],
                "handshake_protocols": [],
                "requests~attach": [{"@id": "request-0", "data": {"json": message}}],
                "services": [],
            }
        }


@dataclass
class Desk:
    """A service with a recruiter signed in, and what it reads and talks to."""

    app: FastAPI
    around: Surroundings
    browser: httpx.AsyncClient
    stranger: httpx.AsyncClient
    agent: FakeAgent
    copy: Copy
    published: list[Published]

    @property
    def clock(self) -> SetClock:
        clock = self.around.clock
        assert isinstance(clock, SetClock)
        return clock

    async def get(self, path: str, **kwargs: Any) -> httpx.Response:
        return await self.browser.get(path, **kwargs)

    async def post(self, path: str, **form: Any) -> httpx.Response:
        return await self.browser.post(path, data=form)

    async def ask(self, **changes: Any) -> str:
        """Ask for Python, level 3 or more, by the form; return the request's id."""
        form = {"competency": PYTHON, f"level_{PYTHON}": "3", "purpose": PURPOSE, "ask": "1"}
        answer = await self.post("/ask", **(form | changes))
        assert answer.status_code == 303, text_of(answer)
        return answer.headers["location"].removeprefix("/requests/")

    async def session(self, request_id: str) -> SessionRow:
        async with self.around.database.read() as session:
            row = await sessions.newest_of(session, request_id)
        assert row is not None
        return row

    async def request(self, request_id: str) -> RequestRow:
        async with self.around.database.read() as session:
            return await sessions.load_request(session, request_id)

    async def link(self, request_id: str) -> str:
        """The path of the link on screen."""
        return f"/r/{(await self.session(request_id)).token}"

    async def open(self, request_id: str, retry_key: str = "wallet") -> httpx.Response:
        """Follow the link on screen as a wallet does."""
        headers = WALLET | {"acquis-retry-key": retry_key}
        return await self.stranger.get(await self.link(request_id), headers=headers)

    async def answer(self, request_id: str, change: Change = lambda _: None) -> None:
        """Follow the link, answer with credentials of the examples, have the answer verified."""
        opened = await self.open(request_id)
        assert opened.status_code == 200, opened.text
        await self.answer_opened(request_id, change)

    async def answer_opened(
        self, request_id: str, change: Change = lambda _: None, *, look: bool = True
    ) -> None:
        """Answer with credentials of the examples, after ``change``; have the answer verified.

        Without ``look`` it has come in and nobody has looked at it yet.
        """
        row = await self.session(request_id)
        asked = parse_proof_request(UnverifiedProofRequest(row.proof_request))
        held = [each.award(str(number)) for number, each in enumerate(self.published)]
        selection = select_credentials(matching_credentials(asked, held))
        answered = present(asked, selection, {each.id: each for each in held})
        registries = {each.definition_id: each.registry_id for each in self.published}
        for each in answered["identifiers"]:
            each |= {"rev_reg_id": registries[each["cred_def_id"]], "timestamp": LIST_AT}
        change(answered)
        record = self.agent.records[str(row.record_id)]
        record["by_format"]["pres"] = {"anoncreds": answered}
        record["pres"] = {"~thread": {"thid": record["thread_id"]}}
        record["state"] = "presentation-received"
        if look:
            await self.perform(row.id)

    async def perform(self, session_id: str) -> None:
        """Do what is due on a session."""
        await verifying.perform(self.around, session_id)

    async def keep(self, request_id: str, **changes: Any) -> None:
        """Write into the newest session of a request."""
        row = await self.session(request_id)
        async with self.around.database.write() as session:
            kept = await session.get_one(SessionRow, row.id)
            for name, value in changes.items():
                setattr(kept, name, value)
        requesting.tell(self.around, row)


def text_of(response: httpx.Response) -> str:
    """The words of a page, its markup left out."""
    text = re.sub(r"<[^>]+>", " ", response.text)
    return re.sub(r"\s+", " ", text).replace("&#39;", "'")


def chosen_in(response: httpx.Response) -> list[str]:
    """The keys of the competencies that the form holds."""
    return re.findall(r'name="competency" value="([^"]+)"', response.text)


def level_in(response: httpx.Response, key: str) -> str:
    """The level that the form holds for a competency."""
    select = re.search(rf'<select[^>]+name="level_{key}".*?</select>', response.text, re.DOTALL)
    assert select is not None
    picked = re.search(r'value="([^"]*)" selected', select.group())
    return picked.group(1) if picked else ""


@asynccontextmanager
async def open_desk(folder: Path, **settings: Any) -> AsyncIterator[Desk]:
    """Open a service in ``folder`` with a recruiter signed in."""
    copy = Copy(folder / "mirror")
    names = ("data-analysis-with-python-and-sql", "first-aid-at-work")
    published = publish_example(copy, *names)
    copy.recognise(copy.entry)
    copy.confirm(NOW - 30)
    given: dict[str, Any] = {
        "folder": folder,
        "public_url": HOST,
        "secret": "s" * 40,
        "development_login": True,
        "agent_api_key": "a" * 32,
        "webhook_key": "w" * 32,
        "employer_name": "Atelier Garonne",
        "wallet_url": "http://wallet.test",
        "anchors": (copy.anchor.did,),
    }
    chosen = VerifierSettings(**(given | settings))
    agent = FakeAgent()
    around = Surroundings(
        settings=chosen,
        database=Database(chosen.database),
        agent=AgentClient("http://agent.test", "k", transport=httpx.MockTransport(agent)),
        mirror=Mirror(
            copy.folder,
            {REGISTRY: "https://registry.test", ANOTHER_REGISTRY: "https://another.test"},
        ),
        clock=SetClock(NOW),
    )

    async def perform(_row_id: str) -> None:
        return None

    broker = build_broker("memory://", "verifier")
    around.works["sessions"] = Work(around.database, SessionRow, perform, broker=broker)
    async with around.database._engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    app = create_app(chosen, around)
    async with (
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url=HOST, headers=BROWSER
        ) as browser,
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url=HOST, headers=BROWSER
        ) as stranger,
    ):
        signed_in = await browser.post("/sign-in", data={"name": "Robin", "next": "/"})
        assert signed_in.status_code == 303
        yield Desk(app, around, browser, stranger, agent, copy, published)
    around.live.close()
    await around.agent.aclose()
    await around.database.close()
