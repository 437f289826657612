"""What was changed in who works here and how: accounts, roles, teams, hours, ceilings. By whom, from what, to what."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class OfficeChange(Base):
    """One change. Append-only."""

    __tablename__ = "office_changes"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(254))
    """E-mail address of who did it, or which door it came through."""
    what: Mapped[str] = mapped_column(String(40))
    about: Mapped[str] = mapped_column(String(254))
    """E-mail address of the account, or key of the team."""
    content: Mapped[dict[str, Any]]
    """By field: what it was and what it is now."""
    __table_args__ = (Index(None, "at", "id"),)
