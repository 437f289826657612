"""What many tests begin with is lived through casework once in each process; afterwards its rows are put back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Integer, Table, func, insert, select, union_all

from earlyhelp.records.base import Base
from earlyhelp.records.organisation import User
from tests.support.databases import CALENDAR, tables_with_rows

Result = TypeVar("Result")


@dataclass(frozen=True)
class Lived:
    """What it gave, and the rows that it wrote, in the order in which tables refer to each other."""

    result: Any
    rows: tuple[tuple[Table, list[dict[str, Any]]], ...]


_KEPT: dict[tuple[str, Callable[[Connection], Any]], Lived] = {}


def lived_once(connection: Connection, live: Callable[[Connection], Result]) -> Result:
    """The result of `live` in a database where nobody is yet, and all that it writes, whether it runs or not."""
    if connection.scalar(select(User.id).limit(1)) is not None:
        return live(connection)
    kept = _KEPT.get((connection.dialect.name, live))
    if kept is None:
        before = tables_with_rows(connection)
        kept = Lived(live(connection), _written_beside(connection, before))
        # What a database that a test made itself lacks is not the council's own.
        if CALENDAR in before:
            _KEPT[connection.dialect.name, live] = kept
    else:
        _put_back(connection, kept)
    result: Result = kept.result
    return result


def _written_beside(
    connection: Connection, before: list[str]
) -> tuple[tuple[Table, list[dict[str, Any]]], ...]:
    names = set(tables_with_rows(connection)) - set(before)
    tables = [table for table in Base.metadata.sorted_tables if table.name in names]
    return tuple(
        (table, [dict(row) for row in connection.execute(select(table)).mappings()]) for table in tables
    )


def _put_back(connection: Connection, kept: Lived) -> None:
    for table, rows in kept.rows:
        connection.execute(insert(table), rows)
    if connection.dialect.name == "postgresql":
        numbered = [
            table for table, _ in kept.rows if "id" in table.c and isinstance(table.c.id.type, Integer)
        ]
        count_on = (
            select(func.setval(func.pg_get_serial_sequence(table.name, "id"), func.max(table.c.id)))
            for table in numbered
        )
        connection.execute(union_all(*count_on))
