"""A list that was uploaded and waits for a yes: looked at, its columns told, then imported or forgotten."""

import base64
from collections.abc import Mapping as Map, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from earlyhelp.casework.import_candidates import Source
from earlyhelp.casework.import_mapping import (
    Mapping,
    all_columns,
    is_known,
    known_fields,
    mapping_for,
    read_mapping,
    remember,
)
from earlyhelp.casework.import_outcome import FaultsFound, Outcome
from earlyhelp.casework.importing import import_contacts
from earlyhelp.permissions import Person
from earlyhelp.records.imports import ContactImport
from earlyhelp.spreadsheets import Limits, SpreadsheetRefused, read_spreadsheet

KEPT = timedelta(days=1)
"""A list is full of names: one that nobody came back to is not kept."""
WHILE_SOMEBODY_WAITS = Limits(file_bytes=5_000_000, unpacked_bytes=100_000_000, rows=5_000)


def keep_for_a_yes(
    connection: Connection,
    content: bytes,
    *,
    file_name: str,
    historical: bool,
    person: Person,
    now: datetime,
) -> int:
    """Keep an uploaded list; returns its id. Those that nobody came back to go. Raises SpreadsheetRefused."""
    sheets = _read(content)
    waiting = ContactImport.status == "waiting"
    connection.execute(delete(ContactImport).where(waiting, ContactImport.done_at < now - KEPT))
    mapping = mapping_for(connection, sheets, None)
    made = insert(ContactImport).values(
        file_name=file_name[:200],
        status="waiting",
        historical=historical,
        mapping=mapping.as_json(),
        content=base64.b64encode(content).decode(),
        done_at=now,
        done_by=person.email,
    )
    return int(connection.execute(made.returning(ContactImport.id)).scalar_one())


def waiting_list(connection: Connection, *, import_id: int) -> Source | None:
    """The list as it would be imported, or None when it is not waiting (any more)."""
    row = connection.execute(
        select(ContactImport).where(ContactImport.id == import_id, ContactImport.status == "waiting")
    ).one_or_none()
    if row is None:
        return None
    sheets = _read(base64.b64decode(row.content))
    return Source(row.file_name, sheets, read_mapping(row.mapping), row.historical)


def tell_columns(
    connection: Connection, source: Source, *, import_id: int, held: Map[str, str], defaults: Map[str, str]
) -> Source:
    """Read the columns as somebody told; a field that two columns would hold stays with the first."""
    columns: dict[str, str] = {}
    for name in all_columns(source.sheets):
        told = held.get(name, "")
        known = told in known_fields() and told not in columns.values()
        columns[name] = told if known else ""
    given = {name: text for name, text in defaults.items() if name in known_fields() and text}
    mapping = Mapping(
        columns, {**source.mapping.defaults, **given}, source.mapping.values, source.mapping.system
    )
    this = ContactImport.id == import_id
    connection.execute(update(ContactImport).where(this).values(mapping=mapping.as_json()))
    return Source(source.file_name, source.sheets, mapping, source.historical)


def drop_waiting(connection: Connection, *, import_id: int) -> None:
    """Forget a list that was not imported."""
    connection.execute(
        delete(ContactImport).where(ContactImport.id == import_id, ContactImport.status == "waiting")
    )


def import_waiting(
    connection: Connection, source: Source, *, import_id: int, person: Person, now: datetime
) -> Outcome:
    """Import a list that waited, and remember how its columns were read. Raises FaultsFound."""
    outcome = import_contacts(connection, source, person=person, now=now)
    remember(connection, all_columns(source.sheets), source.mapping, by=person.email, now=now)
    drop_waiting(connection, import_id=import_id)
    return outcome


def what_would_happen(connection: Connection, source: Source, *, person: Person, now: datetime) -> Outcome:
    """Try the import; the caller must roll back."""
    try:
        return import_contacts(connection, source, person=person, now=now)
    except FaultsFound as found:
        return found.outcome


def _read(content: bytes) -> Sequence[Any]:
    try:
        return read_spreadsheet(content, known=is_known, limits=WHILE_SOMEBODY_WAITS)
    except SpreadsheetRefused as refused:
        if "rows" in str(refused) or "larger" in str(refused):
            raise SpreadsheetRefused(f"{refused}, or use earlyhelp import contacts at a terminal") from None
        raise
