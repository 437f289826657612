"""Bringing a backup back into an empty place, and proving that it is whole before anybody works on it."""

import json
import sqlite3
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from sqlalchemy import Connection, Engine

from earlyhelp.casework.audit import verify_all
from earlyhelp.casework.whole_import import import_everything
from earlyhelp.exporting.backup import CONTENTS, DATABASE, FILES, FORMAT, TABLES, rows_of_tables, sha256
from earlyhelp.exporting.working_folder import working_folder
from earlyhelp.filing.storing import Store
from earlyhelp.records import migrate
from earlyhelp.records.database import connect, reading, transaction


class RestoreRefused(Exception):
    """The backup cannot be brought back; the target is as it was."""


@dataclass(frozen=True)
class Restored:
    """What was brought back, and was found whole."""

    made_at: str
    rows: int
    files: int
    cases: int


def restore_file(backup: Path, database: Path, files: Path) -> Restored:
    """Bring a backup of SQLite back as this file, which must not be there yet. Everything is checked before it is."""
    beside = [database, *(database.with_name(database.name + end) for end in ("-wal", "-shm", "-journal"))]
    if taken := next((path for path in beside if path.exists()), None):
        raise RestoreRefused(f"{taken} is there already: stop every process and move it away first")
    database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with working_folder(database.parent, ".earlyhelp-restore-") as work:
        told = _unpacked(backup, work, DATABASE)
        copy = work / DATABASE
        _refuse_unsound(copy)
        engine = connect(f"sqlite:///{copy}")
        try:
            with reading(engine) as connection:
                cases = _checked(connection, told)
        finally:
            engine.dispose()
        number = _take_files(work, files)
        copy.chmod(0o600)
        copy.rename(database)
    return Restored(told["made_at"], sum(told["rows"].values()), number, cases)


def restore_tables(backup: Path, engine: Engine, files: Path) -> Restored:
    """Bring a backup of PostgreSQL back into a database without people, cases and accounts, whole or not at all."""
    with working_folder(Path(gettempdir()), "earlyhelp-restore-") as work:
        told = _unpacked(backup, work, f"{TABLES}/manifest.json")
        if migrate.current(engine) is None:
            migrate.upgrade(engine)
        with transaction(engine) as connection:
            import_everything(connection, work / TABLES)
            cases = _checked(connection, told)
            number = _take_files(work, files)
    return Restored(told["made_at"], sum(told["rows"].values()), number, cases)


def _unpacked(backup: Path, work: Path, needed: str) -> Mapping[str, Any]:
    try:
        with tarfile.open(backup, mode="r:gz") as archive:
            archive.extractall(work, filter="data")
        told = json.loads((work / CONTENTS).read_text())
        form, revision, digests = told["format"], told["revision"], told["files"]
    except (tarfile.TarError, EOFError, ValueError, KeyError, FileNotFoundError, zlib.error) as fault:
        if isinstance(fault, FileNotFoundError) and not backup.exists():
            raise RestoreRefused(f"there is no file {backup}") from None
        raise RestoreRefused(f"{backup.name} is damaged, unfinished, or no backup of earlyhelp") from fault
    if form != FORMAT or revision != migrate.head():
        raise RestoreRefused(
            f"the backup has the tables of revision {revision}, this version those of {migrate.head()}: restore it "
            "with the version that made it"
        )
    _refuse_changed(work, digests)
    if needed not in digests:
        raise RestoreRefused("the backup is of the other kind of database: see EARLYHELP_DATABASE_URL")
    return dict(told)


def _refuse_changed(work: Path, digests: Mapping[str, str]) -> None:
    found = {path.relative_to(work).as_posix() for path in work.rglob("*") if path.is_file()} - {CONTENTS}
    if odd := sorted(found ^ digests.keys()):
        raise RestoreRefused(f"the backup does not hold what it says: {odd[0]}")
    for name, digest in digests.items():
        if sha256(work / name) != digest:
            raise RestoreRefused(f"{name} in the backup is not what was backed up")


def _refuse_unsound(copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as driver:
        faults = driver.execute("PRAGMA integrity_check").fetchall()
        broken = driver.execute("PRAGMA foreign_key_check").fetchall()
    if faults != [("ok",)] or broken:
        raise RestoreRefused("the database in the backup is damaged: SQLite's own check of it fails")


def _checked(connection: Connection, told: Mapping[str, Any]) -> int:
    """How many cases there are. Refused unless every table has its rows and every link of every history holds."""
    rows = rows_of_tables(connection)
    for table, expected in told["rows"].items():
        if rows.get(table) != expected:
            raise RestoreRefused(f"{table} has {rows.get(table)} rows, {expected} were backed up")
    return _unbroken(verify_all(connection))


def _unbroken(checked: Iterable[tuple[str, Any]]) -> int:
    number = 0
    for reference, broken in checked:
        number += 1
        if broken is not None:
            raise RestoreRefused(f"{reference}: event {broken.sequence}: {broken.problem}")
    return number


def _take_files(work: Path, files: Path) -> int:
    store, number = Store(files), 0
    for path in sorted((work / FILES).glob("*/*")):
        if store.keep(path.read_bytes()) != path.name:
            raise RestoreRefused(f"the attached file {path.name} is not what was attached")
        number += 1
    return number
