"""Bringing a database to the tables of this version, by Alembic, the same way on both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from earlyhelp.places import migrations
from earlyhelp.records import cases, clocks, organisation, people, reference
from earlyhelp.records.base import Base, Instant
from earlyhelp.records.database import is_postgresql, reading, transaction

METADATA = Base.metadata
TABLES = (cases, clocks, organisation, people, reference)
"""Imported so that every table is known to the metadata."""
LOCK = 7_101_982
"""Names our advisory lock on PostgreSQL: two `init` at once take turns."""


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
    return current(engine) == head()


def rendered_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Our moment type is written into migrations as the plain type it stores, so that they outlive our code."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


@contextmanager
def _configured(engine: Engine) -> Iterator[Config]:
    with _unconstrained(engine) as connection:
        if is_postgresql(connection):
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        config = _config()
        config.attributes["connection"] = connection
        yield config


@contextmanager
def _unconstrained(engine: Engine) -> Iterator[Connection]:
    """A transaction in which SQLite lets a table be rebuilt under the tables that refer to it."""
    with transaction(engine) as connection:
        if not is_postgresql(connection):
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        yield connection


def _config(folder: Path | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder or migrations()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
