"""What a manager sees first: counts that agree with the lists behind them, in two set-based queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    String,
    True_,
    and_,
    case as when,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from earlyhelp.insight.caseload import TeamLoad, loads, staff
from earlyhelp.pathway.calendar import Calendar, england
from earlyhelp.pathway.vocabulary import SCREENING_DECISIONS
from earlyhelp.permissions import (
    Person,
    carried_near,
    kept_from,
    near_ever,
    near_open,
    sees_all,
    visible_cases,
)
from earlyhelp.records.base import Instant
from earlyhelp.records.cases import AT_THE_FRONT_DOOR, Case, Contact, Event
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.organisation import Team

NEXT_DAYS = 5


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
class FrontDoor:
    """The front door today: contacts that came, contacts decided, those waiting and since when the oldest does."""

    received: int = 0
    decided: int = 0
    waiting: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True)
class Board:
    """The dashboard."""

    open_cases: int
    waiting: dict[str, int]
    """Open cases by kind of state."""
    oldest: dict[str, datetime]
    """Since when the longest-waiting of each kind has been there."""
    by_owner: Sequence[Owner]
    teams: Sequence[TeamLoad]
    front_door: FrontDoor = field(default_factory=FrontDoor)

    @property
    def breached(self) -> int:
        return sum(owner.breached for owner in self.by_owner)

    @property
    def due_soon(self) -> int:
        return sum(owner.due_soon for owner in self.by_owner)


def board(connection: Connection, *, person: Person, now: datetime, calendar: Calendar) -> Board:
    """Everything of the dashboard for the cases this person may see."""
    parts: dict[str, list[Row[Any]]] = {}
    for row in connection.execute(_everything(person, now, soon_after(now, calendar))):
        parts.setdefault(row.part, []).append(row)
    clocks, kinds, leads = (parts.get(name, []) for name in ("clock", "kind", "lead"))
    people = staff(connection, person, [row.lead_id for row in (*leads, *clocks)])
    waiting = {row.kind: row.first_count for row in kinds}
    oldest = {row.kind: row.oldest for row in kinds}
    there = [kind for kind in waiting if kind in AT_THE_FRONT_DOOR]
    return Board(
        open_cases=sum(waiting.values()),
        waiting=waiting,
        oldest=oldest,
        by_owner=_owners(clocks, people, {row.team_id: row.kind for row in parts.get("team", [])}),
        teams=loads(
            people,
            cases={row.lead_id: row.first_count for row in leads},
            waiting={row.team_id: row.first_count for row in parts.get("waiting", [])},
        ),
        front_door=FrontDoor(
            received=parts["received"][0].first_count,
            decided=parts["decided"][0].first_count,
            waiting=sum(waiting[kind] for kind in there),
            oldest=min((oldest[kind] for kind in there), default=None),
        ),
    )


def soon_after(now: datetime, calendar: Calendar) -> datetime:
    """The end of the fifth working day from now: what is due before it is due soon."""
    return calendar.end_of(calendar.working_day_after(calendar.date_of(now), NEXT_DAYS))


def received_today(now: datetime) -> ColumnElement[bool]:
    """Cases that began with a contact received today."""
    return Case.id.in_(select(Contact.case_id).where(_today(now)))


def _today(now: datetime) -> ColumnElement[bool]:
    calendar = england()
    today = calendar.date_of(now)
    return and_(Contact.received_at >= calendar.start_of(today), Contact.received_at < calendar.end_of(today))


def decided_today(now: datetime) -> ColumnElement[bool]:
    """Cases that a screening decision of today moved on."""
    decided = select(Event.case_id).where(
        Event.kind.in_(sorted(SCREENING_DECISIONS)),
        Event.occurred_on == england().date_of(now),
        Event.from_state != Event.to_state,
    )
    return Case.id.in_(decided)


def _everything(person: Person, now: datetime, soon: datetime) -> Any:
    cases = _open_cases(person)
    return union_all(
        _clocks(person, now, soon),
        _kinds(cases),
        _leads(cases),
        _waiting(cases),
        _received(person, now),
        _decided(person, now),
        _row("team", Team.name, Team.id, null(), literal(0), literal(0), null()),
    )


def _clocks(person: Person, now: datetime, soon: datetime) -> Select[Any]:
    """Running clocks breached or due soon, by owner. A clock carries its case's team and lead while it runs."""
    statement = _row(
        "clock",
        null(),
        ClockRow.team_id,
        ClockRow.lead_professional_id,
        func.sum(when((ClockRow.due_at <= now, 1), else_=0)),
        func.sum(when((ClockRow.due_at > now, 1), else_=0)),
        null(),
    ).where(ClockRow.status == "running", ClockRow.due_at <= soon)
    seen, near = visible_cases(person), carried_near(person, ClockRow)
    if isinstance(seen, True_):
        pass
    elif sees_all(person):  # all but the few: to join would read every case that has a clock
        statement = statement.where(ClockRow.case_id.not_in(kept_from(person)))
    else:
        statement = statement.join(Case, Case.id == ClockRow.case_id).where(seen, near)
    return statement.group_by(ClockRow.team_id, ClockRow.lead_professional_id)


