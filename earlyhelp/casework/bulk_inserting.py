"""Many rows into one table, by the way that its database takes most readily: values go to the driver at once.

The values are made ready by the columns' own types, as for any other insert; only the statement for each row is saved.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from sqlalchemy import Column, Connection, Table

from earlyhelp.records.base import Base, Instant
from earlyhelp.records.database import is_postgresql

Ready = Callable[[Any], Any]


def insert_many(connection: Connection, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that all have the same columns; columns they leave out take their defaults."""
    table = cast(Table, model.__table__)
    left_out = {
        column.name: column for column in table.columns if column.name not in rows[0] and column.default
    }
    columns = [table.columns[name] for name in (*rows[0], *left_out)]
    given = [*rows[0]]
    defaults = [cast(Any, column.default).arg for column in left_out.values()]
    ready = [_ready(column, connection) for column in columns]
    values = (
        [*map(row.__getitem__, given), *((one(None) if callable(one) else one) for one in defaults)]
        for row in rows
    )
    _send(connection, table, columns, _prepared(values, ready))


def _ready(column: Column[Any], connection: Connection) -> Ready | None:
    """What makes a value of the column ready for the driver, or None where it goes as it is."""
    found: Ready | None = column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    return _remembering(found) if found and isinstance(column.type, Instant) else found


def _remembering(make: Ready) -> Ready:
    """Rows written together have most of their moments in common."""
    made: dict[Any, Any] = {}

    def ready(value: Any) -> Any:
        if value not in made:
            made[value] = make(value)
        return made[value]

    return ready


def _prepared(rows: Iterator[list[Any]], ready: Sequence[Ready | None]) -> Iterator[list[Any]]:
    changed = [(place, make) for place, make in enumerate(ready) if make is not None]
    for row in rows:
        for place, make in changed:
            row[place] = make(row[place])
        yield row


def _send(
    connection: Connection, table: Table, columns: Sequence[Column[Any]], rows: Iterator[list[Any]]
) -> None:
    quote = connection.dialect.identifier_preparer.quote
    into = f"{quote(table.name)} ({', '.join(quote(column.name) for column in columns)})"
    if not is_postgresql(connection):
        places = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {into} VALUES ({places})", [tuple(row) for row in rows])  # noqa: S608  our own names
        return
    driver = cast(Any, connection.connection.driver_connection)
    with driver.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
