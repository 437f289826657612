"""How families travel a pathway: who is where, how long they stayed, which way they went on."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import CTE, Connection, Select, and_, func, or_, select

from earlyhelp.insight.measures.figures import median
from earlyhelp.insight.measures.known import MOVED, Known, Within, events
from earlyhelp.permissions import Person, visible_cases
from earlyhelp.records.cases import CalendarDay, Case, Event
from earlyhelp.records.reference import PublishedPathway

PAGE = 50
KEPT = ("case_id", "sequence", "action", "from_state", "to_state")
EVERYTHING = Known()


@dataclass(frozen=True)
class Way:
    """One action by which cases left a state for another in the period: how many, and the part of all who left."""

    action: str
    to: str
    cases: int
    share: float


@dataclass(frozen=True)
class Stay:
    """One state: open cases there now; those that left it in the period, after how many calendar days, and how."""

    here: int = 0
    left: int = 0
    median_days: float | None = None
    ways: Sequence[Way] = field(default=())


@dataclass(frozen=True)
class Travelled:
    """What is asked for: a pathway by name in all its versions, and days, both included."""

    pathway: str
    first: date
    last: date


def flow(connection: Connection, *, person: Person, asked: Travelled) -> dict[str, Stay]:
    """Every state of which there is something to say, by name. Two queries."""
    here = dict(
        connection.execute(
            select(Case.state, func.count())
            .where(Case.is_open, Case.pathway_id.in_(_versions(asked)), visible_cases(person))
            .group_by(Case.state)
        ).all()
    )
    left = _departures(asked, person).cte()
    columns = (left.c.from_state, left.c.action, left.c.to_state, left.c.days)
    stays: dict[str, Counter[int]] = defaultdict(Counter)
    ways: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for row in connection.execute(select(*columns, func.count().label("moves")).group_by(*columns)):
        stays[row.from_state][row.days] += row.moves
        ways[row.from_state][(row.action, row.to_state)] += row.moves
    return {state: _stay(here.get(state, 0), stays[state], ways[state]) for state in {*here, *stays}}


def departures(
    connection: Connection,
    *,
    person: Person,
    asked: Travelled,
    state: str,
    action: str | None = None,
    to: str | None = None,
    after: tuple[int, int] = (0, 0),
) -> Sequence[Any]:
    """The moves out of a state that the picture counts, by case and event; one more than a page holds."""
    left = _departures(asked, person).cte()
    where = [left.c.from_state == state]
    where += [left.c.action == action] if action else []
    where += [left.c.to_state == to] if to else []
    where.append(or_(left.c.case_id > after[0], and_(left.c.case_id == after[0], left.c.sequence > after[1])))
    return connection.execute(
        select(left, Case.reference)
        .join(Case, Case.id == left.c.case_id)
        .where(*where)
        .order_by(left.c.case_id, left.c.sequence)
        .limit(PAGE + 1)
    ).all()


def _stay(here: int, days: Mapping[int, int], ways: Mapping[tuple[str, str], int]) -> Stay:
    left = sum(days.values())
    taken = [Way(action, to, moves, 100 * moves / left) for (action, to), moves in ways.items()]
    taken.sort(key=lambda way: (-way.cases, way.action, way.to))
    return Stay(here, left, median(days) if left else None, tuple(taken))


def _versions(asked: Travelled) -> Select[Any]:
    return select(PublishedPathway.id).where(PublishedPathway.name == asked.pathway)


def _departures(asked: Travelled, person: Person) -> Select[Any]:
    """Moves from one state to another in the period, with the calendar days since the case had come there."""
    moves = _moves(asked)
    entered = func.lag(moves.c.occurred_on).over(partition_by=moves.c.case_id, order_by=moves.c.sequence)
    stays = select(moves, entered.label("entered_on")).cte()
    came, went = CalendarDay.__table__.alias("came"), CalendarDay.__table__.alias("went")
    return (
        select(
            stays.c.case_id,
            stays.c.sequence,
            stays.c.action,
            stays.c.from_state,
            stays.c.to_state,
            stays.c.occurred_on,
            (went.c.number - came.c.number).label("days"),
        )
        .join(Case, Case.id == stays.c.case_id)
        .join(came, came.c.on == stays.c.entered_on)
        .join(went, went.c.on == stays.c.occurred_on)
        .where(
            stays.c.from_state.is_not(None),
            stays.c.occurred_on.between(asked.first, asked.last),
            Case.pathway_id.in_(_versions(asked)),
            visible_cases(person),
        )
    )


def _moves(asked: Travelled) -> CTE:
    """Every move of the cases that moved in the period: the one before tells since when they were there."""
    within = Within(asked.first, asked.last)
    moving = events(EVERYTHING, MOVED, within=within, kept=("case_id",))
    return events(EVERYTHING, MOVED, Event.case_id.in_(select(moving.c.case_id)), kept=KEPT)
