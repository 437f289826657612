"""`import contacts`: a council's own list, whole or not at all; the same list again changes nothing."""

import argparse
import gc
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from earlyhelp.casework.import_candidates import Source
from earlyhelp.casework.import_mapping import (
    Mapping,
    MapRefused,
    all_columns,
    is_known,
    load_map,
    mapping_for,
    remember,
)
from earlyhelp.casework.import_outcome import FaultsFound, Outcome
from earlyhelp.casework.importing import BY_TERMINAL, import_contacts
from earlyhelp.cli import opening
from earlyhelp.cli.refusing import CommandRefused
from earlyhelp.records.database import reading, transaction
from earlyhelp.spreadsheets import Limits, SpreadsheetRefused, read_spreadsheet


class _DryRun(Exception):
    """Takes back what was only tried."""


def run(arguments: argparse.Namespace) -> int:
    """Import the list; with --dry-run only tell what would happen."""
    told = _map(arguments.map)
    with opening.ready_database(opening.settings()) as engine:
        source = _source(engine, arguments, told)
        try:
            with _uncollected():
                outcome = _do(engine, source, arguments, remembers=told is not None)
        except FaultsFound as found:
            _tell_faults(found.outcome, arguments.json)
            number = len(found.outcome.faults)
            words = "1 fault" if number == 1 else f"{number} faults"
            raise CommandRefused(f"{arguments.file}: {words}; nothing was imported") from None
    _tell(outcome, source, arguments)
    return 0


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let nobody look for rubbish meanwhile. An import makes none that counting references does not see, but hundreds
    of thousands of records, and looking through those again and again cost 6 % of the processor's time at 20,000 rows
    and more with every row after; the memory was the same."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _map(file: Path | None) -> Mapping | None:
    if file is None:
        return None
    try:
        return load_map(file.read_bytes())
    except MapRefused as refused:
        raise CommandRefused(f"{file}: {refused}") from None


def _source(engine: Engine, arguments: argparse.Namespace, told: Mapping | None) -> Source:
    file: Path = arguments.file
    try:
        if file.stat().st_size > Limits().file_bytes:
            raise SpreadsheetRefused("it is larger than an import may be")
        sheets = read_spreadsheet(file.read_bytes(), known=is_known)
    except SpreadsheetRefused as refused:
        raise CommandRefused(f"{file}: {refused}; nothing was imported") from None
    with reading(engine) as connection:
        mapping = mapping_for(connection, sheets, told)
    return Source(file.name, sheets, mapping, arguments.historical)


def _do(engine: Engine, source: Source, arguments: argparse.Namespace, *, remembers: bool) -> Outcome:
    now = opening.now()
    try:
        with transaction(engine) as connection:
            tell = _progress(source.rows)
            outcome = import_contacts(connection, source, person=BY_TERMINAL, now=now, tell=tell)
            if remembers:
                columns = all_columns(source.sheets)
                remember(connection, columns, source.mapping, by=BY_TERMINAL.email, now=now)
            if arguments.dry_run:
                raise _DryRun
    except _DryRun:
        pass
    return outcome


def _progress(rows: int) -> Callable[[int], None]:
    """What shows people how far it is. Files and pipes are not people."""
    if not sys.stderr.isatty():
        return lambda _done: None

    def tell(done: int) -> None:
        end = "\n" if done >= rows else ""
        print(f"\r{done:,} of {rows:,} rows", end=end, file=sys.stderr, flush=True)

    return tell


def _tell_faults(outcome: Outcome, as_json: bool) -> None:
    if as_json:
        print(json.dumps({**_counts(outcome), "contacts": 0, "children": 0, "faults": _listed(outcome)}))
        return
    for fault in outcome.faults:
        print(fault)


def _tell(outcome: Outcome, source: Source, arguments: argparse.Namespace) -> None:
    if arguments.json:
        read = {name: held for name, held in source.mapping.columns.items() if held}
        print(json.dumps({**_counts(outcome), "dry_run": arguments.dry_run, "columns": read, "faults": []}))
        return
    unread = [name for name in all_columns(source.sheets) if not source.mapping.field_of(name)]
    if unread:
        print(f"Not imported: {', '.join(unread)}")
    counts = (
        f"{outcome.contacts} contacts about {outcome.children} children, {outcome.unchanged} here already"
    )
    if outcome.changed:
        counts += f" ({outcome.changed} of them changed in the list, which is not taken over)"
    print(f"{'Would be: ' if arguments.dry_run else ''}{counts}")


def _counts(outcome: Outcome) -> dict[str, int]:
    names = ("contacts", "children", "unchanged", "changed", "events")
    return {name: getattr(outcome, name) for name in names}


def _listed(outcome: Outcome) -> list[dict[str, object]]:
    return [
        {
            "sheet": fault.sheet,
            "row": fault.row or None,
            "column": fault.column or None,
            "problem": fault.words,
        }
        for fault in outcome.faults
    ]
