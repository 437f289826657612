"""Everything a database holds, to compare before and after."""

from typing import Any

from sqlalchemy import Engine, select

from earlyhelp.records.base import Base
from earlyhelp.records.database import reading

READ_ONLY_TRACE = "access_log"


def everything(engine: Engine) -> dict[str, list[Any]]:
    """Every row of every table but the access log."""
    with reading(engine) as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in Base.metadata.sorted_tables
            if table.name != READ_ONLY_TRACE and table.name != "calendar_days"
        }
