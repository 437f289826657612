"""Writing what the dashboard of a large council says. It says nothing that the cases do not."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from earlyhelp.records.kept_board import KeptBoard
from earlyhelp.records.upserting import upsert

ONLY = 1
"""The id of the one row."""


def keep_board(
    connection: Connection, *, counted_at: datetime, rules: str, counted: Mapping[str, Any]
) -> None:
    """Put this in place of what was counted before."""
    said = {"counted_at": counted_at, "rules": rules, "counted": counted}
    new = upsert(connection, KeptBoard).values(id=ONLY, **said)
    connection.execute(new.on_conflict_do_update(index_elements=[KeptBoard.id], set_=said))
