"""Annex A as at a day, checked before anybody writes it: its cells, and what is missing in them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, tuple_

from earlyhelp.insight.statutory.annex_a import LISTS, Cell, Codes, ListDefinition, Row
from earlyhelp.insight.statutory.gaps import GAPS, Gap
from earlyhelp.insight.statutory.history import Asked, asked_for
from earlyhelp.permissions import Person
from earlyhelp.records.reference import CodeEntry

AT_ONCE = 2_000
PAGE = 50
Place = tuple[int, int, int]
"""Case, event and child of a row: where a page of gaps ended."""


class Found(NamedTuple):
    """One gap in one row: where the row stands in its sheet (2 is the first below the head), and whose record it is."""

    list_number: int
    sheet_row: int
    key: str
    gap: Gap
    reference: str
    child: str
    day: date
    place: Place


@dataclass
class Checked:
    """One list: its rows in the order of its columns, what is missing in them, how many rows the asker may not have."""

    definition: ListDefinition
    rows: list[Sequence[Cell]] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    left_out: int = 0

    def counted(self) -> dict[str, int]:
        """How many of each gap, in the order of the columns, without those that were not found."""
        found = Counter(one.key for one in self.found)
        return {key: found[key] for key in GAPS[self.definition.number] if key in found}


def checked(connection: Connection, *, on: date, asker: Person, now: datetime) -> list[Checked]:
    """Every list as at that day, as this person may have it: as many queries whatever the rows."""
    asked, codes = asked_for(connection, on=on, asker=asker, now=now), _codes(connection)
    return [_check(connection, definition, asked, codes) for definition in LISTS]


def gaps_of(
    connection: Connection,
    number: int,
    key: str,
    *,
    on: date,
    asker: Person,
    now: datetime,
    after: Place = (0, 0, 0),
) -> list[Found]:
    """The gaps of one kind in one list after a place: one more than a page holds. Their `sheet_row` is 0."""
    asked, codes = asked_for(connection, on=on, asker=asker, now=now), _codes(connection)
    definition, gap = LISTS[number - 1], GAPS[number][key]
    matching = (
        _told(definition, 0, key, gap, row)
        for row, cells in _rows(connection, definition, asked, codes, after)
        if row.found.shown and gap.finds(row, cells)
    )
    return list(islice(matching, PAGE + 1))


def _check(connection: Connection, definition: ListDefinition, asked: Asked, codes: Codes) -> Checked:
    result = Checked(definition)
    for row, cells in _rows(connection, definition, asked, codes):
        if not row.found.shown:
            result.left_out += 1
            continue
        result.rows.append(tuple(cells.values()))
        result.found += [
            _told(definition, len(result.rows) + 1, key, gap, row)
            for key, gap in GAPS[definition.number].items()
            if gap.finds(row, cells)
        ]
    return result


def _rows(
    connection: Connection,
    definition: ListDefinition,
    asked: Asked,
    codes: Codes,
    after: Place = (0, 0, 0),
) -> Iterator[tuple[Row, Mapping[str, Cell]]]:
    statement = definition.rows(asked)
    columns: Any = statement.selected_columns
    place = tuple_(columns.case_id, columns.sequence, columns.child_id)
    if after != (0, 0, 0):
        statement = statement.where(place > after)
    for found in connection.execute(statement, execution_options={"yield_per": AT_ONCE}):
        row = Row(found, asked.on, codes)
        yield row, {column.name: column.cell(row) for column in definition.columns}


def _told(definition: ListDefinition, sheet_row: int, key: str, gap: Gap, row: Row) -> Found:
    found = row.found
    place = (found.case_id, found.sequence, found.child_id)
    return Found(definition.number, sheet_row, key, gap, found.reference, found.public_id, found.day, place)


def _codes(connection: Connection) -> Codes:
    """As Annex A writes them; the list of them is shipped, and seeded by `init`."""
    names = ("source", "gender", "ethnicity")
    found: dict[str, dict[str, str]] = {name: {} for name in names}
    lists = {f"annex_a_{name}": name for name in names}
    for entry in connection.execute(select(CodeEntry).where(CodeEntry.code_list.in_(lists))):
        found[lists[entry.code_list]][entry.code] = entry.label
    return Codes(**found)
