"""Taking hold of a case that an action will change: its row and its open clocks, in one query."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, true

from earlyhelp.casework.reading import OPEN, THE_CASE, CaseRow, seen
from earlyhelp.permissions import Person
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.database import is_postgresql
from earlyhelp.records.prepared import Columns, read_rows

_CASE, _CLOCK = Columns(THE_CASE.selected_columns), Columns(ClockRow.__table__.columns)
_WIDTH = len(THE_CASE.selected_columns)


def held_case(
    connection: Connection, *, reference: str, person: Person
) -> tuple[CaseRow, Sequence[Row[Any]]]:
    """The case and its open clocks, held until the transaction ends. NoSuchCase if this person may not see it.

    A sweep that has one of the clocks is waited for, and a later one passes over them: all alerts that there will be
    are there to be settled, so that what is written next may be one statement.
    """
    if is_postgresql(connection):
        found = _held(connection, reference)
    else:  # the whole database is held: BEGIN IMMEDIATE
        found = read_rows(connection, _ON_SQLITE, {"reference": reference})
    case = seen(_CASE.row(connection, found[0][:_WIDTH]) if found else None, reference, person)
    clocks = sorted(row[_WIDTH:-1] for row in found if row[_WIDTH] is not None)  # by id: the first column
    return case, [_CLOCK.row(connection, clock) for clock in clocks]


def _held(connection: Connection, reference: str) -> Sequence[tuple[Any, ...]]:
    """Read again where another action was waited for: its clocks are too new for a statement begun before it ended.

    The same where the case has moved to another version, and no longer meets the one that was joined.
    """
    asked = {"reference": reference}
    found = read_rows(connection, _ON_POSTGRESQL, asked)
    waited = not found or found[0][_VERSION] != found[0][-1]
    return read_rows(connection, _ON_POSTGRESQL, asked) if waited else found


def _on_postgresql() -> Any:
    """A row for each clock, or one; the last column is the case's version as it was when the statement began."""
    # Sharing the key: a sweep that raises an alert of this case only needs it to exist, and must not wait.
    this = THE_CASE.where(Case.reference == bindparam("reference"))
    case = this.with_for_update(of=Case, key_share=True).cte("held")
    clocks = (
        select(ClockRow)
        .where(ClockRow.case_id == case.c.id, OPEN)
        .order_by(ClockRow.id)
        .with_for_update(key_share=True)
        .lateral("clock")
    )
    begun = select(Case.version).where(Case.reference == bindparam("reference")).scalar_subquery()
    return select(*case.c, *clocks.c, begun).join_from(case, clocks, true(), isouter=True)


def _on_sqlite() -> Any:
    joined = THE_CASE.outerjoin(ClockRow, (ClockRow.case_id == Case.id) & OPEN)
    return joined.add_columns(*ClockRow.__table__.columns, Case.version).where(
        Case.reference == bindparam("reference")
    )


_ON_POSTGRESQL, _ON_SQLITE = _on_postgresql(), _on_sqlite()
_VERSION = [column.key for column in THE_CASE.selected_columns].index("version")
