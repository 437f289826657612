"""A backup: one file that holds the whole database as it stood at one moment, and the files attached to notes.

It is made while people work. SQLite is copied by its own online backup, PostgreSQL is written table by table from one
snapshot, so that a backup of it asks for no program of the server and for no particular version of it.
"""

import hashlib
import json
import shutil
import sqlite3
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from sqlalchemy import Connection, Engine, func, select

from earlyhelp.exporting.placing import placed
from earlyhelp.exporting.whole import export_everything
from earlyhelp.exporting.working_folder import working_folder
from earlyhelp.filing.storing import DIGEST
from earlyhelp.records.database import is_postgresql, snapshot
from earlyhelp.records.migrate import head
from earlyhelp.records.plain_text import all_tables

FORMAT = 1
CONTENTS = "contents.json"
DATABASE, TABLES, FILES = "database.sqlite", "tables", "files"
CHECKPOINTS = "checkpoints.jsonl"


class BackedUp(NamedTuple):
    """What a backup holds."""

    path: Path
    rows: int
    files: int
    size: int


def back_up(
    engine: Engine, files: Path, target: Path, *, now: datetime, checkpoints: Path | None = None
) -> BackedUp:
    """Write the backup to this file, in place of an older one; into a folder, under a name of its own.

    The checkpoints are read before the database, so that it holds all that they know; the attached files after it: a
    file is there before the row that names it, so that none which the backup's rows name is missing.
    """
    path = target / f"earlyhelp-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.tar.gz" if target.is_dir() else target
    with working_folder(path.parent, ".earlyhelp-backup-") as folder:
        work, packed = folder / "contents", folder / path.name
        work.mkdir()
        if checkpoints is not None and checkpoints.exists():
            shutil.copyfile(checkpoints, work / CHECKPOINTS)
        counts = _copy(engine, work, now)
        attached = list(_attached(files))
        with placed(packed) as file:
            _pack(file, work, attached, counts, now)
        packed.replace(path)
    return BackedUp(path, sum(counts.values()), len(attached), path.stat().st_size)


def _copy(engine: Engine, work: Path, now: datetime) -> dict[str, int]:
    if engine.dialect.name == "sqlite":
        _copy_sqlite(engine, work / DATABASE)
        return counts_of_file(work / DATABASE)
    with snapshot(engine) as connection:
        assert is_postgresql(connection)
        folder = work / TABLES
        folder.mkdir()
        export_everything(connection, folder, now=now)
        return rows_of_tables(connection)


def _copy_sqlite(engine: Engine, path: Path) -> None:
    """One step for the whole file: in smaller ones, a writer beside us would make SQLite begin again and again."""
    with engine.connect() as connection, closing(sqlite3.connect(path)) as copy:
        driver: Any = connection.connection.driver_connection
        driver.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode=DELETE")  # a copy of one file, with none beside it


def counts_of_file(path: Path) -> dict[str, int]:
    """How many rows each of our tables has in a SQLite file."""
    with closing(sqlite3.connect(path)) as copy:
        return {
            table.name: int(copy.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0])  # noqa: S608  our own names
            for table in all_tables()
        }


def rows_of_tables(connection: Connection) -> dict[str, int]:
    """How many rows each of our tables has, as the caller's transaction sees them."""
    return {
        table.name: int(connection.scalar(select(func.count()).select_from(table)) or 0)
        for table in all_tables()
    }


def _attached(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.glob("*/*")) if DIGEST.fullmatch(path.name))


def _pack(
    file: BinaryIO, work: Path, attached: Iterable[Path], counts: Mapping[str, int], now: datetime
) -> None:
    """What the backup holds comes last: a file that ends before it is no backup."""
    members = [
        (path.relative_to(work).as_posix(), path) for path in sorted(work.rglob("*")) if path.is_file()
    ]
    members += [(f"{FILES}/{path.parent.name}/{path.name}", path) for path in attached]
    told: dict[str, Any] = {"format": FORMAT, "revision": head(), "made_at": now.isoformat(), "rows": counts}
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as archive:
        for name, path in members:
            archive.add(path, name)
        told["files"] = {name: sha256(path) for name, path in members}
        contents = work / CONTENTS
        contents.write_text(json.dumps(told, indent=1) + "\n")
        archive.add(contents, CONTENTS)


def sha256(path: Path) -> str:
    """SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
