"""What the case page shows of the plan and of the time after closing."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from earlyhelp.casework.reading import CaseRow
from earlyhelp.insight.after_closing import Watch, after_closing
from earlyhelp.insight.plans import ActionStanding, plan_of
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.permissions import Person


class Upkeep(NamedTuple):
    """Overdue actions of an open case; of a closed one, what happened since."""

    overdue: list[ActionStanding]
    watch: Watch | None


def upkeep_of(
    connection: Connection, *, case: CaseRow, engine: CompiledPathway, person: Person, now: datetime
) -> Upkeep:
    if not case.is_open:
        calendar = engine.calendar
        return Upkeep([], after_closing(connection, case=case, person=person, calendar=calendar, now=now))
    today = engine.calendar.date_of(now)
    return Upkeep(plan_of(connection, case_id=case.id).overdue(today), None)
