"""What the role of web and worker processes may do on PostgreSQL, where another role owns the tables.

The trigger alone (append_only.py) stops a slip; who owns a table may switch it off. A role that owns nothing and was
never given UPDATE or DELETE cannot, whatever statement reaches the database.
"""

from sqlalchemy import Connection, inspect, text

from earlyhelp.records.append_only import GUARDED
from earlyhelp.records.database import is_postgresql
from earlyhelp.records.migrate import VERSION

ONLY_ADDED_TO = (*GUARDED, "tombstones")


class NotTwoRoles(Exception):
    """The role that is to be kept from changing history is the one that owns it, or stands above all."""


def grant_work(connection: Connection, *, role: str) -> None:
    """Give a role what daily work needs, and take what it must not have. Running it again changes nothing."""
    _refuse_the_mighty(connection, role)
    quote = connection.dialect.identifier_preparer.quote
    to = quote(role)
    schema = quote(str(connection.scalar(text("SELECT current_schema()"))))
    every = f"ALL TABLES IN SCHEMA {schema}"
    names = set(inspect(connection).get_table_names())
    for statement in (
        f"REVOKE ALL ON {every} FROM {to}",
        f"GRANT USAGE ON SCHEMA {schema} TO {to}",
        f"REVOKE CREATE ON SCHEMA {schema} FROM {to}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {every} TO {to}",
        f"GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA {schema} TO {to}",
        *(f"REVOKE UPDATE, DELETE ON {quote(name)} FROM {to}" for name in ONLY_ADDED_TO if name in names),
        f"REVOKE INSERT, UPDATE, DELETE ON {VERSION} FROM {to}",
    ):
        connection.execute(text(statement))


def may_delete_history(connection: Connection) -> bool:
    """Whether the role of this connection is one under which a retention run can delete."""
    if not is_postgresql(connection):
        return True
    return bool(connection.scalar(text("SELECT has_table_privilege(current_user, 'events', 'DELETE')")))


def _refuse_the_mighty(connection: Connection, role: str) -> None:
    mighty = connection.scalar(
        text(
            "SELECT rolsuper OR pg_has_role(rolname, current_user, 'MEMBER') FROM pg_roles WHERE rolname = :role"
        ),
        {"role": role},
    )
    if mighty is not False:
        raise NotTwoRoles(
            f"EARLYHELP_DATABASE_URL: the role {role} must be there, be no superuser, and not belong to the role of "
            "EARLYHELP_MIGRATION_DATABASE_URL: it could change history"
        )
