"""Writing what is kept of figures. It says nothing that the history does not; losing it all would only cost time."""

from collections.abc import Mapping, Sequence, Set as AbstractSet
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, String, and_, cast, delete, func, insert, literal, select, update

from earlyhelp.records.among import among
from earlyhelp.records.kept_figures import GROUPS, KeptAmount, KeptCase, KeptFigures, KeptList, KeptMember
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
    for table in (KeptAmount, KeptMember, KeptCase, KeptList, KeptFigures):
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


def add_up_groups(connection: Connection) -> None:
    """Add up what is kept of teams and workers by the locality and the agency that they are of now."""
    for split, group in GROUPS.items():
        for table in (KeptAmount, KeptMember):
            connection.execute(delete(table).where(table.split == split))
        by, part, of = literal(split), cast(group.id, String), cast(group.of, String)
        members = select(by, part, of).where(group.of.is_not(None))
        connection.execute(insert(KeptMember).from_select(["split", "part", "of"], members))
        place = (KeptAmount.measure, KeptAmount.month, KeptAmount.value)
        # By what was just written: whoever moves meanwhile is of the group that they were put down for.
        sums = select(by, *place, KeptMember.of, func.sum(KeptAmount.times)).join(
            KeptMember, and_(KeptMember.split == split, KeptMember.part == KeptAmount.part)
        )
        sums = sums.where(KeptAmount.split == group.members).group_by(*place, KeptMember.of)
        columns = ["split", *(column.name for column in place), "part", "times"]
        connection.execute(insert(KeptAmount).from_select(columns, sums))
    connection.execute(update(KeptFigures).values(turn=KeptFigures.turn + 1))


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
