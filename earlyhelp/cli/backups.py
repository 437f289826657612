"""`backup` and `restore`."""

import argparse

from earlyhelp.cli import opening
from earlyhelp.cli.setting_up import leave_work_to_the_other
from earlyhelp.exporting.backup import back_up
from earlyhelp.exporting.restore import Place, Restored, restore_file, restore_tables
from earlyhelp.records.database import connect
from earlyhelp.settings import Settings


def backup(arguments: argparse.Namespace) -> int:
    """Write the database, the attached files and the checkpoints into one file, while people work."""
    settings = opening.settings()
    with opening.ready_database(settings) as engine:
        made = back_up(
            engine,
            settings.files_folder,
            arguments.output,
            now=opening.now(),
            checkpoints=settings.checkpoints,
        )
    print(f"{made.rows:,} rows and {made.files:,} attached files in {made.path} ({made.size:,} bytes)")
    return 0


def restore(arguments: argparse.Namespace) -> int:
    """Bring a backup back into an empty installation, checked whole, or change nothing."""
    settings = opening.settings()
    place = Place(settings.files_folder, settings.checkpoints, settings.secret_key, opening.now())
    file = opening.sqlite_file(settings.database_url)
    done = (
        restore_file(arguments.file, file, place)
        if file is not None
        else _by_the_owner(arguments, settings, place)
    )
    print(f"{done.rows:,} rows and {done.files:,} attached files as they stood at {done.made_at}")
    print(f"{done.cases:,} cases checked: every link of their histories holds.")
    if done.checkpoints:
        print(_about_checkpoints(done))
    return 0


def _by_the_owner(arguments: argparse.Namespace, settings: Settings, place: Place) -> Restored:
    """The role of web and worker can neither make tables nor delete: the owner does, and leaves it its work."""
    owner = connect(settings.migration_database_url or settings.database_url, pool_size=1)
    try:
        done = restore_tables(arguments.file, owner, place)
        leave_work_to_the_other(owner, settings)
    finally:
        owner.dispose()
    return done


def _about_checkpoints(done: Restored) -> str:
    if not done.signed:
        return (
            "The checkpoints are back. EARLYHELP_SECRET_KEY is not set, so nothing was signed: set it, then say "
            f"earlyhelp audit checkpoint --restored {done.made_at}"
        )
    later = f" {done.later:,} checkpoints here are of later: what they knew of is not in this database."
    return (
        f"A checkpoint says that the database was brought back as it stood then.{later if done.later else ''}"
    )
