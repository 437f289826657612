"""What ends records lawfully: legal holds that forbid it, runs that delete, tombstones that say what was there."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class LegalHold(Base):
    """Somebody's order that a case be kept whatever the rules say, such as for a public inquiry. Never deleted."""

    __tablename__ = "legal_holds"
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    reason: Mapped[str] = mapped_column(Text)
    placed_at: Mapped[datetime]
    placed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    lifted_at: Mapped[datetime | None]
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    lifted_reason: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (Index(None, "case_id", "lifted_at"),)


class RetentionRun(Base):
    """One deletion by one named person. `running` only within its own transaction: nothing else may delete history."""

    __tablename__ = "retention_runs"
    id: Mapped[int] = mapped_column(primary_key=True)
    applied_at: Mapped[datetime]
    applied_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    applied_by: Mapped[str] = mapped_column(String(254))
    cases: Mapped[int] = mapped_column(default=0)
    people: Mapped[int] = mapped_column(default=0)
    running: Mapped[bool] = mapped_column(default=True)


class Tombstone(Base):
    """That a case was here: enough to explain a missing number or a figure of the past, and nothing about anybody."""

    __tablename__ = "tombstones"
    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(12), unique=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("retention_runs.id"), index=True)
    rule: Mapped[str] = mapped_column(String(200))
    due_on: Mapped[date]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(60))
    events: Mapped[int]
    last_hash: Mapped[str] = mapped_column(String(64))
    """The end of its chain: an old copy of the history can still be checked against it."""
    deleted_at: Mapped[datetime]
    deleted_by: Mapped[str] = mapped_column(String(254))
