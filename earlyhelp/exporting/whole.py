"""The whole database in open formats: one csv for each table, a dictionary of the data, and a manifest."""

import csv
import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, select

from earlyhelp.exporting.placing import placed
from earlyhelp.records.migrate import head
from earlyhelp.records.plain_text import all_tables, dictionary, meaning_of, written

AT_ONCE = 5_000
MANIFEST = "manifest.json"
DICTIONARY = "data-dictionary.csv"
DICTIONARY_COLUMNS = ("table", "column", "type", "always there", "refers to", "meaning")


def export_everything(connection: Connection, folder: Path, *, now: datetime) -> int:
    """Write every table into this folder, as the caller's transaction sees them; returns how many rows.

    The manifest comes last: a folder without one was not finished. It tells each file's rows and SHA-256.
    """
    tables = {}
    for table in all_tables():
        tables[table.name] = _export(connection, table, folder)
    with placed(folder / DICTIONARY) as file:
        _write(file, DICTIONARY_COLUMNS, dictionary())
    manifest = {"format": 1, "revision": head(), "exported_at": now.isoformat(), "tables": tables}
    with placed(folder / MANIFEST) as file:
        file.write((json.dumps(manifest, indent=2) + "\n").encode())
    return sum(int(told["rows"]) for told in tables.values())


def _export(connection: Connection, table: Table, folder: Path) -> dict[str, Any]:
    statement = select(table).order_by(*table.primary_key.columns)
    rows = connection.execute(statement, execution_options={"yield_per": AT_ONCE})
    path = folder / f"{table.name}.csv"
    with placed(path) as file:
        number = _write(file, list(table.columns.keys()), (map(written, row) for row in rows))
    with path.open("rb") as finished:
        digest = hashlib.file_digest(finished, "sha256").hexdigest()
    return {"rows": number, "sha256": digest, "about": meaning_of(table)}


def _write(file: Any, columns: Sequence[str], rows: Iterable[Iterable[str]]) -> int:
    text = TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(columns)
    number = 0
    for row in rows:
        writer.writerow(row)
        number += 1
    text.detach()
    return number
