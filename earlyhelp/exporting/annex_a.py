"""Annex A as the workbook that inspectors are given."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any, BinaryIO

from earlyhelp.insight.statutory.checking import Checked
from earlyhelp.on_demand import OnDemand

if TYPE_CHECKING:
    import xlsxwriter
else:
    xlsxwriter = OnDemand("xlsxwriter")

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDEST = 45


def write_annex_a(lists: Iterable[Checked], file: BinaryIO) -> None:
    """One sheet for each list. The columns' names are the first row, and nothing else stands beside or above them: the
    tools that councils send the lists through look for them there, and take any other name with "age" in it for the
    child's age."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, {"in_memory": True, **options}) as book:
        book.set_properties({"title": "Annex A", "comments": "Ofsted ILACS Annex A, lists 1 to 3"})
        head, days = book.add_format({"bold": True}), book.add_format({"num_format": "dd/mm/yyyy"})
        for checked in lists:
            page = book.add_worksheet(checked.definition.sheet)
            for place, column in enumerate(checked.definition.columns):
                page.write_string(0, place, column.name, head)
                page.set_column(place, place, min(len(column.name) + 4, WIDEST))
            page.freeze_panes(1, 0)
            for number, row in enumerate(checked.rows, start=1):
                for place, cell in enumerate(row):
                    _write(page, number, place, cell, days)


def _write(page: Any, number: int, place: int, cell: Any, days: Any) -> None:
    """Text stays text whatever it begins with; a day is a day that spreadsheets can count with."""
    if cell is None or cell == "":
        return
    if isinstance(cell, date):
        page.write_datetime(number, place, cell, days)
    elif isinstance(cell, int):
        page.write_number(number, place, cell)
    else:
        page.write_string(number, place, cell)
