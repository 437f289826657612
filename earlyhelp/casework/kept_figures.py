"""Writing what is kept of figures. It says nothing that the history does not; losing it all would only cost time."""

from collections.abc import Mapping, Sequence, Set as AbstractSet
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from earlyhelp.records.among import among
from earlyhelp.records.kept_figures import KeptAmount, KeptCase, KeptFigures, KeptList
from earlyhelp.records.upserting import upsert

ONLY = 1
"""The id of the one row that says how far the rest goes."""


def state_locked(connection: Connection) -> Any | None:
    """How far it goes, held so that two processes never add the same case twice; None when nothing is kept."""
    return connection.execute(select(KeptFigures.__table__).with_for_update()).one_or_none()


def begin_anew(
    connection: Connection,
    *,
    rules: str,
    last_day: date,
    users_to: int,
    event_mark: int,
    seen_at: datetime,
    judged_at: datetime,
) -> None:
    """Forget all, and say by which rules cases are to be counted from now on."""
    turn = (connection.scalar(select(KeptFigures.turn)) or 0) + 1
    for table in (KeptAmount, KeptCase, KeptList, KeptFigures):
        connection.execute(delete(table))
    connection.execute(
        insert(KeptFigures).values(
            id=ONLY,
            rules=rules,
            last_day=last_day,
            users_to=users_to,
            event_mark=event_mark,
            seen_at=seen_at,
            judged_at=judged_at,
            cases_to=0,
            turn=turn,
        )
    )


def keep(
    connection: Connection,
    *,
    counted: Sequence[Mapping[str, Any]],
    difference: Mapping[tuple[int, str, int, str, int], int],
    relisted: Mapping[int, AbstractSet[int]],
    **how_far: Any,
) -> None:
    """Put what cases count for in place of what was kept of them, and say how far all goes now.

    `counted` are rows of `kept_cases`; `difference` is by measure, split, month, part and value;
    `relisted` says by the place of each block of a list which of its numbers come or go.
    """
    if counted:
        _upsert(connection, KeptCase, counted, ("counted",))
    changed = [
        {"measure": measure, "split": split, "month": month, "part": part, "value": value, "times": times}
        for (measure, split, month, part, value), times in sorted(difference.items())
        if times
    ]
    if changed:
        _add(connection, changed)
    if relisted:
        _list_again(connection, relisted)
    connection.execute(update(KeptFigures).values(turn=KeptFigures.turn + 1, **how_far))


def _upsert(
    connection: Connection, table: Any, rows: Sequence[Mapping[str, Any]], changed: tuple[str, ...]
) -> None:
    new = upsert(connection, table)
    keys = [column.name for column in table.__table__.primary_key]
    values = {name: new.excluded[name] for name in changed}
    connection.execute(new.on_conflict_do_update(index_elements=keys, set_=values), list(rows))


def _add(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    new = upsert(connection, KeptAmount)
    keys = [column.name for column in KeptAmount.__table__.primary_key]
    more = {"times": KeptAmount.times + new.excluded.times}
    connection.execute(new.on_conflict_do_update(index_elements=keys, set_=more), list(rows))


def _list_again(connection: Connection, relisted: Mapping[int, AbstractSet[int]]) -> None:
    found = select(KeptList.place, KeptList.cases).where(among(KeptList.place, sorted(relisted)))
    listed = {row.place: row.cases for row in connection.execute(found)}
    rows = [
        {"place": place, "cases": sorted(numbers ^ set(listed.get(place, ())))}
        for place, numbers in sorted(relisted.items())
    ]
    _upsert(connection, KeptList, rows, ("cases",))
