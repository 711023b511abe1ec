"""The pipeline: from one exchange to a report, in numbered steps, opening no connection.

The agent says whether the mathematics holds; whether an employer may believe it is decided from
these checks. Once it can be read every step runs every time: one that lacks what it needs is
INDETERMINATE, and so is a required check that a report does not hold: nothing is accepted because
it was skipped.

 1. ``readable``          request and presentation can be read
 2. ``same-request``      it answers the request we built, nonce and all
 3. ``same-exchange``     on the thread we began, for the browser in which it was asked
 4. ``enough``            it was asked for everything, or for a choice that was left open
 5. ``agent-verdict``     the agent's cryptographic check
 6. ``agent-warnings``    the agent's remarks, one by one; an unknown one leaves it open
 7. ``all-answered``      all shown or proved; none unrevealed, self-attested or added
 8. ``proof-sound``       it meets the conditions under which it proves a signature
 9. ``values-signed``     each value shown or compared is the one that was signed
10. ``holder-binding``    every credential used belongs to one holder
11. ``trust-list``        of the trust lists chosen at least one is in force
    and then for each competency asked:
12. ``one-credential``    its answers come from one credential
13. ``mirror-age``        our copy of its issuer's registry is recent
14. ``issuer-identity``   the issuer's DID stands; a compromise it reported is told
15. ``issuer-documents``  definition, schema and achievement are the issuer's own and agree
16. ``not-revoked``       proved against the list in force, or one within the grace
17. ``issuer-recognised`` entitled, by one anchor: framework, level, day of the award
18. ``assessed``          something was assessed
19. ``quality-assured``   somebody beside the institution stands behind it
20. ``asked-credential``  it is of a kind that was asked for
21. ``competency``        the competency is the achievement's, at the level asked
22. ``still-valid``       within its validity
23. ``awarded-since``     not awarded before the day asked
"""

from __future__ import annotations

from collections.abc import Sequence

from acquis.credentials.assurance import (
    check_assessed,
    check_issuer_recognised,
    check_quality_assured,
    check_trust_lists,
)
from acquis.credentials.authenticity import (
    check_agent_verdict,
    check_all_answered,
    check_holder_binding,
    check_mirror_age,
    check_one_credential,
    check_same_request,
    check_values_signed,
)
from acquis.credentials.documents import resolve_documents
from acquis.credentials.environment import Environment
from acquis.credentials.facts import AgentVerdict, Answer, ExchangeBinding, ExchangeFacts
from acquis.credentials.fitness import (
    check_asked_credential,
    check_awarded_since,
    check_competency,
    check_enough,
    check_readable,
    check_same_exchange,
    check_still_valid,
    check_unreadable,
)
from acquis.credentials.identity import resolve_identity
from acquis.credentials.policy import AllOf, CheckValid
from acquis.credentials.recognition import AnchorList, read_trust_lists
from acquis.credentials.remarks import check_agent_warnings
from acquis.credentials.report import Check, VerificationReport
from acquis.credentials.soundness import check_proof_sound
from acquis.credentials.status import check_not_revoked
from acquis.text import Text

__all__ = [
    "CHECK_IDS",
    "FILE_POLICY",
    "STANDARD_POLICY",
    "STRICT_POLICY",
    "AgentVerdict",
    "ExchangeBinding",
    "ExchangeFacts",
    "report_unreadable",
    "verify_presentation",
]

CHECK_IDS = (
    "readable",
    "same-request",
    "same-exchange",
    "enough",
    "agent-verdict",
    "agent-warnings",
    "all-answered",
    "proof-sound",
    "values-signed",
    "holder-binding",
    "trust-list",
    "one-credential",
    "mirror-age",
    "issuer-identity",
    "issuer-documents",
    "not-revoked",
    "issuer-recognised",
    "assessed",
    "quality-assured",
    "asked-credential",
    "competency",
    "still-valid",
    "awarded-since",
)
"""The ids of all checks, in the order of the steps."""

STRICT_POLICY = AllOf(tuple(CheckValid(each) for each in CHECK_IDS))
"""Everything, quality assurance by a third party included."""

STANDARD_POLICY = AllOf(tuple(CheckValid(each) for each in CHECK_IDS if each != "quality-assured"))
"""What an employer relies on; who assures the quality is shown to them and left to them."""


FILE_POLICY = AllOf(
    tuple(
        CheckValid(each) for each in CHECK_IDS if each not in ("quality-assured", "same-exchange")
    )
)
"""What is relied on of a saved presentation: it came by no exchange, so who hands it on is open."""


def report_unreadable(says: Text, now: int) -> VerificationReport:
    """Return the report on an exchange that cannot be read, and why; the other steps lack all."""
    return VerificationReport((check_unreadable(says),), now)


def verify_presentation(facts: ExchangeFacts, environment: Environment) -> VerificationReport:
    """Return the report on one exchange; decides nothing (see ``policy.decide``), never raises."""
    lists = read_trust_lists(environment)
    checks = [
        check_readable(),  # 1
        check_same_request(facts),  # 2
        check_same_exchange(facts),  # 3
        check_enough(facts),  # 4
        check_agent_verdict(facts),  # 5
        *check_agent_warnings(facts),  # 6
        check_all_answered(facts),  # 7
        check_proof_sound(facts),  # 8
        check_values_signed(facts),  # 9
        check_holder_binding(facts),  # 10
        check_trust_lists(lists),  # 11
    ]
    for answer in facts.answers():
        checks.extend(_verify_answer(answer, lists, environment))
    return VerificationReport(tuple(checks), environment.now)


def _verify_answer(
    answer: Answer, lists: Sequence[AnchorList], environment: Environment
) -> list[Check]:
    identity = resolve_identity(answer, environment)
    documents = resolve_documents(answer, identity, environment)
    return [
        check_one_credential(answer),  # 12
        check_mirror_age(answer, environment),  # 13
        identity.check,  # 14
        documents.check,  # 15
        check_not_revoked(answer, documents, environment),  # 16
        check_issuer_recognised(answer, documents, lists, environment),  # 17
        check_assessed(answer, documents),  # 18
        check_quality_assured(answer, documents),  # 19
        check_asked_credential(answer),  # 20
        check_competency(answer, documents),  # 21
        check_still_valid(answer),  # 22
        check_awarded_since(answer),  # 23
    ]
