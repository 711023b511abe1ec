"""What the employer's pages show of requests: the form, the list, a request, its public page.

Pure: rows and the time in, the variables of a template out. What a request would show, prove and
keep hidden is said in the words the wallet uses, read from the proof request itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import blake2b
from typing import Final

from acquis.credentials.choice import NameAsked
from acquis.credentials.competency import CompetencyKey, LevelScale
from acquis.credentials.disclosure import Disclosure, describe, describe_choice
from acquis.credentials.proof_request import UnverifiedProofRequest, parse_proof_request
from acquis.credentials.request import (
    Candidate,
    CompetencyRequest,
    PresentationRequest,
    build_proof_request,
    capped,
    parse_presentation_request,
)
from acquis.protocols.present_proof import State
from acquis.protocols.record import load_proof
from acquis.registry.resource import parse_resource_id
from acquis.service.pages import LiveView, Trouble
from acquis.text import Text
from verifier.anchor_views import AnchorView
from verifier.competencies import Known, search
from verifier.forms import Typed
from verifier.result_views import Result, decision_of
from verifier.store.sessions import TURNED_AWAY
from verifier.store.tables import RequestRow, SessionRow

type Context = dict[str, object]
type Found = Mapping[CompetencyKey, Sequence[Candidate]]

FOUND_AT_ONCE: Final = 12

_STATES: Final[Mapping[State, str]] = {
    State.CREATED: "created",
    State.PROPOSAL_RECEIVED: "scanned",
    State.REQUEST_SENT: "scanned",
    State.PRESENTATION_RECEIVED: "answered",
    State.DONE: "checking",
    State.DECLINED: "expired",
    State.ABANDONED: "expired",
    State.EXPIRED: "expired",
}
_OVER: Final = {"decided", "expired", "cancelled", "failed", "used"}
_ANSWERED: Final = {"answered", "checking", "decided"}
_NOBODY_KNOWS: Final = {"created", "expired", "cancelled"}

_NO_WORDS: Final = Disclosure((), (), ())
_SAME_FOR_ALL: Final = "1"  # a nonce: words do not depend on it
_LOST: Final = Trouble(
    Text("Our agent no longer knows this exchange", "Notre agent ne connaît plus cet échange"),
    kept=Text(
        "Nothing was received; what you asked is kept",
        "Rien n’a été reçu ; votre demande est conservée",
    ),
    next=Text(
        "Ask the same again and have the new code scanned",
        "Redemandez la même chose et faites scanner le nouveau code",
    ),
)
REFUSED_AT_THE_DOOR: Final = Trouble(
    Text(
        "Something was sent that our agent could not take in as an answer",
        "Quelque chose a été envoyé que notre agent n’a pas pu recevoir comme réponse",
    ),
    kept=Text(
        "Nothing of it is kept, and it proves nothing of anybody",
        "Rien n’en est conservé, et cela ne prouve rien de personne",
    ),
)
_WHO_CAN_ANSWER: Final = Text(
    "Which institutions can answer could not be found out",
    "Impossible de savoir quels établissements peuvent répondre",
)
_BROKEN_OFF: Final = Trouble(
    Text("The exchange broke off on our side", "L’échange s’est interrompu de notre côté"),
    next=Text("Ask for a new code to be shown", "Demandez que l’on vous montre un nouveau code"),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose: what the form sends, and what a person reads."""

    value: int
    label: Text


@dataclass(frozen=True, slots=True)
class FoundView:
    """A competency that a search found."""

    key: str
    label: Text
    hint: Text


