"""Choosing: what a link asks before any exchange is made of it, and what a learner may answer.

The question is somebody's word whom nobody checked. It is taken only when the presentation request
in it asks what the question says and nothing beside: so the words, the choice and what comes after
the choice are about one and the same thing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Final

from acquis.credentials.choice import Choice, NameAsked
from acquis.credentials.competency_names import rename
from acquis.credentials.matching import GroupMatch, select_credentials
from acquis.credentials.narrowing import narrow_proof_request
from acquis.credentials.presentation import canonical_name
from acquis.credentials.proof_request import (
    AskedGroup,
    AskedItems,
    UnverifiedProofRequest,
    parse_proof_request,
)
from acquis.credentials.request import (
    LEARNER_NAMES,
    CompetencyRequest,
    PresentationRequest,
    parse_presentation_request,
)
from acquis.credentials.wire import Node, canonical_json, parse_json
from acquis.errors import InvalidInput
from acquis.text import Text
from holder_wallet.store.tables import ExchangeRow

QUESTION: Final = "application/vnd.acquis.question+json"
ACCEPTED_TYPES: Final = f"{QUESTION}, application/json;q=0.9"

_MOST_BYTES: Final = 256 * 1024
_LATEST: Final = 2**40
_MEMBERS: Final = ("request", "proof_request", "label", "expires_at")
_MAY_BE_SHOWN: Final = {"achievement_id", "awarded_on"}
_MAY_BE_BOUNDED: Final = {"valid_until", "awarded_on"}

_NOT_AS_SAID: Final = Text(
    "What the link asks is not what it says it asks; nothing was given",
    "Ce que demande le lien n’est pas ce qu’il annonce ; rien n’a été donné",
)
NOT_HELD: Final = Text(
    "No credential in this wallet proves one of those you chose",
    "Aucune attestation de ce portefeuille ne prouve l’une de celles que vous avez choisies",
)


@dataclass(frozen=True, slots=True, repr=False)
class LinkQuestion:
    """What a link asks and leaves to the learner; ``full`` asks for all of it."""

    request: PresentationRequest
    full: Mapping[str, object]
    label: str
    expires_at: int

    def content(self) -> dict[str, Any]:
        """Return the JSON form, for the wallet's books."""
        return {
            "request": self.request.content(),
            "proof_request": dict(self.full),
            "label": self.label,
            "expires_at": self.expires_at,
        }

    def narrow(self, choice: Choice) -> dict[str, object]:
        """Return the request for exactly ``choice``; raises ``InvalidInput`` if it is not allowed."""
        return narrow_proof_request(self.full, self.request, choice)

    def widest(self, *, learner_name: bool) -> Choice:
        """Return the choice of all competencies, with the name if asked for and ``learner_name``."""
        asked = self.request.learner_name
        named = asked is NameAsked.REQUIRED or (learner_name and asked is NameAsked.OPTIONAL)
        return Choice(self.request.full_choice.competencies, named)

    @property
    def asked(self) -> AskedItems:
        """The request for everything, read."""
        return parse_proof_request(UnverifiedProofRequest(dict(self.full)))

    def named(self, names: Mapping[str, Text]) -> LinkQuestion:
        """Return the same with its competencies called by ``names``, not as it calls them itself."""
        return replace(self, request=rename(self.request, names))

    def id_at(self, link: str) -> str:
        """Return what this question, found at ``link``, is known by: a digest."""
        whole = canonical_json([link, self.content()])
        return hashlib.sha256(whole.encode()).hexdigest()


def parse_link_question(unverified: bytes) -> LinkQuestion:
    """Read a question that a link gave; raises ``InvalidInput`` at whatever is not as it must be."""
    return _read(parse_json(unverified, _MOST_BYTES))


def question_of(row: ExchangeRow) -> LinkQuestion | None:
    """Return the question that an exchange began with; None when it began with an invitation."""
    return None if row.question is None else _read(row.question)


def answer_until(row: ExchangeRow, patience: int) -> int:
    """Return until when a request can be answered: ``patience`` is ours, in seconds."""
    ours = row.created_at + patience
    return ours if row.question is None else min(ours, int(row.question["expires_at"]))


def choice_of(row: ExchangeRow) -> dict[str, object]:
    """Return what a learner chose of a question, as it is sent."""
    chosen: dict[str, object] = (row.choice or {})["chosen"]
    return chosen


@dataclass(frozen=True, slots=True, repr=False)
class Offered:
    """What a question leaves to a learner with these credentials, and what they chose of it.

    ``able`` are the groups that a credential of theirs answers. ``narrowed`` is the request for
    exactly ``choice``, None while that cannot be made: ``wrong`` then says why.
    """

    request: PresentationRequest
    able: frozenset[str]
    choice: Choice
    narrowed: Mapping[str, object] | None = None
    wrong: Text | None = None

    @property
    def is_enough(self) -> bool:
        """Whether there is a choice at all that these credentials answer."""
        return is_enough(self.request, self.able)


