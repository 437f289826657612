"""What the signposting directory is searched by, and what each import of it did."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class ServiceNeed(Base):
    """A need that a service meets, by code of the list `presenting_need`."""

    __tablename__ = "service_needs"
    need: Mapped[str] = mapped_column(String(60), primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"), primary_key=True, index=True)


class ServicePlace(Base):
    """A place where a service is: a town in small letters, or the first half of a postcode. None: anywhere."""

    __tablename__ = "service_places"
    place: Mapped[str] = mapped_column(String(100), primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"), primary_key=True, index=True)


class DirectoryImport(Base):
    """One import of services: waiting for a person's yes, done, or refused with what was wrong.

    `content` holds the services as they were read while it waits, and is emptied when it is done.
    """

    __tablename__ = "directory_imports"
    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(500))
    status: Mapped[str] = mapped_column(String(10))
    """waiting, done or refused"""
    read_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str] = mapped_column(String(254), default="")
    whole: Mapped[bool] = mapped_column(default=True)
    """Whether the feed was read to its end: only then is a service that is not in it withdrawn."""
    added: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    returned: Mapped[int] = mapped_column(default=0)
    withdrawn: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    refusal: Mapped[str] = mapped_column(String(500), default="")
    faults: Mapped[list[Any]]
    """Each {"service", "words", "skipped"}."""
    content: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (Index(None, "status", "read_at", "id"), Index(None, "source", "status", "read_at"))
