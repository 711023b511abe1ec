"""Concluding: what is kept of an answer that came in: the agent's verdict, our report, a decision.

With them what they rest on is kept, and a digest of each part of it: what the columns of a session
and of its request hold already is not kept twice (``parts_of`` puts it together again).
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from acquis.acapy import present_proof as agent_proof
from acquis.credentials.basis import (
    Basis,
    Inputs,
    judge,
    keepable,
    write_binding,
    write_verdict,
)
from acquis.credentials.disclosure import what_was_learned
from acquis.credentials.environment import Environment
from acquis.credentials.facts import AgentVerdict, ExchangeBinding, ExchangeFacts
from acquis.credentials.policy import decide
from acquis.credentials.presentation import UnverifiedPresentation, parse_presentation
from acquis.credentials.report import Aspect, Check, Outcome, VerificationReport
from acquis.credentials.verify import STANDARD_POLICY
from acquis.errors import InvalidInput
from acquis.protocols.present_proof import State
from acquis.protocols.record import load_proof
from acquis.text import Text
from verifier.store.tables import RequestRow, SessionRow

type Kept = dict[str, Any]

_IN_COLUMNS: Final = ("request", "proof_request", "presentation", "verdict", "choice")


def conclude(
    request: RequestRow, row: SessionRow, record: agent_proof.Record, environment: Environment
) -> Kept:
    """Return the columns of a session that was answered.

    Verdict and presentation are of one and the same record: a verdict never counts for another
    presentation than the one it was said of.
    """
    is_checked = record.state == State.DONE
    verdict = AgentVerdict(record.verified, record.warnings) if is_checked else AgentVerdict(None)
    inputs = Inputs(
        request=request.request,
        proof_request=row.proof_request,
        answered=record.request.content if record.request is not None else None,
        presentation=_keep(record.presentation),
        verdict=write_verdict(verdict),
        choice=row.choice,
        exchange=write_binding(bind(request, row, record)),
    )
    found = judge(inputs, environment, STANDARD_POLICY)
    return {
        "presentation": inputs.presentation,
        "verdict": inputs.verdict,
        "report": found.report.content(),
        "decision": found.decision.content(),
        "basis": _rest_of(found.basis),
        "digests": found.basis.digests(),
        "learned": write_learned(found.facts),
    }


def conclude_unchecked(now: int) -> Kept:
    """Return the columns of a session whose answer is out of reach: it could not be told.

    The agent has it no more, or says nothing at all; so it rests on nothing that came.
    """
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
    return {
        "verdict": write_verdict(AgentVerdict(None)),
        "report": report.content(),
        "decision": decide(report, STANDARD_POLICY).content(),
        "digests": {},
    }


def is_readable(record: agent_proof.Record) -> bool:
    """Say whether a presentation that came could be judged: else no agent is asked about it."""
    if record.presentation is None:
        return True
    try:
        kept = keepable(record.presentation.content)
        parse_presentation(UnverifiedPresentation(kept))
    except InvalidInput:
        return False
    return True


def bind(request: RequestRow, row: SessionRow, record: agent_proof.Record) -> ExchangeBinding:
    """Return what ties the answer in ``record`` to a session, and the session to a browser."""
    return ExchangeBinding(
        thread_expected=_digest(load_proof(row.exchange).facts.thread_id),
        thread_seen=_digest(record.answered_thread_id),
        session_expected=request.asked_in,
        session_seen=row.shown_in,
    )


def parts_of(request: RequestRow, row: SessionRow) -> dict[str, object] | None:
    """Return the parts of what the decision on a session rests on (``Basis.parts``), as kept.

    None when nothing was kept of it.
    """
    if row.basis is None:
        return None
    columns: dict[str, object] = {
        "request": request.request,
        "proof_request": row.proof_request,
        "presentation": row.presentation,
        "verdict": row.verdict,
        "choice": row.choice,
    }
    return columns | row.basis


def write_learned(facts: ExchangeFacts | None) -> dict[str, object] | None:
    """Return what a presentation told the employer, as it is kept; None for an unreadable one."""
    if facts is None:
        return None
    learned = what_was_learned(facts.asked, facts.presentation, facts.request.labels())
    return {
        "shown": [{"label": _both(shown.label), "value": shown.value} for shown in learned.shown],
        "proved": [_both(text) for text in learned.proved],
        "hidden": [_both(text) for text in learned.hidden],
    }


def _rest_of(basis: Basis) -> dict[str, object]:
    """Return the parts of a basis that no other column holds."""
    return {name: part for name, part in basis.parts().items() if name not in _IN_COLUMNS}


def _keep(presentation: UnverifiedPresentation | None) -> dict[str, Any] | None:
    kept = keepable(presentation.content) if presentation is not None else None
    return kept if isinstance(kept, dict) else None


def _digest(name: str | None) -> str | None:
    return None if name is None else hashlib.sha256(name.encode()).hexdigest()


def _both(text: Text) -> dict[str, str]:
    return {"en": text.en, "fr": text.fr}
