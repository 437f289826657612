"""Who holds how much: open cases of each worker against their ceiling, by team, now or as known on a day."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select

from earlyhelp.insight.measures.known import Known
from earlyhelp.insight.past_cases import Held, open_cases_before
from earlyhelp.permissions import Person, near_open, sees_all, visible_cases
from earlyhelp.records.cases import Case
from earlyhelp.records.organisation import Team, User, UserRole
from earlyhelp.records.workload import FULL, WorkloadRules, workload_rules, workload_setting

PAGE = 50
"""Teams on one page."""
NOBODY = 0
"""Stands for no team where an id is asked for."""
NO_TEAM = "Partner agencies and people of no team"
NOW = Known()
NOTHING: Mapping[int | None, int] = {}


@dataclass(frozen=True)
class WorkerLoad:
    """One worker's open cases, their points, and the most there should be."""

    user_id: int
    name: str
    email: str
    team_id: int | None
    fte: float
    newly_qualified: bool
    active: bool
    ceiling: int
    cases: int = 0
    points: int = 0

    @property
    def over_ceiling(self) -> bool:
        return self.cases > self.ceiling

    @property
    def most_points(self) -> int:
        """What a worker of these hours should hold at most."""
        return round(FULL * self.fte)


@dataclass(frozen=True)
class TeamLoad:
    """One team. Averages are per full-time worker, and None when it has no hours."""

    team_id: int | None
    name: str
    kind: str | None
    workers: Sequence[WorkerLoad] = field(default=())
    unallocated: int = 0

    @property
    def fte(self) -> float:
        return round(sum(worker.fte for worker in self.workers if worker.active), 2)

    @property
    def cases(self) -> int:
        return sum(worker.cases for worker in self.workers)

    @property
    def per_fte(self) -> float | None:
        return self.cases / self.fte if self.fte else None

    @property
    def points_per_fte(self) -> float | None:
        return sum(worker.points for worker in self.workers) / self.fte if self.fte else None

    @property
    def fewest(self) -> int:
        return min((worker.cases for worker in self.workers), default=0)

    @property
    def most(self) -> int:
        return max((worker.cases for worker in self.workers), default=0)

    @property
    def over_ceiling(self) -> int:
        return sum(worker.over_ceiling for worker in self.workers)


def caseload(
    connection: Connection, *, person: Person, team_id: int | None = None, known: Known = NOW
) -> list[TeamLoad]:
    """Every team with workers whose cases this person may see; the hours are those of now. Three queries at most."""
    held = _held_now(connection, person) if known.before is None else _held_then(connection, person, known)
    people = staff(connection, person, [row.lead_id for row in held])
    rules = workload_rules(people[0].rules if people else None)
    cases: dict[int | None, int] = defaultdict(int)
    points: dict[int | None, int] = defaultdict(int)
    for row in held:
        cases[row.lead_id] += row.cases
        points[row.lead_id] += row.cases * rules.points(row.level_of_need, row.state_kind)
    found = loads(people, cases=cases, points=points, waiting=_waiting(held))
    return [load for load in found if team_id in {None, load.team_id or NOBODY}]


def teams_after(teams: Sequence[TeamLoad], after: int | None) -> tuple[Sequence[TeamLoad], int | None]:
    """A page of them, and the id of its last team if there are more; it begins after the team of that id."""
    ids = [team.team_id or NOBODY for team in teams]
    first = ids.index(after) + 1 if after in ids else 0
    shown = teams[first : first + PAGE]
    return shown, ids[first + PAGE - 1] if len(teams) > first + PAGE else None


def most_pressed(teams: Sequence[TeamLoad]) -> Sequence[TeamLoad]:
    """All in their order; of more than a page, those with most workers over their ceiling, then most cases."""
    if len(teams) <= PAGE:
        return teams
    return sorted(teams, key=lambda team: (-team.over_ceiling, -team.cases, team.name))[:PAGE]


