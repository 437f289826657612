"""Taking hold of a case that an action will change: its row and its open clocks, in one trip to the database."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from earlyhelp.casework.reading import OPEN, THE_CASE, CaseRow, seen
from earlyhelp.permissions import Person, may_see
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.prepared import Query, rows_together

_THIS = Case.reference == bindparam("reference")
# Sharing the key: a sweep that raises an alert of this case only needs it to exist, and must not wait.
# SQLite knows no such words and needs none: the whole database is held by BEGIN IMMEDIATE.
_CASE = Query(THE_CASE.where(_THIS).with_for_update(of=Case, key_share=True))
_CLOCKS = Query(
    select(ClockRow)
    .where(ClockRow.case_id == select(Case.id).where(_THIS).scalar_subquery(), OPEN)
    .order_by(ClockRow.id)
    .with_for_update(key_share=True)
)


def held_case(
    connection: Connection, *, reference: str, person: Person
) -> tuple[CaseRow, Sequence[Row[Any]]]:
    """The case and its open clocks, held until the transaction ends. NoSuchCase if this person may not see it.

    The clocks are asked for when the case is held, so that those are found which another action has just started.
    A sweep that has one of them is waited for, and a later one passes over them: all alerts that there will be are
    there to be settled, so that what is written next may be one statement.
    """
    case, clocks = _held(connection, reference)
    if not (case and may_see(person, case[0])):
        # Moved to another version while we waited, it no longer meets the one that was joined. What is not theirs is
        # asked for as often as what is not there: a stopwatch must not tell the two apart.
        case, clocks = _held(connection, reference)
    return seen(case[0] if case else None, reference, person), clocks


def _held(connection: Connection, reference: str) -> list[list[Row[Any]]]:
    return rows_together(connection, (_CASE, _CLOCKS), reference=reference)
