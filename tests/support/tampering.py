"""What an attacker with the database's owner rights can do, and nobody else: change what is only ever added to."""

from sqlalchemy import Connection, text

from earlyhelp.records.append_only import GUARDED
from earlyhelp.records.database import is_postgresql


def tamper(connection: Connection, statement: str, **values: object) -> None:
    """Run it with the database's own guards switched off, for the rest of the transaction."""
    if is_postgresql(connection):
        connection.execute(text("SET LOCAL session_replication_role = replica"))
    else:
        for table in GUARDED:
            for what in ("changed", "deleted"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_is_not_{what}"))
    connection.execute(text(statement), values)
