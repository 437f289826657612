"""Which lists of contacts were imported."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from earlyhelp.records.imports import ContactImport

IMPORTS = 20


def last_contact_imports(connection: Connection, *, after: int | None = None) -> Sequence[Row[Any]]:
    """Imports done and waiting, newest first, without their content; one more than a page holds."""
    names = (
        "id",
        "file_name",
        "status",
        "historical",
        "contacts",
        "children",
        "unchanged",
        "done_at",
        "done_by",
    )
    statement = select(*(getattr(ContactImport, name) for name in names)).order_by(ContactImport.id.desc())
    if after is not None:
        statement = statement.where(ContactImport.id < after)
    return connection.execute(statement.limit(IMPORTS + 1)).all()
