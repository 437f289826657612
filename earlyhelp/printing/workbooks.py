"""Workbooks of spreadsheets: rows in, xlsx or ods out. Text in them never becomes a formula or a link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from earlyhelp.printing.apart import made_apart

PROGRAM = Path(__file__).with_name("workbook_child.py")


@dataclass(frozen=True)
class Page:
    """One sheet, of words, numbers, days and empty cells (None).

    `widths` are the columns' in letters; without them each is as wide as its words, which are wrapped.
    """

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    widths: Sequence[int] | None = None


def workbook(
    file_format: Literal["xlsx", "ods"], pages: Sequence[Page], properties: Mapping[str, Any] | None = None
) -> bytes:
    """The pages as one file. `properties`, such as its title and comments, are those of xlsx alone.

    Made by another process: the libraries, and what they keep while they write, were 18 MiB of each web process.
    """
    asked = {
        "format": file_format,
        "pages": [vars(page) for page in pages],
        "properties": dict(properties or {}),
    }
    return made_apart(PROGRAM, asked, name=f"a workbook ({file_format})")
