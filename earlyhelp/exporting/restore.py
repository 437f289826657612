"""Bringing a backup back into an empty place, and proving that it is whole before anybody works on it."""

import json
import sqlite3
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from tempfile import gettempdir
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine

from earlyhelp.casework.access_log import first_broken_entry
from earlyhelp.casework.audit import verify_all
from earlyhelp.casework.checkpoint_proof import access_since, broken_since
from earlyhelp.casework.checkpoints import Checkpoint, NotToBeTrusted, next_checkpoint
from earlyhelp.casework.history import canonical_moment
from earlyhelp.casework.whole_import import import_everything
from earlyhelp.exporting.backup import (
    CHECKPOINTS,
    CONTENTS,
    DATABASE,
    FILES,
    FORMAT,
    TABLES,
    rows_of_tables,
    sha256,
)
from earlyhelp.exporting.working_folder import working_folder
from earlyhelp.filing.checkpoints import add_restored, kept_checkpoints
from earlyhelp.filing.storing import Store
from earlyhelp.records import migrate
from earlyhelp.records.database import connect, reading, transaction


class RestoreRefused(Exception):
    """The backup cannot be brought back; the target is as it was."""


class Restored(NamedTuple):
    """What was brought back, and was found whole. `later` checkpoints knew of what came after the backup."""

    made_at: str
    rows: int
    files: int
    cases: int
    checkpoints: int
    later: int
    signed: bool


class Place(NamedTuple):
    """Where all that is not in the database is brought back to; the key that signs that it was."""

    files: Path
    checkpoints: Path
    secret_key: str
    now: datetime


def restore_file(backup: Path, database: Path, place: Place) -> Restored:
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
                done = _settled(connection, told, work, place)
        finally:
            engine.dispose()
        copy.chmod(0o600)
        copy.rename(database)
    return done


def restore_tables(backup: Path, engine: Engine, place: Place) -> Restored:
    """Bring a backup of PostgreSQL back into a database without people, cases and accounts, whole or not at all."""
    with working_folder(Path(gettempdir()), "earlyhelp-restore-") as work:
        told = _unpacked(backup, work, f"{TABLES}/manifest.json")
        if migrate.current(engine) is None:
            migrate.upgrade(engine)
        with transaction(engine) as connection:
            import_everything(connection, work / TABLES)
            return _settled(connection, told, work, place)


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


def _settled(connection: Connection, told: Mapping[str, Any], work: Path, place: Place) -> Restored:
    """Everything checked, and then what lies beside the database put in its place."""
    cases = _checked(connection, told)
    number = _take_files(work, place.files)
    kept = _take_checkpoints(connection, told["made_at"], work / CHECKPOINTS, place)
    made_at = canonical_moment(datetime.fromisoformat(told["made_at"]))
    return Restored(
        made_at=told["made_at"],
        rows=sum(told["rows"].values()),
        files=number,
        cases=cases,
        checkpoints=len(kept),
        later=sum(1 for one in kept if not one.restored and one.at > made_at),
        signed=bool(kept and kept[-1].restored),
    )


def _take_checkpoints(
    connection: Connection, made_at: str, backed_up: Path, place: Place
) -> list[Checkpoint]:
    """Those of the backup, or the longer file that is here, and one that says to which moment all was brought back."""
    moment = datetime.fromisoformat(made_at)

    def sign(earlier: list[Checkpoint]) -> Checkpoint | None:
        if not earlier or not place.secret_key:
            return None
        return next_checkpoint(
            connection, earlier=earlier, secret_key=place.secret_key, now=place.now, restored_to=moment
        )

    try:
        known = kept_checkpoints(backed_up)
        broken = next(broken_since(connection, known), None) or access_since(connection, known)
        if broken is not None:
            raise RestoreRefused(f"the backup lacks what its own checkpoints knew: {broken}")
        return add_restored(place.checkpoints, known, sign)
    except NotToBeTrusted as fault:
        raise RestoreRefused(f"{place.checkpoints}: {fault}") from fault


def _checked(connection: Connection, told: Mapping[str, Any]) -> int:
    """How many cases there are. Refused unless every table has its rows and every link of every history holds."""
    rows = rows_of_tables(connection)
    for table, expected in told["rows"].items():
        if rows.get(table) != expected:
            raise RestoreRefused(f"{table} has {rows.get(table)} rows, {expected} were backed up")
    broken = first_broken_entry(connection)
    if broken is not None:
        raise RestoreRefused(broken.words)
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
