"""Taking a whole exported database into an empty installation."""

import csv
import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Integer, Table, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from earlyhelp.records.access_seals import AccessSeal
from earlyhelp.records.cases import Case
from earlyhelp.records.database import is_postgresql
from earlyhelp.records.migrate import head
from earlyhelp.records.organisation import User
from earlyhelp.records.people import Person
from earlyhelp.records.plain_text import Unreadable, all_tables, reader_of
from earlyhelp.records.reference import AccessEntry

AT_ONCE = 2_000
MANIFEST = "manifest.json"


class ImportRefused(Exception):
    """The export cannot be taken in; nothing was changed."""


def import_everything(connection: Connection, folder: Path) -> int:
    """Make the database what was exported, in the caller's transaction; returns how many rows.

    Refused where people, cases or accounts are there already, where the export is of another version of the tables,
    and where a file is not the one that was exported.
    """
    manifest = _manifest(folder)
    _refuse_unless_empty(connection)
    for table in reversed(all_tables()):
        connection.execute(delete(table))
    total = 0
    try:
        for table in all_tables():
            total += _take_in(connection, table, folder, manifest["tables"].get(table.name))
    except IntegrityError as fault:
        raise ImportRefused(f"the tables do not fit together: {fault.orig}") from fault
    if is_postgresql(connection):
        _move_counters_on(connection)
    _pass_over_erased_entries(connection)
    return total


def _manifest(folder: Path) -> Mapping[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        tables, revision = manifest["tables"], manifest["revision"]
    except FileNotFoundError:
        raise ImportRefused(f"there is no {MANIFEST} in {folder}: it is no finished export") from None
    except (ValueError, KeyError, TypeError):
        raise ImportRefused(f"{MANIFEST} cannot be read") from None
    if revision != head():
        raise ImportRefused(
            f"the export has the tables of revision {revision}, this version those of {head()}"
        )
    unknown = sorted(tables.keys() - {table.name for table in all_tables()})
    if unknown:
        raise ImportRefused(f"the export has a table that is not known here: {unknown[0]}")
    return dict(manifest)


def _refuse_unless_empty(connection: Connection) -> None:
    for model, words in ((Case, "cases"), (Person, "people"), (User, "accounts")):
        if connection.scalar(select(func.count()).select_from(model)):
            raise ImportRefused(f"there are {words} in this database already: import into an empty one")


def _take_in(connection: Connection, table: Table, folder: Path, told: Mapping[str, Any] | None) -> int:
    path = folder / f"{table.name}.csv"
    if told is None or not path.is_file():
        raise ImportRefused(f"{path.name} is missing")
    with path.open("rb") as raw:
        if hashlib.file_digest(raw, "sha256").hexdigest() != told["sha256"]:
            raise ImportRefused(f"{path.name} is not the file that was exported")
    own = [column for column in table.columns if _refers_to_itself(column)]
    later: list[dict[str, Any]] = []
    number = 0
    rows = _rows(table, path)
    while batch := list(islice(rows, AT_ONCE)):
        for row in batch:
            later += _put_off(table, own, row)
        connection.execute(insert(table), batch)
        number += len(batch)
    _set_own_references(connection, table, own, later)
    if number != told["rows"]:
        raise ImportRefused(f"{path.name} has {number} rows, {told['rows']} were exported")
    return number


def _rows(table: Table, path: Path) -> Iterator[dict[str, Any]]:
    csv.field_size_limit(sys.maxsize)
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        columns = next(lines, [])
        if set(columns) != set(table.columns.keys()):
            raise ImportRefused(f"{path.name} has other columns than the table")
        readers = [(name, reader_of(table.columns[name])) for name in columns]
        for number, line in enumerate(lines, start=2):
            try:
                yield {name: read(cell) for (name, read), cell in zip(readers, line, strict=True)}
            except (Unreadable, ValueError) as fault:
                raise ImportRefused(f"{path.name} line {number}: {fault}") from None


def _refers_to_itself(column: Column[Any]) -> bool:
    return any(key.column.table is column.table for key in column.foreign_keys)


def _put_off(table: Table, own: Sequence[Column[Any]], row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Rows of one table may refer to later ones: such references are set once all are there."""
    held = {column.name: row[column.name] for column in own if row[column.name] is not None}
    if held:
        row.update(dict.fromkeys(held))
        yield {"key": row["id"], **{column.name: held.get(column.name) for column in own}}


def _set_own_references(
    connection: Connection, table: Table, own: Sequence[Column[Any]], later: Sequence[Mapping[str, Any]]
) -> None:
    for row in later:
        values = {column.name: row[column.name] for column in own}
        connection.execute(update(table).where(table.c.id == row["key"]).values(values))


def _move_counters_on(connection: Connection) -> None:
    """PostgreSQL numbers new rows by counters that know nothing of the rows taken in."""
    for table in all_tables():
        column = table.primary_key.columns.get("id")
        if column is not None and isinstance(column.type, Integer):
            connection.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "  # noqa: S608  our own names
                    f"COALESCE((SELECT max(id) FROM {table.name}), 0) + 1, false)"
                )
            )


def _pass_over_erased_entries(connection: Connection) -> None:
    """No new entry of the access log gets the number of one that was sealed, and erased since."""
    sealed = connection.scalar(select(func.max(AccessSeal.last_entry))) or 0
    if sealed <= (connection.scalar(select(func.max(AccessEntry.id))) or 0):
        return
    counted = (
        ("SELECT setval(pg_get_serial_sequence('access_log', 'id'), :sealed)",)
        if is_postgresql(connection)
        else (
            "DELETE FROM sqlite_sequence WHERE name = 'access_log'",
            "INSERT INTO sqlite_sequence (name, seq) VALUES ('access_log', :sealed)",
        )
    )
    for statement in counted:
        connection.execute(text(statement), {"sealed": sealed} if ":sealed" in statement else {})
