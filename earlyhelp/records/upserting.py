"""Writing a row that may be there already: each database has an INSERT of its own for that, with the same words."""

from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from earlyhelp.records.database import is_postgresql


def upsert(connection: Connection, table: Any) -> Any:
    """An INSERT that can be told what to do `on_conflict_…`."""
    return (postgresql if is_postgresql(connection) else sqlite).insert(table)
