"""`backup` and `restore`."""

import argparse

from earlyhelp.cli import opening
from earlyhelp.exporting.backup import back_up
from earlyhelp.exporting.restore import restore_file, restore_tables
from earlyhelp.records.database import connect


def backup(arguments: argparse.Namespace) -> int:
    """Write the database and the attached files into one file, while people work."""
    settings = opening.settings()
    with opening.ready_database(settings) as engine:
        made = back_up(engine, settings.files_folder, arguments.output, now=opening.now())
    print(f"{made.rows:,} rows and {made.files:,} attached files in {made.path} ({made.size:,} bytes)")
    return 0


def restore(arguments: argparse.Namespace) -> int:
    """Bring a backup back into an empty installation, checked whole, or change nothing."""
    settings = opening.settings()
    file = opening.sqlite_file(settings.database_url)
    if file is not None:
        done = restore_file(arguments.file, file, settings.files_folder)
    else:
        engine = connect(settings.database_url, pool_size=1)
        try:
            done = restore_tables(arguments.file, engine, settings.files_folder)
        finally:
            engine.dispose()
    print(f"{done.rows:,} rows and {done.files:,} attached files as they stood at {done.made_at}")
    print(f"{done.cases:,} cases checked: every link of their histories holds.")
    return 0
