"""Assessments: their form, each section as it was ever saved, what was submitted, what was said of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class PublishedForm(Base):
    """A form version that assessments are made on. Its content never changes once published."""

    __tablename__ = "forms"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    version: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(300))
    content: Mapped[dict[str, Any]] = mapped_column(JSON(none_as_null=True))
    """Plain JSON: PostgreSQL's JSONB would forget the order of the codes, which people see."""
    digest: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("name", "version"),)


class Assessment(Base):
    """One assessment of one case: draft, submitted, returned or authorised. A new one begins after an authorised one.

    `carried` holds what was found when it began: question → its first answer and where that came from.
    """

    __tablename__ = "assessments"
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    number: Mapped[int]
    form_id: Mapped[int] = mapped_column(ForeignKey("forms.id"))
    state: Mapped[str] = mapped_column(String(20))
    carried: Mapped[dict[str, Any]]
    begun_at: Mapped[datetime]
    begun_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    __table_args__ = (UniqueConstraint("case_id", "number"), Index(None, "state", "case_id"))


class SectionVersion(Base):
    """A section as somebody saved it. Append-only: the newest version counts, and a second of one number is refused,
    so that two people who save at once cannot both believe they were last."""

    __tablename__ = "assessment_sections"
    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessments.id"), primary_key=True)
    section: Mapped[str] = mapped_column(String(60), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    answers: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    __table_args__ = (Index(None, "saved_by_id", "saved_at"),)


class Submission(Base):
    """The whole answers as they were submitted, and what the manager decided. The answers never change."""

    __tablename__ = "assessment_submissions"
    id: Mapped[int] = mapped_column(primary_key=True)
    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessments.id"))
    number: Mapped[int]
    event_sequence: Mapped[int]
    """The event of the case's history that submitted it."""
    answers: Mapped[dict[str, Any]]
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the answers, so that a change made around the program shows."""
    submitted_at: Mapped[datetime]
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decision: Mapped[str | None] = mapped_column(String(20))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    comment: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (UniqueConstraint("assessment_id", "number"),)


class SectionComment(Base):
    """What a manager says of one section of what was submitted."""

    __tablename__ = "assessment_comments"
    submission_id: Mapped[int] = mapped_column(ForeignKey("assessment_submissions.id"), primary_key=True)
    section: Mapped[str] = mapped_column(String(60), primary_key=True)
    words: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
