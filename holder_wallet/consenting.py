"""Consenting: what is asked, with what a learner has for it, becomes their yes or their no."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from acquis.acapy import credentials as agent_credentials
from acquis.credentials.choice import Choice
from acquis.credentials.disclosure import Labels, describe
from acquis.credentials.matching import (
    GroupMatch,
    HeldCredential,
    Selection,
    build_holder_query,
    matching_credentials,
    select_credentials,
)
from acquis.credentials.proof_request import (
    AskedItems,
    UnverifiedProofRequest,
    parse_proof_request,
)
from acquis.errors import Conflict, Expired, InvalidInput, NotFound
from acquis.service.work import mark_due
from acquis.text import Text
from holder_wallet.choosing import Offered, offer, question_of
from holder_wallet.holding import build_held, name_asked, publications_of
from holder_wallet.publications import Publications, Standing
from holder_wallet.questions import competencies_first, summary
from holder_wallet.receiving import ACCEPTED, ANSWERED, DECLINED
from holder_wallet.store import exchanges, learners
from holder_wallet.store.tables import ExchangeRow, ReceiptRow
from holder_wallet.surroundings import Surroundings

_MOST_CANDIDATES: Final = 200

_NOT_YET = Text(
    "The request has not arrived yet; try again in a moment",
    "La demande n’est pas encore arrivée ; réessayez dans un instant",
)
_CHOOSE = Text(
    "Say first what you choose to prove", "Dites d’abord ce que vous choisissez de prouver"
)
_OVER = Text("This request is over", "Cette demande est terminée")


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """What is asked, and which of the learner's credentials can answer each part of it.

    Where something is ``offered`` to choose, it is what was chosen that is asked; while nothing
    is, or what cannot be, there are no parts. ``labels`` name the competencies of no framework of
    ours, as the verifier names them.
    """

    asked: AskedItems
    matches: tuple[GroupMatch, ...]
    held: Mapping[str, HeldCredential]
    revoked: frozenset[str] = frozenset()
    offered: Offered | None = None
    labels: Labels = field(default_factory=dict)

    @property
    def can_be_answered(self) -> bool:
        """Whether there is a credential for every part, or for enough of them."""
        if self.offered is not None:
            return self.offered.is_enough
        return all(match.credentials for match in self.matches)


def asked_of(row: ExchangeRow) -> AskedItems | None:
    """Return what a request asks, read strictly; ``None`` until it has arrived.

    Raises ``InvalidInput`` when it cannot be read, or holds text that cannot be shown.
    """
    if row.asked is None:
        return None
    try:
        json.dumps(row.asked, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:  # half a surrogate pair, in the name of an item
        raise InvalidInput from error
    return parse_proof_request(UnverifiedProofRequest(row.asked))


def content_of(request: UnverifiedProofRequest) -> dict[str, Any] | None:
    """Return a request's JSON object to be kept; what is no object is kept as nothing."""
    return request.content if isinstance(request.content, dict) else None


async def load_question(
    around: Surroundings, row: ExchangeRow, choice: Choice | None = None
) -> Question | None:
    """Return a request with the credentials that can answer it; ``None`` until it has arrived.

    ``choice`` is the learner's, where the request leaves one; without it, it is what we suggest.
    """
    link_question = question_of(row)
    if link_question is None:
        asked = asked_of(row)
        return None if asked is None else await _find_answers(around, row, asked)
    widest = link_question.widest(learner_name=choice is not None and choice.learner_name)
    asked = parse_proof_request(UnverifiedProofRequest(link_question.narrow(widest)))
    found = await _find_answers(around, row, asked)
    offered = offer(link_question.named(found.labels), found.matches, choice, found.revoked)
    if offered.narrowed is None:
        return replace(found, matches=(), offered=offered)
    asked = parse_proof_request(UnverifiedProofRequest(offered.narrowed))
    matches = matching_credentials(asked, found.held.values())
    return replace(found, asked=asked, matches=matches, offered=offered)


