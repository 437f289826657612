"""Who holds how much: open cases of each worker against their ceiling, by team, now or as known on a day."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    case as when,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)

from earlyhelp.insight.measures.known import Known
from earlyhelp.insight.past_cases import Held, open_cases_before
from earlyhelp.near import near_open
from earlyhelp.permissions import Person, sees_all, visible_cases
from earlyhelp.records.base import NOBODY
from earlyhelp.records.cases import Case
from earlyhelp.records.organisation import Team, User, UserRole
from earlyhelp.records.workload import FULL, WorkloadRules, read_workload_rules

PAGE = 10
"""Teams on one page, each with all its workers."""
NO_TEAM = "Partner agencies and people of no team"
NOW = Known()


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


class TeamsPage(NamedTuple):
    """A page of teams, the id of its last if there are more, and the rules that they work by."""

    teams: Sequence[TeamLoad]
    following: int | None
    rules: WorkloadRules


def caseload(
    connection: Connection,
    *,
    person: Person,
    teams: Collection[int] | None = None,
    known: Known = NOW,
    of: date | None = None,
) -> list[TeamLoad]:
    """Teams with workers whose cases this person may see, of these ids or all; the hours are those of now.

    NOBODY among the ids are the people of no team. Three queries, four of an earlier day. `of` is a day before the one
    that it is known on.
    """
    return _caseload(connection, read_workload_rules(connection), person, teams, known, of)


def load_of(connection: Connection, *, person: Person, user_id: int) -> WorkerLoad | None:
    """One worker's, if this person may see cases of theirs. Three queries, and nobody else is read."""
    rules = read_workload_rules(connection)
    theirs = (User.id == user_id, _holding(person, _leading(person)))
    people = connection.execute(_staff_columns(rules).where(*theirs)).all()
    loads = _loads(people, _held_now(connection, person, people, ()), rules)
    return next((load for team in loads for load in team.workers), None)


def _caseload(
    connection: Connection,
    rules: WorkloadRules,
    person: Person,
    teams: Collection[int] | None,
    known: Known,
    of: date | None = None,
) -> list[TeamLoad]:
    if known.before is None:
        people = _staff(connection, rules, person, _leading(person), teams)
        held = _held_now(connection, person, people, teams)
    else:
        held = _held_then(connection, person, known, of)
        leading = User.id.in_({row.lead_id for row in held if row.lead_id is not None})
        people = _staff(connection, rules, person, leading, teams)
    return _loads(people, held, rules)


def page_of_teams(
    connection: Connection, *, person: Person, team_id: int | None, after: int | None, known: Known = NOW
) -> TeamsPage:
    """Teams by name that come after the one of that id. Of now, only those of the page are counted."""
    rules = read_workload_rules(connection)
    if known.before is not None:
        every = _caseload(connection, rules, person, None, known)
        asked = [team for team in every if team_id is None or (team.team_id or NOBODY) == team_id]
        ids = [team.team_id or NOBODY for team in asked]
        first = ids.index(after) + 1 if after in ids else 0
        return TeamsPage(asked[first : first + PAGE], _last_of_page(ids[first:]), rules)
    ids = _staffed(connection, person, team_id, after)
    return TeamsPage(_caseload(connection, rules, person, ids[:PAGE], known), _last_of_page(ids), rules)


def _last_of_page(ids: Sequence[int]) -> int | None:
    return ids[PAGE - 1] if len(ids) > PAGE else None


def may_hold(person: Person) -> ColumnElement[bool]:
    """Active lead professionals of the teams that this person manages."""
    leads = User.active & User.id.in_(select(UserRole.user_id).where(UserRole.role == "lead_professional"))
    return leads if sees_all(person) else leads & (User.team_id == person.team_id)


def _leading(person: Person) -> ColumnElement[bool]:
    """Who leads an open case that this person may see."""
    led = (Case.is_open, near_open(person), visible_cases(person))
    if sees_all(person):
        # One case of each is looked for: said with EXISTS, PostgreSQL reads every open case for it.
        one = select(Case.id).where(*led, Case.lead_professional_id == User.id).limit(1)
        return one.scalar_subquery().is_not(None)
    return User.id.in_(select(Case.lead_professional_id).where(*led))


def _holding(person: Person, leading: ColumnElement[bool]) -> ColumnElement[bool]:
    # Asked of all others alone, where OR would ask it of everybody.
    return when((may_hold(person), true()), else_=leading)


