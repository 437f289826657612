"""The second book of a case: what was written about its plan, meetings, notes and access, beside its history."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class JournalEntry(Base):
    """One change beside the pathway. Append-only; each row's hash covers the row and the hash before it.

    Kept apart from `events` so that writing a note neither moves the case's version under somebody who is filling in
    a form, nor appears among the steps that measures count.
    """

    __tablename__ = "journal"
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    sequence: Mapped[int]
    what: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(30))
    """The table of the row that changed, and in `subject_id` its id."""
    subject_id: Mapped[int]
    content: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    actor: Mapped[str] = mapped_column(String(254))
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    __table_args__ = (UniqueConstraint("case_id", "sequence"), Index(None, "subject", "subject_id", "id"))
