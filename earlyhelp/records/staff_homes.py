"""Where staff live, as far as auditors need it: to see who opened the record of somebody at their own address."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class StaffHome(Base):
    """One person's home postcode. Kept apart from their account: administrators have no use for it."""

    __tablename__ = "staff_homes"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    postcode: Mapped[str] = mapped_column(String(8))
    set_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime]
