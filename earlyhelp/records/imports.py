"""Lists of contacts that were imported: how their columns were read, what each import did, which rows are here."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class ImportMap(Base):
    """How the columns of one kind of list are read, found again by the names of its columns."""

    __tablename__ = "import_maps"
    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the names of the columns."""
    mapping: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]
    saved_by: Mapped[str] = mapped_column(String(254))


class ContactImport(Base):
    """One import of contacts, or an uploaded file that waits for a yes."""

    __tablename__ = "contact_imports"
    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(10))
    """waiting or done"""
    historical: Mapped[bool] = mapped_column(default=False)
    mapping: Mapped[dict[str, Any]]
    contacts: Mapped[int] = mapped_column(default=0)
    children: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime]
    """When it was done, or uploaded if it waits."""
    done_by: Mapped[str] = mapped_column(String(254))
    content: Mapped[str] = mapped_column(Text, default="")
    """The uploaded file in base 64, only while it waits: it is full of names."""
    __table_args__ = (Index(None, "status", "id"),)


class ImportedRow(Base):
    """A contact that came by an import, so that the same list again changes nothing."""

    __tablename__ = "imported_rows"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the council's own reference, or of all that its row says."""
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of all that was said of it: whether it has changed since."""
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("contact_imports.id"), index=True)
