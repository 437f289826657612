"""Opening the database and its two kinds of transaction: one that writes and one that only reads."""

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from earlyhelp.records import dialect
from earlyhelp.records.dialect import is_to_write, will_write, wire_of_driver
from earlyhelp.records.statements import Statements
from earlyhelp.records.wire import Wire

BUSY_SECONDS = 30
KEPT_READY = 64
"""Statements that SQLite keeps ready to run instead of 128, which came to 3 MiB. The actions of a whole case ask some
40: of 20 none was still ready when it was asked again, and to read them anew took a quarter of an action's time."""
HELPERS_COST = 20_000
"""PostgreSQL's guess of what it costs to start parallel workers, in pages read; its own is 1,000."""
_JSON = json.JSONDecoder()


def connect(url: str, *, pool_size: int = 5) -> Engine:
    """An engine for `sqlite:///…` or `postgresql://…`, with the settings both need to lose nothing."""
    parsed = make_url(url)
    ours: dict[str, Any] = {
        "execution_options": {"compiled_cache": Statements()},
        "hide_parameters": True,  # words of errors go to logs, and what is sent to the database names children
    }
    if parsed.get_backend_name() == "sqlite":
        options = {"timeout": BUSY_SECONDS, "check_same_thread": False, "cached_statements": KEPT_READY}
        engine = create_engine(parsed.set(drivername=dialect.SQLITE), connect_args=options, **ours)
        event.listen(engine, "connect", _prepare_sqlite)
    else:
        spoken = parsed.set(drivername=dialect.POSTGRESQL)
        engine = create_engine(
            spoken, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, **ours
        )
        event.listen(engine, "connect", partial(_prepare_postgresql, engine.dialect))
    engine.url = parsed  # as it was given: others know no dialect of ours
    return engine


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction that may write: committed whole when the block ends well, rolled back whole otherwise."""
    with engine.connect() as connection:
        will_write(connection)
        with connection.begin():
            yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view for reading. Whatever is written inside is rolled back."""
    with engine.connect() as connection:
        transaction = connection.begin()
        try:
            yield connection
        finally:
            transaction.rollback()


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """As `reading`, and every statement inside sees the same moment: PostgreSQL alone has to be asked for that."""
    with engine.connect() as plain:
        one_moment = {"isolation_level": "REPEATABLE READ"} if is_postgresql(plain) else {}
        connection = plain.execution_options(**one_moment)
        transaction = connection.begin()
        try:
            yield connection
        finally:
            transaction.rollback()


def is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def _prepare_sqlite(driver: Any, _entry: ConnectionPoolEntry) -> None:
    driver.isolation_level = None  # our dialect says BEGIN
    synchronous = os.environ.get("EARLYHELP_SQLITE_SYNCHRONOUS", "FULL")
    if synchronous not in {"FULL", "NORMAL", "OFF"}:
        synchronous = "FULL"
    for pragma in (f"busy_timeout={BUSY_SECONDS * 1000}", f"synchronous={synchronous}", "foreign_keys=ON"):
        driver.execute(f"PRAGMA {pragma}")
    _write_ahead(driver)


def _write_ahead(driver: Any) -> None:
    """Readers beside a writer. SQLite does not wait for its turn to change the mode of a new file, so we do."""
    give_up_at = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            driver.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as fault:
            busy = fault.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY  # the low byte: the rest says why
            if not busy or time.monotonic() > give_up_at:
                raise
            time.sleep(0.02)
        else:
            return


def _prepare_postgresql(dialect: Dialect, driver: Any, _entry: ConnectionPoolEntry) -> None:
    with driver.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'")
        # To start helpers takes longer than most statements of a page; those of a report still get some.
        cursor.execute(f"SET parallel_setup_cost = {HELPERS_COST}")
    driver.commit()
    dialect.loaded_dbapi.types.json.set_json_loads(_read_json, driver)
    # Otherwise psycopg has the server forget every statement, those of the wire too, whenever a page has been read.
    driver.prepare_threshold = None
    driver.earlyhelp_wire = Wire(driver, dialect.loaded_dbapi)


def _read_json(written: bytes) -> Any:
    """The same as json.loads, in a quarter of its time: what the server writes is UTF-8 and begins without a space."""
    if written == b"[]":  # a clock that was never paused
        return []
    return _JSON.raw_decode(written.decode())[0]


def wire_of(connection: Connection) -> Wire | None:
    """The way by which a transaction that writes is sent to PostgreSQL in fewer trips."""
    lent = connection.connection
    return wire_of_driver(lent.dbapi_connection) if is_to_write(lent) else None


def faults_of(connection: Connection) -> Any:
    """What the driver raises: to be raised again as SQLAlchemy's."""
    return connection.dialect.loaded_dbapi.Error


def as_sqlalchemy_says(connection: Connection, fault: Any, text: str | None = None) -> DBAPIError:
    """A fault of the driver as SQLAlchemy's, without the parameters, which are a family's."""
    gone = connection.dialect.is_disconnect(fault, connection.connection.driver_connection, None)
    if gone:
        connection.invalidate(fault)
    said = DBAPIError.instance(text, None, fault, faults_of(connection), connection_invalidated=gone)
    return cast(DBAPIError, said)


def driver_of(connection: Connection) -> Any:
    """The driver's own connection, for COPY and its like, which do not wait for what is written otherwise."""
    if (wire := wire_of(connection)) is not None:
        try:
            wire.send()
        except faults_of(connection) as fault:
            raise as_sqlalchemy_says(connection, fault) from fault
    return connection.connection.driver_connection
