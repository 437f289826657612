"""Annex A as the workbook that inspectors are given."""

from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO

from earlyhelp.insight.statutory.checking import Checked
from earlyhelp.printing import Page, workbook

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDEST = 45


def write_annex_a(lists: Iterable[Checked], file: BinaryIO) -> None:
    """One sheet for each list. The columns' names are the first row, and nothing else stands beside or above them: the
    tools that councils send the lists through look for them there, and take any other name with "age" in it for the
    child's age."""
    properties = {"title": "Annex A", "comments": "Ofsted ILACS Annex A, lists 1 to 3"}
    file.write(workbook("xlsx", [_page(checked) for checked in lists], properties))


def _page(checked: Checked) -> Page:
    names = [column.name for column in checked.definition.columns]
    widths = [min(len(name) + 4, WIDEST) for name in names]
    return Page(checked.definition.sheet, names, [_told(row) for row in checked.rows], widths)


def _told(row: Sequence[Any]) -> list[Any]:
    """Nothing where a list says nothing: an empty cell."""
    return [None if cell == "" else cell for cell in row]
