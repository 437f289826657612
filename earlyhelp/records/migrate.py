"""Bringing a database to the tables of this version, by Alembic, the same way on both databases."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Column, Connection, Engine, Text, column, inspect, select, table, text

from earlyhelp.on_demand import OnDemand
from earlyhelp.places import migrations
from earlyhelp.records import (  # noqa: F401  the metadata knows a table once its module is imported
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
    kept_board,
    kept_figures,
    kept_moves,
    kept_review,
    kept_work,
    matching,
    naming_stamps,
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
from earlyhelp.records.database import is_postgresql, reading
from earlyhelp.records.dialect import will_write
from earlyhelp.records.naming_stamps import watch_names

if TYPE_CHECKING:
    from alembic import command, config as configs, util as alembic
    from alembic.autogenerate.api import AutogenContext
else:
    command = OnDemand("alembic.command")
    configs, alembic = OnDemand("alembic.config"), OnDemand("alembic.util")

METADATA = Base.metadata
REVISION = re.compile(r'^revision = "(\w+)"', re.MULTILINE)
REVISION_BEFORE = re.compile(r'^down_revision = "(\w+)"', re.MULTILINE)
VERSION = "alembic_version"
"""Where Alembic keeps the revision that a database is at."""
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
    """The newest revision of this version of the program. There is exactly one.

    Read from the files themselves: every process asks when it starts, and Alembic takes a quarter of a second to load.
    """
    files = [path.read_text(encoding="utf-8") for path in (migrations() / "versions").glob("*.py")]
    there = {found[1] for file in files if (found := REVISION.search(file))}
    (newest,) = there - {found[1] for file in files if (found := REVISION_BEFORE.search(file))}
    return newest


def current(engine: Engine) -> str | None:
    """The revision that the database is at; None when it has none of our tables."""
    with reading(engine) as connection:
        if not inspect(connection).has_table(VERSION):
            return None
        return connection.scalar(select(column("version_num", Text)).select_from(table(VERSION)))


def rendered_item(kind: str, item: Any, _context: "AutogenContext") -> str | Literal[False]:
    """Our own types are written into migrations as the plain types they store, so that they outlive our code."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, kept_figures.SmallNumbers):
        return "sa.LargeBinary()"
    return False


def is_compared(item: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    """Whether Alembic looks for changes of this: not of an index in an order of its own, which it cannot read back from
    SQLite. Such an index is written into a migration by hand, and a test compares its text."""
    table = METADATA.tables.get(item.table.name) if kind == "index" else None
    ours = {str(index.name): index for index in table.indexes} if table is not None else {}
    return name not in ours or all(isinstance(part, Column) for part in ours[name].expressions)


@contextmanager
def _configured(engine: Engine) -> Iterator["configs.Config"]:
    config = _config()
    with engine.connect() as connection, _rebuilding(connection):
        if is_postgresql(connection):
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        config.attributes["connection"] = connection
        try:
            yield config
            guard_tables(connection)
            watch_names(connection)
        except alembic.CommandError as fault:
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
    will_write(connection)
    if is_postgresql(connection):
        with connection.begin():
            yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        with connection.begin():
            yield
            _check_references(connection)
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        tables = ", ".join(sorted({f"{row[0]} to {row[2]}" for row in broken}))
        raise MigrationRefused(f"{len(broken)} rows would refer to nothing ({tables})")


def _config() -> "configs.Config":
    config = configs.Config()
    config.set_main_option("script_location", str(migrations()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
