"""SQLAlchemy's ways of speaking to SQLite and PostgreSQL, as we need them.

Dialects and not events of the engine: an engine that is listened to joins its listeners anew for each connection that
is taken from the pool, which was a tenth of an action's processor time. What a connection taken from the pool is asked
for goes on to the driver's by `__getattr__`, which takes as long as all that is done here: so we ask the driver's.
"""

from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import DBAPIError

from earlyhelp.records.wire import Wire

SQLITE, POSTGRESQL = "sqlite+earlyhelp", "postgresql+earlyhelp"
registry.register(SQLITE.replace("+", "."), __name__, "SQLite")
registry.register(POSTGRESQL.replace("+", "."), __name__, "PostgreSQL")
WRITES = "earlyhelp_writes"


def will_write(connection: Connection) -> None:
    """Say so before a transaction of this connection begins.

    To what the pool has lent to it alone: how a transaction begins is told nothing else, and an execution option takes
    ten times as long.
    """
    vars(connection.connection)[WRITES] = True


def is_to_write(lent: Any) -> bool:
    """Of what the pool has lent."""
    return WRITES in vars(lent)


def wire_of_driver(driver: Any) -> Wire | None:
    """The wire of psycopg's connection. None before it is prepared."""
    wire: Wire | None = getattr(driver, "earlyhelp_wire", None)
    return wire


class SQLite(SQLiteDialect_pysqlite):
    """How a transaction begins: the driver opens none for a SELECT, so that read-then-write loses updates."""

    supports_statement_cache = True

    def do_begin(self, dbapi_connection: Any) -> None:
        begin = "BEGIN IMMEDIATE" if is_to_write(dbapi_connection) else "BEGIN"
        dbapi_connection.dbapi_connection.execute(begin)

    def do_commit(self, dbapi_connection: Any) -> None:
        dbapi_connection.dbapi_connection.commit()

    def do_rollback(self, dbapi_connection: Any) -> None:
        dbapi_connection.dbapi_connection.rollback()


class PostgreSQL(PGDialect_psycopg):
    """What waits on a wire is sent before anything else: what a statement, a commit and a rollback do to what waits."""

    supports_statement_cache = True

    def do_ping(self, dbapi_connection: Any) -> bool:
        # Asked of each connection taken from the pool: one just used needs no trip for that.
        wire = wire_of_driver(dbapi_connection)
        just_used = wire is not None and not wire.has_rested()
        return just_used or bool(super().do_ping(dbapi_connection))  # type: ignore[no-untyped-call]

    def do_execute(self, cursor: Any, *statement: Any, **how: Any) -> None:
        _send(cursor)
        super().do_execute(cursor, *statement, **how)  # type: ignore[no-untyped-call]

    def do_execute_no_params(self, cursor: Any, *statement: Any, **how: Any) -> None:
        _send(cursor)
        super().do_execute_no_params(cursor, *statement, **how)  # type: ignore[no-untyped-call]

    def do_executemany(self, cursor: Any, *statement: Any, **how: Any) -> None:
        _send(cursor)
        super().do_executemany(cursor, *statement, **how)  # type: ignore[no-untyped-call]

    def do_commit(self, dbapi_connection: Any) -> None:
        wire = wire_of_driver(dbapi_connection.dbapi_connection)
        if wire is not None:
            wire.commit()
        if wire is None or not wire.is_idle():
            super().do_commit(dbapi_connection)  # type: ignore[no-untyped-call]

    def do_rollback(self, dbapi_connection: Any) -> None:
        driver = dbapi_connection.dbapi_connection
        wire = wire_of_driver(driver)
        if wire is not None:
            wire.forget()
        # A trip that is interrupted closes its connection, and the server rolls back what had begun by it.
        if (wire is None or not wire.is_idle()) and not driver.closed:
            super().do_rollback(dbapi_connection)  # type: ignore[no-untyped-call]

    def do_release_savepoint(self, connection: Connection, name: str) -> None:
        try:
            super().do_release_savepoint(connection, name)  # type: ignore[no-untyped-call]
        except DBAPIError:
            # What was written within may fail only now, and SQLAlchemy goes back to no savepoint that it let go of.
            if not connection.invalidated:
                self.do_rollback_to_savepoint(connection, name)
            raise

    def do_rollback_to_savepoint(self, connection: Connection, name: str) -> None:
        # All from before the savepoint was sent before it: what waits is what is taken back.
        if (wire := wire_of_driver(connection.connection.driver_connection)) is not None:
            wire.forget()
        super().do_rollback_to_savepoint(connection, name)  # type: ignore[no-untyped-call]


def _send(cursor: Any) -> None:
    if (wire := wire_of_driver(cursor.connection)) is not None:
        wire.send()
