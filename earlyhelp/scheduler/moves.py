"""Keeping how cases left their states: what happened since is brought in, or all made anew."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, select

from earlyhelp.casework.kept_moves import begin_moves_anew, keep_moves, leave_out, moves_state_locked
from earlyhelp.insight.moves import cases_otherwise, histories, last_retention, moves_otherwise, those_of
from earlyhelp.records.cases import Case
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.kept_moves import KeptMoves
from earlyhelp.scheduler.blocks import BEHIND, block_by_block, following_cases
from earlyhelp.scheduler.marks import event_mark

RESTRICTED = select(Case.id).where(Case.restricted)
"""Left out for everybody: who may see some of them has these counted and added."""


def bring_moves_up(engine: Engine, *, now: datetime, stopping: Callable[[], bool] = lambda: False) -> int:
    """Bring what is kept up to now, in as many transactions as it needs; returns how many cases were counted.

    Ended in the middle, it goes on where it was: readers count for themselves what is missing.
    """
    with reading(engine) as connection:
        state = connection.execute(select(KeptMoves.__table__)).one_or_none()
        if state is not None and _holds(connection, state) and cases_otherwise(connection, state, 1) == ():
            return 0
    with transaction(engine) as connection:
        total = _catch_up(connection, now)
    return total + block_by_block(engine, _next_block, stopping=stopping)


def _holds(connection: Connection, state: Any) -> bool:
    return bool(state.last_retention == last_retention(connection))


def _catch_up(connection: Connection, now: datetime) -> int:
    """What happened since to cases that are kept; or forget all, where that holds no longer."""
    state, mark = moves_state_locked(connection), event_mark(connection, now)
    cases = None
    if state is not None and _holds(connection, state):
        cases = cases_otherwise(connection, state, BEHIND)
    if state is None or cases is None:
        begin_moves_anew(connection, event_mark=mark, last_retention=last_retention(connection))
        return 0
    mark = max(mark, state.event_mark)
    kept = tuple(case for case in cases if case <= state.cases_to)
    restricted = those_of(connection, RESTRICTED, kept)
    difference, before = moves_otherwise(connection, state, kept, restricted, mark)
    difference.subtract(before)
    leave_out(connection, of=kept, cases=restricted)
    keep_moves(connection, difference=difference, event_mark=mark)
    return len(kept)


def _next_block(connection: Connection) -> int:
    """Of the next cases, all up to the mark."""
    state = moves_state_locked(connection)
    if state is None:
        return 0
    cases = following_cases(connection, state.cases_to)
    if cases:
        restricted = those_of(connection, RESTRICTED, cases)
        moves = histories(connection, cases).moves(state.event_mark, set(cases).difference(restricted))
        leave_out(connection, of=cases, cases=restricted)
        keep_moves(connection, difference=moves, cases_to=cases[-1])
    return len(cases)
