"""What a manager sees first: counts that agree with the lists behind them, in a few set-based queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case as when, func, select

from earlyhelp.pathway.calendar import england
from earlyhelp.permissions import Person, visible_cases
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.organisation import Team, User

NEXT_DAYS = 5


@dataclass(frozen=True)
class Board:
    """The dashboard: by kind of state, by team, by worker."""

    open_cases: int
    waiting: dict[str, int]
    oldest: dict[str, datetime]
    breached: int
    due_soon: int
    by_owner: Sequence[Any]


def board(connection: Connection, *, person: Person, now: datetime) -> Board:
    """Everything of the dashboard for the cases this person may see."""
    calendar = england()
    soon = calendar.end_of(calendar.working_day_after(calendar.date_of(now), NEXT_DAYS))
    kinds = connection.execute(
        select(Case.state_kind, func.count(), func.min(Case.state_entered_at))
        .where(Case.is_open, visible_cases(person))
        .group_by(Case.state_kind)
    ).all()
    owners = _by_owner(connection, person, now, soon)
    return Board(
        open_cases=sum(row[1] for row in kinds),
        waiting={row[0]: row[1] for row in kinds},
        oldest={row[0]: row[2] for row in kinds},
        breached=sum(row.breached for row in owners),
        due_soon=sum(row.due_soon for row in owners),
        by_owner=owners,
    )


def _by_owner(connection: Connection, person: Person, now: datetime, soon: datetime) -> Sequence[Any]:
    """Clocks breached now and due soon, by team and lead professional."""
    breached = func.sum(when((ClockRow.due_at <= now, 1), else_=0)).label("breached")
    due_soon = func.sum(when((ClockRow.due_at > now, 1), else_=0)).label("due_soon")
    return connection.execute(
        select(Team.name.label("team"), User.name.label("worker"), breached, due_soon)
        .select_from(ClockRow)
        .join(Case, Case.id == ClockRow.case_id)
        .outerjoin(Team, Team.id == Case.team_id)
        .outerjoin(User, User.id == Case.lead_professional_id)
        .where(ClockRow.status == "running", ClockRow.due_at <= soon, visible_cases(person))
        .group_by(Team.name, User.name)
        .order_by(breached.desc(), due_soon.desc(), Team.name, User.name)
    ).all()
