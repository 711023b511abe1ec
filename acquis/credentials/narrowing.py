"""From the request for everything to the request for exactly what one learner chose.

The verifier makes the narrowed request with this, and the wallet makes it again from the same
question: what the learner consented to and what then comes can be compared member by member.
"""

from __future__ import annotations

from collections.abc import Mapping

from acquis.credentials.choice import Choice
from acquis.credentials.presentation import canonical_name
from acquis.credentials.proof_request import (
    AskedItems,
    UnverifiedProofRequest,
    parse_proof_request,
)
from acquis.credentials.request import LEARNER_NAMES, PresentationRequest
from acquis.credentials.wire import Node
from acquis.errors import InvalidInput
from acquis.text import Text

_NOT_AS_SAID = Text(
    "The presentation request does not ask what it is said to ask.",
    "La demande de présentation ne demande pas ce qu’elle annonce.",
)
_UNRESTRICTED = Text(
    "The presentation request does not say which credentials it accepts.",
    "La demande de présentation ne dit pas quelles attestations elle accepte.",
)


def narrow_proof_request(
    full: Mapping[str, object], request: PresentationRequest, choice: Choice
) -> dict[str, object]:
    """Return the part of ``full``, which asks for all of ``request``, that ``choice`` is about.

    Groups that were not chosen and a name that is kept back are left out; all else is as it was,
    nonce, non-revocation and restrictions too. Raises ``InvalidInput`` for a choice that is not
    allowed, and when ``full`` is not what ``request`` says, or asks anything without
    restrictions: a wallet has both from somebody it does not know.
    """
    request.check_choice(choice)
    asked = parse_proof_request(UnverifiedProofRequest(dict(full)))
    _check_as_said(asked, request)
    narrowed = dict(full)
    for kind in ("requested_attributes", "requested_predicates"):
        narrowed[kind] = {
            referent: each.value if choice.learner_name else _without_name(each)
            for referent, each in Node(full[kind], kind).members().items()
            if asked.group_of(referent) in choice.competencies
        }
    return narrowed


def _check_as_said(asked: AskedItems, request: PresentationRequest) -> None:
    """Refuse other groups than those of ``request``, and any that is about something else."""
    groups = {each.id: each for each in asked.groups()}
    wanted = dict(request.competencies_of())
    if set(groups) != set(wanted):
        raise InvalidInput(_NOT_AS_SAID)
    for group, each in wanted.items():
        if canonical_name(str(each.key)) not in map(canonical_name, groups[group].names):
            raise InvalidInput(_NOT_AS_SAID)
    restrictions = [each.restrictions for each in asked.attributes]
    restrictions += [each.restrictions for each in asked.predicates]
    if not all(restrictions):
        raise InvalidInput(_UNRESTRICTED)


def _without_name(referent: Node) -> object:
    """Return one referent without the names; one that asks nothing else is not ours."""
    names = referent.optional("names")
    if names is None:
        if canonical_name(referent.member("name").text()) in LEARNER_NAMES:
            raise InvalidInput(_NOT_AS_SAID)
        return referent.value
    kept = [
        each.value for each in names.elements() if canonical_name(each.text()) not in LEARNER_NAMES
    ]
    if not kept:
        raise InvalidInput(_NOT_AS_SAID)
    return {name: each.value for name, each in referent.members().items()} | {"names": kept}
