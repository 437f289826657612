"""Who was let into a case for a stated time, and why: the team around the family, a colleague on cover."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class CaseAccess(Base):
    """One person's time-limited access to one case. Never deleted; withdrawn by `revoked_at`.

    `restricted` says that the case was restricted when it was given: access given before a case became restricted
    does not reach it afterwards.
    """

    __tablename__ = "case_access"
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    level: Mapped[str] = mapped_column(String(20))
    """read, or contribute: also write notes and draft sections of the assessment"""
    restricted: Mapped[bool] = mapped_column(default=False)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    """The first instant at which it holds no more."""
    reason: Mapped[str] = mapped_column(Text)
    given_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    given_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    __table_args__ = (Index(None, "user_id", "ends_at"), Index(None, "case_id", "id"))
