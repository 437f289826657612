"""The list of what was changed in accounts, roles, teams and hours, latest first."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, select, tuple_

from earlyhelp.records.office_changes import OfficeChange

PAGE = 50


def office_changes(
    connection: Connection, *, after: tuple[datetime, int] | None
) -> Sequence[Row[tuple[OfficeChange]]]:
    """One page and one row more, from after a place in the list."""
    statement = select(*OfficeChange.__table__.columns)
    if after is not None:
        statement = statement.where(tuple_(OfficeChange.at, OfficeChange.id) < after)
    order = (OfficeChange.at.desc(), OfficeChange.id.desc())
    return connection.execute(statement.order_by(*order).limit(PAGE + 1)).all()
