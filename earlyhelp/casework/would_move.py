"""The first open clocks that would move, found by the days that changed: what cannot hang on those is not read.

How a clock is reckoned again is said in `recalculate` alone; here is only which ones to ask it about. Each of a kind
that hangs on working days, begun before the changed days were over, that has a moment in them or later: by an index,
from the due moment on from which one may reach them. A clock that was paused, whose ladder may reach any distance
beyond its due moment, is in a small index of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, literal, or_, select, text, tuple_, union_all

from earlyhelp.casework.changed_days import ChangedDays, changed_days
from earlyhelp.casework.pathways import every_compiled
from earlyhelp.casework.recalculate import Move, differing, open_clocks
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.pathway.reach import earliest_due_to_reach, hangs_on_working_days, latest_due
from earlyhelp.records.base import Instant
from earlyhelp.records.clocks import ONCE_PAUSED, ClockRow

BLOCK = 600
"""Clocks read at once: as many as one page counts, and some that stay."""
RUNNING = ClockRow.status == text("'running'")
Place = tuple[datetime, int]
MOMENTS = (ClockRow.due_at, ClockRow.escalation_1_at, ClockRow.escalation_2_at, ClockRow.escalation_3_at)


class Due(NamedTuple):
    """Between which due moments a clock that was never paused may hang on the days that changed."""

    since: datetime
    until: datetime


class Reach(NamedTuple):
    """Which clocks may hang on the days that changed: of these kinds, with a moment since the first day began."""

    since: datetime
    begun_by: datetime
    """The next working day's begin: who starts at a weekend looks back to the working day before it."""
    kinds: Mapping[str, Due]


def would_move(connection: Connection, *, at_most: int | None = None) -> list[Move]:
    """Open clocks that would move, by their due moment; no more than that many, where a number is given."""
    days, pathways = changed_days(connection), every_compiled(connection)
    if days is None or not pathways:
        return []
    moves: list[Move] = []
    reach = _reach(days, list(pathways.values()))
    for ids in _blocks(connection, reach):
        clocks = open_clocks(connection, _hanging(ids, reach), by=(ClockRow.due_at, ClockRow.id))
        moves += [move for move, _, _ in differing(connection, clocks)]
        if at_most is not None and len(moves) >= at_most:
            return moves[:at_most]
    return moves


def _reach(days: ChangedDays, pathways: Sequence[CompiledPathway]) -> Reach:
    calendar = pathways[0].calendar
    since = calendar.start_of(days.first)
    begun_by = calendar.start_of(calendar.working_day_after(days.last, 1))
    return Reach(since, begun_by, dict(_kinds(pathways, since, begun_by)))


def _kinds(
    pathways: Sequence[CompiledPathway], since: datetime, begun_by: datetime
) -> Iterator[tuple[str, Due]]:
    """The kinds of clocks that hang on working days, each with when those that may hang on the changed ones are due."""
    declared = [(clock, one.calendar) for one in pathways for clock in one.pathway.clocks.values()]
    for kind in {clock.kind for clock, _ in declared}:
        names = {clock.name for clock, _ in declared if clock.kind == kind}
        # By name, too: a case that was moved may have a clock of the kind that it was in an earlier version.
        alike = [(clock, calendar) for clock, calendar in declared if clock.name in names]
        if any(hangs_on_working_days(clock) for clock, _ in alike):
            first = min(earliest_due_to_reach(clock, since, calendar) for clock, calendar in alike)
            yield kind, Due(first, max(latest_due(clock, begun_by, calendar) for clock, calendar in alike))


def _hanging(ids: Sequence[int], reach: Reach) -> ColumnElement[bool]:
    later = or_(*(moment >= reach.since for moment in MOMENTS))
    return and_(ClockRow.id.in_(ids), ClockRow.started_at <= reach.begun_by, later)


def _blocks(connection: Connection, reach: Reach) -> Iterator[Sequence[int]]:
    after: Place | None = (datetime.min.replace(tzinfo=UTC), 0)
    while after is not None:
        found = connection.execute(_next(reach, after)).all()
        if found:
            yield [row.id for row in found]
        after = (found[-1].due_at, found[-1].id) if len(found) == BLOCK else None


def _next(reach: Reach, after: Place) -> Select[datetime, int]:
    """One walk in an index for each kind, side by side: with any other condition PostgreSQL reads all rows first."""
    walks = [
        _walk(max(after, (due.since, 0)), RUNNING, ClockRow.kind == kind, ClockRow.due_at <= due.until)
        for kind, due in sorted(reach.kinds.items())
    ]
    walks.append(_walk(after, text(ONCE_PAUSED)))
    every = union_all(*(select(walk.subquery()) for walk in walks)).subquery()
    return select(every).order_by(every.c.due_at, every.c.id).limit(BLOCK)


def _walk(after: Place, *those: Any) -> Select[datetime, int]:
    beyond = tuple_(ClockRow.due_at, ClockRow.id) > tuple_(literal(after[0], Instant()), literal(after[1]))
    return (
        select(ClockRow.due_at, ClockRow.id)
        .where(*those, beyond)
        .order_by(ClockRow.due_at, ClockRow.id)
        .limit(BLOCK)
    )
