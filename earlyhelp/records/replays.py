"""Replays asked for on a page: which file on which days, how far the worker is, and what came out."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class PathwayReplay(Base):
    """One replay. `status`: waiting, running, done or failed.

    Only the worker that is named in `worker` goes on with it; `beat_at` is its last sign of life.
    """

    __tablename__ = "pathway_replays"
    id: Mapped[int] = mapped_column(primary_key=True)
    pathway: Mapped[str] = mapped_column(String(60))
    content: Mapped[dict[str, Any]] = mapped_column(JSON(none_as_null=True))
    """The other file, whole: nothing of it is looked up again when it runs."""
    text: Mapped[str] = mapped_column(Text)
    """As it was sent, to be changed and tried again."""
    first_on: Mapped[date]
    last_on: Mapped[date]
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    status: Mapped[str] = mapped_column(String(20))
    worker: Mapped[str | None] = mapped_column(String(120))
    beat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    fault: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (Index(None, "pathway", "asked_at"), Index(None, "status", "asked_at"))
