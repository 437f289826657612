"""Tables to which rows are only ever added: the database itself refuses to change them or take them away.

Only a retention run deletes (casework/erasing.py): on PostgreSQL its transaction says so by a setting, on SQLite by
the run's own row. Made anew after every migration, because SQLite rebuilds a table without its triggers.
"""

from sqlalchemy import Connection, inspect, text

from earlyhelp.records.database import is_postgresql

GUARDED = ("access_erased", "access_log", "access_seals", "events", "journal", "office_changes")
FUNCTION = """
CREATE OR REPLACE FUNCTION earlyhelp_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND coalesce(current_setting('earlyhelp.retention', true), '') <> '' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$
"""
POSTGRESQL = (
    "CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
    " FOR EACH ROW EXECUTE FUNCTION earlyhelp_append_only()",
    "CREATE OR REPLACE TRIGGER append_only_whole BEFORE TRUNCATE ON {table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION earlyhelp_append_only()",
)
SQLITE = (
    "CREATE TRIGGER IF NOT EXISTS {table}_is_not_changed BEFORE UPDATE ON {table}"
    " BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS {table}_is_not_deleted BEFORE DELETE ON {table}"
    " WHEN NOT EXISTS (SELECT 1 FROM retention_runs WHERE running)"
    " BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
)


def guard_tables(connection: Connection) -> None:
    """Put the guards on every such table that is there. Running it again changes nothing."""
    there = [name for name in inspect(connection).get_table_names() if name in GUARDED]
    postgresql = is_postgresql(connection)
    if there and postgresql:
        connection.execute(text(FUNCTION))
    for table in there:
        for statement in POSTGRESQL if postgresql else SQLITE:
            connection.execute(text(statement.format(table=table)))
    if not there and postgresql:
        connection.execute(text("DROP FUNCTION IF EXISTS earlyhelp_append_only()"))
