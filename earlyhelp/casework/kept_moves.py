"""Writing what is kept of moves. It says nothing that the history does not; losing it all would only cost time."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from earlyhelp.records.among import among
from earlyhelp.records.kept_moves import KeptMove, KeptMoves, LeftOutOfMoves, Move
from earlyhelp.records.upserting import upsert

ONLY = 1
"""The id of the one row that says how far the rest goes."""


def moves_state_locked(connection: Connection) -> Any | None:
    """How far it goes, held so that two processes never add the same case twice; None when nothing is kept."""
    return connection.execute(select(KeptMoves.__table__).with_for_update()).one_or_none()


def begin_moves_anew(connection: Connection, *, event_mark: int, last_retention: int) -> None:
    """Forget all, and say up to which event cases are to be counted from now on."""
    turn = (connection.scalar(select(KeptMoves.turn)) or 0) + 1
    for table in (KeptMove, KeptMoves, LeftOutOfMoves):
        connection.execute(delete(table))
    how_far = {"event_mark": event_mark, "last_retention": last_retention, "cases_to": 0, "turn": turn}
    connection.execute(insert(KeptMoves).values(id=ONLY, **how_far))


def keep_moves(connection: Connection, *, difference: Mapping[Move, int], **how_far: int) -> None:
    """Add what more, or fewer, moves there are, and say how far all goes now."""
    rows = [{**asdict(move), "times": times} for move, times in difference.items() if times]
    if rows:
        new = upsert(connection, KeptMove)
        keys = [column.name for column in KeptMove.__table__.primary_key]
        more = {"times": KeptMove.times + new.excluded.times}
        connection.execute(new.on_conflict_do_update(index_elements=keys, set_=more), rows)
    connection.execute(update(KeptMoves).values(turn=KeptMoves.turn + 1, **how_far))


def leave_out(connection: Connection, *, of: Collection[int], cases: Collection[int]) -> None:
    """Say that of some cases these are left out, and no others."""
    connection.execute(delete(LeftOutOfMoves).where(among(LeftOutOfMoves.case_id, of)))
    if cases:
        connection.execute(insert(LeftOutOfMoves), [{"case_id": case} for case in sorted(cases)])
