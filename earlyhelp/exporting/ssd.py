"""The Standard Safeguarding Dataset as a folder of csv, one for each table."""

import csv
from collections.abc import Iterable
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sqlalchemy import Connection

from earlyhelp.casework.own_words import terms_of_the_front_door
from earlyhelp.exporting.placing import placed
from earlyhelp.exporting.writing import harmless
from earlyhelp.insight.code_lists import codes
from earlyhelp.insight.statutory.ssd_fields import Field, Table, Whole, whole_until, written
from earlyhelp.insight.statutory.ssd_people import PEOPLE_TABLES
from earlyhelp.insight.statutory.ssd_staff import STAFF_TABLES
from earlyhelp.insight.statutory.ssd_work import WORK_TABLES
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.permissions import Person

TABLES: tuple[Table, ...] = (*PEOPLE_TABLES, *WORK_TABLES, *STAFF_TABLES)


def whole_for(connection: Connection, *, asker: Person, now: datetime) -> Whole:
    """The dataset as this asker may have it, with the council's own words in it."""
    needs = codes(connection, "presenting_need")
    lead = terms_of_the_front_door(connection, now=now).get("lead_professional", "lead professional")
    return whole_until(connection, now=now, needs=needs, lead_title=lead.capitalize(), asker=asker)


def export_ssd(connection: Connection, folder: Path, whole: Whole) -> dict[str, int]:
    """Every table as `NAME.csv` in UTF-8, its fields as the first row; returns how many rows each has."""
    counts = {}
    for table in TABLES:
        with placed(folder / f"{table.name}.csv") as file:
            counts[table.name] = _write(file, table.fields, table.rows(connection, whole))
    return counts


def zip_ssd(connection: Connection, file: BinaryIO, whole: Whole) -> int:
    """The same tables in one zip; returns how many rows they have together."""
    number = 0
    with ZipFile(file, "w", ZIP_DEFLATED) as packed:
        for table in TABLES:
            with packed.open(ZipInfo(f"{table.name}.csv", _stamp(whole.now)), "w") as part:
                number += _write(cast(BinaryIO, part), table.fields, table.rows(connection, whole))
    return number


def _stamp(moment: datetime) -> tuple[int, int, int, int, int, int]:
    local = moment.astimezone(LONDON)
    return local.year, local.month, local.day, local.hour, local.minute, local.second


def _write(file: BinaryIO, fields: Iterable[Field], rows: Iterable[Any]) -> int:
    text = TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer, number = csv.writer(text), 0
    writer.writerow([field.name for field in fields])
    for row in rows:
        writer.writerow([harmless(written(field, row)) for field in fields])
        number += 1
    text.detach()
    return number
