"""How families travel a pathway: who is where, how long they stayed, which way they went on."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    func,
    select,
    tuple_,
    union_all,
)

from earlyhelp.insight.measures.figures import median
from earlyhelp.insight.measures.known import MOVED, Known, Within, events
from earlyhelp.insight.moves import Travelled, kept_moves
from earlyhelp.near import near_ever, near_open, sees_afar
from earlyhelp.pathway.calendar import england
from earlyhelp.permissions import Person, visible_cases
from earlyhelp.records.among import among_few
from earlyhelp.records.cases import CalendarDay, Case, Event
from earlyhelp.records.kept_moves import Move
from earlyhelp.records.reference import PublishedPathway

PAGE = 50
KEPT = ("case_id", "sequence", "action", "from_state", "to_state")
_SHOWN: Any = (Event.case_id, Event.sequence, Event.action, Event.to_state, Case.reference)


class Way(NamedTuple):
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


class Place(NamedTuple):
    """Where a page of departures ended: the day, the case, the event."""

    day: date
    case_id: int
    sequence: int


class Departure(NamedTuple):
    """One move out of a state, and how many calendar days the case had been there."""

    case_id: int
    sequence: int
    reference: str
    action: str
    to_state: str
    occurred_on: date
    days: int


def flow(
    connection: Connection, *, person: Person, asked: Travelled, here: Mapping[str, int]
) -> dict[str, Stay]:
    """Each state of which there is something to say, by name. `here` are the cases there now. Eight queries at most."""
    moves = kept_moves(connection, person=person, asked=asked)
    stays: dict[str, Counter[int]] = defaultdict(Counter)
    ways: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for move, times in (+moves if moves is not None else counted_moves(connection, person, asked)).items():
        stays[move.from_state][move.days] += times
        ways[move.from_state][(move.action, move.to_state)] += times
    return {state: _stay(here.get(state, 0), stays[state], ways[state]) for state in {*here, *stays}}


def states_now(connection: Connection, *, person: Person, pathway: str) -> dict[str, int]:
    """The open cases of a pathway by state."""
    rows = connection.execute(
        select(Case.state, func.count())
        .where(Case.is_open, near_open(person), visible_cases(person))
        .where(among_few(Case.pathway_id, _versions(pathway)))
        .group_by(Case.state)
    )
    return dict(rows.all())


def counted_moves(connection: Connection, person: Person, asked: Travelled) -> Counter[Move]:
    """The same out of the history: of everybody's, or of the cases near somebody."""
    cases = None
    if not sees_afar(person):
        near = select(Case.id).where(near_ever(person, Case.id), visible_cases(person))
        cases = tuple(connection.scalars(near))
    left = _departures(asked, person, Known(cases=cases)).cte()
    way = (left.c.from_state, left.c.action, left.c.to_state, left.c.days)
    rows = connection.execute(select(*way, func.count().label("times")).group_by(*way))
    return Counter({Move(asked.pathway, asked.first, *row[:4]): row.times for row in rows})


def departures(
    connection: Connection,
    *,
    person: Person,
    asked: Travelled,
    state: str,
    action: str | None = None,
    to: str | None = None,
    after: Place | None = None,
) -> Sequence[Departure]:
    """The moves out of a state that the picture counts, newest first; one more than a page holds. Two queries."""
    # A case that came to its state earlier has left none since: the history of those near somebody is long.
    since = england().start_of(asked.first)
    where = [
        Event.from_state == state,
        Event.from_state != Event.to_state,  # as an index says it, which holds all that is asked
        Case.pathway_id.in_(_versions(asked.pathway)),
        near_ever(person, Event.case_id, since=since),
        visible_cases(person),
        Case.state_entered_at >= since,
    ]
    where += [Event.action == action] if action else []
    where += [Event.to_state == to] if to else []
    left = union_all(*(select(part.subquery()) for part in _left(asked, where, after))).subquery()
    newest = (left.c.occurred_on.desc(), left.c.case_id.desc(), left.c.sequence.desc())
    rows = connection.execute(select(left).order_by(*newest).limit(PAGE + 1)).all()
    came = _came(connection, rows)
    return [
        Departure(
            case_id=row.case_id,
            sequence=row.sequence,
            reference=row.reference,
            action=row.action,
            to_state=row.to_state,
            occurred_on=row.occurred_on,
            days=(row.occurred_on - came[row.case_id, row.sequence]).days,
        )
        for row in rows
    ]


