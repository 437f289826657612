"""How cases left their states: counted case by case out of their history, and read from what is kept of that.

What is kept holds for all events up to a mark. Cases that something happened to since are few: what they counted for
up to the mark is taken off, and what they count for now is added. So a number is always what the whole history says.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, or_, select

from earlyhelp.insight.measures.known import MOVED
from earlyhelp.pathway.calendar import england
from earlyhelp.permissions import Person, kept_from, sees_all
from earlyhelp.records.among import among
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.kept_moves import KeptMove, KeptMoves, Move
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

    It serves who sees everybody's cases: those few that are kept from them are taken off.
    """
    state = connection.execute(select(KeptMoves.__table__)).one_or_none() if sees_all(person) else None
    if state is None or state.last_retention != last_retention(connection):
        return None
    # A case that came to its state before has left none since: of years of restricted cases few are left.
    hidden = _ids(
        connection, kept_from(person).where(Case.state_entered_at >= england().start_of(asked.first))
    )
    since = cases_since(connection, state, AT_MOST)
    if hidden is None or since is None:
        return None
    found = _kept(connection, asked)
    _mend(found, histories(connection, sorted({*hidden, *since})), asked, state, hidden)
    same_turn = connection.scalar(select(KeptMoves.turn)) == state.turn
    return found if same_turn else None


def _mend(found: Counter[Move], read: Histories, asked: Travelled, state: Any, hidden: Sequence[int]) -> None:
    cases = {row.case_id for row in read.rows}
    before = read.moves(state.event_mark, [case for case in cases if case <= state.cases_to])
    for moves, sign in ((before, -1), (read.moves(only=cases - set(hidden)), 1)):
        for move, times in moves.items():
            if asked.holds(move):
                found[_on_first_day(move, asked)] += sign * times


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


def cases_since(connection: Connection, state: Any, at_most: int) -> tuple[int, ...] | None:
    """Cases that something happened to after what is kept of them, or of which nothing is; None for more than that."""
    touched = select(Event.case_id).where(Event.id > state.event_mark).distinct().limit(at_most + 1)
    never = select(Case.id).where(Case.id > state.cases_to).order_by(Case.id).limit(at_most + 1)
    found = {*connection.scalars(touched), *connection.scalars(never)}
    return tuple(sorted(found)) if len(found) <= at_most else None


def last_retention(connection: Connection) -> int:
    """The newest run that deleted history; 0 without one."""
    return int(connection.scalar(select(func.coalesce(func.max(RetentionRun.id), 0))) or 0)


def _ids(connection: Connection, ids: Any) -> tuple[int, ...] | None:
    found = tuple(connection.scalars(ids.limit(AT_MOST + 1)))
    return found if len(found) <= AT_MOST else None
