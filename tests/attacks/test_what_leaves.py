"""Whatever people typed, no file that leaves runs as a formula, as a link, as markup or as code where it is opened."""

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest
from lxml import etree, html
from openpyxl import load_workbook

import earlyhelp
from earlyhelp.cli.statutory import _write_gaps
from earlyhelp.exporting.annex_a import write_annex_a
from earlyhelp.exporting.event_log import write_csv, write_xes
from earlyhelp.exporting.ssd import _write as write_dataset
from earlyhelp.exporting.table import Sheet, Table
from earlyhelp.exporting.writing import FORMATS, exported
from earlyhelp.insight.event_log import Logged
from earlyhelp.insight.statutory.annex_a import LISTS
from earlyhelp.insight.statutory.checking import Checked, Found
from earlyhelp.insight.statutory.gaps import Gap
from earlyhelp.insight.statutory.ssd_fields import Field
from tests.casework.watched_cases import MONDAY

FORMULAS = ("=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠SUM(1)")
HOSTILE = (
    *FORMULAS,
    "{=1+1}",
    "of:=1+1",
    "=cmd|' /C calc'!A0",
    "http://evil.example/",
    "external:c:\\evil.xlsx",
    "internal:Sheet1!A1",
    "<script>alert(1)</script>\"' ]]> &amp;",
    "a\x00b\x0bc\x1f",
    "\ufffe",
    "\u202eevil",
    '#eval("1 + 1") #read("/etc/passwd") $x$ @nothing <label> \\ ``` /*',
    "x" * 40_000,
)
TABLE = Table(
    "t", "T", [Sheet("S", HOSTILE, [[told] * len(HOSTILE) for told in HOSTILE])], [("Told", HOSTILE[-6])]
)
OWN_WRITING = {"exporting/whole.py"}
"""Leaves to be read back letter for letter, by a program: docs/decisions/0012-the-whole-database-as-text.md."""


def first_cells(content: bytes) -> list[str]:
    return [row[0] for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) if row]


def test_what_is_exported_holds_no_formula() -> None:
    head, *rows = csv.reader(io.StringIO(exported(TABLE, "csv").content.decode("utf-8-sig"), newline=""))
    for told in (head, [row[0] for row in rows]):
        assert told[: len(FORMULAS)] == [f"'{formula}" for formula in FORMULAS]
    for file_format in ("xlsx", "ods"):
        with zipfile.ZipFile(io.BytesIO(exported(TABLE, file_format).content)) as book:
            parts = {name: book.read(name) for name in book.namelist() if name.endswith((".xml", ".rels"))}
        for name, part in parts.items():
            etree.fromstring(part)  # one letter that XML cannot hold, and the whole file cannot be opened
            assert not re.search(rb"<f>|<f |formula=|hyperlink|xlink:href=.(?!\.)", part), name


@pytest.mark.parametrize("file_format", sorted(FORMATS))
def test_every_format_takes_anything_that_can_be_typed(file_format: str) -> None:
    assert exported(TABLE, file_format).content


def test_a_page_that_leaves_holds_no_markup_of_people() -> None:
    page = html.fromstring(exported(TABLE, "html").content.decode())
    assert page.xpath("//script | //main//a | //*[@onerror]") == []


def test_no_csv_leaves_with_a_formula() -> None:
    """Event log, dataset and lists of gaps have writers of their own."""
    event = Logged("EH-1", 1, "act", None, "open", MONDAY, MONDAY, "", "", None, None, None, "p", "1", {})
    log, dataset = io.BytesIO(), io.BytesIO()
    write_csv([event._replace(reference=told, actor=told) for told in FORMULAS], log)
    write_dataset(dataset, [Field("name", "String", "", cell=str)], FORMULAS)
    assert first_cells(log.getvalue())[1:] == first_cells(dataset.getvalue())[1:]
    assert first_cells(log.getvalue())[1:] == [f"'{formula}" for formula in FORMULAS]


def test_a_list_of_gaps_holds_no_formula(tmp_path: Path) -> None:
    gap = Gap("=1", "+1", lambda _row, _cells: True)
    _write_gaps(tmp_path / "gaps.csv", [Found(1, 2, "k", gap, "@A", "-1", MONDAY.date(), (1, 1, 1))], "=1")
    (_, row) = csv.reader(io.StringIO((tmp_path / "gaps.csv").read_text(), newline=""))
    assert [cell for cell in row if cell.startswith(FORMULAS)] == []
    assert {"'=1", "'+1", "'@A", "'-1"} < set(row)


def test_the_workbook_for_inspectors_holds_no_formula() -> None:
    file = io.BytesIO()
    columns = len(LISTS[0].columns)
    write_annex_a([Checked(LISTS[0], [[told] * columns for told in HOSTILE], [], 0)], file)
    cells = [cell for row in load_workbook(file).active.iter_rows(min_row=2) for cell in row]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.hyperlink for cell in cells if cell.hyperlink] == []


def test_the_event_log_for_process_mining_is_whole_whatever_it_holds() -> None:
    event = Logged("EH-1", 1, "act", None, "open", MONDAY, MONDAY, "", "", None, None, None, "p", "1", {})
    file = io.BytesIO()
    write_xes([event._replace(actor=told, fields={"words": told}) for told in HOSTILE], file)
    assert b"<script" not in file.getvalue()
    etree.fromstring(file.getvalue())


def test_every_writer_of_csv_is_one_that_was_attacked() -> None:
    """A new one is tried above, or says here why not."""
    package = Path(earlyhelp.__file__).parent
    writers = {
        path.relative_to(package).as_posix(): "harmless" in path.read_text()
        for path in package.rglob("*.py")
        if re.search(r"csv\.(?:Dict)?[wW]riter", path.read_text())
    }
    assert {name for name, guarded in writers.items() if not guarded} == OWN_WRITING
    assert {name for name, guarded in writers.items() if guarded} == {
        "cli/statutory.py",
        "exporting/event_log.py",
        "exporting/ssd.py",
        "exporting/writing.py",
    }
