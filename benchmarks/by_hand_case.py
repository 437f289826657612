"""The floor of a whole case: what each of its actions asks for and writes, in plain SQL, statement by statement.

One case is watched while casework lives it: the rows that each action adds, the columns that it changes, its SELECTs.
Then the same rows are written for one new case after the other, through psycopg 3 and sqlite3 alone, each action in a
transaction of its own. Nothing is decided, checked, hashed or looked for by name. What an action reads is asked again
of the watched case: its row, locked, and its open clocks by hand, anything else in casework's words.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Engine, Table, UniqueConstraint, event

from benchmarks.by_hand import opened
from earlyhelp.records.base import Base

LONG = "calendar_days"
"""Of no case, and too long to be looked through after each action."""
Key = tuple[str, Any]
"""A table and the id of one of its rows."""
Row = dict[str, Any]
NUMBER = "{number}"
MARK = re.compile(r"\$(\d+)")
THE_CASE = "fingerprint"
"""Named by the one statement that reads the case and its clocks, which are read by hand here."""


@dataclass(frozen=True)
class Change:
    """One row added, or some of its columns changed: then `at` is the key by which it is found."""

    table: Table
    values: Row
    at: Row = field(default_factory=dict)


@dataclass(frozen=True)
class Watched:
    """What one action asked for beside the case and its clocks, and what it wrote."""

    asked: list[tuple[str, Any]]
    changes: list[Change]


def watch(engine: Engine, url: str, actions: Sequence[Callable[[], object]]) -> list[Watched]:
    found = []
    before = _rows(url)
    for action in actions:
        with _selects(engine) as asked:
            action()
        after = _rows(url)
        found.append(Watched(asked, list(_changes(before, after))))
        before = after
    return found


@contextmanager
def _selects(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT") and THE_CASE not in statement:
            asked.append(_marked_for_the_driver(statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def _marked_for_the_driver(text: str, values: Any) -> tuple[str, Any]:
    """A statement with PostgreSQL's own marks, $1 and so on, as psycopg's usual cursor takes it."""
    places = [int(number) - 1 for number in MARK.findall(text)]
    if not places:
        return text, values
    return MARK.sub("%s", text.replace("%", "%%")), [values[place] for place in places]


def _tables() -> list[Table]:
    """Each after those it refers to, as far as modules with tables are loaded by then."""
    return [table for table in Base.metadata.sorted_tables if table.name != LONG]


def _rows(url: str) -> dict[str, dict[tuple[Any, ...], Row]]:
    plain, _ = opened(url)
    found = {}
    for table in _tables():
        rows = [dict(row) for row in plain.execute(f'SELECT * FROM "{table.name}"').fetchall()]
        found[table.name] = {tuple(row[c.name] for c in table.primary_key): row for row in rows}
    plain.close()
    return found


def _changes(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    for table in _tables():
        for key, row in after[table.name].items():
            was = before[table.name].get(key)
            if was is None:
                yield Change(table, row)
            elif was != row:
                changed = {name: value for name, value in row.items() if value != was[name]}
                at = {column.name: row[column.name] for column in table.primary_key}
                yield Change(table, changed, at)


@dataclass(frozen=True)
class Statement:
    """One write as it is sent; `ids` and `names` are the places of values that each new case has its own of."""

    sql: str
    values: list[Any]
    ids: list[tuple[int, Key]]
    names: list[tuple[int, str]]
    makes: Key | None
    """The watched row in whose place a new one comes, where something later needs its id."""


class Again:
    """Writes what was watched, for a new case each time."""

    def __init__(self, url: str, watched: Sequence[Watched], reference: str) -> None:
        self._connection, self._mark = opened(url)
        self._begin, lock = ("BEGIN IMMEDIATE", "") if self._mark == "?" else ("BEGIN", " FOR UPDATE")
        self._read_case = f"SELECT * FROM cases WHERE reference = {self._mark}{lock}"
        open_clocks = "status IN ('running', 'paused') ORDER BY id"
        self._read_clocks = f"SELECT * FROM clocks WHERE case_id = {self._mark} AND {open_clocks}"
        self._reference, self._numbers = reference, count(1)
        self._asked = [action.asked for action in watched]
        changes = [change for action in watched for change in action.changes]
        made = {(change.table.name, change.values.get("id")) for change in changes if not change.at}
        needed = made & _referred_to(changes)
        self._writes = [[self._statement(change, needed) for change in action.changes] for action in watched]

    def case(self) -> None:
        number, ids, run = next(self._numbers), dict[Key, Any](), self._connection.execute
        for position, (asked, writes) in enumerate(zip(self._asked, self._writes, strict=True)):
            run(self._begin)
            if position:  # the first opens the case
                case = dict(run(self._read_case, (self._reference,)).fetchone())
                run(self._read_clocks, (case["id"],)).fetchall()
            for sql, parameters in asked:
                run(sql, parameters).fetchall()
            for write in writes:
                values = list(write.values)
                for place, key in write.ids:
                    values[place] = ids[key]
                for place, text in write.names:
                    values[place] = text.replace(NUMBER, f"{number:06d}")
                done = run(write.sql, values)
                if write.makes:
                    ids[write.makes] = done.fetchone()["id"]
            run("COMMIT")

    def _statement(self, change: Change, needed: set[Key]) -> Statement:
        table, values, makes = change.table, dict(change.values), None
        if table.name == "counters":  # to be counted on, not put back: references are given by it
            sql = f'UPDATE counters SET "value" = "value" + 1 WHERE {self._equal(change.at, " AND ")}'
            given = [*change.at.items()]
        elif change.at:
            sets, where = self._equal(values, ", "), self._equal(change.at, " AND ")
            sql, given = (
                f'UPDATE "{table.name}" SET {sets} WHERE {where}',
                [*values.items(), *change.at.items()],
            )
        else:
            key = (table.name, values.pop("id", None))
            names, marks = ", ".join(f'"{name}"' for name in values), ", ".join([self._mark] * len(values))
            sql, given = f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', [*values.items()]
            if key in needed:
                sql, makes = f"{sql} RETURNING id", key
        refers = [(place, _refers(table, name, value)) for place, (name, value) in enumerate(given)]
        return Statement(
            sql,
            [Jsonb(value) if isinstance(value, dict | list) else value for _, value in given],
            [(place, key) for place, key in refers if key in needed],
            [
                (place, self._numbered(value))
                for place, (name, value) in enumerate(given)
                if name in _alone_unique(table) and isinstance(value, str)
            ],
            makes,
        )

    def _numbered(self, text: str) -> str:
        """The text with the place of the case's number: in its reference, or else at the end."""
        named = f"{self._reference[:-6]}{NUMBER}"
        return text.replace(self._reference, named) if self._reference in text else f"{text[:-6]}{NUMBER}"

    def _equal(self, names: Row, between: str) -> str:
        return between.join(f'"{name}" = {self._mark}' for name in names)


def _refers(table: Table, name: str, value: Any) -> Key:
    """The row that a value names: another's by a foreign key, or its own."""
    for key in table.c[name].foreign_keys:
        return key.column.table.name, value
    return (table.name, value) if name == "id" else ("", None)


def _referred_to(changes: Sequence[Change]) -> set[Key]:
    return {
        _refers(change.table, name, value)
        for change in changes
        for name, value in [*change.at.items(), *change.values.items()]
        if name != "id" or change.at
    }


def _alone_unique(table: Table) -> set[str]:
    names = {column.name for column in table.columns if column.unique}
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint) and len(constraint.columns) == 1:
            names |= {column.name for column in constraint.columns}
    return names | {
        column.name
        for index in table.indexes
        if index.unique and len(index.columns) == 1
        for column in index.columns
    }
