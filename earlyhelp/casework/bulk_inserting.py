"""Many rows into one table, by the way that its database takes most readily: values go to the driver at once.

The values are made ready by the columns' own types, as for any other insert; only the statement for each row is saved.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import JSON, BigInteger, Column, Connection, Dialect, Table

from earlyhelp.records.base import Base, Instant
from earlyhelp.records.binary_copy import FIRST, LAST, rows_of_pairs
from earlyhelp.records.database import driver_of, is_postgresql

Ready = Callable[[Any], Any]
Rows = Iterable[tuple[Any, ...]]


def insert_many(connection: Connection, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that all have the same columns; columns they leave out take their defaults."""
    table = cast(Table, model.__table__)
    left_out = [column for column in table.columns if column.name not in rows[0] and column.default]
    columns = [*(table.columns[name] for name in rows[0]), *left_out]
    values: list[Sequence[Any]] = [*zip(*map(itemgetter(*rows[0]), rows), strict=True)]
    values += [_defaults(column, len(rows)) for column in left_out]
    ready = (_prepared(column, held, connection) for column, held in zip(columns, values, strict=True))
    _send(connection, table, columns, zip(*ready, strict=True))


def insert_pairs(
    connection: Connection, model: type[Base], names: Sequence[str], pairs: Sequence[tuple[int, int]]
) -> None:
    """Insert rows of two numbers each, in the order of the names."""
    table = cast(Table, model.__table__)
    columns = [table.columns[name] for name in names]
    if not is_postgresql(connection):
        _send(connection, table, columns, pairs)
        return
    first, second = (8 if isinstance(column.type, BigInteger) else 4 for column in columns)
    asked = f"COPY {_into(connection, table, columns)} FROM STDIN (FORMAT BINARY)"
    with driver_of(connection).cursor() as cursor, cursor.copy(asked) as copy:
        for part in (FIRST, rows_of_pairs(pairs, (first, second)), LAST):
            copy.write(part)


def _defaults(column: Column[Any], number: int) -> list[Any]:
    default = cast(Any, column.default).arg
    return [default(None) for _ in range(number)] if callable(default) else [default] * number


def _prepared(column: Column[Any], held: Sequence[Any], connection: Connection) -> Iterable[Any]:
    """What a column holds, made ready for the driver: most needs nothing, and what repeats itself is made once."""
    if isinstance(column.type, Instant):
        return map(_instants(connection.dialect), held)
    make = column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    if make is None:
        return held
    if isinstance(column.type, JSON):
        return map(_remembering(make), held)
    return map({value: make(value) for value in set(held)}.__getitem__, held)


@lru_cache(maxsize=2)
def _instants(dialect: Dialect) -> Ready:
    """Makes moments ready. A list has most of them in common, from its first row to its last."""
    make = cast(Ready, Instant().dialect_impl(dialect).bind_processor(dialect))
    return lru_cache(maxsize=30_000)(make)


def _remembering(make: Ready) -> Ready:
    """Most lists and tables of a column are empty or hold one word."""
    made: dict[str, Any] = {}

    def ready(value: Any) -> Any:
        if value is None or len(value) > 1:
            return make(value)
        shown = repr(value)
        if shown not in made:
            made[shown] = make(value)
        return made[shown]

    return ready


def _send(connection: Connection, table: Table, columns: Sequence[Column[Any]], rows: Rows) -> None:
    into = _into(connection, table, columns)
    if not is_postgresql(connection):
        places = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {into} VALUES ({places})", list(rows))  # noqa: S608  our own names
        return
    with driver_of(connection).cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _into(connection: Connection, table: Table, columns: Sequence[Column[Any]]) -> str:
    quote = connection.dialect.identifier_preparer.quote
    return f"{quote(table.name)} ({', '.join(quote(column.name) for column in columns)})"
