"""Writing many copies of a history: by COPY on PostgreSQL, with what can be made at the end made at the end."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    Connection,
    Constraint,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.schema import AddConstraint, DropConstraint

from earlyhelp.records.base import Base
from earlyhelp.records.database import driver_of, is_postgresql
from earlyhelp.records.migrate import METADATA
from earlyhelp.records.people import Counter
from earlyhelp.simulation.patterns import COPIED, NUMBERED, STAFF, Block, Pattern, Text, Values, address_in

Poured = list[tuple[Block, Any]]
"""What is to be written of one copy, by table."""


def pour(
    connection: Connection, pattern: Pattern, *, copies: int, borough_of: Callable[[int], int]
) -> Iterator[int]:
    """Write so many further copies in the caller's transaction; yields the number of each when it is written.

    While one is written the next is made.
    """
    for borough in range(1, borough_of(copies) + 1):
        _settle(connection, pattern, borough)
    make = _as_lines(pattern) if is_postgresql(connection) else _as_rows(pattern)
    write = _copy_in if is_postgresql(connection) else _insert
    with _without_indexes(connection), ThreadPoolExecutor(1) as ahead:
        made = ahead.submit(make, pattern.values(1, borough_of(1)))
        for number in range(1, copies + 1):
            ready = made.result()
            if number < copies:
                made = ahead.submit(_next(make, pattern, number + 1, borough_of))
            for block, content in ready:
                write(connection, block, content)
            yield number
    _count_on(connection, pattern, copies)


def _next(
    make: Callable[[Values], Poured], pattern: Pattern, number: int, borough_of: Callable[[int], int]
) -> Callable[[], Poured]:
    return lambda: make(pattern.values(number, borough_of(number)))


def _as_lines(pattern: Pattern) -> Callable[[Values], Poured]:
    """Each table as the text that COPY takes."""
    texts = [(block, _text_of(block)) for block in pattern.blocks if block.lines]
    return lambda values: [(block, text.filled(values)) for block, text in texts]


def _text_of(block: Block) -> Text:
    words: list[str] = []
    slots: list[int] = []
    for line in block.lines:
        for n, cell in enumerate(line.cells):
            hole = line.holes.get(n)
            words += [hole.words if hole else cell.replace("%", "%%"), "\t"]
            slots += hole.slots if hole else ()
        words[-1] = "\n"
    return Text("".join(words), tuple(slots))


def _as_rows(pattern: Pattern) -> Callable[[Values], Poured]:
    """Each table as rows of what the driver stores."""

    def row(cells: Sequence[Any], holes: Sequence[tuple[int, Text]], values: Values) -> list[Any]:
        filled = list(cells)
        for n, hole in holes:
            filled[n] = values[hole.slots[0]] if hole.words == "%s" else hole.filled(values)
        return filled

    lines = [
        (block, [(line.cells, tuple(line.holes.items())) for line in block.lines])
        for block in pattern.blocks
        if block.lines
    ]
    return lambda values: [
        (block, [row(cells, holes, values) for cells, holes in some]) for block, some in lines
    ]


def _copy_in(connection: Connection, block: Block, content: str) -> None:
    with driver_of(connection).cursor() as cursor, cursor.copy(f"COPY {_named(block)} FROM STDIN") as copy:
        copy.write(content.encode())


def _insert(connection: Connection, block: Block, rows: list[list[Any]]) -> None:
    marks = ", ".join("?" for _ in block.columns)
    driver: Any = connection.connection.driver_connection
    driver.executemany(f"INSERT INTO {_named(block)} VALUES ({marks})", rows)  # noqa: S608  names of our own


def _named(block: Block) -> str:
    columns = ", ".join(f'"{name}"' for name in block.columns)
    return f'"{block.table.name}" ({columns})'


def _settle(connection: Connection, pattern: Pattern, borough: int) -> None:
    """Teams and people again, for a further borough."""
    of = {name: Base.metadata.tables[name] for name in (*STAFF, "user_roles")}
    rows = {
        name: [dict(row._mapping) for row in connection.execute(select(table))] for name, table in of.items()
    }
    further = {name: borough * pattern.spans[name] for name in STAFF}
    teams = [row for row in rows["teams"] if row["id"] <= pattern.spans["teams"]]
    users = [row for row in rows["users"] if row["id"] <= pattern.spans["users"]]
    roles = [row for row in rows["user_roles"] if row["user_id"] <= pattern.spans["users"]]
    for row in teams:
        row |= {
            "id": row["id"] + further["teams"],
            "key": f"{row['key']}_{borough}",
            "name": f"{row['name']} {borough}",
        }
    for row in users:
        row["id"] += further["users"]
        row["email"] = address_in(borough, row["email"])
        row["team_id"] = row["team_id"] and row["team_id"] + further["teams"]
    for row in roles:
        row["user_id"] += further["users"]
    for table, some in ((of["teams"], teams), (of["users"], users), (of["user_roles"], roles)):
        connection.execute(insert(table), some)


@contextmanager
def _without_indexes(connection: Connection) -> Iterator[None]:
    """Indexes and keys are made, and checked, once at the end: in the same transaction, so never missing."""
    tables = [Base.metadata.tables[name] for name in COPIED]
    keys = _keys(tables) if is_postgresql(connection) else []  # SQLite cannot take them away
    for key in reversed(keys):
        connection.execute(DropConstraint(key))
    for index in _indexes(tables):
        index.drop(connection)
    yield
    if is_postgresql(connection):
        connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
    for index in _indexes(tables):
        index.create(connection)
    for key in keys:
        # Otherwise the models would leave the key out of every table that they make from now on in this process.
        connection.execute(AddConstraint(key, isolate_from_table=False))


def _indexes(tables: Sequence[Table]) -> list[Any]:
    return [index for table in tables for index in sorted(table.indexes, key=lambda one: str(one.name))]


def _keys(tables: Sequence[Table]) -> list[Constraint]:
    """Everything by which a row is found or must be the only one, and after that what points to and from the tables."""
    own = [
        key
        for table in tables
        for key in table.constraints
        if isinstance(key, PrimaryKeyConstraint | UniqueConstraint)
    ]
    pointing = [
        key
        for table in METADATA.tables.values()
        for key in table.foreign_key_constraints
        if table in tables or key.referred_table in tables
    ]
    return [*own, *pointing]


def _count_on(connection: Connection, pattern: Pattern, copies: int) -> None:
    """Let the next row, reference and child be the one after all copies."""
    for kind in NUMBERED:
        if kind in pattern.spans:
            last = pattern.spans[kind] * (copies + 1)
            connection.execute(update(Counter).where(Counter.name == kind).values(value=last))
    if is_postgresql(connection):
        for name in pattern.holes.ids:
            highest = select(func.greatest(func.max(Base.metadata.tables[name].c.id), 1)).scalar_subquery()
            connection.execute(select(func.setval(func.pg_get_serial_sequence(name, "id"), highest)))
    connection.exec_driver_sql("ANALYZE")
