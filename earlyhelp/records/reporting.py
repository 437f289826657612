"""What goes with the figures: a month's commentary, and who was sent the weekly report."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class ScorecardCommentary(Base):
    """What a manager says of a month's figures. Never changed: the newest for a month is shown, the others stay.

    `month` is its first day; without a team it is about the whole service.
    """

    __tablename__ = "scorecard_commentary"
    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    words: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]
    written_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    __table_args__ = (Index(None, "month", "team_id", "id"),)


class WeeklyRecipient(Base):
    """Somebody who is sent the weekly report, from the first week that ended after they were added."""

    __tablename__ = "weekly_recipients"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    """Whose figures they get; the whole service without one."""
    added_at: Mapped[datetime]
    added_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    __table_args__ = (Index(None, "ended_at", "user_id"),)


class WeeklyReport(Base):
    """One week's report put in the outbox for one person: the UNIQUE constraint is why nobody gets it twice."""

    __tablename__ = "weekly_reports"
    id: Mapped[int] = mapped_column(primary_key=True)
    week: Mapped[date]
    """The Monday it began on."""
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    written_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("week", "user_id"),)
