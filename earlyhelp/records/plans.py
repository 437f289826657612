"""A family's plan: goals, actions, progress; and the team around the family meetings that review it."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base

TO_DO = "done_on IS NULL AND struck_at IS NULL"


class PlanGoal(Base):
    """What the family wants to be different, in their own words."""

    __tablename__ = "plan_goals"
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    words: Mapped[str] = mapped_column(Text)
    whose: Mapped[str] = mapped_column(String(100))
    reached_on: Mapped[date | None]
    added_at: Mapped[datetime]
    added_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    struck_at: Mapped[datetime | None]
    struck_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    struck_reason: Mapped[str] = mapped_column(Text, default="")


class PlanAction(Base):
    """Who does what by when, for which need. `version` is what a caller must have seen to change it."""

    __tablename__ = "plan_actions"
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    what: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(String(100))
    agency: Mapped[str] = mapped_column(String(60))
    need: Mapped[str] = mapped_column(String(60), default="")
    """A national headline outcome, or nothing."""
    due_on: Mapped[date]
    done_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)
    added_at: Mapped[datetime]
    added_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    struck_at: Mapped[datetime | None]
    struck_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    struck_reason: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (
        Index(
            "ix_plan_actions_to_do",
            "case_id",
            "due_on",
            postgresql_where=text(TO_DO),
            sqlite_where=text(TO_DO),
        ),
    )


class PlanProgress(Base):
    """One entry of how an action goes."""

    __tablename__ = "plan_progress"
    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("plan_actions.id"), index=True)
    words: Mapped[str] = mapped_column(Text)
    occurred_on: Mapped[date]
    written_at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class Meeting(Base):
    """A team around the family meeting: planned, then held or cancelled.

    What was decided stands in the review's event in the history; `review_sequence` names it.
    """

    __tablename__ = "meetings"
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    planned_on: Mapped[date]
    place: Mapped[str] = mapped_column(String(200), default="")
    held_on: Mapped[date | None]
    review_sequence: Mapped[int | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_reason: Mapped[str] = mapped_column(Text, default="")
    planned_at: Mapped[datetime]
    planned_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    __table_args__ = (Index(None, "case_id", "planned_on"),)


class MeetingPerson(Base):
    """Somebody invited to a meeting, or who came. `answer` is invited, attended, apologies or absent."""

    __tablename__ = "meeting_people"
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    agency: Mapped[str] = mapped_column(String(60))
    answer: Mapped[str] = mapped_column(String(20))
