"""An employer's site for the wallet's tests: a link that asks a question, then takes a choice.

It keeps what it is asked and told; a test may have it answer otherwise than it should.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import httpx

from acquis.acapy import out_of_band, present_proof
from acquis.acapy.out_of_band import AttachmentType
from acquis.credentials.choice import NameAsked, parse_choice
from acquis.credentials.competency import CompetencyKey
from acquis.credentials.narrowing import narrow_proof_request
from acquis.credentials.request import (
    Candidate,
    CompetencyRequest,
    PresentationRequest,
    build_proof_request,
)
from acquis.text import Text
from holder_wallet.choosing import QUESTION
from support.wallet_desk import PURPOSE, PYTHON, SQL, Desk

QUALITY = "esco_0a2d70ee-d435-4965-9e96-702b2fb65740"
"""A competency that no example awards."""

type Change = Callable[[dict[str, Any]], dict[str, Any]]


def same(document: dict[str, Any]) -> dict[str, Any]:
    return document


@dataclass
class QuestionSite:
    """``answers`` are given, in their turn, in the place of the right one; None is the right one.

    ``told`` are the choices that came, ``changing`` what is done to the request that is then made.
    """

    desk: Desk
    request: PresentationRequest
    seconds: int = 900
    link: str = ""
    records: list[str] = field(default_factory=list)
    read: list[httpx.Request] = field(default_factory=list)
    told: list[httpx.Request] = field(default_factory=list)
    answers: list[httpx.Response | None] = field(default_factory=list)
    changing: Change = same
    forging: Change = same
    _made: dict[str, Any] | None = None
    _question: dict[str, Any] = field(default_factory=dict)

    @property
    def full(self) -> dict[str, Any]:
        """The request for everything."""
        carriers = {
            each.key: [Candidate(self.desk.published.definition_id, date(2020, 1, 1))]
            for each in self.request.competencies
        }
        return build_proof_request(self.request, carriers, "1234567890", self.desk.clock.now())

    def open_link(self) -> str:
        """Put the site behind a link."""
        full = self.full
        self._question = {
            "request": self.request.content(),
            "proof_request": full,
            "label": "Atelier Garonne",
            "expires_at": self.desk.clock.now() + self.seconds,
        }
        self.link = self.desk.give(self.answer)
        return self.link

    async def answer(self, asked: httpx.Request) -> httpx.Response:
        """Answer a wallet."""
        if asked.method == "GET":
            self.read.append(asked)
            if self._made is not None:
                return httpx.Response(200, json=self._made)
            assert QUESTION in asked.headers["accept"]
            body = json.dumps(self.forging(self._question)).encode()
            return httpx.Response(200, content=body, headers={"content-type": QUESTION})
        self.told.append(asked)
        found = self.answers.pop(0) if self.answers else None
        if found is not None and found.status_code != 599:  # 599: it is made, the answer is lost
            return found
        if self._made is None:
            self._made = await self._make(json.loads(asked.content))
        if found is not None:
            raise httpx.ReadError("lost")
        return httpx.Response(200, json=self._made)

    async def _make(self, chosen: Any) -> dict[str, Any]:
        narrowed = narrow_proof_request(
            self._question["proof_request"], self.request, parse_choice(chosen)
        )
        employer = self.desk.employer
        record = await present_proof.create_request(
            employer, self.changing(narrowed), auto_verify=False
        )
        self.records.append(record.id)
        invitation = await out_of_band.create_invitation(
            employer,
            AttachmentType.PROOF_REQUEST,
            record.id,
            label="Atelier Garonne",
            goal_code="verify",
            goal=PURPOSE,
            handshake=False,
        )
        return dict(invitation.content)

    async def presented(self) -> dict[str, Any] | None:
        """Return the one presentation that came, if any did."""
        for record_id in self.records:
            record = await present_proof.load(self.desk.employer, record_id)
            if record.presentation is not None:
                content = record.presentation.content
                assert isinstance(content, dict)
                return content
        return None


LOST = httpx.Response(599)


def any_two(**changes: Any) -> PresentationRequest:
    """Any two of Python, SQL and one that nobody has; one more if they want; the name if they want."""
    named = [(PYTHON, 3, False), (SQL, 2, False), (QUALITY, 2, False)]
    held: dict[str, Any] = {
        "competencies": tuple(
            CompetencyRequest(CompetencyKey.parse(key), Text(key, key), level, optional)
            for key, level, optional in named
        ),
        "purpose": PURPOSE,
        "at_least": 2,
        "learner_name": NameAsked.OPTIONAL,
    }
    return PresentationRequest(**(held | changes))


__all__ = ["LOST", "QUALITY", "QuestionSite", "any_two"]
