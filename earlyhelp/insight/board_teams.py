"""Open cases of each team's workers against their ceilings: counted and ranked by the database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, Integer, Select, Subquery, case as when, cast, func, or_, select

from earlyhelp.insight.caseload import NO_TEAM, may_hold
from earlyhelp.permissions import Person
from earlyhelp.records.organisation import Team, User
from earlyhelp.records.workload import WorkloadRules

PAGE = 25
"""Teams on the dashboard, and owners of time limits. It leads to all others."""


@dataclass(frozen=True)
class BoardTeam:
    """One team's workers, and the open cases that they lead. None is those of no team."""

    team_id: int | None
    name: str
    workers: int
    cases: int
    fewest: int
    most: int
    over_ceiling: int


def in_order(rows: Iterable[Any], in_all: int) -> Sequence[BoardTeam]:
    """By name, or where there are more than a page those with most workers over their ceiling, then most cases."""
    teams = [BoardTeam(*(getattr(row, name) for name in BoardTeam.__match_args__)) for row in rows]
    if in_all <= PAGE:
        return sorted(teams, key=lambda team: (team.team_id is None, team.name))
    return sorted(teams, key=lambda team: (-team.over_ceiling, -team.cases, team.name))


def pressed_teams(person: Person, open_cases: CTE, rules: WorkloadRules) -> Subquery:
    """The first of all teams with workers, by how many are over their ceiling; `in_all` says how many teams there are.

    `open_cases` has how many `cases` each `lead_professional_id` holds, in any number of rows.
    """
    worker = _workers(person, open_cases, rules).subquery()
    return (
        select(
            worker.c.team_id,
            worker.c.name,
            func.count().label("workers"),
            func.sum(worker.c.cases).label("cases"),
            func.min(worker.c.cases).label("fewest"),
            func.max(worker.c.cases).label("most"),
            func.sum(worker.c.over).label("over_ceiling"),
            func.count().over().label("in_all"),
        )
        .group_by(worker.c.team_id, worker.c.name)
        .order_by(func.sum(worker.c.over).desc(), func.sum(worker.c.cases).desc(), worker.c.name)
        .limit(PAGE)
        .subquery()
    )


def _workers(person: Person, open_cases: CTE, rules: WorkloadRules) -> Select[Any]:
    """Who may hold cases, and who holds some."""
    lead, sum_of = open_cases.c.lead_professional_id, cast(func.sum(open_cases.c.cases), Integer)
    held = select(lead, sum_of.label("cases")).where(lead.is_not(None)).group_by(lead).subquery()
    cases = func.coalesce(held.c.cases, 0)
    over = when((cases > rules.ceiling(), 1), else_=0)
    name = func.coalesce(Team.name, NO_TEAM)
    return (
        select(User.team_id, name.label("name"), cases.label("cases"), over.label("over"))
        .select_from(User)
        .outerjoin(Team, Team.id == User.team_id)
        .outerjoin(held, held.c.lead_professional_id == User.id)
        .where(or_(may_hold(person), held.c.cases > 0))
    )
