"""A request as the consent page shows it: who asks, for what, item by item, and what they will see.

The words of the items are those of `acquis.credentials.disclosure`, so they are the verifier's own;
beside what will be shown stands the value that will be shown. Where the request leaves a choice,
the items are those of what is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from acquis.credentials.attributes import parse_date_number
from acquis.credentials.disclosure import (
    Labels,
    describe,
)
from acquis.credentials.matching import GroupMatch, HeldCredential, select_credentials
from acquis.credentials.naming import NO_LIMIT
from acquis.credentials.presentation import canonical_name
from acquis.credentials.proof_request import (
    AskedAttributes,
    AskedGroup,
    AskedItems,
)
from acquis.errors import InvalidInput
from acquis.protocols.present_proof import State
from acquis.protocols.record import load_proof
from acquis.service.pages import Trouble, with_live
from acquis.text import Text
from holder_wallet.agreeing import USED, why_nothing_was_sent
from holder_wallet.choice_views import Choosing, build_choosing
from holder_wallet.choosing import answer_until
from holder_wallet.consenting import Question
from holder_wallet.endings import BROKEN_OFF, trouble_of, was_sent
from holder_wallet.publications import Described
from holder_wallet.questions import competencies_first, group_label, referents_of
from holder_wallet.receiving import ACCEPTED, DECLINED
from holder_wallet.store.tables import ExchangeRow
from holder_wallet.ticked import PROVE
from holder_wallet.views import (
    Context,
    Party,
    day_text,
    issuer_name,
    join,
    level_label,
    moment,
    name_of,
    purpose_of,
    requester_of,
)

_YES: Final = Text("yes", "oui")
_EMPTY: Final = Text("(empty)", "(vide)")
_NO_END: Final = Text("no limit", "sans limite")
_DATES: Final = {"awarded_on", "valid_until", "review_on", "birth_date"}


@dataclass(frozen=True, slots=True)
class RequestState:
    """Where a request stands, in the words of its page, and what the verifier said of the answer.

    An answer whose proof did not hold is ``refused``; that it held is not yet a decision, so
    ``accepted`` is never said here; ``undetermined`` is one that was broken off on the way.
    """

    state: Literal[
        "fetching", "asked", "sharing", "shared", "declined", "expired", "used", "failed"
    ]
    outcome: Literal["refused", "undetermined"] | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A credential that can answer one group of the request."""

    id: str
    name: Text
    issuer: Text
    awarded_on: date | None


@dataclass(frozen=True, slots=True)
class Group:
    """What must come from one credential, and which one is picked."""

    id: str
    label: Text
    candidates: tuple[Candidate, ...]
    picked: str


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that would be shown, with its value, or that would only be proved."""

    id: str
    what: Literal["shown", "proved"]
    says: Text
    value: Text | str | None
    from_name: Text


@dataclass(frozen=True, slots=True)
class Seen:
    """One line of what the verifier will see."""

    says: Text
    value: Text | str


@dataclass(frozen=True, slots=True)
class Asked:
    """A request on the consent page; empty but for who asks once it is over.

    ``choosing`` is None where nothing is left to the learner; there are no items while what is
    ticked cannot be chosen.
    """

    id: str
    verifier: Party
    purpose: str
    choosing: Choosing | None = None
    groups: tuple[Group, ...] = ()
    items: tuple[Item, ...] = ()
    hidden: tuple[Text, ...] = ()
    preview: tuple[Seen, ...] = ()


def request_state(row: ExchangeRow) -> RequestState:
    """Return where a request stands."""
    if row.state in {State.DONE, State.PRESENTATION_SENT}:
        verified = load_proof(row.exchange).facts.verified
        return RequestState("shared", "refused" if verified is False else None)
    if row.state == State.DECLINED or row.answer == DECLINED:
        return RequestState("declined")
    if row.state in {State.ABANDONED, State.FAILED}:
        was_used = why_nothing_was_sent(row) == USED
        return RequestState(
            "used" if was_used else "failed", "undetermined" if was_sent(row) else None
        )
    if row.state == State.EXPIRED:  # after a yes, only the thanks for it were waited for
        return RequestState("shared" if was_sent(row) else "expired")
    if row.answer == ACCEPTED:
        return RequestState("sharing")
    has_come = row.state == State.REQUEST_RECEIVED and row.asked is not None
    return RequestState("asked" if has_come else "fetching")


def build_consent(
    row: ExchangeRow,
    question: Question | None,
    described: Mapping[str, Described],
    *,
    request_seconds: int,
    picks: Mapping[str, str],
    url: str,
) -> Context:
    """Build ``consent.html``'s; ``question`` only while it can still be answered.

    ``described`` are the credentials of the question by id, ``picks`` the learner's (group id →
    credential id), ``url`` where the live part comes from. Raises ``InvalidInput`` when a pick
    does not answer its group.
    """
    stands = request_state(row)
    state: str = stands.state
    asked: Asked | None = None
    if state != "fetching":
        asked = Asked(row.id, requester_of(row), purpose_of(row))
    if question is not None and asked is not None and state == "asked":
        if question.can_be_answered:
            asked = _with_items(asked, question, described, picks)
        else:
            state = "nothing"
    shown: Context = {
        "asked": asked,
        "state": state,
        "receipt_id": row.id if state in {"shared", "declined"} or was_sent(row) else None,
        "outcome": stands.outcome if state == "shared" else None,
        "expires_at": moment(answer_until(row, request_seconds)) if state == "asked" else None,
        "errors": _errors(question) if state == "asked" else {},
        "trouble": trouble_of(row) if state == "failed" else None,
    }
    return with_live(shown, url, ended=not row.open)


def build_unreadable(row: ExchangeRow, says: Text, url: str) -> Context:
    """Build ``consent.html``'s for a request that cannot be read."""
    shown: Context = {
        "asked": Asked(row.id, requester_of(row), purpose_of(row)),
        "state": "failed",
        "receipt_id": None,
        "outcome": None,
        "expires_at": None,
        "errors": {},
        "trouble": Trouble(
            Text(
                f"The request cannot be read: {says.en}",
                f"La demande ne peut pas être lue : {says.fr}",
            ),
            kept=BROKEN_OFF.kept,
            next=BROKEN_OFF.next,
        ),
    }
    return with_live(shown, url, ended=not row.open)


