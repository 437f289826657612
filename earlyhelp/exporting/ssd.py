"""The Standard Safeguarding Dataset as a folder of csv, one for each table."""

import csv
from collections.abc import Iterable
from io import TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection

from earlyhelp.exporting.placing import placed
from earlyhelp.exporting.writing import harmless
from earlyhelp.insight.statutory.ssd_fields import Field, Table, Whole, written
from earlyhelp.insight.statutory.ssd_people import PEOPLE_TABLES
from earlyhelp.insight.statutory.ssd_staff import STAFF_TABLES
from earlyhelp.insight.statutory.ssd_work import WORK_TABLES

TABLES: tuple[Table, ...] = (*PEOPLE_TABLES, *WORK_TABLES, *STAFF_TABLES)


def export_ssd(connection: Connection, folder: Path, whole: Whole) -> dict[str, int]:
    """Every table as `NAME.csv` in UTF-8, its fields as the first row; returns how many rows each has."""
    counts = {}
    for table in TABLES:
        with placed(folder / f"{table.name}.csv") as file:
            counts[table.name] = _write(file, table.fields, table.rows(connection, whole))
    return counts


def _write(file: BinaryIO, fields: Iterable[Field], rows: Iterable[Any]) -> int:
    text = TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer, number = csv.writer(text), 0
    writer.writerow([field.name for field in fields])
    for row in rows:
        writer.writerow([harmless(written(field, row)) for field in fields])
        number += 1
    text.detach()
    return number
