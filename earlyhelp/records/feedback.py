"""What families and others say of the service: compliments, complaints, satisfaction."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base

NOT_ANSWERED = "answered_on IS NULL"


class Feedback(Base):
    """One thing said about a case, a team, or the service as a whole.

    `stage` is that of a complaint: 1 local resolution, 2 investigation, 3 review panel (Children Act 1989
    Representations Procedure Regulations 2006). `score` is a family's satisfaction, from 1 to 5.
    """

    __tablename__ = "feedback"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    """compliment, complaint or satisfaction"""
    stage: Mapped[int | None]
    score: Mapped[int | None]
    received_on: Mapped[date]
    said_by: Mapped[str] = mapped_column(String(20))
    """child, parent, professional or other"""
    said: Mapped[str] = mapped_column(Text, default="")
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[datetime] = mapped_column(index=True)
    outcome: Mapped[str | None] = mapped_column(String(20))
    """of a complaint: upheld, partly_upheld, not_upheld, withdrawn or next_stage"""
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_on: Mapped[date | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    answer_recorded_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("(kind = 'complaint') = (stage IS NOT NULL)", name="stage_of_complaints"),
        CheckConstraint("(kind = 'satisfaction') = (score IS NOT NULL)", name="score_of_satisfaction"),
        Index(None, "kind", "received_on", "id"),
        Index(None, "team_id", "received_on", "id"),
        Index(
            "ix_feedback_unanswered",
            "received_on",
            "id",
            postgresql_where=text(NOT_ANSWERED),
            sqlite_where=text(NOT_ANSWERED),
        ),
    )
