"""`export annex-a` and `export ssd`: lists that others define."""

import argparse
import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from earlyhelp.cli import opening
from earlyhelp.cli.refusing import CommandRefused
from earlyhelp.exporting.annex_a import write_annex_a
from earlyhelp.exporting.placing import placed
from earlyhelp.exporting.ssd import export_ssd, whole_for
from earlyhelp.exporting.writing import harmless
from earlyhelp.insight.measures.asking import FIRST_DAY, LAST_DAY
from earlyhelp.insight.statutory.checking import Checked, Found, checked
from earlyhelp.insight.statutory.gaps import GAPS
from earlyhelp.permissions import SYSTEM
from earlyhelp.records.database import snapshot

HEADS = ("list", "row", "column", "missing", "case", "child", "date", "where")


def export_annex_a(arguments: argparse.Namespace) -> int:
    """Check the three lists, say what is missing, then write the workbook, whole. It holds restricted records too."""
    if not FIRST_DAY <= arguments.on <= LAST_DAY:
        raise CommandRefused(f"--on must lie between {FIRST_DAY} and {LAST_DAY}")
    settings = opening.settings()
    with opening.ready_for_reports(settings) as engine, snapshot(engine) as connection:
        lists = checked(connection, on=arguments.on, asker=SYSTEM, now=opening.now())
    _say(lists)
    if arguments.gaps is not None:
        _write_gaps(arguments.gaps, [found for each in lists for found in each.found], settings.base_url)
    if arguments.strict and any(each.found for each in lists):
        raise CommandRefused("something is missing: the workbook was not written")
    with placed(arguments.output) as file:
        write_annex_a(lists, file)
    print(f"written to {arguments.output}")
    return 0


def export_dataset(arguments: argparse.Namespace) -> int:
    """Every table that this system can fill, as csv, into a new or empty folder. It holds restricted records too."""
    folder: Path = arguments.output
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise CommandRefused(f"{folder} is not empty: give a new folder")
    now = opening.now()
    with opening.ready_for_reports(opening.settings()) as engine, snapshot(engine) as connection:
        whole = whole_for(connection, asker=SYSTEM, now=now)
        for name, number in export_ssd(connection, folder, whole).items():
            print(f"{name}: {number} rows")
    return 0


def _say(lists: Sequence[Checked]) -> None:
    for each in lists:
        definition = each.definition
        print(f"List {definition.number}, {definition.title.lower()}: {len(each.rows)} rows")
        for key, number in each.counted().items():
            gap = GAPS[definition.number][key]
            print(f"  {gap.column}: {gap.words}: {number} {'row' if number == 1 else 'rows'}")


def _write_gaps(path: Path, found: Iterable[Found], base_url: str | None) -> None:
    """One line for each gap: the row of the sheet, what is missing, and the page on which it is mended."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADS)
    for one in found:
        page = f"/people/{one.child}" if one.gap.on_the_child else f"/cases/{one.reference}"
        sheet = f"List_{one.list_number}"
        where = f"{(base_url or '').rstrip('/')}{page}"
        row = (
            sheet,
            one.sheet_row,
            one.gap.column,
            one.gap.words,
            one.reference,
            one.child,
            one.day.isoformat(),
            where,
        )
        writer.writerow([harmless(cell) for cell in row])
    with placed(path) as file:
        file.write(text.getvalue().encode())
