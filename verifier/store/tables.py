"""The verifier's tables."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from acquis.service.action import Acting
from acquis.service.work import Due


class Base(DeclarativeBase):
    """The verifier's schema."""

    type_annotation_map = {dict[str, Any]: JSON, list[Any]: JSON, int: BigInteger}  # noqa: RUF012 - read by SQLAlchemy


class RequestRow(Base):
    """What an employer asks for; each QR shown for it is a session.

    ``asked_in`` is a digest of the browser in which it was asked: the QR is shown there only.
    """

    __tablename__ = "requests"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(100), index=True)
    request: Mapped[dict[str, Any]]
    asked_in: Mapped[str | None] = mapped_column(String(64), default=None)
    created_at: Mapped[int] = mapped_column(index=True)
    closed_at: Mapped[int | None] = mapped_column(default=None)


class SessionRow(Due, Acting, Base):
    """One QR of a request, used once: its exchange, and the verdict, report and decision apart.

    ``shown_in`` is a digest of the browser its QR was made for, ``opened_by`` of the key of the
    wallet that opened it. ``record_id`` names the agent's record of it while the agent has one: it
    is deleted when the session is over, so that what was shown does not stay there. ``choice`` is
    what the learner chose to answer where that was left to them; ``proof_request`` asks for
    exactly that then. ``presentation`` stays here: whether what it rests on was revoked since is
    looked up with it, and it is the evidence for the decision. ``basis`` is what else the decision
    rests on, ``digests`` tells each part of all that by its digest.
    """

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("requests.id"), index=True)
    token: Mapped[str] = mapped_column(String(40), unique=True)
    state: Mapped[str] = mapped_column(String(30))
    open: Mapped[bool] = mapped_column(default=True, index=True)
    exchange: Mapped[dict[str, Any]]
    record_id: Mapped[str | None] = mapped_column(String(36), index=True, default=None)
    shown_in: Mapped[str | None] = mapped_column(String(64), default=None)
    opened_by: Mapped[str | None] = mapped_column(String(64), default=None)
    invitation: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    proof_request: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    choice: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    presentation: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    verdict: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    decision: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    basis: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    digests: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    learned: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    created_at: Mapped[int]
    expires_at: Mapped[int]
    changed_at: Mapped[int]
