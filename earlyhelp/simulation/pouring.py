"""Writing many copies of a history: by COPY on PostgreSQL, with what can be made at the end made at the end."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
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
from earlyhelp.records.binary_copy import FIRST, LAST, begin_row, field_of
from earlyhelp.records.database import driver_of, is_postgresql
from earlyhelp.records.migrate import METADATA
from earlyhelp.records.people import Counter
from earlyhelp.simulation.patterns import (
    COPIED,
    NUMBERED,
    STAFF,
    Block,
    Line,
    Pattern,
    Text,
    Values,
    address_in,
)

Make = Callable[[Values], list[Any]]
"""From the values of one copy, what is to be written of it, by table."""
AT_ONCE = 8
"""Copies that are written together: to begin a COPY costs PostgreSQL as much as some hundreds of rows."""
A_TURN = 0.0005
"""Seconds for which one thread may keep Python to itself: a tenth of what is usual."""


def pour(
    connection: Connection, pattern: Pattern, *, copies: int, borough_of: Callable[[int], int]
) -> Iterator[int]:
    """Write so many further copies in the caller's transaction; yields how many are written, whenever some are.

    While some are written the next are made.
    """
    for borough in range(1, borough_of(copies) + 1):
        _settle(connection, pattern, borough)
    blocks = [block for block in pattern.blocks if block.lines]
    make = (_as_copied if is_postgresql(connection) else _as_rows)(blocks)
    write = _copy_in if is_postgresql(connection) else _insert

    def some(first: int) -> list[tuple[Any, ...]]:
        numbers = range(first, min(first + AT_ONCE, copies + 1))
        return [*zip(*(make(pattern.values(number, borough_of(number))) for number in numbers), strict=True)]

    with _without_indexes(connection), _short_turns(connection), ThreadPoolExecutor(1) as ahead:
        made = ahead.submit(some, 1)
        for first in range(1, copies + 1, AT_ONCE):
            ready = made.result()
            made = ahead.submit(some, first + AT_ONCE)
            for block, contents in zip(blocks, ready, strict=True):
                write(connection, block, contents)
            yield min(first + AT_ONCE - 1, copies)
    _count_on(connection, pattern, copies)


@contextmanager
def _short_turns(connection: Connection) -> Iterator[None]:
    """Whoever writes must not wait for whoever makes: a server would have nothing to do meanwhile."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(A_TURN if is_postgresql(connection) else usual)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def _as_copied(blocks: Sequence[Block]) -> Make:
    """Each table as the bytes that COPY takes."""
    texts = [_text_of(block) for block in blocks]

    def make(values: Values) -> list[bytes]:
        fields = [field_of(value) for value in values]
        return [text.filled(fields) for text in texts]

    return make


def _text_of(block: Block) -> Text:
    words, slots = [b""], []
    for line in block.lines:
        words[-1] += begin_row(block.columns)
        for n, cell in enumerate(line.cells):
            if n in line.holes:
                slots.append(line.holes[n])
                words.append(b"")
            else:
                words[-1] += field_of(cell)
    return Text(words, slots)


def _as_rows(blocks: Sequence[Block]) -> Make:
    """Each table as rows of what the driver stores."""

    def row(line: Line, values: Values) -> list[Any]:
        filled = line.cells.copy()
        for n, slot in line.holes.items():
            filled[n] = values[slot]
        return filled

    def make(values: Values) -> list[list[list[Any]]]:
        stored = [value.decode() if isinstance(value, bytes) else value for value in values]
        return [[row(line, stored) for line in block.lines] for block in blocks]

    return make


def _copy_in(connection: Connection, block: Block, contents: Iterable[bytes]) -> None:
    asked = f"COPY {_named(block)} FROM STDIN (FORMAT BINARY)"
    with driver_of(connection).cursor() as cursor, cursor.copy(asked) as copy:
        for part in (FIRST, *contents, LAST):
            copy.write(part)


def _insert(connection: Connection, block: Block, contents: Iterable[list[list[Any]]]) -> None:
    marks = ", ".join("?" for _ in block.columns)
    driver: Any = connection.connection.driver_connection
    for rows in contents:
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