def _staffed(connection: Connection, person: Person, team_id: int | None, after: int | None) -> list[int]:
    """Ids of teams with workers, by name and one more than a page if there are more; last those of no team.

    OFFSET keeps the order: one team after another is looked at, and none beyond the page.
    """
    holding = _holding(person, _leading(person))
    before = select(func.coalesce(func.max(Team.name), "")).where(Team.id == after).scalar_subquery()
    asked = [Team.name > before] if team_id is None else [Team.id == team_id]
    team = select(Team.id, Team.name).where(*asked).order_by(Team.name).offset(0).subquery()
    a_worker = select(User.id).where(User.team_id == team.c.id, holding).limit(1).scalar_subquery()
    teams = select(team.c.id, team.c.name).where(a_worker.is_not(None)).limit(PAGE + 1)
    nobodys = select(literal(NOBODY), null()).where(User.team_id.is_(None), holding).limit(1)
    parts = [teams, nobodys] if team_id in {None, NOBODY} else [teams]
    found = union_all(*(select(part.subquery()) for part in parts)).subquery()
    in_order = select(found.c.id).order_by(found.c.id == NOBODY, found.c.name).limit(PAGE + 1)
    return list(connection.scalars(in_order))


def _staff(
    connection: Connection,
    rules: WorkloadRules,
    person: Person,
    leading: ColumnElement[bool],
    teams: Collection[int] | None,
) -> Sequence[Row[Any]]:
    """Active lead professionals of the teams that this person manages, and those who are leading something."""
    theirs = [_holding(person, leading)] + ([_of(User.team_id, teams)] if teams is not None else [])
    return connection.execute(_staff_columns(rules).where(*theirs)).all()


def _of(team: Any, ids: Collection[int]) -> ColumnElement[bool]:
    named = team.in_([number for number in ids if number != NOBODY])
    return or_(named, team.is_(None)) if NOBODY in ids else named


def _staff_columns(rules: WorkloadRules) -> Select[Any]:
    columns: Any = (
        User.id,
        User.name,
        User.email,
        User.fte,
        User.newly_qualified,
        User.active,
        rules.ceiling().label("ceiling"),
        User.team_id,
        Team.name.label("team"),
        Team.kind.label("team_kind"),
    )
    return (
        select(*columns)
        .select_from(User)
        .outerjoin(Team, Team.id == User.team_id)
        .order_by(Team.name, User.name, User.id)
    )


def _loads(people: Sequence[Row[Any]], held: Sequence[Held], rules: WorkloadRules) -> list[TeamLoad]:
    """Workers by their own team, whatever team their cases are of."""
    cases, points, waiting = _added_up(held, rules)
    teams: dict[int | None, list[WorkerLoad]] = defaultdict(list)
    named: dict[int | None, tuple[str, str | None]] = {}
    for row in people:
        if row.active or cases[row.id]:
            named[row.team_id] = (row.team or NO_TEAM, row.team_kind)
            teams[row.team_id].append(_worker(row, cases[row.id], points[row.id]))
    return [
        TeamLoad(team_id, *named[team_id], workers=tuple(workers), unallocated=waiting[team_id])
        for team_id, workers in sorted(teams.items(), key=lambda team: (team[0] is None, named[team[0]][0]))
    ]


def _added_up(
    held: Iterable[Held], rules: WorkloadRules
) -> tuple[Counter[int | None], Counter[int | None], Counter[int | None]]:
    """Cases and points by lead professional, and cases that wait for one by team."""
    cases: Counter[int | None] = Counter()
    points: Counter[int | None] = Counter()
    waiting: Counter[int | None] = Counter()
    for row in held:
        cases[row.lead_id] += row.cases
        points[row.lead_id] += row.cases * rules.points(row.level_of_need, row.state_kind)
        if row.lead_id is None and row.state_kind == "allocation":
            waiting[row.team_id] += row.cases
    return cases, points, waiting


def _worker(row: Row[Any], cases: int, points: int) -> WorkerLoad:
    return WorkerLoad(
        user_id=row.id,
        name=row.name,
        email=row.email,
        team_id=row.team_id,
        fte=row.fte,
        newly_qualified=row.newly_qualified,
        active=row.active,
        ceiling=row.ceiling,
        cases=cases,
        points=points,
    )


def _held_now(
    connection: Connection, person: Person, people: Sequence[Row[Any]], teams: Collection[int] | None
) -> list[Held]:
    """All open cases, or only those that these people lead and that wait in these teams."""
    columns = (Case.team_id, Case.lead_professional_id, Case.level_of_need, Case.state_kind)
    where = [Case.is_open, near_open(person), visible_cases(person)]
    if teams is not None:
        waiting = and_(Case.state_kind == "allocation", Case.lead_professional_id.is_(None))
        theirs = Case.lead_professional_id.in_([row.id for row in people])
        where.append(or_(theirs, and_(waiting, _of(Case.team_id, teams))) if teams else theirs)
    statement = select(*columns, func.count()).where(*where).group_by(*columns)
    return [Held(*row) for row in connection.execute(statement)]


def _held_then(connection: Connection, person: Person, known: Known, of: date | None) -> list[Held]:
    counted: dict[tuple[int | None, int | None, str | None, str], int] = defaultdict(int)
    for row in open_cases_before(connection, person=person, known=known, of=of):
        counted[(row.team_id, row.lead_id, row.level_of_need, row.state_kind)] += row.cases
    return [Held(*key, cases) for key, cases in counted.items()]
