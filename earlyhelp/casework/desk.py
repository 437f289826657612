"""Who may work on a case beside its pathway: its plan and meetings, its notes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from earlyhelp.casework.journal import write_journal
from earlyhelp.casework.reading import CaseRow, case_to_change
from earlyhelp.casework.refusals import NoSuchCase, NotAllowed, StaleVersion
from earlyhelp.pathway.facts import Refused
from earlyhelp.permissions import Person, acting_roles, may_contribute

WORKING_ROLES = frozenset({"lead_professional", "manager"})


def case_to_plan(connection: Connection, *, reference: str, person: Person) -> CaseRow:
    """The case, locked, for whoever leads or manages it while it is open. Raises NoSuchCase, NotAllowed."""
    case = case_to_change(connection, reference=reference, person=person)
    if not acting_roles(person, case) & WORKING_ROLES:
        raise NotAllowed
    if not case.is_open:
        raise Refused("This case is closed: its plan can no longer be changed")
    return case


def case_to_write_on(connection: Connection, *, reference: str, person: Person) -> CaseRow:
    """The case, locked, for whoever may write notes on it, closed ones too. Raises NoSuchCase, NotAllowed."""
    case = case_to_change(connection, reference=reference, person=person)
    if not may_contribute(person, case):
        raise NotAllowed
    return case


def row_of(connection: Connection, table: Any, *, row_id: int, case: CaseRow) -> Any:
    """One row of that case. A row of another case does not exist here: NoSuchCase."""
    row = connection.execute(select(table).where(table.id == row_id, table.case_id == case.id)).one_or_none()
    if row is None:
        raise NoSuchCase(case.reference)
    return row


def seen(row: Any, seen_version: int | None) -> None:
    """Raises StaleVersion when the person had an older version before them."""
    if seen_version is not None and seen_version != row.version:
        raise StaleVersion(row.version)


def note_change(
    connection: Connection,
    case: CaseRow,
    *,
    what: str,
    table: Any,
    row_id: int,
    content: Mapping[str, Any],
    person: Person,
    now: datetime,
) -> None:
    """Write a change of a row of this case into the case's journal."""
    write_journal(
        connection,
        case_id=case.id,
        what=what,
        subject=table.__tablename__,
        subject_id=row_id,
        content=content,
        person=person,
        now=now,
    )
