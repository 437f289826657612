"""Rows with holes: a lived history as a pattern, from which any number of councils with the same history are made.

In a copy everything is as it was lived, moment for moment, but for what must be its own: ids, references, the hashes
that cover them, and who the staff are. A hole is a place in a list of values that each copy fills anew.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, func, select

from earlyhelp.casework.history import FIRST_HASH, as_written
from earlyhelp.records.base import Base
from earlyhelp.records.binary_copy import rows_of
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.database import driver_of, is_postgresql
from earlyhelp.records.identifiers import case_reference, family_public_id, person_public_id
from earlyhelp.records.organisation import User
from earlyhelp.records.people import Counter
from earlyhelp.records.reference import PublishedPathway

COPIED = (
    "people",
    "families",
    "family_members",
    "cases",
    "case_people",
    "contacts",
    "events",
    "clocks",
    "clock_revisions",
    "alerts",
    "assessments",
    "assessment_sections",
    "assessment_submissions",
)
"""The history, each table after those it refers to. Not copied: messages, plans, meetings and notes with their
journal, and the keys by which children are recognised, for all copies of a child would be taken for one."""
STAFF = ("teams", "users")
NUMBERED: Mapping[str, Callable[[int], str]] = {
    "case": case_reference,
    "person": person_public_id,
    "family": family_public_id,
}
"""What is made of the numbers of each counter."""
OWN_NUMBERS = frozenset({"nhs_number", "upn"})
"""Nobody else's: the copy of a child has none."""
Values = list[Any]
"""What goes into holes: a whole number for an id, bytes for everything else."""


class Text:
    """Words with holes between them, each with the place of the value that goes in."""

    __slots__ = ("_parts", "_picked", "slots")

    def __init__(self, words: Sequence[bytes], slots: Sequence[int]) -> None:
        self.slots = slots
        self._parts = [b""] * (2 * len(slots) + 1)
        self._parts[::2] = words
        self._picked = (
            itemgetter(*slots) if len(slots) > 1 else lambda values: [values[slot] for slot in slots]
        )

    def filled(self, values: Values) -> bytes:
        parts = self._parts.copy()
        parts[1::2] = self._picked(values)
        return b"".join(parts)


@dataclass(frozen=True)
class Line:
    """One row: what stays in a copy, and by column the place of what does not."""

    cells: list[Any]
    holes: Mapping[int, int]


@dataclass(frozen=True)
class Block:
    """All rows of one table."""

    table: Table
    columns: tuple[str, ...]
    lines: Sequence[Line]


@dataclass(frozen=True)
class Made:
    """A value that is made of others, and its place. An event is a link of a chain: its hash is the value."""

    text: Text
    slot: int


@dataclass
class Holes:
    """Where the values of a copy stand: ids by table, and all that is found in texts."""

    ids: dict[str, dict[int, int]] = field(default_factory=dict)
    numbered: dict[tuple[str, int], int] = field(default_factory=dict)
    addresses: dict[bytes, int] = field(default_factory=dict)
    hashes: dict[bytes, int] = field(default_factory=dict)
    texts: list[Made] = field(default_factory=list)
    size: int = 0

    def place(self) -> int:
        self.size += 1
        return self.size - 1


@dataclass(frozen=True)
class Pattern:
    """A lived history. `spans` says how far ids, by table, and numbers, by counter, of two copies lie apart."""

    blocks: Sequence[Block]
    links: Sequence[Made]
    holes: Holes
    spans: Mapping[str, int]

    def values(self, copy: int, borough: int) -> Values:
        """What goes into the holes of one copy. Copy 0 is the history itself."""
        values: Values = [None] * self.holes.size
        for table, slots in self.holes.ids.items():
            further = (borough if table in STAFF else copy) * self.spans[table]
            for old, slot in slots.items():
                values[slot] = old + further
        for (kind, number), slot in self.holes.numbered.items():
            values[slot] = NUMBERED[kind](number + copy * self.spans[kind]).encode()
        for address, slot in self.holes.addresses.items():
            values[slot] = address_in(borough, address.decode()).encode()
        for link in self.links:
            values[link.slot] = hashlib.sha256(link.text.filled(values)).hexdigest().encode()
        for made in self.holes.texts:
            values[made.slot] = made.text.filled(values)
        return values


def address_in(borough: int, address: str) -> str:
    """Somebody's counterpart in another borough."""
    return f"{borough}.{address}" if borough else address


def read_pattern(connection: Connection) -> Pattern:
    """Everything that was lived, in a database that holds nothing else."""
    holes, spans = (
        Holes(),
        {row.name: row.value for row in connection.execute(select(Counter.name, Counter.value))},
    )
    for name in (*COPIED, *STAFF):
        column = Base.metadata.tables[name].c.get("id")
        if column is not None:
            spans[name] = connection.scalar(select(func.max(column))) or 0
            holes.ids[name] = {
                one: holes.place() for one in connection.scalars(select(column).order_by(column))
            }
    finder = _Finder(connection, holes, spans)
    links = list(_links(connection, finder))
    blocks = [_block(connection, Base.metadata.tables[name], finder) for name in COPIED]
    return Pattern(blocks, links, holes, spans)


