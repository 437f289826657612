"""That somebody was given what is held about them: a subject access request that was answered."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class Disclosure(Base):
    """One pack of one person's data. What stood in it is not kept; `digest` can prove that a pack is that one."""

    __tablename__ = "disclosures"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by: Mapped[str] = mapped_column(String(254))
    """The address of the account, or the name on the server of whoever ran the command."""
    reason: Mapped[str] = mapped_column(Text, default="")
    cases: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the file for programs."""