def staff(connection: Connection, person: Person, leading: Iterable[int | None]) -> Sequence[Row[Any]]:
    """Active lead professionals of the teams that this person manages, and those who are leading something."""
    leads = User.active & User.id.in_(select(UserRole.user_id).where(UserRole.role == "lead_professional"))
    theirs = leads if sees_all(person) else leads & (User.team_id == person.team_id)
    return connection.execute(
        staff_columns().where(or_(theirs, User.id.in_({lead for lead in leading if lead is not None})))
    ).all()


def staff_columns() -> Select[Any]:
    """What is asked of a worker: hours, ceilings, and beside each the council's rules."""
    columns: Any = (
        User.id,
        User.name,
        User.email,
        User.fte,
        User.newly_qualified,
        User.active,
        User.ceiling,
        User.team_id,
        Team.name.label("team"),
        Team.kind.label("team_kind"),
        Team.ceiling.label("team_ceiling"),
        workload_setting(),
    )
    return (
        select(*columns)
        .select_from(User)
        .outerjoin(Team, Team.id == User.team_id)
        .order_by(Team.name, User.name, User.id)
    )


def loads(
    people: Sequence[Row[Any]],
    *,
    cases: Mapping[int | None, int],
    waiting: Mapping[int | None, int],
    points: Mapping[int | None, int] = NOTHING,
) -> list[TeamLoad]:
    """Workers by their own team, whatever team their cases are of. `cases` and `points` are by lead professional,
    `waiting` is how many of each team's cases wait for one."""
    rules = workload_rules(people[0].rules if people else None)
    teams: dict[int | None, list[WorkerLoad]] = defaultdict(list)
    named: dict[int | None, tuple[str, str | None]] = {None: (NO_TEAM, None)}
    for row in people:
        if not row.active and not cases.get(row.id):
            continue
        named[row.team_id] = (row.team or NO_TEAM, row.team_kind)
        teams[row.team_id].append(_worker(row, rules, cases.get(row.id, 0), points.get(row.id, 0)))
    return [
        TeamLoad(team_id, *named[team_id], workers=tuple(workers), unallocated=waiting.get(team_id, 0))
        for team_id, workers in sorted(teams.items(), key=lambda team: (team[0] is None, named[team[0]][0]))
    ]


def _worker(row: Row[Any], rules: WorkloadRules, cases: int, points: int) -> WorkerLoad:
    ceiling = row.ceiling or rules.ceiling(
        team_kind=row.team_kind, team=row.team_ceiling, fte=row.fte, newly_qualified=row.newly_qualified
    )
    return WorkerLoad(
        user_id=row.id,
        name=row.name,
        email=row.email,
        team_id=row.team_id,
        fte=row.fte,
        newly_qualified=row.newly_qualified,
        active=row.active,
        ceiling=ceiling,
        cases=cases,
        points=points,
    )


def _waiting(held: Iterable[Held]) -> dict[int | None, int]:
    waiting: dict[int | None, int] = defaultdict(int)
    for row in held:
        if row.lead_id is None and row.state_kind == "allocation":
            waiting[row.team_id] += row.cases
    return waiting


def _held_now(connection: Connection, person: Person) -> list[Held]:
    columns = (Case.team_id, Case.lead_professional_id, Case.level_of_need, Case.state_kind)
    seen = (Case.is_open, near_open(person), visible_cases(person))
    statement = select(*columns, func.count()).where(*seen).group_by(*columns)
    return [Held(*row) for row in connection.execute(statement)]


def _held_then(connection: Connection, person: Person, known: Known) -> list[Held]:
    counted: dict[tuple[int | None, int | None, str | None, str], int] = defaultdict(int)
    for row in open_cases_before(connection, person=person, known=known):
        counted[(row.team_id, row.lead_id, row.level_of_need, row.state_kind)] += row.cases
    return [Held(*key, cases) for key, cases in counted.items()]
