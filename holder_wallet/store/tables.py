"""The wallet's tables."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from acquis.service.action import Acting
from acquis.service.work import Due


class Base(DeclarativeBase):
    """The wallet's schema."""

    type_annotation_map = {dict[str, Any]: JSON, list[Any]: JSON, int: BigInteger}  # noqa: RUF012 - read by SQLAlchemy


class LearnerRow(Base):
    """A learner and the sub-wallet that is theirs alone."""

    __tablename__ = "learners"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    login: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    wallet_id: Mapped[str | None] = mapped_column(String(36), index=True, default=None)
    sealed_token: Mapped[str | None] = mapped_column(String(2000), default=None)
    created_at: Mapped[int]


class ExchangeRow(Due, Acting, Base):
    """One exchange of a learner: a credential offered, or a proof asked for.

    One that began with a ``question`` has an invitation once what was chosen of it was sent; until
    then ``invitation_id`` is ``question_id``. ``asked`` is what the learner is asked to agree to,
    or agreed to.
    """

    __tablename__ = "exchanges"
    __table_args__ = (UniqueConstraint("learner_id", "invitation_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    learner_id: Mapped[str] = mapped_column(ForeignKey("learners.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    invitation_id: Mapped[str] = mapped_column(String(100))
    invitation: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    link: Mapped[str | None] = mapped_column(Text, default=None)
    link_host: Mapped[str] = mapped_column(String(255))
    label: Mapped[str] = mapped_column(String(300))
    purpose: Mapped[str] = mapped_column(String(500))
    thread_id: Mapped[str] = mapped_column(String(100), index=True)
    record_id: Mapped[str | None] = mapped_column(String(36), index=True, default=None)
    state: Mapped[str] = mapped_column(String(30))
    open: Mapped[bool] = mapped_column(default=True, index=True)
    exchange: Mapped[dict[str, Any]]
    question: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    question_id: Mapped[str | None] = mapped_column(String(64), index=True, default=None)
    asked: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    answer: Mapped[str | None] = mapped_column(String(10), default=None)
    repeats: Mapped[int] = mapped_column(default=0)
    choice: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    created_at: Mapped[int] = mapped_column(index=True)
    changed_at: Mapped[int]


class ReceiptRow(Base):
    """What a learner showed, to whom and when: written when the presentation is sent."""

    __tablename__ = "receipts"

    id: Mapped[str] = mapped_column(ForeignKey("exchanges.id"), primary_key=True)
    learner_id: Mapped[str] = mapped_column(ForeignKey("learners.id"), index=True)
    content: Mapped[dict[str, Any]]
    presented_at: Mapped[int]
