"""Receipts as the wallet's pages show them: what was asked, what was given, to whom, from what.

What was shown and proved is told in the sentences that were kept when it was sent; the values that
were shown are not kept a second time, they are looked up in the credential.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from acquis.credentials.disclosure import Labels
from acquis.credentials.matching import HeldCredential
from acquis.credentials.proof_request import AskedItems
from acquis.service.pages import Fact
from acquis.text import Text
from holder_wallet.consent_views import build_items, request_state
from holder_wallet.endings import was_sent
from holder_wallet.publications import Described, labels_of
from holder_wallet.questions import referents_of, summary
from holder_wallet.store.tables import ExchangeRow, ReceiptRow
from holder_wallet.views import Party, moment, name_of, purpose_of, requester_of, same, who_sent

_NO_LONGER_HELD: Final = Text(
    "a credential that is no longer in this wallet",
    "une attestation qui n’est plus dans ce portefeuille",
)
_NOT_KEPT: Final = Text("(the value is not kept here)", "(la valeur n’est pas conservée ici)")


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """A receipt in a list; ``asked`` says in one line what was asked."""

    id: str
    verifier: Party
    asked: Text
    at: datetime
    state: str
    outcome: str | None


@dataclass(frozen=True, slots=True)
class UsedCredential:
    """A credential that answered; ``id`` is None once the wallet has it no more."""

    id: str | None
    name: Text


@dataclass(frozen=True, slots=True)
class ReceiptView(ReceiptLine):
    """A receipt on its own page; ``reference`` is the same at the verifier's."""

    purpose: str
    shown: tuple[Fact, ...]
    proved: tuple[Text, ...]
    hidden: tuple[Text, ...]
    credentials: tuple[UsedCredential, ...]
    reference: str


@dataclass(frozen=True, slots=True, repr=False)
class UsedHeld:
    """A credential that answered, as it is in the wallet, with what is published about it."""

    held: HeldCredential
    described: Described


def build_receipt_line(
    row: ExchangeRow, receipt: ReceiptRow | None, asked: AskedItems | None
) -> ReceiptLine:
    """Build the line of a receipt; ``asked`` is None when the request never came or is unreadable."""
    stands = request_state(row)
    # It is not sure that it did not arrive: said as given, with an outcome nobody knows.
    state = "shared" if stands.state == "failed" and was_sent(row) else stands.state
    return ReceiptLine(
        id=row.id,
        verifier=Party(None, who_sent(row), verified=False),
        asked=_asked(row, receipt, asked),
        at=moment(receipt.presented_at if receipt is not None else row.changed_at),
        state=state,
        outcome=stands.outcome,
    )


def build_receipt(
    row: ExchangeRow,
    receipt: ReceiptRow | None,
    asked: AskedItems | None,
    used: Mapping[str, UsedHeld],
) -> ReceiptView:
    """Build what the page of a receipt shows; ``used`` are the credentials still held, by id."""
    line = build_receipt_line(row, receipt, asked)
    content: Mapping[str, Any] = receipt.content if receipt is not None else {}
    labels = _names(content, used)
    values = _values(row, asked, used, labels) if asked is not None else {}
    return ReceiptView(
        id=line.id,
        verifier=requester_of(row),
        asked=line.asked,
        at=line.at,
        state=line.state,
        outcome=line.outcome,
        purpose=purpose_of(row),
        shown=tuple(
            Fact(says, values.get(says, _NOT_KEPT)) for says in _sentences(content, "shown")
        ),
        proved=_sentences(content, "proved"),
        hidden=_sentences(content, "hidden"),
        credentials=tuple(_used(each, used) for each in content.get("credentials", ())),
        reference=row.thread_id or row.id,
    )


def _asked(row: ExchangeRow, receipt: ReceiptRow | None, asked: AskedItems | None) -> Text:
    kept = receipt.content.get("asked") if receipt is not None else None
    if kept:
        return Text(*kept)
    return same(purpose_of(row)) if asked is None else summary(asked, {})


def _sentences(content: Mapping[str, Sequence[Sequence[str]]], name: str) -> tuple[Text, ...]:
    return tuple(Text(en, fr) for en, fr in content.get(name, ()))


def _names(content: Mapping[str, Any], used: Mapping[str, UsedHeld]) -> Labels:
    """Return what its competencies were called then: its sentences are in these words."""
    kept = content.get("names")
    if kept is None:  # given before they were kept
        return labels_of(each.described for each in used.values())
    return {key: Text(*name) for key, name in kept.items()}


def _used(credential_id: str, used: Mapping[str, UsedHeld]) -> UsedCredential:
    found = used.get(credential_id)
    if found is None:
        return UsedCredential(None, _NO_LONGER_HELD)
    return UsedCredential(credential_id, name_of(found.described))


def _values(
    row: ExchangeRow, asked: AskedItems, used: Mapping[str, UsedHeld], labels: Labels
) -> dict[Text, Text | str]:
    """Return the values that were shown, by the sentence that says what they are."""
    choice = row.choice or {}
    answers = {**choice.get("attributes", {}), **choice.get("predicates", {})}
    values: dict[Text, Text | str] = {}
    for group in asked.groups():
        found = used.get(answers.get(referents_of(group)[0], ""))
        if found is None:
            continue
        for item in build_items(group, asked, found.held, found.described, labels):
            if item.value is not None:
                values.setdefault(item.says, item.value)
    return values
