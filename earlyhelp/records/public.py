"""What the public form keeps: requests begun, private receipts, and how often somebody tried."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class PublicDraft(Base):
    """A request for support that somebody has begun, or one held back because a robot may have sent it.

    Found only by its token, of which the digest is kept. It is no record of anybody until it is sent.
    """

    __tablename__ = "public_drafts"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    content: Mapped[str] = mapped_column(Text)
    """The answers as JSON, as text: what was typed may hold what a database's own JSON refuses."""
    created_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    held_at: Mapped[datetime | None]
    __table_args__ = (Index(None, "held_at", "id"),)


class Receipt(Base):
    """The private page of who asked: an unguessable link, of which only the digest is kept."""

    __tablename__ = "receipts"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    reference: Mapped[str] = mapped_column(String(12))
    """What the confirmation said."""
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    held_id: Mapped[int | None] = mapped_column(
        ForeignKey("public_drafts.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class PublicCount(Base):
    """How often one network did one thing within one window of time; the network is kept as a keyed digest."""

    __tablename__ = "public_counts"
    what: Mapped[str] = mapped_column(String(20), primary_key=True)
    network: Mapped[str] = mapped_column(String(64), primary_key=True)
    window_starts_at: Mapped[datetime] = mapped_column(primary_key=True, index=True)
    times: Mapped[int]
