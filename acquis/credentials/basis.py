"""What a decision rests on, whole and in JSON, so that it can be computed again, bit for bit.

The inputs are kept as they came; what was looked at besides is kept as it was answered. The same
steps over the same basis give the same report and the same decision; a digest of each part tells
whether it is still the same basis.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from acquis.credentials.choice import parse_choice
from acquis.credentials.environment import Environment
from acquis.credentials.facts import AgentVerdict, ExchangeBinding, ExchangeFacts
from acquis.credentials.policy import Decision, Policy, decide
from acquis.credentials.presentation import MAX_BYTES, UnverifiedPresentation, parse_presentation
from acquis.credentials.proof_request import UnverifiedProofRequest, parse_proof_request
from acquis.credentials.recording import RecordedEnvironment, RecordingEnvironment, parse_recorded
from acquis.credentials.report import VerificationReport
from acquis.credentials.request import parse_presentation_request
from acquis.credentials.verify import (
    FILE_POLICY,
    STANDARD_POLICY,
    STRICT_POLICY,
    report_unreadable,
    verify_presentation,
)
from acquis.credentials.wire import Node, canonical_json, check_form
from acquis.errors import InvalidInput
from acquis.text import Text

PIPELINE: Final = 3
"""Raised whenever the same inputs may give another report: what was decided before says its own."""

_POLICIES: Final[Mapping[str, Policy]] = {
    each.name: each for each in (STANDARD_POLICY, STRICT_POLICY, FILE_POLICY)
}
_BINDING: Final = ("thread_expected", "thread_seen", "session_expected", "session_seen")
_UNKEPT: Final = "not-kept"


@dataclass(frozen=True, slots=True, repr=False)
class Inputs:
    """What came with one exchange, as JSON; nothing of it is read yet.

    ``request`` is the employer's, ``proof_request`` what was sent for it, ``answered`` the request
    that the agent says it verified against; ``verdict`` and ``exchange`` are ``write_verdict`` and
    ``write_binding``; ``status_at`` is in Unix seconds.
    """

    request: object
    proof_request: object
    answered: object
    presentation: object
    verdict: object
    choice: object
    exchange: object
    status_at: int | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Basis:
    """Everything a decision rests on: the inputs, the policy by name, what was looked at besides."""

    inputs: Inputs
    policy: str
    environment: object
    pipeline: int = PIPELINE

    def parts(self) -> dict[str, object]:
        """Return each part by its name, as JSON."""
        return {
            "request": self.inputs.request,
            "proof_request": self.inputs.proof_request,
            "answered": self.inputs.answered,
            "presentation": self.inputs.presentation,
            "verdict": self.inputs.verdict,
            "choice": self.inputs.choice,
            "exchange": self.inputs.exchange,
            "status_at": self.inputs.status_at,
            "policy": self.policy,
            "environment": self.environment,
            "pipeline": self.pipeline,
        }

    def digests(self) -> dict[str, str]:
        """Return the digest of each part: ``sha256:…`` of its canonical JSON."""
        return {name: digest_of(part) for name, part in self.parts().items()}


@dataclass(frozen=True, slots=True, repr=False)
class Judged:
    """A decision with the report it was drawn from and the basis of both; ``facts`` when readable."""

    report: VerificationReport
    decision: Decision
    basis: Basis
    facts: ExchangeFacts | None


def parse_basis(content: object) -> Basis:
    """Read ``Basis.parts()`` back; only its form is looked at. Raises ``InvalidInput``."""
    node = Node(content, "basis")
    node.refuse_others((*Inputs.__slots__, "policy", "environment", "pipeline"))
    inputs = {name: node.member(name).value for name in Inputs.__slots__ if name != "status_at"}
    at = node.optional("status_at")
    return Basis(
        Inputs(**inputs, status_at=None if at is None else at.integer()),
        node.member("policy").text(),
        node.member("environment").value,
        node.member("pipeline").integer(),
    )


def digest_of(part: object) -> str:
    """Return ``sha256:…`` of the canonical JSON of ``part``."""
    written = canonical_json(part).encode(errors="surrogatepass")
    return f"sha256:{hashlib.sha256(written).hexdigest()}"


def write_verdict(verdict: AgentVerdict) -> dict[str, object]:
    """Return the JSON form of what the agent said."""
    return {"verified": verdict.verified, "warnings": list(verdict.warnings)}


def write_binding(binding: ExchangeBinding) -> dict[str, object]:
    """Return the JSON form of what ties an answer to its exchange."""
    return asdict(binding)


def keepable(presentation: object) -> object:
    """Return a presentation as it can be kept and read again, or else why it cannot be.

    One that is over 5 MiB, nested too deep or not JSON is not kept: only what was wrong with it.
    """
    try:
        check_form(presentation, MAX_BYTES)
    except InvalidInput as problem:
        return {_UNKEPT: {"en": problem.says.en, "fr": problem.says.fr}}
    return presentation


def judge(inputs: Inputs, environment: Environment, policy: Policy) -> Judged:
    """Verify, decide, and keep what it rests on; never raises for what is in ``inputs``.

    What cannot be read is refused by the check ``readable``, and nothing else is looked at.
    """
    recording = RecordingEnvironment(environment)
    report, facts = _report(inputs, recording)
    basis = Basis(inputs, policy.name, recording.recorded().content())
    return Judged(report, decide(report, policy), basis, facts)


def recompute(basis: Basis) -> tuple[VerificationReport, Decision]:
    """Return report and decision again, from the basis alone.

    Raises ``InvalidInput`` where the basis itself cannot be read, or names an unknown policy.
    """
    policy = _POLICIES.get(basis.policy)
    if policy is None:
        raise InvalidInput(
            Text(
                "It was decided by a policy that is not known here.",
                "La décision suit une politique inconnue ici.",
            )
        )
    environment = RecordedEnvironment(parse_recorded(basis.environment))
    report, _ = _report(basis.inputs, environment)
    return report, decide(report, policy)


def _report(
    inputs: Inputs, environment: Environment
) -> tuple[VerificationReport, ExchangeFacts | None]:
    try:
        facts = read_facts(inputs)
    except InvalidInput as problem:
        return report_unreadable(problem.says, environment.now), None
    return verify_presentation(facts, environment), facts


def find_facts(inputs: Inputs) -> ExchangeFacts | None:
    """Return the facts of an exchange, None where they cannot be read."""
    try:
        return read_facts(inputs)
    except InvalidInput:
        return None


def read_facts(inputs: Inputs) -> ExchangeFacts:
    """Read the facts of an exchange; raises ``InvalidInput`` at the first wrong leaf."""
    _refuse_unkept(inputs.presentation)
    return ExchangeFacts(
        request=parse_presentation_request(_object(inputs.request, "request")),
        asked=parse_proof_request(UnverifiedProofRequest(inputs.proof_request)),
        answered=parse_proof_request(UnverifiedProofRequest(inputs.answered)),
        presentation=parse_presentation(UnverifiedPresentation(inputs.presentation)),
        agent=_parse_verdict(inputs.verdict),
        status_at=inputs.status_at,
        choice=None if inputs.choice is None else parse_choice(inputs.choice),
        exchange=_parse_binding(inputs.exchange),
    )


def _refuse_unkept(presentation: object) -> None:
    """Say again why a presentation was not kept (see ``keepable``)."""
    if isinstance(presentation, dict) and set(presentation) == {_UNKEPT}:
        says = Node(presentation, "presentation").member(_UNKEPT)
        raise InvalidInput(Text(says.member("en").text(), says.member("fr").text()))


def _object(value: object, place: str) -> dict[str, object]:
    return {name: each.value for name, each in Node(value, place).members().items()}


def _parse_verdict(content: object) -> AgentVerdict:
    node = Node(content, "verdict")
    verified = node.optional("verified")
    said = tuple(str(each.value) for each in node.member("warnings").elements())
    return AgentVerdict(None if verified is None else verified.boolean(), said)


def _parse_binding(content: object) -> ExchangeBinding:
    node = Node(content, "exchange")
    node.refuse_others(_BINDING)
    found = {name: node.optional(name) for name in _BINDING}
    return ExchangeBinding(
        **{name: None if each is None else each.text(200) for name, each in found.items()}
    )
