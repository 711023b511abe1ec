"""The variables of each page as things stand now: rows and credentials read, handed to the views."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import date
from functools import partial
from typing import Final

from acquis.acapy import credentials as agent_credentials
from acquis.credentials.matching import HeldCredential
from acquis.credentials.proof_request import AskedItems
from acquis.errors import InvalidInput
from acquis.service.clock import today
from acquis.text import Text
from holder_wallet import consent_views, credential_views, receipt_views
from holder_wallet.choosing import question_of
from holder_wallet.consent_views import request_state
from holder_wallet.consenting import asked_of, load_question
from holder_wallet.credential_views import CredentialView, offer_state
from holder_wallet.holding import (
    build_held,
    describe_all,
    list_held,
    load_held,
    name_asked,
    open_wallet,
)
from holder_wallet.inviting import ISSUE, PRESENT
from holder_wallet.questions import choice_summary, summary
from holder_wallet.receipt_views import ReceiptLine, ReceiptView, UsedHeld
from holder_wallet.receiving import load_offer, stored_id
from holder_wallet.store import exchanges, receipts
from holder_wallet.store.tables import ExchangeRow
from holder_wallet.surroundings import Surroundings
from holder_wallet.ticked import Ticked
from holder_wallet.views import Context
from holder_wallet.watching import watch

_SHOWS_WHAT: Final = {"offered", "accepting", "stored"}


class PageContexts:
    """What each page of a learner shows as things stand now."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    async def home(self, learner_id: str) -> Context:
        """Look at what a learner holds and at what waits for an answer."""
        held = await list_held(self._around, learner_id)
        async with self._around.database.read() as session:
            open_rows = await exchanges.newest(session, learner_id, open_only=True)
        waiting = [
            (row, await self._asked_in_short(row)) for row in open_rows if row.answer is None
        ]
        return credential_views.build_home(held, waiting)

    def watch_home(self, learner_id: str) -> AsyncIterator[Context]:
        """Look at the same each time something of it changes."""

        async def glance() -> object:
            async with self._around.database.read() as session:
                states = await exchanges.newest_states(session, learner_id)
            return states, await self._as_of()

        key = f"learner:{learner_id}"
        return watch(self._around.live, key, glance, partial(self.home, learner_id))

    async def credential(self, learner_id: str, credential_id: str) -> CredentialView:
        """Look at one credential. Raises ``NotFound``."""
        held = await load_held(self._around, learner_id, credential_id)
        async with self._around.database.read() as session:
            found = await receipts.newest(session, learner_id)
        used = [
            receipt_views.build_receipt_line(row, receipt, _readable(row))
            for row, receipt in found
            if receipt is not None and credential_id in receipt.content.get("credentials", ())
        ]
        return credential_views.build_credential(held, used)

    async def offer(self, learner_id: str, exchange_id: str) -> Context:
        """Look at one offer. Raises ``NotFound``."""
        row = await self._load(learner_id, exchange_id, ISSUE)
        state = offer_state(row)
        described = await load_offer(self._around, row) if state in _SHOWS_WHAT else None
        credential_id = stored_id(row) if state == "stored" else None
        return credential_views.build_offer(row, described, credential_id)

    async def watch_offer(self, learner_id: str, exchange_id: str) -> AsyncIterator[Context]:
        """Look at the same each time something of it changes. Raises ``NotFound``."""
        await self._load(learner_id, exchange_id, ISSUE)
        return self._watch_exchange(exchange_id, partial(self.offer, learner_id, exchange_id))

    async def request(self, learner_id: str, exchange_id: str, ticked: Ticked) -> Context:
        """Look at one request, answered by what the learner picked and ticked.

        Picks that do not answer are as good as none. Raises ``NotFound``.
        """
        row = await self._load(learner_id, exchange_id, PRESENT)
        page, query = f"/requests/{exchange_id}", ticked.query()
        build = partial(
            consent_views.build_consent,
            row,
            request_seconds=self._around.settings.request_minutes * 60,
            url=f"{page}/events?{query}" if query else f"{page}/events",
        )
        if request_state(row).state != "asked":
            return build(None, {}, picks={})
        try:
            question = await load_question(self._around, row, ticked.choice)
        except InvalidInput as error:
            return consent_views.build_unreadable(row, error.says, f"{page}/events")
        described = await describe_all(self._around, question.held) if question else {}
        try:
            return build(question, described, picks=ticked.picks)
        except InvalidInput:
            return build(question, described, picks={})

    async def watch_request(
        self, learner_id: str, exchange_id: str, ticked: Ticked
    ) -> AsyncIterator[Context]:
        """Look at the same each time something of it changes. Raises ``NotFound``."""
        await self._load(learner_id, exchange_id, PRESENT)
        build = partial(self.request, learner_id, exchange_id, ticked)
        return self._watch_exchange(exchange_id, build)

    async def receipts(self, learner_id: str) -> list[ReceiptLine]:
        """Look at all receipts."""
        async with self._around.database.read() as session:
            found = await receipts.newest(session, learner_id)
        return [receipt_views.build_receipt_line(*each, _readable(each[0])) for each in found]

    async def receipt(self, learner_id: str, receipt_id: str) -> ReceiptView:
        """Look at one receipt. Raises ``NotFound``."""
        async with self._around.database.read() as session:
            row, receipt = await receipts.load(session, receipt_id, learner_id)
        names = receipt.content.get("credentials", ()) if receipt is not None else ()
        used = await self._used(learner_id, names)
        return receipt_views.build_receipt(row, receipt, _readable(row), used)

    async def _load(self, learner_id: str, exchange_id: str, kind: str) -> ExchangeRow:
        async with self._around.database.read() as session:
            return await exchanges.load(session, exchange_id, learner_id, kind)

    def _watch_exchange(
        self, exchange_id: str, build: Callable[[], Awaitable[Context]]
    ) -> AsyncIterator[Context]:
        async def glance() -> object:
            async with self._around.database.read() as session:
                row = await exchanges.load(session, exchange_id)
            return row.state, row.answer, row.asked is None, row.exchange, await self._as_of()

        return watch(self._around.live, f"exchange:{exchange_id}", glance, build)

    async def _as_of(self) -> tuple[int | None, date]:
        """Return what the mirror's answers differ by: when it was refreshed, and the day."""
        refreshed_at = await asyncio.to_thread(lambda: self._around.mirror.refreshed_at)
        return refreshed_at, today(self._around.clock)

    async def _asked_in_short(self, row: ExchangeRow) -> Text | None:
        question = question_of(row)
        asked = _readable(row) if question is None else question.asked
        if asked is None:
            return None
        labels = await name_asked(self._around, asked)
        if question is not None:
            return choice_summary(question.named(labels).request)
        return summary(asked, labels)

    async def _used(self, learner_id: str, names: Sequence[str]) -> dict[str, UsedHeld]:
        if not names:
            return {}
        wallet = await open_wallet(self._around, learner_id)
        held: dict[str, HeldCredential] = {}
        for name in names:
            found = await agent_credentials.find_credential(wallet, name)
            if found is not None:
                held[name] = build_held(found)
        described = await describe_all(self._around, held)
        return {name: UsedHeld(each, described[name]) for name, each in held.items()}


def _readable(row: ExchangeRow) -> AskedItems | None:
    """Return what a request asks; ``None`` also when nobody can read it."""
    try:
        return asked_of(row)
    except InvalidInput:
        return None