class _Finder:
    """Finds what in a text belongs to one copy alone: references, public ids, hashes, addresses of staff."""

    def __init__(self, connection: Connection, holes: Holes, spans: Mapping[str, int]) -> None:
        self.holes = holes
        self._numbered = {
            make(number).encode(): (kind, number)
            for kind, make in NUMBERED.items()
            for number in range(1, spans.get(kind, 0) + 1)
        }
        self._addresses = {address.encode() for address in connection.scalars(select(User.email))}
        self._any = re.compile(rb"EH-\w{3}-\w{4}\b|\b[PF]\w{7}\b|\b[0-9a-f]{64}\b|\b[\w.]+@[\w.]+\w\b")

    def text(self, written: bytes) -> Text:
        words, slots, end = [], [], 0
        for match in self._any.finditer(written):
            slot = self._slot(match.group())
            if slot is not None:
                words.append(written[end : match.start()])
                slots.append(slot)
                end = match.end()
        return Text([*words, written[end:]], slots)

    def hole(self, written: bytes) -> int | None:
        """The place of what a copy has instead; None where a copy has the same."""
        if (whole := self._slot(written)) is not None:
            return whole
        text = self.text(written)
        if not text.slots:
            return None
        self.holes.texts.append(Made(text, self.holes.place()))
        return self.holes.texts[-1].slot

    def _slot(self, found: bytes) -> int | None:
        if found in self.holes.hashes:
            return self.holes.hashes[found]
        if found in self._numbered:
            return self._placed(self.holes.numbered, self._numbered[found])
        return self._placed(self.holes.addresses, found) if found in self._addresses else None

    def _placed(self, among: dict[Any, int], key: Any) -> int:
        if key not in among:
            among[key] = self.holes.place()
        return among[key]


def _links(connection: Connection, finder: _Finder) -> Iterator[Made]:
    """Every event, in the order of its chain, so that the hash before it is there when it is needed."""
    statement = (
        select(Event, Case.reference, PublishedPathway.name.label("pathway"))
        .add_columns(PublishedPathway.version.label("pathway_version"))
        .join(Case, Case.id == Event.case_id)
        .join(PublishedPathway, PublishedPathway.id == Event.pathway_id)
        .order_by(Event.case_id, Event.sequence)
    )
    for row in connection.execute(statement):
        text = finder.text(as_written(row.reference, row).written_after(row.previous_hash).encode())
        assert row.previous_hash == FIRST_HASH or row.previous_hash.encode() in finder.holes.hashes
        slot = finder.holes.hashes[row.hash.encode()] = finder.holes.place()
        yield Made(text, slot)


def _block(connection: Connection, table: Table, finder: _Finder) -> Block:
    columns = tuple(column.name for column in table.c)
    pointing = {n: _points_to(table, name) for n, name in enumerate(columns)}
    lines = [_line(cells, columns, pointing, finder) for cells in _raw(connection, table, columns)]
    return Block(table, columns, lines)


def _points_to(table: Table, name: str) -> str | None:
    """The copied table to whose ids a column belongs."""
    if name == "id":
        return table.name
    targets = [key.column.table.name for key in table.c[name].foreign_keys]
    return next((target for target in targets if target in (*COPIED, *STAFF)), None)


def _line(
    cells: list[Any], columns: Sequence[str], pointing: Mapping[int, str | None], finder: _Finder
) -> Line:
    holes: dict[int, int] = {}
    for n, cell in enumerate(cells):
        if cell is None:
            continue
        if (target := pointing[n]) is not None:
            holes[n] = finder.holes.ids[target][_number(cell)]
        elif columns[n] in OWN_NUMBERS:
            cells[n] = None
        elif isinstance(cell, str | bytes) and (slot := finder.hole(_bytes(cell))) is not None:
            holes[n] = slot
    return Line(cells, holes)


def _number(cell: int | bytes) -> int:
    return int.from_bytes(cell, "big") if isinstance(cell, bytes) else cell


def _bytes(cell: str | bytes) -> bytes:
    return cell.encode() if isinstance(cell, str) else cell


def _raw(connection: Connection, table: Table, columns: Sequence[str]) -> Iterator[list[Any]]:
    """Rows as the database itself writes them: on PostgreSQL the fields of a binary COPY, on SQLite what the driver
    stores."""
    named = ", ".join(f'"{name}"' for name in columns)
    by = ", ".join(column.name for column in table.primary_key)
    asked = f'SELECT {named} FROM "{table.name}" ORDER BY {by}'  # noqa: S608  names of our own tables
    if not is_postgresql(connection):
        yield from (list(row) for row in connection.exec_driver_sql(asked))
        return
    driver = driver_of(connection)
    with driver.cursor() as cursor, cursor.copy(f"COPY ({asked}) TO STDOUT (FORMAT BINARY)") as copy:
        yield from rows_of(b"".join(bytes(part) for part in copy))
