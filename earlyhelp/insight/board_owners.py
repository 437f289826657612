"""Time limits overdue and due soon by team and worker: counted, added up and ranked by the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, Select, cast, func, select

from earlyhelp.insight.board_teams import PAGE
from earlyhelp.near import carried_near, carried_seen
from earlyhelp.permissions import Person, visible_cases
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.organisation import Team, User


@dataclass(frozen=True)
class Owner:
    """Time limits of one team's worker: those that have passed, and those about to. None is nobody yet."""

    team_id: int | None
    team: str | None
    lead_id: int | None
    worker: str | None
    breached: int
    due_soon: int


@dataclass(frozen=True)
class Owners:
    """Those with most that is overdue first, at most a page of them; how many there are, and what all of them have."""

    first: Sequence[Owner] = ()
    in_all: int = 0
    breached: int = 0
    due_soon: int = 0


def owners(connection: Connection, *, person: Person, now: datetime, soon: datetime) -> Owners:
    """Of running clocks of cases this person may see that have passed, or will by `soon`. One query."""
    each = _by_owner(person, now, soon).subquery()
    columns: Any = (
        each.c.team_id,
        Team.name.label("team"),
        each.c.lead_id,
        User.name.label("worker"),
        each.c.breached,
        each.c.due_soon,
        func.count().over().label("in_all"),
        cast(func.sum(each.c.breached).over(), Integer).label("breached_in_all"),
        cast(func.sum(each.c.due_soon).over(), Integer).label("due_soon_in_all"),
    )
    names = (func.coalesce(Team.name, ""), func.coalesce(User.name, ""), each.c.lead_id)
    ranked = (
        select(*columns)
        .outerjoin(Team, Team.id == each.c.team_id)
        .outerjoin(User, User.id == each.c.lead_id)
        .order_by(each.c.breached.desc(), each.c.due_soon.desc(), *names)
        .limit(PAGE)
    )
    rows = connection.execute(ranked).all()
    if not rows:
        return Owners()
    return Owners([Owner(*row[:6]) for row in rows], *rows[0][6:])


def _by_owner(person: Person, now: datetime, soon: datetime) -> Select[Any]:
    """A clock carries its case's team and lead while it runs."""
    team, lead = ClockRow.team_id, ClockRow.lead_professional_id
    breached = func.count().filter(ClockRow.due_at <= now)
    columns: Any = (
        team,
        lead.label("lead_id"),
        breached.label("breached"),
        (func.count() - breached).label("due_soon"),
    )
    statement = (
        select(*columns).where(ClockRow.status == "running", ClockRow.due_at <= soon).group_by(team, lead)
    )
    seen = carried_seen(person, ClockRow)
    if seen is not None:
        return statement.where(seen)
    near = (visible_cases(person), carried_near(person, ClockRow))
    return statement.join(Case, Case.id == ClockRow.case_id).where(*near)
