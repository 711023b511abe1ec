"""Concluding: what is kept of an answer that came in: the agent's verdict, our report, a decision."""

from __future__ import annotations

import hashlib
from typing import Any

from acquis.acapy import present_proof as agent_proof
from acquis.credentials.choice import parse_choice
from acquis.credentials.disclosure import what_was_learned
from acquis.credentials.environment import Environment
from acquis.credentials.facts import AgentVerdict, ExchangeBinding, ExchangeFacts
from acquis.credentials.policy import decide, refuse_unreadable
from acquis.credentials.presentation import UnverifiedPresentation, parse_presentation
from acquis.credentials.proof_request import UnverifiedProofRequest, parse_proof_request
from acquis.credentials.report import Aspect, Check, Outcome, VerificationReport
from acquis.credentials.request import parse_presentation_request
from acquis.credentials.verify import STANDARD_POLICY, verify_presentation
from acquis.errors import InvalidInput
from acquis.protocols.present_proof import State
from acquis.protocols.record import load_proof
from acquis.text import Text
from verifier.store.tables import RequestRow, SessionRow

type Kept = dict[str, Any]


def conclude(
    request: RequestRow, row: SessionRow, record: agent_proof.Record, environment: Environment
) -> Kept:
    """Return the columns of a session that was answered.

    Verdict and presentation are of one and the same record: a verdict never counts for another
    presentation than the one it was said of.
    """
    asked = parse_presentation_request(request.request)
    is_checked = record.state == State.DONE
    verdict = AgentVerdict(record.verified, record.warnings) if is_checked else AgentVerdict(None)
    kept = _content_of(verdict) | {"presentation": _object_of(record.presentation)}
    try:
        facts = ExchangeFacts(
            request=asked,
            asked=parse_proof_request(UnverifiedProofRequest(row.proof_request)),
            answered=parse_proof_request(record.request or UnverifiedProofRequest(None)),
            presentation=parse_presentation(record.presentation or UnverifiedPresentation(None)),
            agent=verdict,
            choice=None if row.choice is None else parse_choice(row.choice),
            exchange=bind(request, row, record),
        )
    except InvalidInput as error:
        return kept | {"decision": refuse_unreadable(error.says, STANDARD_POLICY).content()}
    report = verify_presentation(facts, environment)
    learned = what_was_learned(facts.asked, facts.presentation, asked.labels())
    return kept | {
        "report": report.content(),
        "decision": decide(report, STANDARD_POLICY).content(),
        "learned": {
            "shown": [
                {"label": _both(shown.label), "value": shown.value} for shown in learned.shown
            ],
            "proved": [_both(text) for text in learned.proved],
            "hidden": [_both(text) for text in learned.hidden],
        },
    }


def bind(request: RequestRow, row: SessionRow, record: agent_proof.Record) -> ExchangeBinding:
    """Return what ties the answer in ``record`` to a session, and the session to a browser."""
    return ExchangeBinding(
        thread_expected=_digest(load_proof(row.exchange).facts.thread_id),
        thread_seen=_digest(record.answered_thread_id),
        session_expected=request.asked_in,
        session_seen=row.shown_in,
    )


def _digest(name: str | None) -> str | None:
    return None if name is None else hashlib.sha256(name.encode()).hexdigest()


def conclude_unchecked(now: int) -> Kept:
    """Return the columns of a session whose answer nobody could check: it could not be told."""
    unchecked = Check(
        "agent-verdict",
        Aspect.AUTHENTIC,
        Outcome.INDETERMINATE,
        Text(
            "The answer was not checked: the agent did not say whether the proofs hold.",
            "La réponse n’a pas été vérifiée : l’agent n’a pas dit si les preuves tiennent.",
        ),
    )
    report = VerificationReport((unchecked,), now)
    return _content_of(AgentVerdict(None)) | {
        "report": report.content(),
        "decision": decide(report, STANDARD_POLICY).content(),
    }


def _content_of(verdict: AgentVerdict) -> Kept:
    return {"verdict": {"verified": verdict.verified, "warnings": list(verdict.warnings)}}


def _object_of(presentation: UnverifiedPresentation | None) -> dict[str, Any] | None:
    content = presentation.content if presentation is not None else None
    return content if isinstance(content, dict) else None


def _both(text: Text) -> dict[str, str]:
    return {"en": text.en, "fr": text.fr}
