"""One workbook, made in a process of its own: see `apart`. Started as a file, with nothing of ours.

Reads {"format", "pages", "properties"} as JSON from its input and writes xlsx or ods; what they hold, `workbooks` says.
"""

import json
import sys
from datetime import date
from io import BytesIO
from typing import Any

import odswriter
import xlsxwriter

WIDEST = 420
"""Pixels of the widest column of a workbook: longer words go on in the next line."""
# Text stays text: a name that begins with = is no formula, and an address is no link.
AS_IT_IS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def as_xlsx(pages: list[dict[str, Any]], properties: dict[str, str]) -> bytes:
    """With the columns' names as the first row of each sheet, which stays in sight."""
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, **AS_IT_IS}) as book:
        book.set_properties(properties)
        bold, days = book.add_format({"bold": True}), book.add_format({"num_format": "dd/mm/yyyy"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        for page in pages:
            sheet = book.add_worksheet(page["name"])
            sheet.write_row(0, 0, page["columns"], bold)
            sheet.freeze_panes(1, 0)
            widths = page["widths"]
            _fill(sheet, page["rows"], days, wrapped if widths is None else None)
            if widths is None:
                sheet.autofit(WIDEST)
            for place, width in enumerate(widths or ()):
                sheet.set_column(place, place, width)
    return file.getvalue()


def _fill(sheet: Any, rows: list[list[Any]], days: Any, plain: Any) -> None:
    for number, row in enumerate(rows, start=1):
        for place, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write_datetime(number, place, cell, days)
            elif cell is not None:
                sheet.write(number, place, cell, plain)


def as_ods(pages: list[dict[str, Any]]) -> bytes:
    """The same rows and names; widths and properties are left to whoever opens it."""
    file = BytesIO()
    with odswriter.writer(file) as book:
        for page in pages:
            rows = (page["columns"], *page["rows"])
            book.new_sheet(page["name"]).writerows([["" if c is None else c for c in row] for row in rows])
    return file.getvalue()


def _read(found: dict[str, Any]) -> Any:
    return date.fromisoformat(found["day"]) if found.keys() == {"day"} else found


if __name__ == "__main__":
    asked = json.load(sys.stdin, object_hook=_read)
    xlsx = asked["format"] == "xlsx"
    made = as_xlsx(asked["pages"], asked["properties"]) if xlsx else as_ods(asked["pages"])
    sys.stdout.buffer.write(made)
