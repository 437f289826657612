"""What a manager sees first: counts that agree with the lists behind them, in set-based queries."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from earlyhelp.insight.board_owners import Owners, owners
from earlyhelp.insight.board_teams import BoardTeam, in_order, pressed_teams
from earlyhelp.near import near_ever, near_open
from earlyhelp.pathway.calendar import Calendar, england
from earlyhelp.pathway.vocabulary import SCREENING_DECISIONS
from earlyhelp.permissions import Person, kept_from, sees_all, visible_cases
from earlyhelp.records.base import Instant
from earlyhelp.records.cases import AT_THE_FRONT_DOOR, Case, Contact, Event
from earlyhelp.records.workload import WorkloadRules, read_workload_rules

NEXT_DAYS = 5


@dataclass(frozen=True)
class FrontDoor:
    """The front door today: contacts that came, contacts decided, those waiting and since when the oldest does."""

    received: int = 0
    decided: int = 0
    waiting: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True)
class Board:
    """The dashboard. Of many owners and teams it has those that press most."""

    open_cases: int
    waiting: dict[str, int]
    """Open cases by kind of state."""
    oldest: dict[str, datetime]
    """Since when the longest-waiting of each kind has been there."""
    owners: Owners
    teams: Sequence[BoardTeam]
    teams_in_all: int
    front_door: FrontDoor = field(default_factory=FrontDoor)
    in_no_table: int = 0
    """Open cases that are in the numbers, and not among the owners and teams."""


def board(connection: Connection, *, person: Person, now: datetime, calendar: Calendar) -> Board:
    """Everything of the dashboard for the cases this person may see. Three queries."""
    parts: dict[str, list[Row[Any]]] = {"kind": [], "team": []}
    for row in connection.execute(_everything(person, now, read_workload_rules(connection))):
        parts.setdefault(row.part, []).append(row)
    waiting = {row.name: row.cases for row in parts["kind"]}
    oldest = {row.name: row.oldest for row in parts["kind"]}
    teams_in_all = parts["team"][0].in_all if parts["team"] else 0
    return Board(
        open_cases=sum(waiting.values()),
        waiting=waiting,
        oldest=oldest,
        owners=owners(connection, person=person, now=now, soon=soon_after(now, calendar)),
        teams=in_order(parts["team"], teams_in_all),
        teams_in_all=teams_in_all,
        front_door=front_door(waiting, oldest, parts["received"][0].cases, parts["decided"][0].cases),
    )


def together(most: Board, few: Board) -> Board:
    """The numbers of both, and the owners and teams of the most: those that press most of all need counting as one."""
    waiting = dict(Counter(most.waiting) + Counter(few.waiting))
    oldest = {kind: min(b.oldest[kind] for b in (most, few) if kind in b.oldest) for kind in waiting}
    received, decided = (
        getattr(most.front_door, day) + getattr(few.front_door, day) for day in ("received", "decided")
    )
    return replace(
        most,
        open_cases=most.open_cases + few.open_cases,
        waiting=waiting,
        oldest=oldest,
        owners=replace(
            most.owners,
            breached=most.owners.breached + few.owners.breached,
            due_soon=most.owners.due_soon + few.owners.due_soon,
        ),
        front_door=front_door(waiting, oldest, received, decided),
        in_no_table=few.open_cases,
    )


def front_door(
    waiting: Mapping[str, int], oldest: Mapping[str, datetime], received: int, decided: int
) -> FrontDoor:
    """What waits there, of all that waits by kind of state; and the contacts of today."""
    there = [kind for kind in waiting if kind in AT_THE_FRONT_DOOR]
    since = min((oldest[kind] for kind in there), default=None)
    return FrontDoor(received, decided, sum(waiting[kind] for kind in there), since)


def soon_after(now: datetime, calendar: Calendar) -> datetime:
    """The end of the fifth working day from now: what is due before it is due soon."""
    return calendar.end_of(calendar.working_day_after(calendar.date_of(now), NEXT_DAYS))


def received_today(now: datetime) -> ColumnElement[bool]:
    """Cases that began with a contact received today.

    A case opens when its contact is received, so that its own day is asked too: PostgreSQL then reads the cases of the
    day together, and not one by one for each contact.
    """
    return and_(opened_today(now), told_today(now, Case))


def opened_today(now: datetime) -> ColumnElement[bool]:
    """Cases that opened today, however they began."""
    return _today(Case.opened_at, now)


def told_today(now: datetime, case: Any) -> ColumnElement[bool]:
    """Whether a case began with a contact received today."""
    told: ColumnElement[bool] = case.id.in_(select(Contact.case_id).where(_received_today(now)))
    return told


def _received_today(now: datetime) -> ColumnElement[bool]:
    return _today(Contact.received_at, now)


def _today(column: Any, now: datetime) -> ColumnElement[bool]:
    calendar = england()
    today = calendar.date_of(now)
    return and_(column >= calendar.start_of(today), column < calendar.end_of(today))


def decided_today(now: datetime) -> ColumnElement[bool]:
    """Cases that a screening decision of today moved on."""
    decided = select(Event.case_id).where(
        Event.kind.in_(sorted(SCREENING_DECISIONS)),
        Event.occurred_on == england().date_of(now),
        Event.from_state != Event.to_state,
    )
    return Case.id.in_(decided)


def _everything(person: Person, now: datetime, rules: WorkloadRules) -> Any:
    cases = _open_cases(person)
    teams = pressed_teams(person, cases, rules)
    return union_all(
        _kinds(cases),
        _row("team", **teams.c),
        _received(person, now),
        _number("decided", Case.id, decided_today(now), visible_cases(person)),
    )


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
    return _row("kind", name=kind, cases=count, oldest=oldest).group_by(kind)


def _received(person: Person, now: datetime) -> Select[Any]:
    """A case begins with one contact: who sees all but the few need not read their cases."""
    seen = visible_cases(person)
    if isinstance(seen, True_):
        return _number("received", Contact.case_id, _received_today(now))
    if sees_all(person):
        return _number(
            "received", Contact.case_id, _received_today(now), Contact.case_id.not_in(kept_from(person))
        )
    theirs = select(Contact.case_id).where(_received_today(now), near_ever(person, Contact.case_id))
    return _number("received", Case.id, Case.id.in_(theirs), seen)


def _number(part: str, of: Any, *where: ColumnElement[bool]) -> Select[Any]:
    return _row(part, cases=func.count(of)).where(*where)


_NUMBERS = ("team_id", "workers", "cases", "fewest", "most", "over_ceiling", "in_all")


def _row(part: str, **given: Any) -> Select[Any]:
    """The same columns for every part, each with its type said: PostgreSQL must know that of a NULL."""
    columns: Any = (
        literal(part).label("part"),
        cast(given.get("name", null()), String(200)).label("name"),
        *(cast(given.get(number, null()), Integer).label(number) for number in _NUMBERS),
        given.get("oldest", cast(null(), Instant)).label("oldest"),
    )
    return select(*columns)
