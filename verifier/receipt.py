"""A receipt: the verifier's signed word of what it checked, when, and with which outcome.

It holds no more of the learner than was shown, and that only where it was found authentic. The
checks are in it by id and outcome, without their evidence; presentation and report by digest. The
proof (``eddsa-jcs-2022``) is by the verifier's own key, a ``did:key``: it proves that whoever has
the key said this, and is worth as much as one knows whose key it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from acquis.credentials.basis import digest_of
from acquis.credentials.disclosure import describe, describe_choice
from acquis.credentials.policy import Conclusion, parse_decision
from acquis.credentials.proof_request import UnverifiedProofRequest, parse_proof_request
from acquis.credentials.report import Aspect, Outcome, VerificationReport
from acquis.credentials.request import parse_presentation_request
from acquis.credentials.wire import Node
from acquis.registry.keys import SigningKey, did_key_of, parse_did_key
from acquis.registry.proof import sign_document, verify_proof
from acquis.registry.rules import RuleBroken
from acquis.registry.strict_json import parse_object
from acquis.text import Text

TYPE: Final = "AcquisVerificationReceipt"
MAX_BYTES: Final = 1024 * 1024

_MEMBERS: Final = (
    *("type", "version", "verifier", "session", "checked_at", "request", "learned"),
    *("verdicts", "decision", "checks", "digests", "proof"),
)


@dataclass(frozen=True, slots=True, repr=False)
class Subject:
    """What a receipt is about, as it is kept: JSON of the request, of what came, of what was found.

    ``report``, ``presentation`` and ``learned`` are None where there was none.
    """

    session: str
    request: Mapping[str, Any]
    proof_request: Mapping[str, Any]
    presentation: Mapping[str, Any] | None
    report: Mapping[str, Any] | None
    decision: Mapping[str, Any]
    learned: Mapping[str, Any] | None


def build_receipt(
    about: Subject, found: VerificationReport, name: str, key: SigningKey, now: int
) -> dict[str, Any]:
    """Return the signed receipt of the verifier called ``name``; ``now`` in Unix seconds.

    ``found`` is the report of ``about``, one without checks when the answer could not be read.
    """
    asked = parse_presentation_request(about.request)
    sent = parse_proof_request(UnverifiedProofRequest(about.proof_request))
    words = describe(sent, asked.labels())
    authentic = found.authentic is Outcome.VALID
    did = did_key_of(key.multikey)
    document = {
        "type": TYPE,
        "version": 1,
        "verifier": {"name": name, "key": did},
        "session": about.session,
        "checked_at": found.checked_at,
        "request": {
            "content": asked.content(),
            "shown": [_both(each) for each in words.shown],
            "proved": [_both(each) for each in words.proved],
            "hidden": [_both(each) for each in words.hidden],
            "choice": [_both(each) for each in describe_choice(asked)],
        },
        "learned": about.learned if authentic else None,
        "verdicts": {each.value: found.verdict(each).value for each in Aspect},
        "decision": dict(about.decision),
        "checks": [
            {
                "id": each.id,
                "subject": each.subject,
                "outcome": each.outcome.value,
                "as_of": each.as_of,
            }
            for each in found.checks
        ],
        "digests": {
            "presentation": _digest(about.presentation),
            "report": _digest(about.report),
        },
    }
    moment = datetime.fromtimestamp(now, UTC)
    return sign_document(document, key, f"{did}#{key.multikey}", moment)


@dataclass(frozen=True, slots=True, repr=False)
class Reading:
    """What a receipt says, and how far it is to be believed.

    ``signature`` is VALID when the key that the receipt names signed it; ``known`` when that is the
    key that whoever reads expected, INDETERMINATE when they named none. ``content`` is the receipt.
    """

    content: Mapping[str, Any]
    key: str
    signed_at: datetime | None
    signature: Outcome
    known: Outcome
    problem: Text | None = None

    @property
    def conclusion(self) -> Conclusion:
        """What whoever reads may conclude: what the receipt says, once it is the verifier's."""
        if Outcome.INVALID in (self.signature, self.known):
            return Conclusion.REFUSED
        said = Conclusion(self.content["decision"]["conclusion"])
        if said is Conclusion.ACCEPTED and self.known is Outcome.INDETERMINATE:
            return Conclusion.COULD_NOT_TELL
        return said


def read_receipt(raw: bytes, expected_key: str | None) -> Reading:
    """Verify the signature of a receipt, and that ``expected_key`` (a did:key) made it.

    Raises: InvalidInput, RuleBroken: it is no receipt, or no key was given.
    """
    content = parse_object(raw, MAX_BYTES)
    key = _parse(content)
    if expected_key is not None:
        parse_did_key(expected_key)
    known = Outcome.VALID if expected_key == key else Outcome.INVALID
    if expected_key is None:
        known = Outcome.INDETERMINATE
    try:
        multikey = parse_did_key(key)
        _, signed_at = verify_proof(content, {f"{key}#{multikey}": multikey})
    except RuleBroken as error:
        return Reading(content, key, None, Outcome.INVALID, known, error.says)
    return Reading(content, key, signed_at, Outcome.VALID, known)


def _parse(content: Mapping[str, Any]) -> str:
    """Check the form of what is read aloud of a receipt; return the key it names."""
    node = Node(dict(content), "receipt")
    node.refuse_others(_MEMBERS)
    node.member("type").one_of((TYPE,))
    node.member("version").integer(1, 1)
    for each in ("session", "digests", "learned", "proof"):
        if each not in content:
            node.member(each)
    node.member("checked_at").integer()
    parse_presentation_request(_object(node.member("request").member("content")))
    parse_decision(_object(node.member("decision")))
    for aspect in Aspect:
        node.member("verdicts").member(aspect.value).one_of(each.value for each in Outcome)
    for check in node.member("checks").elements():
        check.member("id").text(80)
        check.member("outcome").one_of(each.value for each in Outcome)
    _parse_learned(node.optional("learned"))
    verifier = node.member("verifier")
    verifier.member("name").text(500)
    return verifier.member("key").text(200)


def _parse_learned(node: Node | None) -> None:
    if node is None:
        return
    for each in node.member("shown").elements():
        each.member("value").text(100_000, empty=True)
        _check_words(each.member("label"))
    for name in ("proved", "hidden"):
        for each in node.member(name).elements():
            _check_words(each)


def _check_words(node: Node) -> None:
    node.member("en").text()
    node.member("fr").text()


def _object(node: Node) -> dict[str, object]:
    return {name: each.value for name, each in node.members().items()}


def _both(text: Text) -> dict[str, str]:
    return {"en": text.en, "fr": text.fr}


def _digest(content: Mapping[str, Any] | None) -> str | None:
    return None if content is None else digest_of(content)
