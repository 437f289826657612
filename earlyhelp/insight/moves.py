"""How cases left their states: counted case by case out of their history, and read from what is kept of that.

What is kept holds for all events up to a mark, of all cases that were not restricted then. Cases that something
happened to since are few, and so are those restricted or opened since, and the restricted ones that somebody may see:
what they counted for up to the mark is taken off, and what they count for now, if they are seen, is added. So a number
is always what the whole history says.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, exists, func, or_, select, union_all

from earlyhelp.insight.measures.known import MOVED
from earlyhelp.permissions import Person, kept_from, restricted_seen, sees_all
from earlyhelp.records.among import among
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.kept_moves import KeptMove, KeptMoves, LeftOutOfMoves, Move
from earlyhelp.records.reference import PublishedPathway
from earlyhelp.records.retention import RetentionRun

AT_MOST = 5_000
"""Cases counted anew beside what is kept; with more, the whole history is counted."""
EVER = float("inf")


class Travelled(NamedTuple):
    """What is asked for: a pathway by name in all its versions, and days, both included."""

    pathway: str
    first: date
    last: date

    def holds(self, move: Move) -> bool:
        return move.pathway == self.pathway and self.first <= move.day <= self.last


class Histories(NamedTuple):
    """What is read of some cases: their moves and what was corrected of them, in order."""

    rows: Sequence[Any]

    def moves(self, up_to: float = EVER, only: Iterable[int] | None = None) -> Counter[Move]:
        """How often each move was made, as the events up to one say, of all these cases or of some."""
        wanted = None if only is None else frozenset(only)
        found: Counter[Move] = Counter()
        for case_id, events in groupby(self.rows, key=lambda row: row.case_id):
            if wanted is None or case_id in wanted:
                found.update(_moves([event for event in events if event.id <= up_to]))
        return found


def histories(connection: Connection, cases: Sequence[int]) -> Histories:
    """Of these cases, in one query."""
    if not cases:
        return Histories(())
    corrects = Event.corrects.is_not(None) & Event.corrected_to.is_not(None)
    read = (
        select(
            Event.id,
            Event.case_id,
            Event.sequence,
            Event.action,
            Event.from_state,
            Event.to_state,
            Event.occurred_on,
            Event.corrects,
            Event.corrected_on,
            PublishedPathway.name.label("pathway"),
        )
        .join(Case, Case.id == Event.case_id)
        .join(PublishedPathway, PublishedPathway.id == Case.pathway_id)
        # Said of both: of a thousand cases, PostgreSQL would walk along all there are to join them.
        .where(among(Event.case_id, cases), among(Case.id, cases), or_(MOVED, corrects))
        .order_by(Event.case_id, Event.sequence)
    )
    return Histories(connection.execute(read).all())


def _moves(events: Sequence[Any]) -> Iterator[Move]:
    """Of one case: each move out of a state, counted from the day of the move before it."""
    day = {event.sequence: event.occurred_on for event in events}
    day |= {event.corrects: event.corrected_on for event in events if event.corrected_on is not None}
    moved = [event for event in events if event.from_state is None or event.from_state != event.to_state]
    for came, went in pairwise(moved):
        if went.from_state is not None:
            left = day[went.sequence]
            days = (left - day[came.sequence]).days
            yield Move(went.pathway, left, went.from_state, went.action, went.to_state, days)


def kept_moves(connection: Connection, *, person: Person, asked: Travelled) -> Counter[Move] | None:
    """The moves that are asked for, each on the first day, from what is kept; None where it does not serve.

    It serves who sees everybody's cases but some that are restricted.
    """
    state = connection.execute(select(KeptMoves.__table__)).one_or_none() if sees_all(person) else None
    if state is None or state.last_retention != last_retention(connection):
        return None
    cases = cases_otherwise(connection, state, AT_MOST, seen=restricted_seen(person))
    if cases is None:
        return None
    found = _kept(connection, asked)
    hidden = those_of(connection, kept_from(person), cases)
    now, before = moves_otherwise(connection, state, cases, hidden)
    for moves, sign in ((before, -1), (now, 1)):
        for move, times in moves.items():
            if asked.holds(move):
                found[_on_first_day(move, asked)] += sign * times
    same_turn = connection.scalar(select(KeptMoves.turn)) == state.turn
    return found if same_turn else None


def _on_first_day(move: Move, asked: Travelled) -> Move:
    return Move(asked.pathway, asked.first, move.from_state, move.action, move.to_state, move.days)


def _kept(connection: Connection, asked: Travelled) -> Counter[Move]:
    way = (KeptMove.from_state, KeptMove.action, KeptMove.to_state, KeptMove.days)
    rows = connection.execute(
        select(*way, func.sum(KeptMove.times).label("times"))
        .where(KeptMove.pathway == asked.pathway, KeptMove.day.between(asked.first, asked.last))
        .group_by(*way)
    )
    kept = {Move(asked.pathway, asked.first, *row[:4]): int(row.times) for row in rows}
    return Counter(kept)


def cases_otherwise(
    connection: Connection, state: Any, at_most: int, *, seen: Select[Any] | None = None
) -> tuple[int, ...] | None:
    """Cases that may count otherwise than they are kept; None for more than that.

    Something happened to them since, or nothing is kept of them, or they were restricted or opened since, or they are
    of the restricted ones that are `seen`.
    """
    left_out = exists().where(LeftOutOfMoves.case_id == Case.id)
    restricted = exists().where(Case.id == LeftOutOfMoves.case_id, Case.restricted)
    ways: list[Select[Any]] = [
        select(Event.case_id).where(Event.id > state.event_mark).distinct(),
        select(Case.id).where(Case.id > state.cases_to).order_by(Case.id),
        select(Case.id).where(Case.restricted, ~left_out),
        select(LeftOutOfMoves.case_id).where(~restricted),
        *([] if seen is None else [seen]),
    ]
    found = set(connection.scalars(union_all(*(select(way.limit(at_most + 1).subquery()) for way in ways))))
    return tuple(sorted(found)) if len(found) <= at_most else None


class Otherwise(NamedTuple):
    """The moves of some cases as they count now, and as they are kept."""

    now: Counter[Move]
    before: Counter[Move]


def moves_otherwise(
    connection: Connection, state: Any, cases: Sequence[int], hidden: Collection[int], up_to: float = EVER
) -> Otherwise:
    """Of these cases, of which some are hidden now."""
    if not cases:
        return Otherwise(Counter(), Counter())
    read = histories(connection, cases)
    left_out = select(LeftOutOfMoves.case_id).where(among(LeftOutOfMoves.case_id, cases))
    kept = {case for case in cases if case <= state.cases_to}.difference(connection.scalars(left_out))
    return Otherwise(read.moves(up_to, set(cases).difference(hidden)), read.moves(state.event_mark, kept))


def those_of(connection: Connection, hidden: Select[Any], cases: Sequence[int]) -> frozenset[int]:
    """Those of these cases that are hidden."""
    return frozenset(connection.scalars(hidden.where(among(Case.id, cases)))) if cases else frozenset()


def last_retention(connection: Connection) -> int:
    """The newest run that deleted history; 0 without one."""
    return int(connection.scalar(select(func.coalesce(func.max(RetentionRun.id), 0))) or 0)
