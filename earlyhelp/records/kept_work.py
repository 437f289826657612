"""What somebody sent after their session had ended: kept for them until they have signed in again."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class KeptPost(Base):
    """A form's body, sealed by a key that is not stored: only who holds the key, and is that person, reads it."""

    __tablename__ = "kept_posts"
    key_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    kept_at: Mapped[datetime] = mapped_column(index=True)
    __table_args__ = (Index(None, "user_id", "kept_at"),)