def _left(
    asked: Travelled, where: Sequence[ColumnElement[bool]], after: Place | None
) -> tuple[Select[Any], Select[Any]]:
    """A page of those moves that stand as they were written, and one of those whose day was corrected."""
    correction, later = Event.__table__.alias("correction"), Event.__table__.alias("later")
    corrected = _corrects(correction, Event.case_id, Event.sequence)
    newer = _corrects(later, correction.c.case_id, correction.c.corrects) & (
        later.c.sequence > correction.c.sequence
    )
    moves = select(*_SHOWN).join(Case, Case.id == Event.case_id).where(*where)
    as_corrected = moves.join(correction, corrected).where(~exists().where(newer))
    return (
        _page(moves.where(~exists().where(corrected)), Event.occurred_on, asked, after),
        _page(as_corrected, correction.c.corrected_on, asked, after),
    )


def _page(moves: Select[Any], day: Any, asked: Travelled, after: Place | None) -> Select[Any]:
    """The newest of these moves in the period by that day, or those that come after a place in the list."""
    place = (day, Event.case_id, Event.sequence)
    # The last day is said besides: an index is walked from there, and not from the period's end.
    days = Within(asked.first, asked.last if after is None else min(asked.last, after.day))
    page = moves.add_columns(day.label("occurred_on")).where(*days.holds(day))
    page = page.order_by(*(column.desc() for column in place)).limit(PAGE + 1)
    return page if after is None else page.where(tuple_(*place) < after)


def _corrects(correction: Any, case_id: Any, sequence: Any) -> ColumnElement[bool]:
    same = (correction.c.case_id == case_id, correction.c.corrects == sequence)
    return and_(*same, correction.c.corrected_to.is_not(None))


def _came(connection: Connection, rows: Sequence[Any]) -> dict[tuple[int, int], date]:
    """For each move of these cases by its event, the day of the move before it: since when the case had been there."""
    cases = Known(cases=tuple({row.case_id for row in rows}))
    moves = events(cases, MOVED, kept=KEPT[:2])
    ordered = connection.execute(select(moves).order_by(moves.c.case_id, moves.c.sequence)).all()
    return {
        (move.case_id, move.sequence): before.occurred_on
        for before, move in pairwise(ordered)
        if before.case_id == move.case_id
    }


def _stay(here: int, days: Mapping[int, int], ways: Mapping[tuple[str, str], int]) -> Stay:
    left = sum(days.values())
    taken = [Way(action, to, moves, 100 * moves / left) for (action, to), moves in ways.items()]
    taken.sort(key=lambda way: (-way.cases, way.action, way.to))
    return Stay(here, left, median(days) if left else None, tuple(taken))


def _versions(pathway: str) -> Select[Any]:
    return select(PublishedPathway.id).where(PublishedPathway.name == pathway)


def _departures(asked: Travelled, person: Person, known: Known) -> Select[Any]:
    """Moves from one state to another in the period, with the calendar days since the case had come there."""
    moves = _moves(asked, known)
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
            Case.pathway_id.in_(_versions(asked.pathway)),
            visible_cases(person),
        )
    )


def _moves(asked: Travelled, known: Known) -> CTE:
    """Every move of the cases that moved in the period, or of few: the one before tells since when they were there."""
    if known.cases is not None:
        return events(known, MOVED, kept=KEPT)
    within = Within(asked.first, asked.last)
    moving = events(known, MOVED, within=within, kept=("case_id",))
    return events(known, MOVED, Event.case_id.in_(select(moving.c.case_id)), kept=KEPT)
