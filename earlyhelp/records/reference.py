"""What cases refer to: published pathways, code lists, services of the directory, the log of who read what."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class PublishedPathway(Base):
    """A pathway version that cases run on. Its content never changes once published."""

    __tablename__ = "pathways"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    version: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(300))
    content: Mapped[dict[str, Any]]
    digest: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(String(254))
    __table_args__ = (UniqueConstraint("name", "version"), Index(None, "name", "published_at"))


class CodeList(Base):
    """A list of codes, national or local."""

    __tablename__ = "code_lists"
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(300), default="")


class CodeEntry(Base):
    """One code, valid from and to the days named, both included; None means without limit."""

    __tablename__ = "codes"
    code_list: Mapped[str] = mapped_column(ForeignKey("code_lists.name"), primary_key=True)
    code: Mapped[str] = mapped_column(String(60), primary_key=True)
    label: Mapped[str] = mapped_column(String(300))
    position: Mapped[int] = mapped_column(default=0)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]


class Service(Base):
    """A service of the signposting directory. Withdrawn ones stay, because history names them."""

    __tablename__ = "services"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(300))
    organisation: Mapped[str] = mapped_column(String(300), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    phone: Mapped[str] = mapped_column(String(60), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    url: Mapped[str] = mapped_column(String(500), default="")
    needs: Mapped[list[Any]]
    minimum_age: Mapped[int | None]
    maximum_age: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    __table_args__ = (Index(None, "withdrawn_at", "name"),)


class AccessEntry(Base):
    """Somebody opened a record. Append-only, and the only thing a page view writes."""

    __tablename__ = "access_log"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    what: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(300), default="")
    __table_args__ = (Index(None, "case_id", "at"), Index(None, "user_id", "at"))
