"""Case notes, the files kept with them, and what was flagged as significant for the chronology."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class CaseNote(Base):
    """A note. Its words never change: a correction strikes it through, and may be followed by another note."""

    __tablename__ = "case_notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[str] = mapped_column(String(60))
    occurred_on: Mapped[date]
    words: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("case_notes.id"))
    struck_at: Mapped[datetime | None]
    struck_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    struck_reason: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (Index(None, "case_id", "occurred_on", "id"),)


class NoteFile(Base):
    """A file kept with a note. Its bytes lie outside the database under their digest.

    `scan` is not_scanned (no scanner is set up), waiting (quarantined), clean or infected.
    """

    __tablename__ = "note_files"
    id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[int] = mapped_column(ForeignKey("case_notes.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String(150))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    scan: Mapped[str] = mapped_column(String(20))
    scanned_at: Mapped[datetime | None]
    added_at: Mapped[datetime]
    __table_args__ = (Index(None, "scan", "id"),)


class SignificantEntry(Base):
    """An event or a note that somebody flagged as significant. Withdrawn, never deleted."""

    __tablename__ = "significant_entries"
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    source: Mapped[str] = mapped_column(String(10))
    """event or note"""
    source_id: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    flagged_at: Mapped[datetime]
    flagged_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    __table_args__ = (Index(None, "case_id", "source", "source_id"),)
