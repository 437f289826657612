"""What holds the log of readings to what it was: seals over batches of entries, and which of them retention took."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class AccessSeal(Base):
    """One batch of entries of the access log as they stood. Append-only; each hash covers the one before.

    Made some time after the entries, so that to open a page stays one insert that waits for nobody.
    """

    __tablename__ = "access_seals"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    last_entry: Mapped[int]
    """Every entry from behind the seal before up to this one is in it."""
    digests: Mapped[str] = mapped_column(Text)
    """A line for each entry: its id and the SHA-256 of what it says."""
    sealed_at: Mapped[datetime]
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class ErasedEntry(Base):
    """An entry of the access log that a retention run deleted with its case: its absence is no sign of tampering."""

    __tablename__ = "access_erased"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """That of the entry, which no other entry gets."""
    run_id: Mapped[int] = mapped_column(ForeignKey("retention_runs.id"), index=True)
