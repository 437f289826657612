"""Opening the installation's database for a verb, and refusing one that is not ready."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, make_url

from earlyhelp import places
from earlyhelp.cli.refusing import CommandRefused
from earlyhelp.questionnaires.folders import sound_pathways
from earlyhelp.records import migrate
from earlyhelp.records.database import connect
from earlyhelp.settings import Settings


def settings() -> Settings:
    """The settings of this process's environment. SettingsError when any cannot be used."""
    return Settings.from_environment(os.environ)


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def ready_database(of: Settings) -> Iterator[Engine]:
    """The database, which must be there and have the tables of this version; CommandRefused otherwise."""
    file = sqlite_file(of.database_url)
    if file is not None and not file.is_file():
        raise CommandRefused(f"there is no database at {file}: run earlyhelp init first")
    engine = connect(of.database_url, pool_size=of.pool_size)
    try:
        _refuse_old_tables(engine)
        yield engine
    finally:
        engine.dispose()


@contextmanager
def ready_for_reports(of: Settings) -> Iterator[Engine]:
    """The read-only copy for reports if the settings name one, otherwise the database itself; ready as above."""
    with ready_database(replace(of, database_url=of.reporting_database_url or of.database_url)) as engine:
        yield engine


@contextmanager
def ready_for_owner(of: Settings) -> Iterator[Engine]:
    """The database by the role that owns its tables, where the settings name one; ready as above."""
    with ready_database(replace(of, database_url=of.migration_database_url or of.database_url)) as engine:
        yield engine


def refuse_unready(of: Settings) -> None:
    """Raise what stops a process from starting: a pathway that is not sound, a database that is not ready."""
    sound_pathways(places.workflows(), of.workflows_path)
    with ready_database(of):
        pass


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite database; None for other databases."""
    parsed = make_url(url)
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def _refuse_old_tables(engine: Engine) -> None:
    found = migrate.current(engine)
    if found is None:
        raise CommandRefused("the database has no tables yet: run earlyhelp init first")
    if found != migrate.head():
        raise CommandRefused(
            f"the database is at revision {found}, this version needs {migrate.head()}: run earlyhelp init"
        )
