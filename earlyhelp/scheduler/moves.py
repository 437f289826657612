"""Keeping how cases left their states: what happened since is brought in, or all made anew."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, select

from earlyhelp.casework.kept_moves import begin_moves_anew, keep_moves, moves_state_locked
from earlyhelp.insight.moves import cases_since, histories, last_retention
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.kept_moves import KeptMoves, Move
from earlyhelp.scheduler.blocks import BEHIND, block_by_block, following_cases
from earlyhelp.scheduler.marks import event_mark


def bring_moves_up(engine: Engine, *, now: datetime, stopping: Callable[[], bool] = lambda: False) -> int:
    """Bring what is kept up to now, in as many transactions as it needs; returns how many cases were counted.

    Ended in the middle, it goes on where it was: readers count for themselves what is missing.
    """
    with reading(engine) as connection:
        state = connection.execute(select(KeptMoves.__table__)).one_or_none()
        if state is not None and _holds(connection, state) and cases_since(connection, state, 1) == ():
            return 0
    with transaction(engine) as connection:
        total = _catch_up(connection, now)
    return total + block_by_block(engine, _next_block, stopping=stopping)


def _holds(connection: Connection, state: Any) -> bool:
    return bool(state.last_retention == last_retention(connection))


def _catch_up(connection: Connection, now: datetime) -> int:
    """What happened since to cases that are kept; or forget all, where that holds no longer."""
    state, mark = moves_state_locked(connection), event_mark(connection, now)
    since = None
    if state is not None and _holds(connection, state):
        since = _touched(connection, state)
    if state is None or since is None:
        begin_moves_anew(connection, event_mark=mark, last_retention=last_retention(connection))
        return 0
    mark = max(mark, state.event_mark)
    read = histories(connection, since)
    difference: Counter[Move] = read.moves(mark)
    difference.subtract(read.moves(state.event_mark))
    keep_moves(connection, difference=difference, event_mark=mark)
    return len(since)


def _touched(connection: Connection, state: Any) -> tuple[int, ...] | None:
    found = cases_since(connection, state, BEHIND)
    return None if found is None else tuple(case for case in found if case <= state.cases_to)


def _next_block(connection: Connection) -> int:
    """Of the next cases, all up to the mark."""
    state = moves_state_locked(connection)
    if state is None:
        return 0
    cases = following_cases(connection, state.cases_to)
    if cases:
        moves = histories(connection, cases).moves(state.event_mark)
        keep_moves(connection, difference=moves, cases_to=cases[-1])
    return len(cases)
