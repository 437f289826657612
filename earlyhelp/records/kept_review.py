"""Which closed cases the worker found due to end, kept so that a page need not look through all that is closed.

`earlyhelp.casework.kept_review` says how it is read so that nothing wrong is ever shown.
"""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class KeptReview(Base):
    """One row: when all closed cases were last looked through, and by which rules."""

    __tablename__ = "kept_review"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rules: Mapped[str] = mapped_column(String(64))
    """A digest of the council's rules: by others, all are to be looked through again."""
    reviewed_at: Mapped[datetime]
    day: Mapped[date]
    """The local day of that moment, on which cases were due or not."""
    cases: Mapped[int]
    """How many were found: due, or to be kept."""


class ReviewedCase(Base):
    """One closed case that was due, or that nobody could say it of."""

    __tablename__ = "reviewed_cases"
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True, autoincrement=False)
    due_on: Mapped[date | None]
    deletable: Mapped[bool]
    """Whether nothing forbade to delete it."""
    __table_args__ = (Index(None, "deletable", "due_on", "case_id"),)