def offer(
    question: LinkQuestion,
    matches: Sequence[GroupMatch],
    choice: Choice | None = None,
    revoked: Collection[str] = (),
) -> Offered:
    """Return what is left to a learner; without a ``choice`` of theirs, what we suggest.

    ``matches`` are of `LinkQuestion.widest`; ``revoked`` are ids of credentials that prove nothing.
    """
    request = question.request
    able = frozenset(match.group.id for match in matches if match.credentials)
    if not is_enough(request, able):
        return Offered(request, able, Choice(()), wrong=NOT_HELD)
    chosen = choice or suggest_choice(request, matches, revoked)
    try:
        narrowed = question.narrow(chosen)
    except InvalidInput as error:
        return Offered(request, able, chosen, wrong=error.says)
    if not able.issuperset(chosen.competencies):
        return Offered(request, able, chosen, wrong=NOT_HELD)
    return Offered(request, able, chosen, narrowed)


def is_enough(request: PresentationRequest, able: Collection[str]) -> bool:
    """Say whether answers for the groups ``able`` can make up an answer to ``request``."""
    return sum(group in able for group, _ in request.wanted) >= request.fewest


def suggest_choice(
    request: PresentationRequest, matches: Sequence[GroupMatch], revoked: Collection[str] = ()
) -> Choice:
    """Return the smallest choice that answers, and of those the one that reveals least.

    As few competencies as will do, nothing optional. Of those: from credentials that stand, then
    with the fewest levels shown, then from the fewest credentials, then as they were asked.
    Only for a request that `is_enough` can be answered.
    """
    found = {match.group.id: match for match in matches if match.credentials}
    shows = {group: each.minimum_level is None for group, each in request.wanted}

    def cost(groups: tuple[str, ...]) -> tuple[int, int, int]:
        selection = select_credentials([found[each] for each in groups])
        picked = {*selection.attributes.values(), *selection.predicates.values()}
        return (
            len(picked.intersection(revoked)),
            sum(shows[each] for each in groups),
            len(picked),
        )

    able = [group for group, _ in request.wanted if group in found]
    return Choice(
        min(combinations(able, request.fewest), key=cost),
        request.learner_name is NameAsked.REQUIRED,
    )


def _read(content: object) -> LinkQuestion:
    node = Node(content, "question")
    node.refuse_others(_MEMBERS)
    question = LinkQuestion(
        parse_presentation_request(_object(node.member("request"))),
        _object(node.member("proof_request")),
        node.member("label").text(300, empty=True),
        node.member("expires_at").integer(0, _LATEST),
    )
    _check_as_said(question)
    return question


def _object(node: Node) -> dict[str, object]:
    return {name: each.value for name, each in node.members().items()}


def _check_as_said(question: LinkQuestion) -> None:
    """Refuse a presentation request that is not what a verifier of ours builds for the question."""
    request, full = question.request, question.full
    try:
        canonical_json(full).encode()
    except UnicodeEncodeError as error:  # half a surrogate pair: no text that could be shown
        raise InvalidInput(_NOT_AS_SAID) from error
    for with_name in (True, False):
        question.narrow(question.widest(learner_name=with_name))
    groups = {each.id: each for each in question.asked.groups()}
    names = set(LEARNER_NAMES) if request.asks_name() else set()
    if not request.offers_choice or not all(
        _is_as_said(groups[group], asked, names) for group, asked in request.competencies_of()
    ):
        raise InvalidInput(_NOT_AS_SAID)


def _is_as_said(group: AskedGroup, asked: CompetencyRequest, names: set[str]) -> bool:
    """Say whether a group asks for one competency as said, and for no more about the learner."""
    key = canonical_name(str(asked.key))
    needed = names | ({key} if asked.minimum_level is None else set())
    shown = {canonical_name(name) for each in group.attributes for name in each.names}
    levels = [] if asked.minimum_level is None else [(key, asked.minimum_level)]
    bounds = [(canonical_name(each.name), each.bound) for each in group.predicates]
    lists = [each.restrictions for each in group.attributes]
    lists += [each.restrictions for each in group.predicates]
    return (
        needed <= shown <= needed | _MAY_BE_SHOWN
        and [each for each in bounds if each[0] not in _MAY_BE_BOUNDED] == levels
        and all(each.relation == ">=" for each in group.predicates)
        and all([name for name, _ in one] == ["cred_def_id"] for each in lists for one in each)
    )
