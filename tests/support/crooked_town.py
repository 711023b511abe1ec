"""A town in which somebody cheats: an employer who asks, and a wallet that lies.

The credentials in the pocket of the dishonest wallet are known by their ``grade``. What the agent
alone says of a presentation and what Acquis says of it are kept apart.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from acquis.acapy import out_of_band, present_proof
from acquis.acapy.client import AgentClient
from acquis.credentials.achievement import Achievement
from acquis.credentials.competency import CompetencyKey
from acquis.credentials.report import parse_report
from acquis.credentials.request import (
    Candidate,
    CompetencyRequest,
    PresentationRequest,
    build_proof_request,
)
from acquis.errors import Unavailable
from acquis.protocols.machine import Source
from acquis.protocols.present_proof import Exchange, Facts, Observation, Role, State, advance
from acquis.protocols.record import dump_exchange
from acquis.registry.mirror import Mirror
from acquis.text import Text
from demo.agents import AgentRole
from demo.people import Visitor
from demo.story import PYTHON
from support.agents import RealAgents, until
from support.dishonest_wallet import (
    Asked,
    DishonestWallet,
    Taken,
    read_invitation,
)
from support.town import Running
from verifier.concluding import conclude
from verifier.store.tables import RequestRow, SessionRow
from verifier.trusting import MirrorEnvironment

_RECOGNISED_FROM = date(2020, 1, 1)
_BROWSER = "b" * 64


@dataclass(frozen=True)
class Ruling:
    """What was said of one presentation: by the agent alone, and by Acquis.

    ``remarks`` are the codes of the agent's warnings; ``outcomes`` the worst of each check.
    """

    agent: bool | None
    remarks: frozenset[str]
    conclusion: str
    because: tuple[str, ...]
    outcomes: Mapping[str, str]
    reasons: tuple[str, ...]

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Ruling:
        """Read what the verifier keeps of a session, or ``conclude`` gives."""
        verdict, decision = kept["verdict"] or {}, kept["decision"]
        report = parse_report(kept["report"]) if kept.get("report") else None
        ids = {each.id for each in report.checks} if report is not None else set()
        return cls(
            agent=verdict.get("verified"),
            remarks=frozenset(each.partition("::")[0] for each in verdict.get("warnings", ())),
            conclusion=decision["conclusion"],
            because=tuple(decision["because"]),
            outcomes={each: report.outcome_of(each).value for each in ids if report is not None},
            reasons=tuple(each["en"] for each in decision["reasons"]),
        )


@dataclass
class CrookedTown:
    """The town, the wallet that cheats and what it has in its pocket."""

    running: Running
    agents: RealAgents
    recruiter: Visitor
    wallet: DishonestWallet
    read_by_verifier: Mirror
    institute: str
    achievement: Achievement
    achievement_id: str
    other_version_id: str = ""
    pocket: dict[str, Taken] = field(default_factory=dict)
    anchors: dict[str, str] = field(default_factory=dict)
    wallets: dict[str, AgentClient] = field(default_factory=dict)

    def lists_before(self, grade: str) -> int:
        """Return the time of the first revocation list, before anything was revoked."""
        return self.wallet.lists(self.pocket[grade].registry_id or "")[0]

    # what the employer does

    async def ask(self, **body: Any) -> tuple[str, Asked]:
        """Ask through the verifier's service and follow its link; Python, level 3 unless told."""
        wanted = {"competencies": [{"key": PYTHON, "minimum_level": 3}], "purpose": "A job"} | body
        made = await self.recruiter.post("/api/requests", wanted)
        shown = await self.recruiter.get(f"/api/requests/{made['id']}")
        return made["id"], await self.wallet.follow(shown["link"])

    async def look(self, request_id: str) -> dict[str, Any]:
        """Return what the employer sees of a request now."""
        return await self.recruiter.get(f"/api/requests/{request_id}")

    async def ruling(self, request_id: str) -> Ruling:
        """Return what was said once there is a decision."""
        path = f"/api/requests/{request_id}"
        over = await self.recruiter.until(path, lambda found: bool(found["decision"]), until="over")
        return Ruling.read(over)

    async def answer(self, forge: Forge, **body: Any) -> Ruling:
        """Ask, answer with what ``forge`` makes of the request, and return what was said."""
        request_id, asked = await self.ask(**body)
        assert await self.wallet.send(asked, forge(self, asked.proof_request)) == 200
        return await self.ruling(request_id)

    # what an employer does who uses the agent alone

    def build(self, *definitions: str, **changes: Any) -> dict[str, Any]:
        """Return our own request for Python, level 3, of these definitions (the institute's)."""
        listed = definitions or (self.pocket["first"].definition_id,)
        candidates = [Candidate(each, _RECOGNISED_FROM) for each in listed]
        nonce = str(secrets.randbits(79) + 1)
        key = QUESTION.competencies[0].key
        made = build_proof_request(QUESTION, {key: candidates}, nonce, int(time.time()))
        return {**made, **changes}

    async def say_alone(
        self, proof_request: Mapping[str, Any], forge: Forge
    ) -> present_proof.Record:
        """Ask by the agent alone, answer, have it verify if it can; return its record."""
        agent = self.agents.client(AgentRole.VERIFIER)
        record = await present_proof.create_request(agent, proof_request, auto_verify=False)
        invitation = await out_of_band.create_invitation(
            agent,
            out_of_band.AttachmentType.PROOF_REQUEST,
            record.id,
            label="Employer",
            goal_code="verify",
            goal="A job",
            handshake=False,
        )
        asked = read_invitation(invitation.text.encode())
        await self.wallet.send(asked, forge(self, asked.proof_request))

        async def received() -> bool | None:
            found = await present_proof.load(agent, record.id)
            return found.state == "presentation-received" or None

        await until(received, "the agent takes the presentation in", pause=0.03)
        try:
            return await present_proof.verify(agent, record.id)
        except Unavailable:  # it stumbled: it has the presentation and says nothing of it
            return await present_proof.load(agent, record.id)

    async def was_answered(self, asked: Asked) -> bool:
        """Say whether the verifier’s agent noted that a message came, whatever became of it."""
        agent = self.agents.client(AgentRole.VERIFIER)
        return await out_of_band.was_answered(agent, asked.parent_id)

    async def until_forgotten(self, asked: Asked) -> None:
        """Wait until the verifier’s agent has nothing any more of an exchange that is over."""
        agent = self.agents.client(AgentRole.VERIFIER)

        async def gone() -> bool:
            return await present_proof.find(agent, asked.thread_id, Role.VERIFIER) is None

        await until(gone, "the agent’s record is deleted", pause=0.03)

    def environment(self, **changes: Any) -> MirrorEnvironment:
        """Return what the verifier's service looks at, but for ``changes``."""
        usual = MirrorEnvironment(
            mirror=self.read_by_verifier,
            anchors=(self.running.story.anchor.did,),
            now=int(time.time()),
            grace=0,
            mirror_max_age=86_400,
        )
        return replace(usual, **changes)

    def judge(
        self,
        record: present_proof.Record,
        proof_request: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> Ruling:
        """Return what Acquis says of what the agent has, asked by ``proof_request`` (as it was)."""
        asked: Any = proof_request or (record.request and record.request.content)
        now = int(time.time())
        request = RequestRow(
            id="r", person_id="p", request=QUESTION.content(), asked_in=_BROWSER, created_at=now
        )
        sent = Observation(
            State.REQUEST_SENT,
            Facts(record_id=record.id, thread_id=record.thread_id),
            Source.OURSELVES,
        )
        session = SessionRow(
            id="s",
            request_id="r",
            token="t",
            state=record.state,
            exchange=dump_exchange(advance(Exchange(id="s", role=Role.VERIFIER), sent)),
            shown_in=_BROWSER,
            proof_request=dict(asked),
            created_at=now,
            expires_at=now + 60,
            changed_at=now,
        )
        return Ruling.read(conclude(request, session, record, self.environment(**changes)))

    def log(self) -> str:
        """Return what the verifier's agent has logged."""
        return (self.running.town.folder / "verifier" / "agent" / "agent.log").read_text()


type Forge = Callable[[CrookedTown, dict[str, Any]], Any]

QUESTION = PresentationRequest(
    (CompetencyRequest(CompetencyKey.parse(PYTHON), Text("Python", "Python"), 3),), "A job"
)
