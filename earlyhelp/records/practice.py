"""Case audits: a sample that was drawn, and what each auditor found."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class AuditSample(Base):
    """One sample of cases. Theme, period, team and seed are kept, so that anybody can see how it was drawn."""

    __tablename__ = "audit_samples"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    theme: Mapped[str] = mapped_column(String(40))
    first_on: Mapped[date]
    last_on: Mapped[date]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    seed: Mapped[int]
    drawn_from: Mapped[int]
    """How many cases the theme found, out of which the sample was drawn."""
    drawn_at: Mapped[datetime]
    drawn_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    __table_args__ = (Index(None, "drawn_at", "id"),)


class AuditedCase(Base):
    """One case of a sample, its auditor, and once graded what was found."""

    __tablename__ = "audited_cases"
    id: Mapped[int] = mapped_column(primary_key=True)
    sample_id: Mapped[int] = mapped_column(ForeignKey("audit_samples.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    """The team of the case when the sample was drawn: the report goes by it."""
    auditor_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    grade: Mapped[str | None] = mapped_column(String(60))
    """a code of the list `audit_grade`"""
    strengths: Mapped[str] = mapped_column(Text, default="")
    learning: Mapped[str] = mapped_column(Text, default="")
    graded_at: Mapped[datetime | None]
    graded_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    __table_args__ = (
        UniqueConstraint("sample_id", "case_id"),
        Index(None, "auditor_id", "graded_at", "id"),
        Index(None, "graded_at", "id"),
    )