@dataclass(frozen=True, slots=True)
class ChosenView:
    """A competency that was chosen; ``level`` is ``""`` for any level."""

    key: str
    label: Text
    level: str
    optional: bool
    levels: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A request in the list; ``decision`` once there is one."""

    id: str
    asked: Text
    purpose: str
    at: datetime
    state: str
    decision: str | None


@dataclass(frozen=True, slots=True)
class AskedView:
    """What a request asks; ``shown``, ``proved`` and ``hidden`` in the words the wallet uses.

    ``choices`` is what is left to the learner, until they chose: the rest is of all that is asked
    before, and of what they chose after that.
    ``issuers`` is how many institutions can answer, ``capped`` whether some were left out;
    ``obstacle`` says why that could not be found out, then nothing is said of institutions.
    """

    id: str
    competencies: tuple[Text, ...]
    awarded_since: date | None
    purpose: str
    choices: tuple[Text, ...]
    shown: tuple[Text, ...]
    proved: tuple[Text, ...]
    hidden: tuple[Text, ...]
    issuers: int
    capped: bool
    obstacle: Trouble | None = None


@dataclass(frozen=True, slots=True)
class Links:
    """The ways to one session: the short link, and those that open it in a wallet at once."""

    link: str
    wallet: str | None

    @property
    def didcomm(self) -> str:
        """The short link for whatever wallet the device has."""
        return f"didcomm://{self.link.partition('://')[2]}"


def state_of(row: SessionRow) -> str:
    """Return the state of a session as the employer reads it."""
    if row.decision is not None:
        return "decided"
    state = State(row.state)
    if state is State.CREATED and row.opened_by is not None:
        return "scanned"
    if state is State.PRESENTATION_RECEIVED and row.action is not None:
        return "checking"
    if state is State.FAILED and load_proof(row.exchange).facts.error is None:
        return "cancelled"
    return _STATES.get(state, "failed")


def public_state_of(row: SessionRow, now: int, *, was_watching: bool) -> str:
    """Return the state of a session as the one who followed its link reads it.

    The result is not told. Who comes when the link was used already is told so; whoever saw it
    before that (``was_watching``) sees how it goes on.
    """
    state = state_of(row)
    if state == "created" and row.expires_at <= now:
        return "expired"
    if not was_watching and state not in _NOBODY_KNOWS:
        return "used"
    return "answered" if state in _ANSWERED else state


def was_turned_away(row: SessionRow) -> bool:
    """Say whether a session ended without an answer though something had been sent."""
    return row.state == State.EXPIRED and load_proof(row.exchange).facts.error == TURNED_AWAY


def is_over(row: SessionRow) -> bool:
    """Say whether nothing will change any more for who looks at a session."""
    return is_final(state_of(row))


def is_final(state: str) -> bool:
    """Say whether a state, the employer's or the public one, is the last."""
    return state in _OVER


def competency_line(asked: CompetencyRequest) -> Text:
    """Return one competency asked for, with its level, in one line."""
    label, level = asked.label, asked.minimum_level
    if level is None:
        return Text(f"{label.en}, any level", f"{label.fr}, quel que soit le niveau")
    return Text(f"{label.en}, level {level} or more", f"{label.fr}, niveau {level} ou plus")


def competency_lines(asked: PresentationRequest) -> tuple[Text, ...]:
    """Return what a request asks for, one line each; where any k of them will do, one for all."""
    wanted = [competency_line(each) for _, each in asked.wanted]
    if asked.fewest < len(wanted):
        few, many = asked.fewest, len(wanted)
        en, fr = "; ".join(each.en for each in wanted), " ; ".join(each.fr for each in wanted)
        wanted = [Text(f"any {few} of {many}: {en}", f"{few} au choix sur {many} : {fr}")]
    optional = [competency_line(each) for each in asked.competencies if each.optional]
    return (
        *wanted,
        *(Text(f"{each.en} (optional)", f"{each.fr} (facultatif)") for each in optional),
    )


def build_ask(typed: Typed, errors: Mapping[str, Text], anchors: Sequence[AnchorView]) -> Context:
    """Build ``ask.html``'s."""
    found = [each for each in search(typed.q) if str(each.key) not in typed.keys]
    return {
        "q": typed.q,
        "found": tuple(
            FoundView(str(each.key), each.label, each.hint) for each in found[:FOUND_AT_ONCE]
        ),
        "found_total": len(found),
        "chosen": tuple(_build_chosen(each, typed) for each in typed.chosen),
        "values": {
            "awarded_since": typed.awarded_since,
            "learner_name": typed.learner_name or NameAsked.NO.value,
            "at_least": typed.at_least,
            "purpose": typed.purpose,
        },
        "fewer": tuple(_fewer(number) for number in range(1, len(typed.chosen))),
        "errors": errors,
        "anchors": anchors,
        "here": "/ask",
    }


def build_list(rows: Iterable[tuple[RequestRow, SessionRow | None]]) -> Context:
    """Build ``requests.html``'s; each request with its newest session."""
    lines = tuple(_build_line(request, row) for request, row in rows)
    shown = repr([(each.id, each.state, each.decision) for each in lines])
    version = blake2b(shown.encode(), digest_size=9).hexdigest()
    return {"requests": lines, "live": LiveView("/events", version)}


