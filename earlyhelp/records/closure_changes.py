"""Who closed the council on a day, or opened it again: what every time limit was counted by is somebody's decision."""

from datetime import date, datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class ClosureChange(Base):
    """One day closed, or opened again. Only ever added to."""

    __tablename__ = "closure_changes"
    id: Mapped[int] = mapped_column(primary_key=True)
    on: Mapped[date]
    what: Mapped[str] = mapped_column(String(10))
    """closed or opened"""
    name: Mapped[str] = mapped_column(String(100))
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    __table_args__ = (Index(None, "on", "id"),)