def build_items(
    group: AskedGroup,
    asked: AskedItems,
    held: HeldCredential,
    described: Described,
    labels: Labels,
) -> Iterator[Item]:
    """Yield what answering one group from one credential shows and proves, in the shared words."""
    alone = AskedItems(
        asked.name, asked.nonce, group.attributes, group.predicates, asked.non_revoked
    )
    whole = describe(alone, labels)
    values = [
        (_shown_words(each, name, labels), _value(name, held, described))
        for each in group.attributes
        for name in each.names
    ]
    named = {says for says, _ in values}
    origin = join([issuer_name(described), name_of(described)], " · ")
    values += [(says, origin) for says in whole.shown if says not in named]
    source = name_of(described)
    for number, (says, value) in enumerate(values):
        yield Item(f"{group.id}-s{number}", "shown", says, value, source)
    for number, says in enumerate(competencies_first(whole.proved, alone, labels)):
        yield Item(f"{group.id}-p{number}", "proved", says, None, source)


def _errors(question: Question | None) -> dict[str, Text]:
    wrong = None if question is None or question.offered is None else question.offered.wrong
    return {} if wrong is None else {PROVE: wrong}


def _with_items(
    asked: Asked,
    question: Question,
    described: Mapping[str, Described],
    picks: Mapping[str, str],
) -> Asked:
    if question.offered is not None:
        asked = replace(asked, choosing=build_choosing(question.offered))
    if not question.matches:
        return asked
    labels = question.labels
    picked = _picked(question.matches, picks)
    groups: list[Group] = []
    items: list[Item] = []
    for match in question.matches:
        credential = picked[match.group.id]
        groups.append(
            Group(
                match.group.id,
                group_label(match.group, labels),
                tuple(
                    _candidate(each, described[each], match.group, revoked=each in question.revoked)
                    for each in match.credentials
                ),
                credential,
            )
        )
        items += build_items(
            match.group,
            question.asked,
            question.held[credential],
            described[credential],
            labels,
        )
    return replace(
        asked,
        groups=tuple(groups),
        items=tuple(items),
        hidden=describe(question.asked, labels).hidden,
        preview=tuple(dict.fromkeys(Seen(each.says, each.value or _YES) for each in items)),
    )


_REVOKED = Text("revoked", "révoquée")


def _picked(matches: Sequence[GroupMatch], picks: Mapping[str, str]) -> dict[str, str]:
    selection = select_credentials(matches, picks)
    answers = {**selection.attributes, **selection.predicates}
    return {match.group.id: answers[referents_of(match.group)[0]] for match in matches}


def _candidate(
    credential_id: str, described: Described, group: AskedGroup, *, revoked: bool
) -> Candidate:
    """Build one choice; its levels are told, which only the learner sees, to tell it from others."""
    says = described.says
    names = [canonical_name(each) for each in group.names]
    levels = [says.levels[name] for name in names if name in says.levels] if says else []
    return Candidate(
        credential_id,
        name_of(described),
        join(
            [
                issuer_name(described),
                *(level_label(each, None) for each in levels),
                *([_REVOKED] if revoked else []),
            ],
            " · ",
        ),
        says.awarded_on if says is not None else None,
    )


def _shown_words(asked: AskedAttributes, name: str, labels: Labels) -> Text:
    """Return the words for one attribute, as `describe` says them."""
    alone = replace(asked, names=(name,), non_revoked=None)
    return describe(AskedItems("", "0", (alone,), ()), labels).shown[0]


def _value(name: str, held: HeldCredential, described: Described) -> Text | str:
    raw, name = held.value(name), canonical_name(name)
    if not raw:
        return _EMPTY
    if name == "achievement_id" and described.achievement is not None:
        return name_of(described)
    if name in _DATES:
        try:
            return _NO_END if raw == str(NO_LIMIT) else day_text(parse_date_number(raw))
        except InvalidInput:
            return raw
    return raw
