"""Queries on exchanges."""

from __future__ import annotations

from sqlalchemy import ColumnElement

from acquis.protocols.issue_credential import Exchange
from acquis.protocols.record import dump_exchange
from issuer_agent.store.tables import ExchangeRow


def of_record(record_id: str) -> tuple[ColumnElement[bool], ...]:
    """Return the condition for the open exchange that the agent calls ``record_id``."""
    return ExchangeRow.record_id == record_id, ExchangeRow.open.is_(True)


KEPT = ("state", "open", "exchange", "record_id", "changed_at")
"""The columns that `keep` writes."""


def keep(row: ExchangeRow, exchange: Exchange, now: int) -> None:
    """Write where ``exchange`` stands into its row."""
    if row.state != exchange.state:
        row.changed_at = now
    row.state = exchange.state.value
    row.open = not exchange.is_over
    row.exchange = dump_exchange(exchange)
    row.record_id = exchange.facts.record_id
