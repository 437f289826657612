"""Being among few ids that a query finds: said so that the database looks each of them up, however it guesses."""

from typing import Any

from sqlalchemy import Boolean, ColumnElement, SelectBase
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement


def among_few(column: Any, ids: SelectBase) -> ColumnElement[bool]:
    """`column IN (ids)` for ids that are few against the table that `column` is of, and named by an index there."""
    return _AmongFew(column, ids.scalar_subquery())


class _AmongFew(FunctionElement[bool]):
    """PostgreSQL guesses far too many for a condition on columns that hang together, and would read whole tables.

    An array made beforehand it takes for a short one. SQLite goes by the ids as they come.
    """

    type = Boolean()
    inherit_cache = True
    name = "among_few"


@compiles(_AmongFew, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **given: Any) -> str:
    column, ids = element.clauses
    return f"{compiler.process(column, **given)} = ANY (ARRAY{compiler.process(ids, **given)})"


@compiles(_AmongFew)
def _elsewhere(element: Any, compiler: Any, **given: Any) -> str:
    column, ids = element.clauses
    return f"{compiler.process(column, **given)} IN {compiler.process(ids, **given)}"
