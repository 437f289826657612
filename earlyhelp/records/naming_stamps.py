"""Whether who and what an action can name is still as it was, told by the database itself and without reading it.

A trigger puts a new stamp whenever colleagues, their roles, teams, agencies or services change, whoever changes them
and how. Two readers who see the same stamps see the same names. Each stamp is a row of its own: one row that all write
would be one for which they wait. It is no record of the council, and is not exported.
"""

from collections.abc import Mapping, Sequence
from uuid import uuid4

from sqlalchemy import Connection, String, insert, inspect, select, text
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base
from earlyhelp.records.database import is_postgresql
from earlyhelp.records.prepared import Query

WATCHED: Mapping[str, Sequence[str]] = {
    "agencies": ("id", "name"),
    "services": ("id", "key", "name", "organisation", "sort_name", "withdrawn_at"),
    "teams": ("id", "key", "name", "active"),
    "user_roles": ("user_id", "role"),
    "users": ("id", "email", "name", "team_id", "agency_id", "active"),
}
"""What the choices of fields that name records are read from. A password or a session is no such thing."""
# Each transaction leaves one stamp, and takes away those that it sees and no other is taking: none waits for another.
# Columns are compared here, and not by the trigger: PostgreSQL changes no type of a column that a trigger names. The
# search path is that of the owner of the tables, whatever that of the session is.
FUNCTION = """
CREATE OR REPLACE FUNCTION earlyhelp_{table}_stamp() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF current_setting('earlyhelp.stamped', true) = pg_current_xact_id()::text THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF ({old}) IS NOT DISTINCT FROM ({new}) THEN
            RETURN NULL;
        END IF;
    END IF;
    DELETE FROM naming_stamps WHERE stamp IN (SELECT stamp FROM naming_stamps FOR UPDATE SKIP LOCKED);
    INSERT INTO naming_stamps (stamp) VALUES (replace(gen_random_uuid()::text, '-', ''));
    PERFORM set_config('earlyhelp.stamped', pg_current_xact_id()::text, true);
    RETURN NULL;
END $$
"""
POSTGRESQL = (
    FUNCTION,
    "CREATE OR REPLACE TRIGGER naming_stamp AFTER INSERT OR DELETE OR TRUNCATE ON {table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION earlyhelp_{table}_stamp()",
    "CREATE OR REPLACE TRIGGER naming_stamp_of_change AFTER UPDATE ON {table}"
    " FOR EACH ROW EXECUTE FUNCTION earlyhelp_{table}_stamp()",
)
_PUT = "BEGIN DELETE FROM naming_stamps; INSERT INTO naming_stamps (stamp) VALUES (lower(hex(randomblob(16)))); END"
SQLITE = (
    f"CREATE TRIGGER IF NOT EXISTS {{table}}_stamp_new AFTER INSERT ON {{table}} {_PUT}",
    f"CREATE TRIGGER IF NOT EXISTS {{table}}_stamp_gone AFTER DELETE ON {{table}} {_PUT}",
    "DROP TRIGGER IF EXISTS {table}_stamp_changed",
    f"CREATE TRIGGER {{table}}_stamp_changed AFTER UPDATE ON {{table}}"
    f" WHEN ({{old}}) IS NOT ({{new}}) {_PUT}",
)


class NamingStamp(Base):
    """A random word that stands for who and what could be named when it was written, with others written just then."""

    __tablename__ = "naming_stamps"
    stamp: Mapped[str] = mapped_column(String(32), primary_key=True)


_STAMPS = Query(select(NamingStamp.stamp).order_by(NamingStamp.stamp))


def naming_stamps(connection: Connection) -> tuple[str, ...]:
    """Those of this moment; none where nobody can tell whether names have changed."""
    return tuple(row.stamp for row in _STAMPS.rows(connection))


def watch_names(connection: Connection) -> None:
    """Have the database put stamps: again after every migration, because SQLite rebuilds a table without its triggers.

    What a migration changed meanwhile is told by a new stamp.
    """
    postgresql = is_postgresql(connection)
    if not inspect(connection).has_table(NamingStamp.__tablename__):
        for table in WATCHED if postgresql else ():
            connection.execute(text(f"DROP FUNCTION IF EXISTS earlyhelp_{table}_stamp()"))
        return
    for table, columns in WATCHED.items():
        old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
        for statement in POSTGRESQL if postgresql else SQLITE:
            connection.execute(text(statement.format(table=table, old=old, new=new)))
    connection.execute(insert(NamingStamp).values(stamp=uuid4().hex))