def build_asked(request: RequestRow, row: SessionRow, found: Found | Text, now: int) -> AskedView:
    """Build what a request asks; ``found`` says who can answer, or why that is not known."""
    asked = parse_presentation_request(request.request)
    known = {} if isinstance(found, Text) else found
    words = _describe(asked, row, known, now)
    return AskedView(
        id=request.id,
        competencies=competency_lines(asked),
        awarded_since=asked.awarded_since,
        purpose=asked.purpose,
        choices=describe_choice(asked) if row.choice is None else (),
        shown=words.shown,
        proved=words.proved,
        hidden=words.hidden,
        issuers=_count_issuers(asked, known),
        capped=any(capped(each)[1] for each in known.values()),
        obstacle=Trouble(_WHO_CAN_ANSWER, next=found) if isinstance(found, Text) else None,
    )


def build_request(
    asked: AskedView, row: SessionRow, links: Links, result: Result | None, state: str
) -> Context:
    """Build ``request.html``'s, its live part included; ``state`` is the employer's."""
    decision = None if result is None else result.decision
    return {
        "asked": asked,
        "state": state,
        "link": links.link if state == "created" else None,
        "didcomm_link": links.didcomm if state == "created" else None,
        "expires_at": _moment(row.expires_at),
        "result": result,
        "trouble": _trouble_of(row, state),
        "live": LiveView(
            f"/requests/{asked.id}/events", f"{state}-{row.id}-{decision}", ended=state in _OVER
        ),
    }


def build_public(
    verifier: Mapping[str, str], asked: AskedView, row: SessionRow, links: Links, state: str
) -> Context:
    """Build ``asked.html``'s, its live part included; ``state`` is the public one."""
    is_open = state == "created"
    return {
        "verifier": verifier,
        "asked": asked,
        "state": state,
        "link": links.link if is_open else None,
        "wallet_link": links.wallet if is_open or state == "scanned" else None,
        "didcomm_link": links.didcomm if is_open else None,
        "expires_at": _moment(row.expires_at),
        "trouble": _BROKEN_OFF if state == "failed" else None,
        "live": LiveView(f"/r/{row.token}/events", state, ended=state in _OVER or is_over(row)),
    }


def _trouble_of(row: SessionRow, state: str) -> Trouble | None:
    if state == "failed":
        return _LOST
    return REFUSED_AT_THE_DOOR if was_turned_away(row) else None


def _build_chosen(known: Known, typed: Typed) -> ChosenView:
    key = str(known.key)
    levels = _level_choices(known.scale)
    level, optional = typed.levels.get(key, ""), key in typed.optional
    return ChosenView(key, known.label, level, optional, levels)


def _fewer(number: int) -> Choice:
    en = "any one of them" if number == 1 else f"at least {number} of them"
    fr = "au moins une, au choix" if number == 1 else f"au moins {number}, au choix"
    return Choice(number, Text(en, fr))


def _level_choices(scale: LevelScale) -> tuple[Choice, ...]:
    return tuple(
        Choice(level, Text(f"{level}, {word.en}", f"{level}, {word.fr}"))
        for level, word in scale.levels.items()
    )


def _build_line(request: RequestRow, row: SessionRow | None) -> RequestLine:
    asked = parse_presentation_request(request.request)
    lines = competency_lines(asked)
    decision = None if row is None else row.decision
    return RequestLine(
        id=request.id,
        asked=Text(" · ".join(each.en for each in lines), " · ".join(each.fr for each in lines)),
        purpose=asked.purpose,
        at=_moment(request.created_at),
        state="created" if row is None else state_of(row),
        decision=None if decision is None else decision_of(decision),
    )


def _describe(asked: PresentationRequest, row: SessionRow, found: Found, now: int) -> Disclosure:
    """Read the words from what was sent, else from what would be sent now."""
    sent: object = row.proof_request
    if sent is None:
        if not all(found.get(each.key) for each in asked.competencies):
            return _NO_WORDS
        listed = {key: capped(candidates)[0] for key, candidates in found.items()}
        sent = build_proof_request(asked, listed, _SAME_FOR_ALL, now)
    return describe(parse_proof_request(UnverifiedProofRequest(sent)), asked.labels())


def _count_issuers(asked: PresentationRequest, found: Found) -> int:
    """Count the institutions that can answer; none when one competency is awarded by nobody."""
    if not all(found.get(each.key) for each in asked.competencies):
        return 0
    return len(
        {
            parse_resource_id(candidate.credential_definition_id)[0]
            for candidates in found.values()
            for candidate in candidates
        }
    )


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
