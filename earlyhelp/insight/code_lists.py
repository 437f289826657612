"""Labels of the codes that are no pathway's: those of practice, kept in the tables."""

from sqlalchemy import Connection, select

from earlyhelp.records.reference import CodeEntry


def codes(connection: Connection, code_list: str) -> dict[str, str]:
    """Labels by code, in their order; those that ended too, because records name them."""
    rows = connection.execute(
        select(CodeEntry.code, CodeEntry.label)
        .where(CodeEntry.code_list == code_list)
        .order_by(CodeEntry.position, CodeEntry.code)
    )
    return {row.code: row.label for row in rows}