def _open_cases(person: Person) -> CTE:
    """Counted once in the order of `ix_cases_board`, which holds all that is asked for; the rest adds these up."""
    columns = (Case.state_kind, Case.team_id, Case.lead_professional_id)
    return (
        select(*columns, func.count().label("cases"), func.min(Case.state_entered_at).label("oldest"))
        .where(Case.is_open, near_open(person), visible_cases(person))
        .group_by(*columns)
        .cte("open_cases")
    )


def _kinds(cases: CTE) -> Select[Any]:
    kind, count, oldest = cases.c.state_kind, func.sum(cases.c.cases), func.min(cases.c.oldest)
    return _row("kind", kind, null(), null(), count, literal(0), oldest).group_by(kind)


def _leads(cases: CTE) -> Select[Any]:
    lead, count = cases.c.lead_professional_id, func.sum(cases.c.cases)
    return _row("lead", null(), null(), lead, count, literal(0), null()).group_by(lead)


def _waiting(cases: CTE) -> Select[Any]:
    """Cases to allocate, by team."""
    team, count = cases.c.team_id, func.sum(cases.c.cases)
    statement = _row("waiting", null(), team, null(), count, literal(0), null())
    return statement.where(cases.c.state_kind == "allocation").group_by(team)


def _received(person: Person, now: datetime) -> Select[Any]:
    """A case begins with one contact: who sees all but the few need not read their cases."""
    seen = visible_cases(person)
    if isinstance(seen, True_):
        return _number("received", Contact.case_id, _today(now))
    if sees_all(person):
        return _number("received", Contact.case_id, _today(now), Contact.case_id.not_in(kept_from(person)))
    theirs = select(Contact.case_id).where(_today(now), near_ever(person, Contact.case_id))
    return _number("received", Case.id, Case.id.in_(theirs), seen)


def _decided(person: Person, now: datetime) -> Select[Any]:
    return _number("decided", Case.id, decided_today(now), visible_cases(person))


def _number(part: str, of: Any, *where: ColumnElement[bool]) -> Select[Any]:
    return _row(part, null(), null(), null(), func.count(of), literal(0), null()).where(*where)


def _row(part: str, kind: Any, team: Any, lead: Any, first: Any, second: Any, oldest: Any) -> Select[Any]:
    """The same columns for every part, each with its type said: PostgreSQL must know that of a NULL."""
    return select(
        literal(part).label("part"),
        cast(kind, String(200)).label("kind"),
        cast(team, Integer).label("team_id"),
        cast(lead, Integer).label("lead_id"),
        cast(first, Integer).label("first_count"),
        cast(second, Integer).label("second_count"),
        (oldest if not isinstance(oldest, type(null())) else cast(null(), Instant)).label("oldest"),
    )


def _owners(rows: Iterable[Row[Any]], people: Iterable[Row[Any]], teams: Mapping[int, str]) -> list[Owner]:
    """Those with most that is overdue first."""
    names = {row.id: row.name for row in people}
    owners = [
        Owner(
            row.team_id,
            teams.get(row.team_id) if row.team_id else None,
            row.lead_id,
            names.get(row.lead_id),
            row.first_count,
            row.second_count,
        )
        for row in rows
    ]
    return sorted(
        owners, key=lambda o: (-o.breached, -o.due_soon, o.team or "", o.worker or "", o.lead_id or 0)
    )
