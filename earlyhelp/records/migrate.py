"""Bringing a database to the tables of this version, by Alembic, the same way on both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import command
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from earlyhelp.places import migrations
from earlyhelp.records import (
    access,
    access_seals,
    assessments,
    calendar_feeds,
    cases,
    clocks,
    closure_changes,
    directory,
    disclosures,
    drafts,
    feedback,
    imports,
    journal,
    kept_work,
    matching,
    notes,
    office_changes,
    organisation,
    people,
    plans,
    practice,
    public,
    reference,
    replays,
    reporting,
    retention,
    sign_in,
    staff_homes,
    webhooks,
)
from earlyhelp.records.append_only import guard_tables
from earlyhelp.records.base import Base, Instant
from earlyhelp.records.database import WRITES, is_postgresql, reading

METADATA = Base.metadata
TABLES = (
    access,
    access_seals,
    assessments,
    calendar_feeds,
    cases,
    clocks,
    closure_changes,
    directory,
    disclosures,
    drafts,
    feedback,
    imports,
    journal,
    kept_work,
    matching,
    notes,
    office_changes,
    organisation,
    people,
    plans,
    practice,
    public,
    reference,
    replays,
    reporting,
    retention,
    sign_in,
    staff_homes,
    webhooks,
)
"""Imported so that every table is known to the metadata."""
LOCK = 7_101_982
"""Names our advisory lock on PostgreSQL: two `init` at once take turns."""


class MigrationRefused(Exception):
    """The database cannot be brought to the revision asked for; it is as it was."""


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database up to a revision, whole or not at all. Running it again changes nothing."""
    with _configured(engine) as config:
        command.upgrade(config, revision)


def downgrade(engine: Engine, revision: str = "base") -> None:
    """Take the database back to a revision, whole or not at all."""
    with _configured(engine) as config:
        command.downgrade(config, revision)


def head() -> str:
    """The newest revision of this version of the program. There is exactly one."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    assert found is not None
    return found


def current(engine: Engine) -> str | None:
    """The revision that the database is at; None when it has none of our tables."""
    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current(engine: Engine) -> bool:
    """Whether this version of the program may work on the database as it is."""
    return current(engine) == head()


def rendered_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Our moment type is written into migrations as the plain type it stores, so that they outlive our code."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


@contextmanager
def _configured(engine: Engine) -> Iterator[Config]:
    config = _config()
    with engine.connect() as connection, _rebuilding(connection):
        if is_postgresql(connection):
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        config.attributes["connection"] = connection
        try:
            yield config
            guard_tables(connection)
        except CommandError as fault:
            raise MigrationRefused(
                f"{fault}: the database was made by a newer version of earlyhelp, or by another program"
            ) from fault


@contextmanager
def _rebuilding(connection: Connection) -> Iterator[None]:
    """A writing transaction in which SQLite may rebuild a table that others refer to.

    SQLite changes a table by copying and dropping it. Deferring foreign keys is not enough: the drop counts as a
    violation that the copy does not take back. They can only be switched off outside a transaction, so every
    reference is checked at the end of it instead.
    """
    writing = connection.execution_options(**{WRITES: True})
    if is_postgresql(connection):
        with writing.begin():
            yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        with writing.begin():
            yield
            _check_references(connection)
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        tables = ", ".join(sorted({f"{row[0]} to {row[2]}" for row in broken}))
        raise MigrationRefused(f"{len(broken)} rows would refer to nothing ({tables})")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
