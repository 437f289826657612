"""What somebody sent after their session had ended: kept for them until they have signed in again."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class KeptPost(Base):
    """The body of one form, found again only by its key and only by its owner. Short-lived (see casework)."""

    __tablename__ = "kept_posts"
    key_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    path: Mapped[str] = mapped_column(String(2000))
    fields: Mapped[str] = mapped_column(Text)
    """Names and values as JSON, as text: what was typed may hold what a database's own JSON refuses."""
    kept_at: Mapped[datetime] = mapped_column(index=True)
    __table_args__ = (Index(None, "user_id", "kept_at"),)
