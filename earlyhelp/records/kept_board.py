"""What the dashboard of a large council says, counted once a minute and not once for each who looks.

`earlyhelp.insight.kept_board` says for whom, and for how long, it serves.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class KeptBoard(Base):
    """One row: what was counted of all cases that are not restricted, and which others were left out."""

    __tablename__ = "kept_board"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    counted_at: Mapped[datetime]
    rules: Mapped[str] = mapped_column(Text)
    """The council's own workload rules at that moment, as their setting says them; empty without any."""
    counted: Mapped[dict[str, Any]]
