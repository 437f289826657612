"""What one person has before them: due moments and meetings of the cases they lead."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from earlyhelp.permissions import Person
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.plans import Meeting

MOST = 1_000
LOOK_BACK = timedelta(days=92)


def due_moments(connection: Connection, *, person: Person) -> Sequence[Any]:
    """Every running clock of the cases they lead, nearest first."""
    return connection.execute(
        select(ClockRow.id, ClockRow.name, ClockRow.about, ClockRow.due_at, Case.reference, Case.pathway_id)
        .join(Case, Case.id == ClockRow.case_id)
        .where(Case.lead_professional_id == person.id, ClockRow.status == "running")
        .order_by(ClockRow.due_at, ClockRow.id)
        .limit(MOST)
    ).all()


def meetings(connection: Connection, *, person: Person, now: datetime) -> Sequence[Any]:
    """Meetings of the open cases they lead, of the last three months and to come."""
    since: date = (now - LOOK_BACK).date()
    return connection.execute(
        select(Meeting.id, Meeting.planned_on, Case.reference, Case.pathway_id)
        .join(Case, Case.id == Meeting.case_id)
        .where(
            Case.lead_professional_id == person.id,
            Case.is_open,
            Meeting.cancelled_at.is_(None),
            Meeting.planned_on >= since,
        )
        .order_by(Meeting.planned_on, Meeting.id)
        .limit(MOST)
    ).all()
