"""What cases refer to: published pathways, code lists, services of the directory, the log of who read what."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


def small_name(context: Any) -> str:
    """A new service's name in small letters, where nobody says more."""
    return str(context.get_current_parameters()["name"]).casefold()[:300]


class PublishedPathway(Base):
    """A pathway version that cases run on. Its content never changes once published."""

    __tablename__ = "pathways"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    version: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(300))
    content: Mapped[dict[str, Any]] = mapped_column(JSON(none_as_null=True))
    """Plain JSON: PostgreSQL's JSONB would forget the order of the file, which people see on every page."""
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
    """Codes of the list `presenting_need`; searched through `service_needs`."""
    minimum_age: Mapped[int | None]
    maximum_age: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    terms: Mapped[list[Any]] = mapped_column(default=list)
    """What its publisher calls the needs it meets."""
    places: Mapped[list[Any]] = mapped_column(default=list)
    """Where it is, in words; searched through `service_places`."""
    eligibility: Mapped[str] = mapped_column(Text, default="")
    opening_times: Mapped[str] = mapped_column(Text, default="")
    cost: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[str] = mapped_column(String(500), default="")
    """The feed it comes from; empty for those shipped with the product."""
    upstream_id: Mapped[str | None] = mapped_column(String(100), unique=True)
    upstream_modified: Mapped[str] = mapped_column(String(40), default="")
    digest: Mapped[str] = mapped_column(String(64), default="")
    """Of all that the feed said, so that an import writes only what changed."""
    changed_at: Mapped[datetime | None]
    sort_name: Mapped[str] = mapped_column(String(300), default=small_name)
    search_text: Mapped[str] = mapped_column(Text, default=small_name)
    """Everything a search for words looks at, in small letters."""
    __table_args__ = (
        Index(None, "withdrawn_at", "name"),
        Index(None, "withdrawn_at", "sort_name", "id"),
        Index(None, "source", "withdrawn_at"),
    )


class AccessEntry(Base):
    """Somebody opened a record. The only thing that a page view writes, kept apart from all that people may change:
    the database refuses to change it (append_only.py)."""

    __tablename__ = "access_log"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    what: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(300), default="")
    __table_args__ = (
        Index(None, "at", "id"),
        Index(None, "case_id", "at"),
        Index(None, "person_id", "at"),
        Index(None, "user_id", "at"),
        {"sqlite_autoincrement": True},  # the id of an entry that retention took is never given again
    )
