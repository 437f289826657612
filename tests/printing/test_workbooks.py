"""Workbooks: whatever text they hold, they come, and text stays text."""

from datetime import date
from io import BytesIO
from typing import Any, Literal

import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from earlyhelp.printing import Page, workbook

HOSTILE = ("=1+1", "@SUM(A1)", "http://example.org", "01234", "العربية 漢字 😀", "x" * 30_000)
ROWS: list[list[Any]] = [[text, 7, 2.5, date(2026, 3, 2), None] for text in HOSTILE]
COLUMNS = ["Words", "Number", "Share", "Day", "Nothing"]


@pytest.mark.parametrize("file_format", ["xlsx", "ods"])
def test_every_cell_is_what_it_was(file_format: Literal["xlsx", "ods"]) -> None:
    made = workbook(file_format, [Page("First", COLUMNS, ROWS), Page("Second", ["One"], [])])
    book = CalamineWorkbook.from_object(BytesIO(made))
    assert book.sheet_names == ["First", "Second"]
    heads, *rows = book.get_sheet_by_name("First").to_python()
    assert heads[:4] == COLUMNS[:4]
    assert [row[:4] for row in rows] == [row[:4] for row in ROWS]


def test_widths_and_properties_are_those_asked_for() -> None:
    made = workbook("xlsx", [Page("First", COLUMNS, ROWS, widths=[9, 12, 12, 12, 12])], {"title": "A list"})
    book = load_workbook(BytesIO(made))
    assert book.properties.title == "A list"
    assert round(book["First"].column_dimensions["A"].width) == 10
    assert {cell.data_type for cell in book["First"]["A"]} == {"s"}


def test_a_workbook_that_cannot_be_made_is_told() -> None:
    with pytest.raises(RuntimeError, match=r"a workbook \(xlsx\) could not be made"):
        workbook("xlsx", [Page("Twice", [], []), Page("Twice", [], [])])
