"""What is remembered for the front door: contacts begun and not yet sent, and who told us before."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class ContactDraft(Base):
    """A form that somebody has begun. Only its owner sees it; it is no record of anything until it is sent."""

    __tablename__ = "contact_drafts"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    action: Mapped[str] = mapped_column(String(60))
    content: Mapped[str] = mapped_column(Text)
    """The form's fields as JSON, as text: what was typed may hold what a database's own JSON refuses."""
    created_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    __table_args__ = (Index(None, "owner_id", "saved_at"), Index(None, "saved_at"))


class KnownReferrer(Base):
    """Somebody of an agency who told us before, so that nobody types them twice."""

    __tablename__ = "known_referrers"
    id: Mapped[int] = mapped_column(primary_key=True)
    agency_key: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(200))
    """Agency and name as they are compared (see names.py)."""
    agency: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    last_at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("agency_key", "name_key"),
        Index(None, "agency_key", "last_at"),
        Index(None, "last_at"),
    )
