"""A file as sheets of rows, whatever it is: each sheet with the row of its column names, each row with its number."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from earlyhelp.on_demand import OnDemand
from earlyhelp.spreadsheets.csv_text import read_csv
from earlyhelp.spreadsheets.limits import Limits, SpreadsheetRefused, refuse_bombs, shortened

if TYPE_CHECKING:
    import python_calamine
else:
    python_calamine = OnDemand("python_calamine")

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
HEADER_WITHIN = 30
"""Rows in which the column names are looked for: councils put a title, a logo and a date above."""
Cell = Any
"""Text, a number, yes or no, a date, a moment without a zone, a time, or an empty text."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row that is not blank, by the number that the spreadsheet shows beside it."""

    number: int
    cells: Sequence[Cell]


class Sheet(NamedTuple):
    """One sheet. `columns` are the names as written, an empty text where a column has none."""

    name: str
    header_row: int
    columns: tuple[str, ...]
    rows: list[Row]


def read_spreadsheet(
    content: bytes,
    *,
    known: Callable[[str], bool],
    limits: Limits = Limits(),  # noqa: B008  frozen
) -> list[Sheet]:
    """The sheets that have rows. `known` says whether a text is the name of a column: it finds the row of names.

    Raises SpreadsheetRefused.
    """
    if len(content) > limits.file_bytes:
        raise SpreadsheetRefused(f"it is larger than {limits.file_bytes // 1_000_000} MB")
    if not content.strip(b"\x00 \r\n\t"):
        raise SpreadsheetRefused("it is empty")
    if content.startswith(OLE):
        raise SpreadsheetRefused(
            "it is protected by a password, or an old .xls: save it as .xlsx without one"
        )
    tables = (
        _workbook(content, limits) if content.startswith(ZIP) else [("", _filled(read_csv(content, limits)))]
    )
    sheets = [sheet for name, rows in tables if (sheet := _sheet(name, rows, known)) is not None]
    if not sheets:
        raise SpreadsheetRefused("it has no rows")
    return sheets


def _workbook(content: bytes, limits: Limits) -> list[tuple[str, list[Row]]]:
    refuse_bombs(content, limits)
    try:
        workbook = python_calamine.load_workbook(BytesIO(content))
        names = workbook.sheet_names
        if len(names) > limits.sheets:
            raise SpreadsheetRefused(f"it has more than {limits.sheets} sheets")
        return [(name, _rows_of(workbook.get_sheet_by_name(name), limits)) for name in names]
    except SpreadsheetRefused:
        raise
    except python_calamine.PasswordError as fault:
        raise SpreadsheetRefused("it is protected by a password: save it without one") from fault
    except Exception as fault:
        raise SpreadsheetRefused(
            "it cannot be read as a spreadsheet: save it again as xlsx, ods or csv"
        ) from fault
    except BaseException as fault:
        if type(fault).__name__ != "PanicException":  # how the reader, written in Rust, says that it gave up
            raise
        raise SpreadsheetRefused("it is damaged: save it again as xlsx, ods or csv") from fault


def _rows_of(sheet: Any, limits: Limits) -> list[Row]:
    rows = _filled(shortened(iter(sheet.to_python(skip_empty_area=False)), limits))
    try:
        merged = sheet.merged_cell_ranges or []
    except Exception:  # only some formats tell of them
        return rows
    return _unmerged(rows, [(first, last) for first, last in merged if last[0] > first[0]])


def _filled(rows: Iterator[list[Cell]]) -> list[Row]:
    """The rows that are not blank."""
    return [
        Row(number, cells)
        for number, cells in enumerate(rows, start=1)
        if any(cell != "" and not (isinstance(cell, str) and not cell.strip()) for cell in cells)
    ]


def _unmerged(rows: list[Row], merged: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> list[Row]:
    """A cell that reaches over several rows holds for each of them: the family's name beside every child."""
    if not merged:
        return rows
    by_number = {row.number: list(row.cells) for row in rows}
    for (top, left), (bottom, _right) in merged:
        value = by_number.get(top + 1, [])[left : left + 1]
        for number in range(top + 2, bottom + 2):
            cells = by_number.get(number)
            if value and cells is not None and left < len(cells) and cells[left] == "":
                cells[left] = value[0]
    return [replace(row, cells=by_number[row.number]) for row in rows]


def _sheet(name: str, rows: list[Row], known: Callable[[str], bool]) -> Sheet | None:
    if not rows:
        return None
    header = max(islice(rows, HEADER_WITHIN), key=lambda row: (_named(row, known), -row.number))
    columns = tuple(_column(cell) for cell in header.cells)
    while columns and not columns[-1]:
        columns = columns[:-1]
    return Sheet(name, header.number, columns, [row for row in rows if row.number > header.number])


def _named(row: Row, known: Callable[[str], bool]) -> int:
    """How many cells are names of columns that we know."""
    return sum(1 for cell in row.cells if isinstance(cell, str) and known(cell))


def _column(cell: Cell) -> str:
    return " ".join(str(cell).split())[:200]
