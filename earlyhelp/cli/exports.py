"""`export events`, `export database` and `import database`."""

import argparse
from pathlib import Path

from earlyhelp.casework.whole_import import import_everything
from earlyhelp.cli import opening
from earlyhelp.cli.refusing import CommandRefused
from earlyhelp.exporting.event_log import FORMATS
from earlyhelp.exporting.placing import placed
from earlyhelp.exporting.whole import export_everything
from earlyhelp.insight.event_log import logged_events
from earlyhelp.records.database import reading, snapshot, transaction


def export_events(arguments: argparse.Namespace) -> int:
    """Every event of every case, in one file."""
    with (
        opening.ready_for_reports(opening.settings()) as engine,
        reading(engine) as connection,
        placed(arguments.output) as file,
    ):
        number = FORMATS[arguments.file_format](logged_events(connection), file)
    print(f"{number} events in {arguments.output}")
    return 0


def export_database(arguments: argparse.Namespace) -> int:
    """Every table as csv, into a new or empty folder."""
    folder: Path = arguments.output
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise CommandRefused(f"{folder} is not empty: give a new folder")
    with opening.ready_database(opening.settings()) as engine, snapshot(engine) as connection:
        number = export_everything(connection, folder, now=opening.now())
    print(f"{number} rows in {folder}")
    return 0


def import_database(arguments: argparse.Namespace) -> int:
    """Take an export into an empty database, whole or not at all; by the owner of the tables, where there are two."""
    with opening.ready_for_owner(opening.settings()) as engine, transaction(engine) as connection:
        number = import_everything(connection, arguments.folder)
    print(f"{number} rows taken in")
    return 0