async def _find_answers(around: Surroundings, row: ExchangeRow, asked: AskedItems) -> Question:
    async with around.database.read() as session:
        wallet = around.wallet_of(await learners.load(session, row.learner_id))
    found: dict[str, agent_credentials.Credential] = {}
    for group in asked.groups():
        for one in await agent_credentials.list_credentials(
            wallet, build_holder_query(group), limit=_MOST_CANDIDATES
        ):
            found[one.id] = one
    revoked = await asyncio.to_thread(_find_revoked, publications_of(around), found.values())
    # What stands comes first, so that it is what is picked; a revoked one proves nothing.
    best_first = sorted(found.values(), key=lambda one: one.id in revoked)
    held = {one.id: build_held(one) for one in best_first}
    labels = await name_asked(around, asked, held)
    matches = matching_credentials(asked, held.values())
    return Question(asked, matches, held, revoked, labels=labels)


def _find_revoked(
    publications: Publications, found: Iterable[agent_credentials.Credential]
) -> frozenset[str]:
    """Return the ids of those that the registry's lists in the mirror have as revoked."""
    return frozenset(
        one.id
        for one in found
        if publications.status(one.revocation_registry_id, one.revocation_index, None).standing
        is Standing.REVOKED
    )


async def share(
    around: Surroundings,
    learner_id: str,
    exchange_id: str,
    picks: Mapping[str, str],
    choice: Choice | None = None,
) -> None:
    """Write down that the learner consents, with which credential for each part, and present.

    ``choice`` is what of it, where the request leaves a choice: it is to be said, nothing is chosen
    for anybody. The receipt is written before anything is sent. Raises ``NotFound`` (no such
    request, or no credential answers it), ``InvalidInput`` (a pick or a choice that does not
    answer), ``Conflict``.
    """
    async with around.database.read() as session:
        row = await exchanges.load(session, exchange_id, learner_id, kind="present")
    if row.answer == ACCEPTED:
        return
    _check_unanswered(row)
    question = await load_question(around, row, choice)
    if question is None:
        raise Conflict(_NOT_YET)
    offered = question.offered
    if offered is not None:
        _check_choice(offered, choice)
    selection = select_credentials(question.matches, picks)
    receipt = ReceiptRow(
        id=exchange_id,
        learner_id=learner_id,
        content=_receipt_content(row, question, selection),
        presented_at=around.clock.now(),
    )
    async with around.database.write() as session:
        kept = await exchanges.load(session, exchange_id, learner_id)
        _check_unanswered(kept)
        kept.answer = ACCEPTED
        kept.choice = {
            "attributes": dict(selection.attributes),
            "predicates": dict(selection.predicates),
        }
        if offered is not None:
            kept.choice = {**kept.choice, "chosen": offered.choice.content()}
            kept.asked = dict(offered.narrowed or {})
        session.add(receipt)
        mark_due(kept)
    around.live.changed(f"exchange:{exchange_id}")
    await around.works["exchanges"].wake(exchange_id)


def _check_choice(offered: Offered, choice: Choice | None) -> None:
    if not offered.is_enough:
        raise NotFound(offered.wrong)
    if choice is None:
        raise InvalidInput(_CHOOSE)
    if offered.narrowed is None:
        raise InvalidInput(offered.wrong)


def _check_unanswered(row: ExchangeRow) -> None:
    if row.answer is not None:
        raise Conflict(ANSWERED)
    if not row.open:
        raise Expired(_OVER)


def _receipt_content(row: ExchangeRow, question: Question, selection: Selection) -> dict[str, Any]:
    labels = question.labels
    disclosure, asked = describe(question.asked, labels), summary(question.asked, labels)
    proved = competencies_first(disclosure.proved, question.asked, labels)
    used = {*selection.attributes.values(), *selection.predicates.values()}
    return {
        "asked": [asked.en, asked.fr],
        "verifier": row.label,
        "domain": row.link_host,
        "purpose": row.purpose,
        "shown": [[text.en, text.fr] for text in disclosure.shown],
        "proved": [[text.en, text.fr] for text in proved],
        "hidden": [[text.en, text.fr] for text in disclosure.hidden],
        "names": {key: [name.en, name.fr] for key, name in labels.items()},
        "credentials": sorted(used),
    }


async def decline(around: Surroundings, learner_id: str, exchange_id: str) -> None:
    """Write down that the learner declines, and tell the verifier no more than that it is over."""
    async with around.database.write() as session:
        row = await exchanges.load(session, exchange_id, learner_id, kind="present")
        if row.answer == DECLINED:
            return
        _check_unanswered(row)
        row.answer = DECLINED
        mark_due(row)
    around.live.changed(f"exchange:{exchange_id}")
    await around.works["exchanges"].wake(exchange_id)
