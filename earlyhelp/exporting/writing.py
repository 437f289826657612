"""One small writer for each format. Text of people never becomes a formula or markup."""

import csv
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from io import StringIO
from typing import Any

from earlyhelp.exporting.table import Cell, ExportedFile, Sheet, Table
from earlyhelp.exporting.webpage import web_page, web_table
from earlyhelp.printing import Page, pdf, workbook

MOST_NAME = 31
"""Letters that Excel allows in the name of a sheet."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Spreadsheets of Asia take the wide signs for the narrow ones."""
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Letters that XML 1.0 cannot hold in any form."""


def exported(table: Table, file_format: str) -> ExportedFile:
    """The table in one of FORMATS. KeyError for any other."""
    media_type, write = FORMATS[file_format]
    return ExportedFile(f"{table.key}.{file_format}", media_type, write(table))


def as_csv(table: Table) -> bytes:
    """The first sheet. With a byte order mark, without which Excel takes letters for others."""
    text = StringIO()
    writer = csv.writer(text)
    sheet = table.sheets[0]
    writer.writerows([[harmless(cell) for cell in row] for row in (sheet.columns, *sheet.rows)])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def as_json(table: Table) -> bytes:
    """The data for programs; the sheets themselves when there are none."""
    data = dict(table.data) or {
        "title": table.title,
        "about": dict(table.about),
        "sheets": [asdict(sheet) for sheet in table.sheets],
    }
    return (json.dumps(data, ensure_ascii=False, indent=2, default=_day) + "\n").encode()


def as_xlsx(table: Table) -> bytes:
    """Every sheet, with what it is about on a last one."""
    return workbook(
        "xlsx",
        [
            Page(_sheet_name(sheet.name), sheet.columns, sheet.rows)
            for sheet in (*table.sheets, _about(table))
        ],
    )


def as_ods(table: Table) -> bytes:
    pages = [
        Page(_sheet_name(sheet.name), _in_ods(sheet.columns), [_in_ods(row) for row in sheet.rows])
        for sheet in (*table.sheets, _about(table))
    ]
    return workbook("ods", pages)


def _in_ods(cells: Sequence[Cell]) -> list[Any]:
    return [in_xml(cell) if isinstance(cell, str) else cell for cell in cells]


def in_xml(text: str) -> str:
    """With a mark for each letter that would make the whole file unreadable."""
    return NOT_IN_XML.sub("\ufffd", text)


def as_html(table: Table) -> bytes:
    """A page that stands alone, to be kept or sent."""
    tables = (
        web_table(
            sheet.name,
            sheet.columns,
            [[shown(cell) for cell in row] for row in sheet.rows],
            _columns_of_numbers(sheet),
        )
        for sheet in table.sheets
    )
    return web_page(table.title, table.about, tables)


def _columns_of_numbers(sheet: Sheet) -> frozenset[int]:
    """Those that hold nothing but numbers; the first names the row."""
    columns = [[cell for cell in column if cell is not None] for column in zip(*sheet.rows, strict=True)]
    return frozenset(
        place
        for place, cells in enumerate(columns)
        if place and cells and all(isinstance(cell, int | float) for cell in cells)
    )


def as_pdf(table: Table) -> bytes:
    """Pages to print, with what the report is about first."""
    about = dict(table.about)
    printed = {"title": table.title, "reference": table.title, "by": "earlyhelp", "at": about.get("Made", "")}
    sections = [{"title": "About this report", "facts": [[name, words] for name, words in table.about]}]
    tables = [
        {"title": s.name, "heads": list(s.columns), "rows": [[shown(cell) for cell in row] for row in s.rows]}
        for s in table.sheets
    ]
    return pdf("plain", {"printed": printed, "sections": [*sections, *tables]})


FORMATS: Mapping[str, tuple[str, Callable[[Table], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "json": ("application/json", as_json),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", as_ods),
    "html": ("text/html; charset=utf-8", as_html),
    "pdf": ("application/pdf", as_pdf),
}
"""By format: its media type and what writes it."""


def shown(cell: Cell) -> str:
    """A cell in words: nothing for what is not there, days as people write them."""
    if cell is None:
        return ""
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    return f"{cell:.1f}" if isinstance(cell, float) else str(cell)


def _about(table: Table) -> Sheet:
    return Sheet("About", ("About this report", table.title), table.about)


def _sheet_name(name: str) -> str:
    return "".join("-" if letter in "[]:*?/\\" else letter for letter in name)[:MOST_NAME]


def harmless(cell: Cell) -> Cell:
    """What a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection)."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _day(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in json")
