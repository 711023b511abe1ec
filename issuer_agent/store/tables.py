"""The issuer's tables."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from acquis.service.action import Acting
from acquis.service.work import Due


class Base(DeclarativeBase):
    """The issuer's schema."""

    type_annotation_map = {dict[str, Any]: JSON, list[Any]: JSON, int: BigInteger}  # noqa: RUF012 - read by SQLAlchemy


class InstitutionRow(Base):
    """The institution this service issues for: one row, id ``institution``."""

    __tablename__ = "institution"

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    did: Mapped[str] = mapped_column(String(300))
    attest_multikey: Mapped[str] = mapped_column(String(100))
    log: Mapped[str] = mapped_column(Text)
    published_at: Mapped[int | None] = mapped_column(default=None)
    rotation: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True), default=None
    )  # one that is not finished


class AchievementRow(Due, Base):
    """One version of an achievement, and how far its publication has come."""

    __tablename__ = "achievements"
    __table_args__ = (UniqueConstraint("slug", "version"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    slug: Mapped[str] = mapped_column(String(100))
    version: Mapped[str] = mapped_column(String(20))
    content: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(20))
    progress: Mapped[list[Any]]
    resource_id: Mapped[str | None] = mapped_column(String(400), default=None)
    schema_id: Mapped[str | None] = mapped_column(String(400), default=None)
    cred_def_id: Mapped[str | None] = mapped_column(String(400), default=None)
    created_at: Mapped[int]


class AwardRow(Base):
    """One achievement awarded to one learner; its id is the credential's ``credential_id``."""

    __tablename__ = "awards"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    achievement_id: Mapped[str] = mapped_column(ForeignKey("achievements.id"), index=True)
    given_name: Mapped[str] = mapped_column(String(120))
    family_name: Mapped[str] = mapped_column(String(120))
    attributes: Mapped[dict[str, Any]]
    token: Mapped[str] = mapped_column(String(40), unique=True)
    created_at: Mapped[int] = mapped_column(index=True)
    expires_at: Mapped[int]
    awarded_by: Mapped[str | None] = mapped_column(String(100), default=None)  # a person's id


class ExchangeRow(Due, Acting, Base):
    """One attempt to issue an award to a wallet (RFC 0453, role issuer)."""

    __tablename__ = "exchanges"
    __table_args__ = (
        Index(
            "one_open_exchange_per_award",
            "award_id",
            unique=True,
            sqlite_where=text("open"),
            postgresql_where=text("open"),
        ),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    award_id: Mapped[str] = mapped_column(ForeignKey("awards.id"), index=True)
    token: Mapped[str] = mapped_column(String(40))  # of the claim link it answers
    state: Mapped[str] = mapped_column(String(30))
    open: Mapped[bool] = mapped_column(default=True)
    exchange: Mapped[dict[str, Any]]
    record_id: Mapped[str | None] = mapped_column(String(36), index=True, default=None)
    repeats: Mapped[int] = mapped_column(default=0)
    invitation: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    created_at: Mapped[int]
    changed_at: Mapped[int]


class IssuedRow(Due, Base):
    """One issued credential: where its status stands in a revocation registry (RFC 0183)."""

    __tablename__ = "issued"
    __table_args__ = (UniqueConstraint("rev_reg_id", "rev_index", name="one_credential_per_index"),)

    id: Mapped[str] = mapped_column(ForeignKey("awards.id"), primary_key=True)
    exchange_id: Mapped[str] = mapped_column(ForeignKey("exchanges.id"))
    cred_def_id: Mapped[str] = mapped_column(String(400))
    rev_reg_id: Mapped[str] = mapped_column(String(400))
    rev_index: Mapped[int]
    issued_at: Mapped[int]
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(30), default=None)
    asked_at: Mapped[int | None] = mapped_column(default=None)
    revoked_by: Mapped[str | None] = mapped_column(String(100), default=None)  # a person's id
    published_at: Mapped[int | None] = mapped_column(default=None)
