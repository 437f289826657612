"""Rows that wait to be written together, with the ids and numbers that they will have."""

from typing import Any, cast

from sqlalchemy import Connection, Table, func, select, text, update

from earlyhelp.casework.bulk_inserting import insert_many, insert_pairs
from earlyhelp.records.base import Base
from earlyhelp.records.cases import Case, CasePerson, Contact, Event
from earlyhelp.records.clocks import Alert, ClockRow
from earlyhelp.records.database import is_postgresql
from earlyhelp.records.identifiers import next_number
from earlyhelp.records.matching import PersonKey, SuspectedDuplicate
from earlyhelp.records.people import Counter, Family, FamilyMember, Person

IN_ORDER: tuple[type[Base], ...] = (
    Person,
    SuspectedDuplicate,
    Family,
    FamilyMember,
    Case,
    CasePerson,
    Contact,
    Event,
    ClockRow,
    Alert,
)
"""Each after those it refers to."""
RESERVED = 500
"""Ids asked of PostgreSQL at once. Those left over are never used, as those of a transaction that failed."""


class Waiting:
    """What `append_event` and its like take for a connection: it keeps the rows that it is given."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def execute(self, _statement: object, row: dict[str, Any]) -> None:
        self.rows.append(row)


class Gathered:
    """Rows by table. SQLite must not be written by others meanwhile: the caller's transaction writes, so it is not."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.keys: list[tuple[int, int]] = []
        """Keys with the person who is found under each: a dozen for everybody, hence plain pairs."""
        self._waiting: dict[type[Base], Waiting] = {model: Waiting() for model in IN_ORDER}
        self._ids: dict[type[Base], list[int]] = {}
        self._first: dict[type[Base], int] = {}
        self._last: dict[type[Base], int] = {}

    def add(self, model: type[Base], row: dict[str, Any]) -> None:
        self._waiting[model].rows.append(row)

    def of(self, model: type[Base]) -> Connection:
        """Something that takes inserts into one table, as a connection does."""
        return cast(Connection, self._waiting[model])

    def next_id(self, model: type[Base]) -> int:
        """The id of the next row of a table."""
        ids = self._ids.get(model)
        if not ids:
            ids = self._ids[model] = self._reserve(model)
            self._first.setdefault(model, ids[-1])
        return ids.pop()

    def is_new(self, model: type[Base], row_id: int) -> bool:
        """Whether the row came to be here."""
        return model in self._first and row_id >= self._first[model]

    def write(self) -> None:
        """Insert all that waits."""
        for model in IN_ORDER:
            rows = self._waiting[model].rows
            if not rows:
                continue
            insert_many(self._connection, model, rows)
            self._waiting[model].rows = []
        if self.keys:
            self.keys.sort()  # neighbours in the index
            insert_pairs(self._connection, PersonKey, ("key", "person_id"), self.keys)
            self.keys = []
        if not is_postgresql(self._connection):
            self._ids.clear()  # somebody else in this transaction may insert now
            self._last.clear()

    def _reserve(self, model: type[Base]) -> list[int]:
        """Ids from the last to the first."""
        table = cast(Table, model.__table__)
        if is_postgresql(self._connection):
            asked = text(
                "SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :number)"
            )
            found = self._connection.scalars(asked, {"name": table.name, "number": RESERVED})
            return sorted(found, reverse=True)
        used = self._connection.scalar(select(func.max(table.c.id))) or 0
        first = max(used, self._last.get(model, 0)) + 1
        self._last[model] = first + RESERVED - 1
        return list(range(first + RESERVED - 1, first - 1, -1))


class Numbers:
    """Numbers handed out once and never again: counted in memory, kept by `write`. Others wait for them meanwhile."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._last: dict[str, int] = {}

    def next(self, name: str) -> int:
        if name not in self._last:
            self._last[name] = next_number(self._connection, name)
        else:
            self._last[name] += 1
        return self._last[name]

    def write(self) -> None:
        for name, last in self._last.items():
            self._connection.execute(update(Counter).where(Counter.name == name).values(value=last))
        self._last.clear()
