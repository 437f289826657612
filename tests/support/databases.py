"""Migrated databases for tests: built once per run, copied for each worker or test, emptied between tests."""

import os
import shutil
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, Engine, QueuePool, inspect, make_url, text

from earlyhelp.casework.calendar_days import write_calendar_days
from earlyhelp.records.database import connect, transaction
from tests.support import postgresql
from tests.support.schema import upgrade

VERSION_TABLE = "alembic_version"
CALENDAR = "calendar_days"
"""The same days for every council without closures of its own, and the dearest table to fill: tests begin with it."""
COUNT_FROM_ONE = """
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)
FROM pg_sequences WHERE last_value IS NOT NULL
"""


def sqlite_template(shared: Path) -> Path:
    template = shared / "template.sqlite3"
    with postgresql.locked(shared / "sqlite.lock"):
        if not template.exists():
            unfinished = template.with_suffix(".unfinished")
            _migrate(f"sqlite:///{unfinished}")
            unfinished.rename(template)
    return template


def new_sqlite(shared: Path, folder: Path) -> str:
    """A migrated database in a file of its own."""
    path = folder / f"{uuid4().hex[:8]}.sqlite3"
    shutil.copyfile(sqlite_template(shared), path)
    return f"sqlite:///{path}"


def sqlite_in(file: Path, shared: Path) -> Engine:
    """The same in this file, opened."""
    shutil.copyfile(sqlite_template(shared), file)
    return connect(f"sqlite:///{file}")


def renew(engine: Engine, shared: Path) -> None:
    """Put a migrated, empty database where this engine's file was, whatever became of that one."""
    path = Path(str(engine.url.database))
    for beside in path.parent.glob(f"{path.name}-*"):
        beside.unlink()
    shutil.copyfile(sqlite_template(shared), path)


def new_postgresql(shared: Path) -> str:
    """A migrated database of its own on the tests' server."""
    server = postgresql.server_url(shared)
    template = f"earlyhelp_test_{os.environ['EARLYHELP_TEST_RUN']}_template"
    with postgresql.locked(shared / "template.lock"):
        ready = shared / "template.ready"
        if not ready.exists():
            _migrate(blank_postgresql(shared, template))
            ready.touch()
        return _create(server, f"{template[:-9]}_{uuid4().hex[:8]}", f'TEMPLATE "{template}"')


def blank_postgresql(shared: Path, name: str | None = None) -> str:
    """A database without a single table."""
    server = postgresql.server_url(shared)
    return _create(server, name or f"earlyhelp_test_{os.environ['EARLYHELP_TEST_RUN']}_{uuid4().hex[:8]}", "")


def drop_postgresql(url: str, shared: Path) -> None:
    _administer(postgresql.server_url(shared), f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')


def drop_all_of_this_run(shared: Path) -> None:
    """For a server that outlives the run; our own is thrown away with its folder."""
    server = connect(postgresql.server_url(shared))
    run = f"earlyhelp\\_test\\_{os.environ['EARLYHELP_TEST_RUN']}\\_%"
    with server.connect() as connection:
        names = connection.scalars(
            text("SELECT datname FROM pg_database WHERE datname LIKE :run"), {"run": run}
        ).all()
    server.dispose()
    for name in names:
        _administer(postgresql.server_url(shared), f'DROP DATABASE "{name}" WITH (FORCE)')


def empty(engine: Engine) -> None:
    """Remove what an earlier test left in a PostgreSQL database, sessions included."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
        used = [name for name in tables_with_rows(connection) if name != CALENDAR]
        if used:
            # History is append-only by trigger; tests alone may take it away. Deleting the few rows of a test is
            # many times faster than truncating, which makes a new file for every table that refers to one of these.
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text("; ".join(f'DELETE FROM "{name}"' for name in used)))
        connection.execute(text(COUNT_FROM_ONE))
        if "closures" in used:
            write_calendar_days(connection)


def keep_one(engine: Engine) -> None:
    """Close what a test left open, unless that is the one connection that every test needs."""
    pool = engine.pool
    if not isinstance(pool, QueuePool) or pool.checkedout() or pool.checkedin() != 1:
        engine.dispose()


def tables_with_rows(connection: Connection) -> list[str]:
    """The tables in which there is something."""
    tables = [name for name in inspect(connection).get_table_names() if name != VERSION_TABLE]
    if not tables:
        return []
    question = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in tables
    )
    return list(connection.scalars(text(question)))


def _migrate(url: str) -> None:
    engine = connect(url)
    upgrade(engine)
    with transaction(engine) as connection:
        write_calendar_days(connection)
    engine.dispose()  # closing the last connection also folds the write-ahead log into the one file we copy


def _create(server: str, name: str, options: str) -> str:
    _administer(server, f'CREATE DATABASE "{name}" {options}')
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _administer(server: str, statement: str) -> None:
    engine = connect(server).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
